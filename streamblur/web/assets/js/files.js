// The files on the page: each goes to the server, becomes a job, and hears of it.
import * as api from "./api.js";
import { complain, say } from "./dom.js";
import { counted, has, size, word } from "./words.js";

const AT_ONCE = 2;
const NAMES = /\.(jpe?g|png|webp|hei[cf]|avif|tiff?|bmp|gif|mp4|m4v|mov|mkv|webm|avi|m?ts|flv|mpe?g|ogv|wmv|mxf|y4m)$/i;
const CODES = { large: "Large", kind: "Kind", unreadable: "Unreadable", busy: "Busy", full: "Full", memory: "Memory", time: "Time", silence: "Time", died: "Died", missing: "Missing", camera: "Camera" };

export const files = [];
const listeners = [];
const unknown = new Map();
let limits = { photo: 10e6, upload: 2e9 };
let settingsNow = () => ({});
let sending = 0;
let number = 0;

export const onFiles = (listener) => listeners.push(listener);
export const changed = (item = null) => listeners.forEach((listener) => listener(item));

export function prepare(allowed, settings) {
  limits = allowed;
  settingsNow = settings;
}

export function why(error) {
  const key = `error${CODES[error?.code] ?? "Other"}`;
  return document.documentElement.lang === "en" && error?.message ? error.message : word(has(key) ? key : "errorOther");
}

function refusal(file) {
  const name = file.name;
  const photo = file.type.startsWith("image/") || /\.(hei[cf]|avif)$/i.test(name);
  if (!file.size) return word("isEmpty", { name });
  if (!photo && !file.type.startsWith("video/") && !NAMES.test(name)) return word("notAccepted", { name });
  const [most, key] = photo ? [limits.photo, "tooLargePhoto"] : [limits.upload, "tooLargeFile"];
  return file.size > most ? word(key, { name, size: size(file.size), limit: size(most) }) : "";
}

export function add(chosen) {
  const refusals = [];
  const added = [];
  for (const file of chosen) {
    const said = refusal(file);
    if (said) refusals.push(said);
    else added.push(newItem({ file, name: file.name, kind: file.type.startsWith("video/") ? "video" : "photo", url: URL.createObjectURL(file), settings: settingsNow() }));
  }
  if (refusals.length) complain(refusals.join(" "));
  files.push(...added);
  changed(added[0] ?? null);
  pump();
}

const newItem = (about) => ({ key: `file-${++number}`, file: null, url: "", state: "waiting", share: 0, job: null, error: null, edits: {}, draft: null, stop: null, ...about });

function pump() {
  while (sending < AT_ONCE) {
    const item = files.find((each) => each.state === "waiting" && !(each.later > Date.now()));
    if (!item) return;
    sending += 1;
    send(item).finally(() => {
      sending -= 1;
      pump();
    });
  }
}

async function send(item) {
  item.stop = new AbortController();
  item.state = "sending";
  changed();
  try {
    const job = await api.send(item.file, item.settings, item.edits, (share) => { item.share = share; changed(); }, item.stop.signal);
    if (files.includes(item)) take(item, unknown.get(job.id) ?? job);
    else api.ask("DELETE", `/api/jobs/${job.id}`).catch(() => {});
  } catch (error) {
    if (error.status === 429) wait(item, error.after);
    else if (error.code !== "cancelled") fail(item, error);
  }
  unknown.delete(item.job?.id);
  changed();
}

function wait(item, seconds) {
  Object.assign(item, { state: "waiting", later: Date.now() + 1000 * Math.max(1, seconds) });
  setTimeout(pump, 1000 * Math.max(1, seconds) + 50);
}

function fail(item, error) {
  Object.assign(item, { state: "failed", error });
  say(word("saidFailed", { name: item.name, why: why(error) }));
}

// News of a job may come before the answer to its upload; it is kept until nothing is being sent any more. What is
// unknown even then was sent by this page before it was loaded again.
export function heard(job) {
  const item = files.find((each) => each.job?.id === job.id);
  if (job.state === "gone") {
    unknown.delete(job.id);
    if (item) drop(item);
  } else if (item) take(item, job);
  else unknown.set(job.id, job);
  if (!files.some((each) => each.state === "sending")) {
    for (const each of unknown.values()) {
      const found = newItem({ name: each.name, kind: each.kind, settings: each.settings });
      files.push(found);
      take(found, each);
    }
    unknown.clear();
  }
  changed();
}

function take(item, job) {
  const finished = job.state === "done" && (item.state !== "done" || item.job?.run !== job.run);
  Object.assign(item, { job, state: job.state, kind: job.kind, settings: job.settings, edits: job.edits ?? {} });
  if (job.state === "failed") fail(item, job.error);
  if (finished) say(word("saidReady", { name: item.name, faces: told(job) }));
}

// How many are hidden, and how many were left visible, wherever that is sure.
export function told({ summary, edits }) {
  const hidden = summary.tracks ? counted("faces", summary.tracks) : word("facesNone");
  const count = (edits?.keep ?? edits?.off ?? []).length;
  if (!count) return hidden;
  const visible = counted("visible", count);
  return summary.tracks ? word("hiddenAndVisible", { hidden, visible }) : visible;
}

export async function again(item, settings, edits) {
  try {
    take(item, await api.ask("POST", `/api/jobs/${item.job.id}/render`, { settings, edits }));
    item.draft = null;
  } catch (error) {
    complain(why(error));
  }
  changed();
}

function drop(item) {
  const at = files.indexOf(item);
  if (at >= 0) files.splice(at, 1);
  if (item.url) URL.revokeObjectURL(item.url);
}

export function remove(item) {
  item.stop?.abort();
  if (item.job) api.ask("DELETE", `/api/jobs/${item.job.id}`).catch(() => {});
  drop(item);
  changed();
}
