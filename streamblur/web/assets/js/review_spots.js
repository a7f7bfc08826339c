// The list of doubtful spots, in the order of time; going to one ticks it off.
import { make, one, reveal, say } from "./dom.js";
import { choose } from "./review_acts.js";
import { go, onMove, play } from "./review_stage.js";
import { exact, laneOf, onChange, state } from "./review_state.js";
import { onLanguage, word } from "./words.js";

let drawn = null;
let spots = [];

const WHY = [
  [/^followed for ([\d.]+) s/, (found) => word("rvWhyFollowed", { seconds: found[1] })],
  [/^never seen clearly/, () => word("rvWhyWeak")],
  [/^there for a moment/, () => word("rvWhyBrief")],
  [/^small: (\d+)/, (found) => word("rvWhySmall", { pixels: found[1] })],
  [/^the whole picture/, () => word("rvWhyCurtain")],
];

function reason(text) {
  for (const [pattern, say] of WHY) {
    const found = pattern.exec(text);
    if (found) return say(found);
  }
  return text;
}

const key = (spot) => `${spot.first} ${spot.last} ${spot.track} ${spot.why}`;
// Where to look: in the middle of a stretch that nobody saw, a guess is furthest from what is known.
const place = (spot) => Math.floor((spot.first + spot.last) / 2);

function build() {
  if (!state.over) return;
  drawn = state.over;
  spots = [...drawn.spots].sort((one, other) => place(one) - place(other) || other.risk - one.risk);
  one("#spots").replaceChildren(...spots.map((spot, index) => make("li", {}, entry(spot, index))));
  if (!spots.length) one("#spots").append(make("li", { class: "hint" }, word("rvNoDoubts")));
  tick();
}

function entry(spot, index) {
  const who = spot.track === null ? "" : word("rvFace", { number: spot.track });
  return make("button", { type: "button", class: `spot${spot.risk >= 0.6 ? " high" : ""}`, "data-index": String(index), onclick: () => visit(index) }, make("span", { class: "when" }, exact(place(spot))), make("span", { class: "reason" }, make("b", {}, who), ` ${reason(spot.why)}`));
}

function visit(index) {
  const spot = spots[index];
  play(false);
  state.looked.add(key(spot));
  go(place(spot));
  if (spot.track !== null && laneOf(spot.track)) choose(spot.track);
  tick();
  const button = one(`.spot[data-index="${index}"]`);
  for (const each of document.querySelectorAll(".spot[aria-current]")) each.removeAttribute("aria-current");
  button.setAttribute("aria-current", "true");
  reveal(button, one("#spots"));
  say(`${word("rvSpot", { number: index + 1, all: spots.length, time: exact(place(spot)) })} ${button.textContent}`);
}

// The next one after the frame that is shown, or before it; several on one frame come one by one.
export function jump(way) {
  if (!spots.length) return say(word("rvNoDoubts"));
  const current = Number(one(".spot[aria-current]")?.dataset.index ?? -1);
  const here = current >= 0 && spots[current] && place(spots[current]) === state.frame;
  if (here) return visit((current + way + spots.length) % spots.length);
  const found = way > 0 ? spots.findIndex((spot) => place(spot) > state.frame) : spots.findLastIndex((spot) => place(spot) < state.frame);
  return visit(found >= 0 ? found : way > 0 ? 0 : spots.length - 1);
}

function tick() {
  const done = spots.filter((spot) => state.looked.has(key(spot))).length;
  one("#looked").textContent = spots.length ? word("rvLooked", { done, all: spots.length }) : "";
  for (const button of document.querySelectorAll(".spot")) button.classList.toggle("done", state.looked.has(key(spots[button.dataset.index])));
}

onMove(() => {
  const current = one(".spot[aria-current]");
  if (current && place(spots[current.dataset.index]) !== state.frame) current.removeAttribute("aria-current");
});
onLanguage(build);
onChange(() => drawn !== state.over && build());
