// Puts the page together.
import { begin, listen } from "./api.js";
import { onSettings, prepareControls, settings, showSettings } from "./controls.js";
import { all, complain, one } from "./dom.js";
import { add, again, changed, files, heard, onFiles, prepare, remove, why } from "./files.js";
import { stop } from "./live.js";
import { forget, shownAt, wish } from "./preview.js";
import { paint } from "./scene.js";
import { onPick, showShelf } from "./shelf.js";
import { showStage } from "./stage.js";
import { choose, onLanguage, other, size, speak, word } from "./words.js";

let chosen = null;
let session = null;

function show(added = null) {
  if (!files.includes(chosen)) pick(added ?? files[0] ?? null);
  showShelf(chosen);
  showStage(chosen);
}

function pick(item, byHand = false) {
  if (chosen && chosen !== item) forget(chosen);
  chosen = item;
  if (!item) return;
  showSettings(item.draft?.settings ?? item.settings);
  if (item.draft && item.state === "done") wish(item, item.preview?.time ?? 0);
  if (byHand) {
    show();
    if (innerWidth < 1100) one("#stage").scrollIntoView({ block: "start" });
  }
}

function adjust(now) {
  if (!chosen) return;
  if (chosen.state === "waiting") chosen.settings = now;
  else if (chosen.state === "done") {
    chosen.draft = { settings: now, edits: chosen.draft?.edits ?? chosen.edits };
    wish(chosen, shownAt(chosen));
    changed();
  }
}

async function apply(items) {
  const now = settings();
  for (const item of items) {
    const edits = item.draft?.edits ?? item.edits;
    forget(item);
    if (item.state === "done") await again(item, now, edits);
    else if (item.state === "waiting") item.settings = now;
  }
  changed();
}

function undo() {
  chosen.draft = null;
  forget(chosen);
  showSettings(chosen.settings);
  changed();
}

function tab(name) {
  for (const each of ["files", "live"]) {
    const on = each === name;
    one(`#${each}`).hidden = !on;
    const button = one(`#tab-${each}`);
    button.setAttribute("aria-selected", String(on));
    button.tabIndex = on ? 0 : -1;
  }
  if (name !== "live") stop();
}

function bindTabs() {
  const tabs = all("[role=tab]");
  for (const [index, button] of tabs.entries()) {
    button.addEventListener("click", () => tab(button.id.slice(4)));
    button.addEventListener("keydown", (event) => {
      if (!["ArrowLeft", "ArrowRight"].includes(event.key)) return;
      const next = tabs[(index + 1) % tabs.length];
      tab(next.id.slice(4));
      next.focus();
    });
  }
}

function bindFiles() {
  const take = (list) => {
    const chosenFiles = [...(list ?? [])];
    if (chosenFiles.length) {
      tab("files");
      add(chosenFiles);
    }
  };
  one("#choose").addEventListener("change", (event) => {
    take(event.target.files);
    event.target.value = "";
  });
  let depth = 0;
  const drag = (on) => document.body.classList.toggle("dragging", on);
  addEventListener("dragenter", (event) => event.dataTransfer?.types.includes("Files") && drag(Boolean((depth += 1))));
  addEventListener("dragleave", () => (depth = Math.max(0, depth - 1)) || drag(false));
  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("drop", (event) => {
    event.preventDefault();
    depth = 0;
    drag(false);
    take(event.dataTransfer?.files);
  });
  addEventListener("paste", (event) => take(event.clipboardData?.files));
}

function bindButtons() {
  one("#apply").addEventListener("click", () => apply([chosen]));
  one("#apply-all").addEventListener("click", () => apply([...files]));
  one("#undo").addEventListener("click", undo);
  one("#clear").addEventListener("click", () => confirm(word("confirmRemoveAll")) && [...files].forEach(remove));
  one("#notice button").addEventListener("click", () => (one("#notice").hidden = true));
  one("#language").addEventListener("click", () => choose(other()));
  one("#theme").addEventListener("click", () => {
    const dark = document.documentElement.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
    document.documentElement.dataset.theme = dark === "dark" ? "light" : "dark";
    localStorage.setItem("theme", document.documentElement.dataset.theme);
  });
}

function named() {
  const button = one("#language");
  button.textContent = other() === "zh" ? "中文" : "English";
  button.lang = other();
  if (session) one("#limits").textContent = word("limits", { photo: size(session.limits.photo), upload: size(session.limits.upload) });
  show();
}

function connection(good) {
  const notice = one("#notice");
  if (!good) complain(word("lost"));
  else if (one("p", notice).textContent === word("lost")) notice.hidden = true;
}

async function start() {
  if (location.hash) history.replaceState(null, "", "/"); // a token, which is of no more use
  if (localStorage.getItem("theme")) document.documentElement.dataset.theme = localStorage.getItem("theme");
  paint();
  onLanguage(named);
  await speak();
  try {
    session = await begin();
  } catch (error) {
    return complain(why(error));
  }
  prepare(session.limits, settings);
  prepareControls(session);
  onSettings(adjust);
  onFiles(show);
  onPick((item) => pick(item, true));
  bindTabs();
  bindFiles();
  bindButtons();
  named();
  listen(heard, connection);
  document.documentElement.dataset.ready = "yes";
}

start();
