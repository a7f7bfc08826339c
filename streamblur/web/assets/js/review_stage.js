// The frame that is shown, hidden as it stands; the original only while somebody holds the key.
import { complain, make, one } from "./dom.js";
import { choose, toggle } from "./review_acts.js";
import { exact, frameAt, laneOf, last, onChange, picture, seconds, state, told, within } from "./review_state.js";
import { word } from "./words.js";

let wanted = "";
let shown = "";
let going = null;
let held = false;
let playing = null;
let address = "";

const longest = () => Math.max(320, Math.min(1920, Math.round((one("#screen").clientWidth * devicePixelRatio) / 160) * 160));
const key = () => `${state.frame} ${held ? "original" : `${state.over.edits} ${state.about.edited}`} ${longest()}`;

export function go(frame) {
  state.frame = Math.min(last(), Math.max(0, Math.round(frame)));
  place();
  ask();
}

export function show() {
  place();
  ask();
}

// One request at a time; what was wanted meanwhile comes next, and nothing in between.
async function ask() {
  if (!state.over) return;
  wanted = key();
  if (going || wanted === shown) return;
  while (wanted !== shown) {
    const asked = wanted;
    const original = held;
    going = picture(state.frame, longest(), original);
    try {
      const answer = await going;
      if (original && !held) {
        wanted = key();
        continue;
      }
      await put(answer, original);
      shown = asked;
    } catch (error) {
      shown = asked;
      complain(told(error));
    }
    wanted = key();
  }
  going = null;
}

async function put({ faces, blob }, original) {
  const image = one("#frame");
  const next = URL.createObjectURL(blob);
  image.src = next;
  await image.decode().catch(() => {});
  URL.revokeObjectURL(address);
  address = next;
  state.faces = faces;
  one("#sign").hidden = !original;
  one("#sheet").hidden = false;
  boxes();
}

function place() {
  if (!state.over) return;
  const seek = one("#seek");
  seek.max = last();
  seek.value = state.frame;
  seek.style.setProperty("--share", `${(100 * state.frame) / Math.max(1, last())}%`);
  seek.setAttribute("aria-valuetext", exact(state.frame));
  one("#clock").textContent = `${exact(state.frame)} / ${exact(last())}`;
  one("#sheet").style.setProperty("--ratio", state.over.size[0] / state.over.size[1]);
  for (const listener of movers) listener();
}

const movers = [];
export const onMove = (listener) => movers.push(listener);

export function boxes() {
  const layer = one("#layer");
  const there = [...layer.querySelectorAll(".face")];
  there.slice(state.faces.length).forEach((element) => element.remove());
  state.faces.forEach(([id, left, top, right, bottom, seen], index) => {
    const element = there[index] ?? layer.appendChild(make("button", { type: "button", onclick: (event) => press(event) }, make("span")));
    const lane = laneOf(id);
    const visible = Boolean(lane && within(lane.visible, state.frame));
    element.className = `face${seen ? "" : " guessed"}${visible ? " visible" : ""}${id === state.chosen ? " chosen" : ""}`;
    element.dataset.track = id;
    one("span", element).textContent = id;
    const name = word(visible ? "rvFaceVisible" : "rvFaceHidden", { number: id });
    element.setAttribute("aria-label", name);
    element.setAttribute("aria-pressed", String(Boolean(lane?.kept)));
    Object.assign(element.style, { left: `${100 * left}%`, top: `${100 * top}%`, width: `${100 * (right - left)}%`, height: `${100 * (bottom - top)}%` });
  });
}

// The first click chooses a face, the next one keeps or covers it; so no slip of the hand uncovers anybody.
function press(event) {
  const id = Number(event.currentTarget.dataset.track);
  if (state.mode === "join" || id !== state.chosen) choose(id);
  else toggle();
}

export function hold(on) {
  if (held === on || !state.over) return;
  held = on;
  one("#original").classList.toggle("held", on);
  if (!on) {
    one("#sign").hidden = true;
    one("#frame").removeAttribute("src");
    shown = "";
  }
  ask();
}

export function play(on = !playing) {
  clearTimeout(playing);
  playing = null;
  one("#play").classList.toggle("playing", on);
  if (!on || !state.over) return;
  if (state.frame >= last()) go(0);
  const since = performance.now();
  const from = seconds(state.frame);
  const step = async () => {
    await going?.catch(() => {});
    if (!playing) return;
    const next = frameAt(from + (performance.now() - since) / 1000);
    if (next !== state.frame) go(next);
    if (next >= last()) play(false);
    else playing = setTimeout(step, 8);
  };
  playing = setTimeout(step, 0);
}

onChange(() => {
  if (state.over) show();
  boxes();
});
addEventListener("resize", () => state.over && show());
