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
  one("#live-start").hidden = Boolean(camera);
  one("#live-stop").hidden = !camera;
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
  one("#live-start").hidden = false;
  one("#live-stop").hidden = true;
  off();
}

one("#live-start").addEventListener("click", start);
one("#live-stop").addEventListener("click", () => {
  stop();
  one("#live-start").focus();
});
addEventListener("pagehide", stop);
