// Writing the result: progress, stopping it, and asking before anything is replaced.
import { complain, one, say } from "./dom.js";
import { why } from "./files.js";
import { render, resultPath, state, stopRender, told } from "./review_state.js";
import { share, time, word } from "./words.js";

let before = "";

export async function write(replace = false) {
  if (!state.over || state.about?.render?.state === "running") return;
  try {
    await render(replace);
  } catch (error) {
    if (error.code !== "exists") return complain(told(error));
    const dialog = one("#ask");
    one("#ask-text").textContent = word("rvExists", { name: state.about.output });
    dialog.returnValue = "no";
    dialog.onclose = () => dialog.returnValue === "yes" && write(true);
    dialog.showModal();
  }
}

export function showRender() {
  const now = state.about?.render;
  const strip = one("#writing");
  strip.hidden = !now;
  if (!now) return;
  const running = now.state === "running";
  const part = now.total ? now.frames / now.total : null;
  const bar = one("#writing-bar");
  bar.hidden = one("#writing-stop").hidden = !running;
  if (part === null) bar.removeAttribute("value");
  else bar.value = part;
  bar.setAttribute("aria-label", state.about.output);
  one("#save").hidden = now.state !== "done" || !state.about.download;
  one("#save").href = resultPath();
  strip.className = `writing ${now.state}`;
  one("#writing-state").textContent = sentence(now, part);
  one("#render").hidden = running;
  if (now.state !== before && !running) say(sentence(now, part));
  before = now.state;
}

function sentence(now, part) {
  const name = state.about.output;
  if (now.state === "done") return word("rvWritten", { name });
  if (now.state === "cancelled") return word("rvStopped");
  if (now.state === "failed") return why(now.error);
  if (part === null || now.left === null) return word("rvWriting", { name });
  return word("rvWritingLeft", { name, share: share(part), left: time(now.left) });
}

one("#writing-stop").addEventListener("click", () => stopRender().catch((error) => complain(told(error))));
one("#render").addEventListener("click", () => write());
