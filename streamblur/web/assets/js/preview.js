// Previews: what the file would look like under other settings, asked for as often as the server answers.
import * as api from "./api.js";
import { complain } from "./dom.js";
import { changed, files, why } from "./files.js";
import { at } from "./player.js";

let busy = false;
let wanted = null;

// The moment that is shown, in seconds.
export const shownAt = (item) => (item.kind === "photo" ? 0 : (item.preview?.time ?? at()));

// Only the newest wish counts; while one is being answered, the others wait.
export function wish(item, time = 0) {
  wanted = { item, time };
  if (!busy) work();
}

async function work() {
  busy = true;
  while (wanted) {
    const { item, time } = wanted;
    wanted = null;
    if (!item.job || !files.includes(item)) continue;
    const draft = item.draft ?? { settings: item.settings, edits: item.edits };
    const asked = item.forgotten ?? 0;
    item.loading = true;
    changed();
    try {
      const answer = await api.preview(item.job.id, draft.settings, time, draft.edits);
      release(item);
      // Applied or undone meanwhile: then it shows what holds no more.
      if ((item.forgotten ?? 0) === asked) item.preview = { ...answer, time };
      else URL.revokeObjectURL(answer.image);
    } catch (error) {
      if (error.status === 429) await new Promise((resolve) => setTimeout(resolve, 1000 * error.after));
      else if (files.includes(item)) complain(why(error));
    }
    item.loading = false;
    changed();
  }
  busy = false;
}

export function forget(item) {
  item.forgotten = (item.forgotten ?? 0) + 1;
  if (wanted?.item === item) wanted = null;
  release(item);
}

function release(item) {
  if (item.preview) URL.revokeObjectURL(item.preview.image);
  item.preview = null;
}
