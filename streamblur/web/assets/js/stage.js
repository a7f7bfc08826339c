// The file that is shown: how far it is, or before and after.
import { compare } from "./compare.js";
import { make, one } from "./dom.js";
import { showFaces } from "./faces.js";
import { told } from "./files.js";
import { lead } from "./player.js";
import { wish } from "./preview.js";
import { progressOf, stateOf } from "./shelf.js";
import { language, translated, word } from "./words.js";

const SHOWN = /^image\/(jpeg|png|webp|gif|bmp|avif)$/;
let drawn = "";
let media = { before: null, after: null };

export function showStage(item) {
  const stage = one("#stage");
  stage.hidden = !item;
  one("#panel").hidden = !item;
  if (!item) return;
  one("#title").textContent = item.name;
  const done = item.state === "done";
  const save = one("#download");
  save.hidden = !done;
  save.href = done ? `/api/jobs/${item.job.id}/result` : "#";
  const review = one("#review");
  review.hidden = !(done && item.kind === "video");
  review.href = done ? `/review?job=${item.job.id}` : "#";
  one("#report").hidden = !done;
  one("#report").href = done ? `${item.job.report}?language=${language}` : "#";
  one("#unapplied").hidden = !(done && item.draft);
  const notes = done ? item.job.summary.notes : [];
  one("#notes").hidden = !notes.length;
  one("#notes").replaceChildren(...notes.map((note) => make("li", { lang: translated(note) ? null : "en" }, translated(note) ?? note)));
  draw(item, done);
  one("#picture .compare")?.classList.toggle("loading", Boolean(item.loading));
  showFaces(item);
}

const sourceOf = ({ job }) => `/api/jobs/${job.id}/result?view&run=${job.run}${job.wrote ? `.${job.wrote}` : ""}`;
const showable = (item) => item.kind === "photo" && SHOWN.test(item.job.type);

// What is there is built anew only when it must be: somebody may be dragging a box over it. Where result and preview
// are both pictures, one takes the place of the other.
function draw(item, done) {
  const preview = item.preview && !showable(item) ? "p" : "";
  const mode = item.state === "failed" ? "failed" : done ? `${item.job.run}.${item.job.wrote}${preview}${document.documentElement.lang}` : "wait";
  const now = `${item.key} ${mode}`;
  if (now !== drawn) {
    drawn = now;
    lead(null, null);
    one("#picture").replaceChildren(...(done ? [finished(item)] : [backdrop(item), make("div", { class: "waiting" })]));
  }
  if (!done) return waiting(item);
  const still = item.preview?.image ?? (showable(item) ? sourceOf(item) : null);
  if (still && media.after?.tagName === "IMG" && media.after.getAttribute("src") !== still) media.after.src = still;
}

// The original, faintly, so that there is something to look at meanwhile.
function backdrop(item) {
  if (!item.url || item.state === "failed") return "";
  const picture = item.kind === "photo" ? make("img", { src: item.url, alt: "" }) : moving(item.url);
  picture.className = "backdrop";
  picture.addEventListener("error", () => picture.remove());
  return picture;
}

function waiting(item) {
  const part = progressOf(item);
  const bar = make("progress", { max: 1, "aria-label": item.name, hidden: item.state === "failed" });
  if (part !== null) bar.value = part;
  one("#picture .waiting").replaceChildren(make("p", { class: "big" }, stateOf(item)), bar);
}

function finished(item) {
  const { job } = item;
  const ratio = job.size?.[0] ? job.size[0] / job.size[1] : 1.5;
  const video = item.kind === "video";
  const before = item.url ? (video ? moving(item.url) : make("img", { src: item.url, alt: word("before") })) : null;
  const still = item.preview?.image ?? (video ? null : showable(item) ? sourceOf(item) : "");
  if (still === "") wish(item);
  const after = still === null ? moving(sourceOf(item)) : make("img", { src: still || "/assets/icon.svg", alt: `${word("after")}: ${told(job)}` });
  media = { before, after };
  const holder = compare(before, after, ratio);
  before?.addEventListener("error", () => holder.classList.add("whole"));
  if (video) together(item, holder, before, after);
  return holder;
}

const moving = (src) => make("video", { src, muted: true, playsinline: "", preload: "auto", tabindex: "-1" });

function together(item, holder, before, after) {
  if (after.tagName === "VIDEO") {
    after.muted = false;
    after.addEventListener("error", () => {
      holder.replaceWith(make("p", { class: "waiting" }, word("noAfter")));
      wish(item);
    });
    lead(after, before);
  } else if (before) {
    before.currentTime = item.preview.time;
    lead(before, null, (time) => wish(item, time));
  }
}

export const pictures = () => media;
