// What all parts of the review share: the tracks, the frame that is shown, the face that is chosen.
import { begin, listen, reach } from "./api.js";
import { complain, say } from "./dom.js";
import { why } from "./files.js";
import { time, word } from "./words.js";

export const state = { id: location.hash.slice(1), about: null, over: null, frame: 0, faces: [], chosen: null, mode: "", busy: false, looked: new Set() };
const listeners = [];
let starts = [];

export const onChange = (listener) => listeners.push(listener);
export const changed = () => listeners.forEach((listener) => listener());
const path = (rest) => `/api/reviews/${encodeURIComponent(state.id)}${rest}`;

// A recording of the files page is named by its job; the review of it has an id of its own.
export const start = async (onNews, onState) => {
  await begin();
  const job = new URLSearchParams(location.search).get("job");
  if (!state.id && job) {
    state.id = (await (await reach("POST", `/api/jobs/${encodeURIComponent(job)}/review`)).json()).id;
    history.replaceState(null, "", `/review#${state.id}`);
  }
  listen(onNews, onState, path("/events"));
};

// --- the clock: frames are counted from 0; their times come as runs of equal steps

function clock(over) {
  let count = 0;
  starts = over.times.map(([first, step, length]) => {
    const run = { from: count, first, step };
    count += length;
    return run;
  });
}

export function seconds(frame) {
  let [low, high] = [0, starts.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (starts[middle].from <= frame) low = middle;
    else high = middle - 1;
  }
  const run = starts[low];
  return (run.first + run.step * (frame - run.from) - starts[0].first) * state.over.tick;
}

// The last frame that is shown at this time.
export function frameAt(moment) {
  let [low, high] = [0, last()];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (seconds(middle) <= moment + 1e-6) low = middle;
    else high = middle - 1;
  }
  return low;
}

export const last = () => (state.over ? state.over.frames - 1 : 0);
export const exact = (frame) => `${time(Math.floor(seconds(frame)))}.${String(Math.floor((seconds(frame) % 1) * 100 + 1e-6)).padStart(2, "0")}`;
export const laneOf = (id) => state.over?.lanes.find((lane) => lane.id === id) ?? null;
export const within = (spans, frame) => spans.some(([first, end]) => first <= frame && frame <= end);

// --- what is asked of the server

async function take(answer) {
  state.over = await answer.json();
  clock(state.over);
  state.frame = Math.min(state.frame, last());
  if (!laneOf(state.chosen)) state.chosen = null;
}

export async function load() {
  await take(await reach("GET", path("/tracks")));
  changed();
}

export const told = (error) => (error.code === "edit" && document.documentElement.lang !== "en" ? word("rvCannot") : error.code === "changed" && document.documentElement.lang !== "en" ? word("rvChanged") : why(error));

// One change at a time; gives the id of the track that came of it, or null.
export async function edit(change, sentence) {
  const waits = change.do === "undo" || change.do === "redo"; // pressed quickly, each counts; others mean what is shown
  while (waits && state.busy) await new Promise((done) => setTimeout(done, 20));
  if (state.busy || !state.over) return null;
  state.busy = true;
  changed();
  let track = null;
  try {
    const answer = await reach("POST", path("/edits"), change);
    await take(answer);
    track = Number(answer.headers.get("X-Track")) || null;
    if (track) state.chosen = track;
    if (sentence) say(sentence);
  } catch (error) {
    if (error.code === "stopped") say(word("rvFollowStopped"));
    else complain(told(error));
  }
  state.busy = false;
  changed();
  return track;
}

export async function picture(frame, longest, original, signal) {
  const answer = await fetch(path(`/frames/${frame}?longest=${longest}${original ? "&original=1" : ""}`), { signal });
  if (!answer.ok) throw Object.assign(new Error(), (await answer.json()).error);
  return { faces: JSON.parse(answer.headers.get("X-Faces") || "[]"), blob: await answer.blob() };
}

export const following = () => (state.busy && state.about?.following?.length ? state.about.following : null);
export const stopFollowing = () => reach("DELETE", path("/edits")).catch((error) => complain(told(error)));
export const resultPath = () => path("/result");
export const render = (replace) => reach("POST", path("/render"), { replace });
export const stopRender = () => reach("DELETE", path("/render"));
