// The faces found, as chips: each can be switched off, but in pictures that move without being a recording; in a
// recording each leads to its place, too.
import { layerOf } from "./compare.js";
import { editsOf, edit, showBoxes } from "./boxes.js";
import { make, one } from "./dom.js";
import { go } from "./player.js";
import { wish } from "./preview.js";
import { counted, time, word } from "./words.js";

const MOST = 60;
const SIZE = 128;
let shown = "";

export const same = (a, b) => {
  const wide = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
  const high = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
  if (wide <= 0 || high <= 0) return false;
  const area = (box) => (box[2] - box[0]) * (box[3] - box[1]);
  return (wide * high) / (area(a) + area(b) - wide * high) >= 0.5;
};

export function showFaces(item) {
  const section = one("#faces");
  section.hidden = item.state !== "done";
  if (section.hidden) {
    shown = "";
    return;
  }
  const photo = item.kind === "photo";
  const switched = !photo || item.job.summary.frames === 1;
  const faces = ((photo && item.preview?.faces) || item.job.faces || []).slice(0, MOST);
  one("#faces-title").textContent = faces.length ? counted("foundPhoto", faces.length) : word("facesNone");
  one("#faces-hint").textContent = switched ? word(photo ? "hintPhoto" : "hintVideo") : "";
  one("#faces-hint").hidden = !switched || !(photo || faces.length);
  one("#add-box").hidden = !switched;
  showBoxes(item);
  const edits = editsOf(item);
  const now = [item.key, item.job.run, item.job.wrote, document.documentElement.lang, JSON.stringify([edits.off, edits.keep]), faces.map((face) => face.box.join())].join();
  if (now === shown) return;
  const held = [...one("#chips").querySelectorAll("input, button")].indexOf(document.activeElement);
  shown = now;
  const chips = faces.map((face, index) => chip(face, switched ? toggle(item, face, index + 1) : make("span", {}, picture()), photo ? null : jump(item, face, index + 1)));
  one("#chips").replaceChildren(...chips);
  if (held >= 0) one("#chips").querySelectorAll("input, button")[held]?.focus();
  thumbnails(item, faces, chips, now);
}

const picture = () => make("canvas", { width: SIZE, height: SIZE });

// In a photo a face is known by its place, in a recording by its number.
function toggle(item, face, number) {
  const [name, value, is] = item.kind === "photo" ? ["off", face.box, same] : ["keep", face.id, Object.is];
  const others = () => (editsOf(item)[name] ?? []).filter((each) => !is(each, value));
  const off = (editsOf(item)[name] ?? []).some((each) => is(each, value));
  const change = (event) => edit(item, { [name]: event.target.checked ? others() : [...others(), value] });
  return make("label", {}, picture(), make("input", { type: "checkbox", checked: !off, "aria-label": word("faceSwitch", { number }), onchange: change }));
}

function jump(item, face, number) {
  const label = word("faceJump", { number, time: time(face.time) });
  const act = () => {
    go(face.time);
    if (item.preview) wish(item, face.time);
    light(face);
  };
  return make("button", { type: "button", class: "when", "aria-label": label, title: label, onclick: act }, time(face.time));
}

function chip(face, ...inside) {
  return make("li", { class: "chip", onpointerenter: () => light(face), onpointerleave: () => light(null), onfocusin: () => light(face), onfocusout: () => light(null) }, ...inside);
}

function light(face) {
  const holder = one(".compare");
  if (!holder) return;
  one(".box.found", holder)?.remove();
  if (!face) return;
  const mark = make("div", { class: "box found lit" });
  place(mark, face.box);
  layerOf(holder).append(mark);
}

export function place(element, box) {
  const percent = (part) => `${100 * part}%`;
  Object.assign(element.style, { left: percent(box[0]), top: percent(box[1]), width: percent(box[2] - box[0]), height: percent(box[3] - box[1]) });
}

// Cut out of the original, which only this browser has.
async function thumbnails(item, faces, chips, wanted) {
  if (!item.url) return;
  const source = item.kind === "photo" ? make("img", { src: item.url }) : make("video", { src: item.url, muted: true, preload: "auto" });
  const ready = (name) => new Promise((resolve, reject) => { source.addEventListener(name, resolve, { once: true }); source.addEventListener("error", reject, { once: true }); });
  try {
    await ready(item.kind === "photo" ? "load" : "loadeddata");
    for (const [index, face] of faces.entries()) {
      if (wanted !== shown) break;
      if (item.kind === "video") {
        const sought = ready("seeked");
        source.currentTime = face.time;
        await sought;
      }
      cutOut(one("canvas", chips[index]), source, face.box);
    }
  } catch {
    // What the browser cannot show has chips without a picture.
  }
  source.removeAttribute("src");
}

function cutOut(canvas, source, box) {
  const [width, height] = [source.naturalWidth || source.videoWidth, source.naturalHeight || source.videoHeight];
  const side = 1.25 * Math.max((box[2] - box[0]) * width, (box[3] - box[1]) * height);
  const [x, y] = [((box[0] + box[2]) / 2) * width - side / 2, ((box[1] + box[3]) / 2) * height - side / 2];
  canvas.getContext("2d").drawImage(source, x, y, side, side, 0, 0, SIZE, SIZE);
}
