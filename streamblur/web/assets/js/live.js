// The live tab. The camera is opened on a click and given back when the page or the tab is left.
import { ask } from "./api.js";
import { complain, make, one } from "./dom.js";
import { why } from "./files.js";
import { settings } from "./controls.js";
import { word } from "./words.js";

let camera = null;

async function start() {
  one("#live-start").disabled = true;
  show(make("p", { class: "hint" }, word("liveOpening")));
  try {
    camera = (await ask("POST", "/api/live", { settings: settings(), device: "0" })).id;
    const picture = make("img", { src: `/api/live/${camera}`, alt: word("livePicture") });
    picture.addEventListener("error", () => stop());
    show(picture);
  } catch (error) {
    complain(why(error));
    off();
  }
  one("#live-start").disabled = false;
  buttons();
}

function buttons() {
  one("#live-start").hidden = Boolean(camera);
  one("#live-stop").hidden = one("#live-panic").hidden = !camera;
  one("#live-panic").setAttribute("aria-pressed", "false");
  one("#live-picture").classList.remove("hidden");
}

// Hidden here at once, and at its source as soon as that hears of it; shown again only when it may be.
async function panic() {
  const on = one("#live-panic").getAttribute("aria-pressed") !== "true";
  one("#live-panic").setAttribute("aria-pressed", String(on));
  if (on) one("#live-picture").classList.add("hidden");
  try {
    await ask("POST", `/api/live/${camera}/panic`, { on });
    if (!on) one("#live-picture").classList.remove("hidden");
  } catch (error) {
    complain(why(error));
  }
}

const show = (element) => one("#live-picture").replaceChildren(element);

function off() {
  show(make("p", { class: "hint" }, word("liveOff")));
}

export function stop() {
  if (!camera) return;
  const left = camera;
  camera = null;
  one("#live-picture img")?.removeAttribute("src");
  ask("DELETE", `/api/live/${left}`).catch(() => {});
  buttons();
  off();
}

one("#live-start").addEventListener("click", start);
one("#live-panic").addEventListener("click", panic);
one("#live-stop").addEventListener("click", () => {
  stop();
  one("#live-start").focus();
});
addEventListener("pagehide", stop);
