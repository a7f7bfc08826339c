// Boxes that somebody adds where a face was missed: drawn with a finger or mouse, or placed with the keyboard.
import { layerOf } from "./compare.js";
import { make, one } from "./dom.js";
import { place } from "./faces.js";
import { changed } from "./files.js";
import { shownAt, wish } from "./preview.js";
import { word } from "./words.js";

const LEAST = 0.01;
const STEP = 0.01;
let drawing = false;
let shown = null;

export const editsOf = (item) => item.draft?.edits ?? item.edits ?? {};

export function edit(item, change) {
  const edits = { ...editsOf(item), ...change };
  item.draft = { settings: item.draft?.settings ?? item.settings, edits };
  changed();
  wish(item, shownAt(item));
}

// Boxes of a recording belong to the moment where they were drawn, and are shown there.
const nameOf = (item) => (item.kind === "photo" ? "added" : "boxes");
const entries = (item) => editsOf(item)[nameOf(item)] ?? [];
const boxOf = (entry) => entry.box ?? entry;
const entryOf = (item, box, time) => (item.kind === "photo" ? box : { time, box });
const places = (item) => entries(item).flatMap((entry, place) => (item.kind === "photo" || entry.time === item.preview?.time ? [place] : []));
const added = (item) => places(item).map((place) => boxOf(entries(item)[place]));
const addBox = (item, box, time) => edit(item, { [nameOf(item)]: [...entries(item), entryOf(item, box, time)] });
const still = (item) => item.kind === "photo" || Boolean(item.preview);

export function showBoxes(item) {
  shown = item;
  const button = one("#add-box");
  const holder = one(".compare");
  button.setAttribute("aria-pressed", String(drawing));
  if (drawing) one("#faces-hint").textContent = word(item.kind === "photo" ? "addBoxHint" : "addBoxHintVideo");
  if (drawing) one("#faces-hint").hidden = false;
  if (!holder) return;
  const on = drawing && still(item);
  holder.classList.toggle("drawing", on);
  const layer = layerOf(holder);
  layer.onpointerdown = on ? (event) => draw(item, layer, event) : null;
  if (layer.onpointermove) return; // in the middle of a drag
  const boxes = added(item);
  const there = [...layer.querySelectorAll(".box.added")];
  there.slice(boxes.length).forEach((element) => element.remove());
  boxes.forEach((box, index) => place(there[index] ?? newBox(item, layer, index), box));
}

function newBox(item, layer, index) {
  const element = make("button", { type: "button", class: "box added", "aria-label": word("box", { number: index + 1 }), onkeydown: (event) => steer(item, index, event), onpointerdown: (event) => drag(item, layer, index, event) });
  layer.append(element);
  return element;
}

const inside = (value) => Math.min(1, Math.max(0, value));

function spot(layer, event) {
  const area = layer.getBoundingClientRect();
  return [inside((event.clientX - area.left) / area.width), inside((event.clientY - area.top) / area.height)];
}

function follow(layer, event, onMove, onEnd) {
  event.preventDefault();
  event.stopPropagation();
  layer.setPointerCapture(event.pointerId);
  layer.onpointermove = (each) => onMove(spot(layer, each));
  layer.onpointerup = layer.onpointercancel = (each) => {
    layer.onpointermove = layer.onpointerup = layer.onpointercancel = null;
    onEnd(spot(layer, each));
  };
}

function draw(item, layer, event) {
  const [x, y] = spot(layer, event);
  const time = item.preview?.time; // the box is for what was shown when the drag began
  const mark = make("div", { class: "box drawing" });
  layer.append(mark);
  const between = ([u, v]) => [Math.min(x, u), Math.min(y, v), Math.max(x, u), Math.max(y, v)];
  follow(layer, event, (to) => place(mark, between(to)), (to) => {
    const box = between(to);
    mark.remove();
    if (box[2] - box[0] < LEAST || box[3] - box[1] < LEAST) return;
    drawing = false;
    addBox(item, box, time);
  });
}

function drag(item, layer, index, event) {
  const [x, y] = spot(layer, event);
  const box = added(item)[index];
  const to = ([u, v]) => shifted(box, u - x, v - y);
  event.currentTarget.focus();
  follow(layer, event, (now) => place(layer.querySelectorAll(".box.added")[index], to(now)), (now) => put(item, index, to(now)));
}

const shifted = (box, dx, dy) => [box[0] + dx, box[1] + dy, box[2] + dx, box[3] + dy];

function put(item, index, box) {
  const all = [...entries(item)];
  const place = places(item)[index];
  const time = all[place].time;
  if (box) all[place] = entryOf(item, box.map((value) => Math.min(1.2, Math.max(-0.2, value))), time);
  else all.splice(place, 1);
  edit(item, { [nameOf(item)]: all });
}

function steer(item, index, event) {
  const box = added(item)[index];
  const ways = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] };
  if (event.key === "Delete" || event.key === "Backspace") {
    event.preventDefault();
    put(item, index, null);
    one("#add-box").focus();
  } else if (ways[event.key]) {
    event.preventDefault();
    const [dx, dy] = ways[event.key];
    const grown = [box[0], box[1], Math.max(box[0] + LEAST, box[2] + dx), Math.max(box[1] + LEAST, box[3] + dy)];
    put(item, index, event.shiftKey ? grown : shifted(box, dx, dy));
  }
}

one("#add-box").addEventListener("click", (event) => {
  if (!shown) return;
  // A click of the keyboard has no place: then a box in the middle is meant.
  if (event.detail === 0 && still(shown)) {
    addBox(shown, [0.4, 0.35, 0.6, 0.65], shown.preview?.time);
    requestAnimationFrame(() => [...one(".compare").querySelectorAll(".box.added")].at(-1)?.focus());
    return;
  }
  drawing = !drawing;
  if (drawing && !still(shown)) wish(shown, shownAt(shown));
  changed();
});
