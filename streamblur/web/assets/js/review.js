// Puts the review of one recording together.
import { complain, one } from "./dom.js";
import { why } from "./files.js";
import { refresh } from "./review_acts.js";
import { bind, listKeys } from "./review_keys.js";
import { showRender } from "./review_render.js";
import { boxes, onMove } from "./review_stage.js";
import { changed, load, onChange, start, state } from "./review_state.js";
import { choose, onLanguage, other, share, speak, word } from "./words.js";

let loading = false;

async function heard(about) {
  const before = state.about;
  state.about = about;
  showAbout();
  showRender();
  refresh();
  if (about.state !== "ready" || loading) return;
  const elsewhere = before && before.edited !== about.edited && !state.busy;
  if (state.over && !elsewhere) return;
  loading = true;
  try {
    await load();
    document.documentElement.dataset.ready = "yes";
  } catch (error) {
    complain(why(error));
  }
  loading = false;
}

function showAbout() {
  const { about } = state;
  if (!about) return;
  one("#title").textContent = about.name;
  document.title = `${about.name} · ${word("rvTitle")}`;
  one("#saved").textContent = state.busy ? word("rvWorking") : about.state !== "ready" ? "" : about.faces ? word("rvSaved", { name: about.faces }) : word("rvKeptSafe");
  one("#waiting").hidden = about.state === "ready";
  const { frames, total } = about.progress;
  const part = total ? frames / total : null;
  const bar = one("#opening-bar");
  bar.hidden = about.state === "failed";
  bar.setAttribute("aria-label", word("rvOpening"));
  if (part === null) bar.removeAttribute("value");
  else bar.value = part;
  one("#opening").textContent = about.state === "failed" ? why(about.error) : part === null ? word("rvOpening") : word("rvLooking", { share: share(part) });
}

function connection(good) {
  const notice = one("#notice");
  if (!good && state.about?.state !== "failed") complain(word("lost"));
  else if (one("p", notice).textContent === word("lost")) notice.hidden = true;
}

function named() {
  const button = one("#language");
  button.textContent = other() === "zh" ? "中文" : "English";
  button.lang = other();
  showAbout();
  showRender();
  changed();
  listKeys();
}

function bindLook() {
  one("#notice button").addEventListener("click", () => (one("#notice").hidden = true));
  one("#language").addEventListener("click", () => choose(other()));
  one("#theme").addEventListener("click", () => {
    const dark = document.documentElement.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
    document.documentElement.dataset.theme = dark === "dark" ? "light" : "dark";
    localStorage.setItem("theme", document.documentElement.dataset.theme);
  });
}

async function begin() {
  if (localStorage.getItem("theme")) document.documentElement.dataset.theme = localStorage.getItem("theme");
  onLanguage(named);
  onChange(showAbout);
  onMove(() => {
    refresh();
    boxes();
  });
  await speak();
  bindLook();
  bind();
  if (!state.id && !location.search) return complain(word("rvNone"));
  try {
    await start(heard, connection);
  } catch (error) {
    complain(why(error));
  }
}

begin();
