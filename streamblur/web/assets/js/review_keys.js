// The keys, the buttons that do the same, and the sheet that lists them.
import { all, make, one } from "./dom.js";
import { finishJoin, join, mode, redo, split, stretch, toggle, undo, walk } from "./review_acts.js";
import { finish, start as draw, steer, stop } from "./review_draw.js";
import { zoomBy } from "./review_lanes.js";
import { write } from "./review_render.js";
import { jump } from "./review_spots.js";
import { go, hold, play } from "./review_stage.js";
import { following, frameAt, last, seconds, state, stopFollowing } from "./review_state.js";
import { word } from "./words.js";

const still = (act) => () => {
  play(false);
  act();
};
const step = (by) => still(() => go(state.frame + by));
const leap = (by) => still(() => go(by < 0 ? Math.min(state.frame - 1, frameAt(seconds(state.frame) + by)) : Math.max(state.frame + 1, frameAt(seconds(state.frame) + by))));
const keys = () => one("#keys").showModal();

const DO = { previous: () => jump(-1), next: () => jump(1), back: step(-1), on: step(1), play: () => play(), keep: () => toggle(), draw: still(() => draw()), split: still(split), join, stretch: still(stretch), undo, redo, help: keys, closer: () => zoomBy(1.6), wider: () => zoomBy(1 / 1.6) };
const KEYS = { " ": DO.play, ArrowLeft: DO.back, ArrowRight: DO.on, "shift ArrowLeft": leap(-1), "shift ArrowRight": leap(1), Home: still(() => go(0)), End: still(() => go(last())), ArrowUp: () => walk(-1), ArrowDown: () => walk(1), n: DO.next, p: DO.previous, k: DO.keep, d: DO.draw, s: DO.split, j: DO.join, e: DO.stretch, u: DO.undo, y: DO.redo, r: () => write(), "+": DO.closer, "=": DO.closer, "-": DO.wider, "?": keys, "ctrl z": DO.undo, "ctrl y": DO.redo, "ctrl shift z": DO.redo };
const AGAIN = new Set(["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "+", "=", "-"]);

const LIST = () => [
  ["Space", word("rvKeyPlay")], ["← →", word("rvKeyStep")], ["Shift ← →", word("rvKeySecond")], ["Home End", word("rvKeyEnds")], ["n p", word("rvKeyDoubt")], ["↑ ↓", word("rvKeyChoose")], ["k", word("rvKeyKeep")], ["o", word("rvKeyOriginal")],
  ["d", word("rvKeyDraw")], ["s", word("rvSplit")], ["j", word("rvKeyJoin")], ["e", word("rvStretch")], ["u · Ctrl Z", word("rvUndo")], ["y · Ctrl Y", word("rvRedo")], ["+ −", word("rvKeyZoom")], ["r", word("rvRender")], ["Esc", word("rvKeyEscape")],
];

export function listKeys() {
  one("#keys-list").replaceChildren(...LIST().flatMap(([key, text]) => [make("dt", {}, ...key.split(/ (?!Z|Y)/).map((each) => (each === "·" ? " · " : make("kbd", {}, each)))), make("dd", {}, text)]));
  for (const button of all("[data-key]")) {
    const key = button.dataset.key === "space" ? word("rvSpace") : button.dataset.key;
    const text = button.getAttribute("aria-label") ?? button.textContent;
    button.title = `${text} (${key})`;
    button.setAttribute("aria-keyshortcuts", { "←": "ArrowLeft", "→": "ArrowRight", space: "Space" }[button.dataset.key] ?? button.dataset.key);
  }
}

function special(event) {
  if (event.key === "Escape" && following()) {
    stopFollowing();
    return true;
  }
  if (event.key === "Escape" && state.mode) {
    if (state.mode === "draw") stop();
    else mode("");
    return true;
  }
  if (state.mode === "draw" && !event.ctrlKey) return steer(event);
  if (state.mode === "join" && event.key === "Enter") {
    finishJoin();
    return true;
  }
  return false;
}

function pressed(event) {
  if (document.querySelector("dialog[open]") || event.altKey || event.metaKey || event.defaultPrevented) return;
  if (special(event)) return event.preventDefault();
  // A button that has the focus is pressed by Space, as everywhere.
  if (event.key === " " && event.target.closest("button, a, summary")) return;
  if (event.key.toLowerCase() === "o" && !event.ctrlKey) return event.repeat || hold(true);
  const named = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const shift = event.shiftKey && (event.key.length > 1 || event.ctrlKey) ? "shift " : "";
  const act = KEYS[`${event.ctrlKey ? "ctrl " : ""}${shift}${named}`];
  if (!act || !state.over) return;
  event.preventDefault();
  if (!event.repeat || AGAIN.has(event.key)) act();
}

export function bind() {
  addEventListener("keydown", pressed);
  addEventListener("keyup", (event) => event.key.toLowerCase() === "o" && hold(false));
  for (const leaving of ["blur", "pagehide"]) addEventListener(leaving, () => hold(false));
  document.addEventListener("visibilitychange", () => document.hidden && hold(false));
  for (const [name, act] of Object.entries(DO)) one(`#${name}`).addEventListener("click", (event) => {
    act();
    if (event.detail && name !== "help") event.currentTarget.blur(); // so that Space plays again
  });
  const original = one("#original");
  original.addEventListener("pointerdown", (event) => {
    original.setPointerCapture(event.pointerId);
    hold(true);
  });
  for (const end of ["pointerup", "pointercancel", "blur"]) original.addEventListener(end, () => hold(false));
  original.addEventListener("keydown", (event) => [" ", "Enter"].includes(event.key) && hold(true));
  original.addEventListener("keyup", (event) => [" ", "Enter"].includes(event.key) && hold(false));
  original.addEventListener("contextmenu", (event) => event.preventDefault());
  one("#seek").addEventListener("input", (event) => still(() => go(Number(event.target.value)))());
  one("#layer").addEventListener("dblclick", () => state.mode === "draw" && finish());
}
