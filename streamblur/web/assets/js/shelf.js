// The list of files.
import { icon, make, one } from "./dom.js";
import { files, remove, told, why } from "./files.js";
import { share, time, word } from "./words.js";

const OPEN = ["waiting", "sending", "queued", "running"];
const cards = new Map();
let pick = () => {};

export const onPick = (listener) => {
  pick = listener;
};

// Boxes that were drawn are followed through the picture before the result is written.
const isFollowing = (progress) => typeof progress?.following === "number";

export function progressOf(item) {
  const now = item.job?.progress;
  if (item.state === "sending") return item.share;
  if (item.state === "running" && isFollowing(now)) return now.following;
  if (item.state === "running" && now?.total) return now.frames / now.total;
  return null;
}

export function stateOf(item) {
  const now = item.job?.progress;
  if (item.state === "failed") return why(item.error);
  if (item.state === "done") return told(item.job);
  if (item.state === "sending") return word("stateSending", { share: share(item.share) });
  if (item.state !== "running") return word("stateQueued");
  if (isFollowing(now)) return word("stateFollowing", { share: share(now.following) });
  if (!now?.frames || item.kind === "photo") return word("stateRunning");
  if (!now.total || now.left === null) return word("stateFrames", now);
  return word("stateProgress", { share: share(now.frames / now.total), fps: now.fps, left: time(now.left) });
}

function thumb(item) {
  if (!item.url) return icon(item.kind);
  if (item.kind === "photo") return make("img", { src: item.url, alt: "" });
  return make("video", { src: `${item.url}#t=0.5`, muted: true, preload: "metadata", tabindex: "-1" });
}

function newCard(item) {
  const picture = thumb(item);
  picture.addEventListener("error", () => picture.replaceWith(icon(item.kind)));
  const card = make(
    "li",
    { class: "card" },
    make("button", { class: "open", onclick: () => pick(item) }),
    make("span", { class: "thumb" }, picture),
    make("div", {}, make("p", { class: "name", title: item.name }, item.name), make("p", { class: "state" }), make("progress", { max: 1 })),
    make("div", { class: "acts" }, make("a", { class: "button quiet", download: true }, icon("save")), make("button", { class: "quiet drop-one", onclick: () => remove(item) }, icon("cancel"))),
  );
  return card;
}

function fill(card, item, chosen) {
  const { name } = item;
  card.className = `card ${item.state}`;
  card.setAttribute("aria-current", String(item === chosen));
  one(".open", card).setAttribute("aria-label", `${word("show", { name })}: ${stateOf(item)}`);
  one(".state", card).textContent = stateOf(item);
  const bar = one("progress", card);
  bar.hidden = !["sending", "running"].includes(item.state);
  bar.setAttribute("aria-label", name);
  const part = progressOf(item);
  if (part === null) bar.removeAttribute("value");
  else bar.value = part;
  const save = one("a", card);
  save.hidden = item.state !== "done";
  save.href = item.job ? `/api/jobs/${item.job.id}/result` : "#";
  label(save, word("downloadOne", { name }));
  label(one(".drop-one", card), word(OPEN.includes(item.state) ? "cancel" : "remove", { name }));
}

function label(element, text) {
  element.setAttribute("aria-label", text);
  element.title = text;
}

export function showShelf(chosen) {
  const list = one("#cards");
  for (const [item, card] of cards) {
    if (files.includes(item)) continue;
    const held = card.contains(document.activeElement);
    const next = card.nextElementSibling ?? card.previousElementSibling;
    card.remove();
    cards.delete(item);
    if (held) (next ? one(".open", next) : one("#choose")).focus();
  }
  for (const item of files) {
    if (!cards.has(item)) {
      cards.set(item, newCard(item));
      list.append(cards.get(item));
    }
    fill(cards.get(item), item, chosen);
  }
  const done = files.filter((item) => item.state === "done").length;
  one("#count").textContent = word("countDone", { done, all: files.length });
  one("#all").hidden = done < 2;
  document.body.classList.toggle("busy", files.length > 0);
  one("#work").hidden = !files.length;
}
