// Drawing a box around what nobody found: with a finger or mouse, or from the middle with the keys.
import { make, one } from "./dom.js";
import { mode } from "./review_acts.js";
import { edit, onChange, state } from "./review_state.js";
import { word } from "./words.js";

const LEAST = 0.008;
const STEP = 0.01;
let box = null;
let mark = null;

const inside = (value) => Math.min(1, Math.max(0, value));

export function start() {
  if (state.mode === "draw") return stop();
  if (!state.over || state.busy) return undefined;
  box = [0.42, 0.35, 0.58, 0.65];
  return mode("draw");
}

export function stop() {
  box = null;
  mode("");
}

export async function finish() {
  if (!box) return;
  const [drawn, frame] = [box, state.frame];
  stop();
  await edit({ do: "draw", frame, box: drawn }, word("rvDrawn"));
}

// Arrows move it, with Shift they change its size. True when the key was for the box.
export function steer(event) {
  const ways = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] };
  if (event.key === "Enter") finish();
  else if (ways[event.key]) {
    const [x, y] = ways[event.key];
    const [left, top, right, bottom] = box;
    if (event.shiftKey) box = [left, top, inside(Math.max(left + LEAST, right + x)), inside(Math.max(top + LEAST, bottom + y))];
    else {
      const [u, v] = [Math.min(1 - right, Math.max(-left, x)), Math.min(1 - bottom, Math.max(-top, y))];
      box = [left + u, top + v, right + u, bottom + v];
    }
    show();
  } else return false;
  return true;
}

function show() {
  const layer = one("#layer");
  layer.classList.toggle("drawing", state.mode === "draw");
  if (state.mode !== "draw") {
    box = null;
    mark?.remove();
    mark = null;
    return;
  }
  if (!mark) mark = layer.appendChild(make("div", { class: "drawn" }));
  const [left, top, right, bottom] = box;
  Object.assign(mark.style, { left: `${100 * left}%`, top: `${100 * top}%`, width: `${100 * (right - left)}%`, height: `${100 * (bottom - top)}%` });
}

function spot(event) {
  const area = one("#layer").getBoundingClientRect();
  return [inside((event.clientX - area.left) / area.width), inside((event.clientY - area.top) / area.height)];
}

one("#layer").addEventListener("pointerdown", (event) => {
  if (state.mode !== "draw") return;
  event.preventDefault();
  const layer = one("#layer");
  const [x, y] = spot(event);
  layer.setPointerCapture(event.pointerId);
  layer.onpointermove = (each) => {
    const [u, v] = spot(each);
    box = [Math.min(x, u), Math.min(y, v), Math.max(x, u), Math.max(y, v)];
    show();
  };
  layer.onpointerup = layer.onpointercancel = (each) => {
    layer.onpointermove = layer.onpointerup = layer.onpointercancel = null;
    if (each.type === "pointerup" && box && box[2] - box[0] >= LEAST && box[3] - box[1] >= LEAST) finish();
    else stop();
  };
});
onChange(show);
