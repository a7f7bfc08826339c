// What can be done with the face that is chosen.
import { one, reveal, say } from "./dom.js";
import { changed, edit, following, laneOf, onChange, state, stopFollowing, within } from "./review_state.js";
import { share, word } from "./words.js";

let first = null;
const sight = (id) => reveal(one(`.row[data-track="${id}"]`), one("#rows"), one(".ruler")?.offsetHeight);

export function choose(id) {
  if (state.mode === "join" && id !== first) {
    const [track, other] = [first, id];
    mode("");
    edit({ do: "join", track, other }, word("rvJoined", { number: track, other })).then(() => {
      state.chosen = track;
      changed();
    });
    return;
  }
  state.chosen = id;
  changed();
  sight(id);
}

export function mode(name) {
  state.mode = name;
  changed();
}

// The face that an act without a chosen one means: the only one on this frame.
function meant() {
  const here = [...new Set(state.faces.map(([id]) => id))];
  if (!laneOf(state.chosen) && here.length === 1) state.chosen = here[0];
  if (!laneOf(state.chosen)) say(word("rvChooseFirst"));
  if (!laneOf(state.chosen)) one("#tip").textContent = word("rvChooseFirst");
  return laneOf(state.chosen);
}

export function toggle(id = null) {
  if (id !== null) state.chosen = id;
  const lane = meant();
  if (!lane) return;
  const number = lane.id;
  edit({ do: lane.kept ? "cover" : "keep", track: number }, word(lane.kept ? "rvCovered" : "rvKept", { number }));
}

export function split() {
  const lane = meant();
  if (lane) edit({ do: "split", track: lane.id, frame: state.frame }, word("rvWasSplit", { number: lane.id }));
}

export function join() {
  if (state.mode === "join") return mode("");
  const lane = meant();
  if (!lane) return undefined;
  first = lane.id;
  return mode("join");
}

export function stretch() {
  const lane = meant();
  if (lane) edit({ do: "stretch", track: lane.id, frame: state.frame }, word("rvStretched", { number: lane.id }));
}

export const undo = () => state.over?.edits && edit({ do: "undo" }, word("rvUndone"));
export const redo = () => state.over?.undone && edit({ do: "redo" }, word("rvRedone"));

// Up and down: the face before or after, among those of the timeline.
export function walk(step) {
  const lanes = state.over?.lanes ?? [];
  if (!lanes.length) return;
  const at = lanes.findIndex((lane) => lane.id === state.chosen);
  const next = lanes[(at + step + lanes.length) % lanes.length];
  const joining = state.mode === "join";
  state.chosen = at < 0 ? lanes[0].id : next.id;
  changed();
  sight(state.chosen);
  if (joining) one("#tip").textContent = word("rvJoinTip", { number: first });
}

export const finishJoin = () => state.mode === "join" && state.chosen !== first && choose(state.chosen);

function tip() {
  if (state.mode === "join") return word("rvJoinTip", { number: first });
  if (state.mode === "draw") return word("rvDrawTip");
  if (following()) return word("stateFollowing", { share: share(following()[0] / following()[1]) });
  if (state.busy) return word("rvWorking");
  const lane = laneOf(state.chosen);
  if (!lane) return word("rvTip");
  if (lane.kept) return word("rvKeptTip", { number: lane.id });
  return word("rvChosenTip", { number: lane.id });
}

function show() {
  const lane = laneOf(state.chosen);
  const ready = Boolean(state.over) && !state.busy;
  one("#keep").textContent = word(lane?.kept ? "rvCover" : "rvKeep");
  const extent = lane ? [lane.spans[0][0], lane.spans.at(-1)[1]] : null;
  const inside = Boolean(extent) && extent[0] < state.frame && state.frame <= extent[1];
  const able = { keep: lane, draw: true, split: inside, join: lane && state.over?.lanes.length > 1, stretch: lane && !within([extent], state.frame), original: true, undo: state.over?.edits, redo: state.over?.undone, render: true };
  for (const [name, can] of Object.entries(able)) one(`#${name}`).disabled = !(ready && can);
  one("#join").setAttribute("aria-pressed", String(state.mode === "join"));
  one("#draw").setAttribute("aria-pressed", String(state.mode === "draw"));
  one("#tip").textContent = state.over ? tip() : "";
  one("#follow-stop").hidden = !following();
  document.body.classList.toggle("working", state.busy);
}

export const refresh = show;
one("#follow-stop").addEventListener("click", stopFollowing);
onChange(show);
