// The timeline: a row for the doubtful spots, then one for each face; any of it can be scrubbed.
import { drawing, make, one, shape } from "./dom.js";
import { choose, toggle } from "./review_acts.js";
import { go, onMove, play } from "./review_stage.js";
import { exact, laneOf, last, onChange, seconds, state } from "./review_state.js";
import { onLanguage, word } from "./words.js";

const HIGH = 10;
const MOST_ZOOM = 64;
const UNSEEN = 0.6;
let drawn = null;
let zoom = 1;
let from = 0;

const frames = () => last() + 1;
const width = () => frames() / zoom;
const box = () => `${from} 0 ${width()} ${HIGH}`;
const bar = (kind, [first, end], y = 0, height = HIGH) => shape("rect", { class: kind, x: first, y, width: Math.max(end - first + 1, width() / 500), height });

const spread = (runs) => runs.flatMap(([first, step, count]) => Array.from({ length: count }, (_, n) => first + n * step));
const ticks = (sights) => shape("path", { class: "sights", d: sights.map((frame) => `M${frame + 0.5} 7V${HIGH}`).join("") });

// Where it is covered though for longer than that nobody saw it.
function guessed(lane, sights) {
  const edges = [lane.spans[0][0], ...sights, lane.spans.at(-1)[1]];
  return edges.slice(1).flatMap((end, n) => (seconds(end) - seconds(edges[n]) > UNSEEN ? [[edges[n] + 1, end - 1]] : []));
}

function laneRow(lane) {
  const name = word("rvFace", { number: lane.id });
  const pick = make("button", { type: "button", class: "who", onclick: () => choose(lane.id) }, name);
  const hide = make("button", { type: "button", class: "eye", role: "switch", "aria-checked": String(!lane.kept), "aria-label": word("rvHide", { number: lane.id }), title: word("rvHide", { number: lane.id }), onclick: () => toggle(lane.id) });
  const sights = spread(lane.sights);
  const parts = [...lane.spans.map((span) => bar("covered", span)), ...(lane.added ? [] : guessed(lane, sights).map((span) => bar("guess", span))), ...lane.visible.map((span) => bar("seen", span)), ticks(sights)];
  return make("div", { class: `row${lane.kept ? " kept" : ""}${lane.added ? " added" : ""}`, "data-track": String(lane.id) }, make("div", { class: "head" }, pick, hide), svg(parts));
}

function svg(parts) {
  const element = drawing(box());
  element.setAttribute("class", "lane");
  element.setAttribute("preserveAspectRatio", "none");
  element.append(...parts);
  element.addEventListener("pointerdown", scrub);
  return element;
}

function doubtRow() {
  const { spots, cuts, curtain } = state.over;
  const parts = [...spots.map((spot) => bar(spot.risk >= 0.6 ? "doubt high" : "doubt", [spot.first, spot.last], 2, 6)), ...curtain.map((span) => bar("curtained", span)), ...cuts.map((cut) => shape("path", { class: "cut", d: `M${cut} 0V${HIGH}` }))];
  return make("div", { class: "row ruler" }, make("div", { class: "head" }, make("span", { class: "who" }, word("rvDoubts"))), svg(parts));
}

function build() {
  if (!state.over) return;
  drawn = state.over;
  const held = document.activeElement?.closest?.(".row");
  const within = held && { track: held.dataset.track, kind: document.activeElement.className };
  one("#rows").replaceChildren(doubtRow(), ...drawn.lanes.map(laneRow));
  if (within?.track) one(`.row[data-track="${within.track}"] .${within.kind}`)?.focus();
}

function scrub(event) {
  event.preventDefault();
  play(false);
  const lane = event.currentTarget;
  const id = Number(lane.closest(".row").dataset.track);
  if (id && state.mode !== "join") {
    state.chosen = id;
    light();
  }
  const to = (each) => {
    const area = lane.getBoundingClientRect();
    go(Math.floor(from + (width() * (each.clientX - area.left)) / area.width));
  };
  lane.setPointerCapture(event.pointerId);
  lane.onpointermove = to;
  lane.onpointerup = lane.onpointercancel = () => {
    lane.onpointermove = lane.onpointerup = lane.onpointercancel = null;
    choose(id && laneOf(id) ? id : state.chosen);
  };
  to(event);
}

function light() {
  for (const row of one("#rows").querySelectorAll(".row[data-track]")) {
    const on = Number(row.dataset.track) === state.chosen;
    row.classList.toggle("chosen", on);
    one(".who", row).setAttribute("aria-pressed", String(on));
  }
}

function point() {
  const lane = one(".lane");
  if (!lane || !state.over) return;
  if (zoom > 1 && (state.frame < from || state.frame >= from + width())) {
    from = Math.max(0, Math.min(frames() - width(), state.frame - width() / 4));
    frame();
  }
  const rows = one(".lanes").getBoundingClientRect();
  const area = lane.getBoundingClientRect();
  const share = (state.frame + 0.5 - from) / width();
  one("#needle").hidden = share < 0 || share > 1;
  one("#needle").style.transform = `translateX(${area.left - rows.left + share * area.width}px)`;
  one("#needle").title = exact(state.frame);
}

function frame() {
  for (const lane of document.querySelectorAll("#rows .lane")) lane.setAttribute("viewBox", box());
}

export function zoomBy(factor) {
  if (!state.over) return;
  const at = (state.frame - from) / width();
  zoom = Math.min(MOST_ZOOM, Math.max(1, zoom * factor));
  from = Math.max(0, Math.min(frames() - width(), state.frame - at * width()));
  frame();
  point();
}

one("#rows").addEventListener("wheel", (event) => {
  if (!event.ctrlKey) return;
  event.preventDefault();
  zoomBy(event.deltaY < 0 ? 1.25 : 0.8);
}, { passive: false });
onMove(point);
onLanguage(() => {
  build();
  light();
});
onChange(() => {
  if (drawn !== state.over) build();
  light();
  point();
});
addEventListener("resize", point);
