// One set of buttons for two videos that run side by side, or for one place in a video.
import { one } from "./dom.js";
import { time } from "./words.js";

const SLACK = 0.12;
let leader = null;
let follower = null;
let moved = null;

// With `onMove` only a place is chosen: nothing plays beside a still.
export function lead(video, other, onMove = null) {
  [leader, follower, moved] = [video, other, onMove];
  one("#player").hidden = !video;
  one("#play").hidden = Boolean(onMove);
  if (!video) return;
  for (const each of ["timeupdate", "loadedmetadata", "play", "pause", "seeked", "ended"]) video.addEventListener(each, show);
  video.addEventListener("play", () => follower?.play().catch(() => {}));
  video.addEventListener("pause", () => follower?.pause());
  show();
}

export const at = () => leader?.currentTime ?? 0;

export function go(seconds) {
  if (!leader) return;
  leader.currentTime = seconds;
  if (follower) follower.currentTime = seconds;
  show();
}

function show() {
  const whole = leader?.duration || 0;
  const seek = one("#seek");
  if (whole) seek.value = Math.round((1000 * leader.currentTime) / whole);
  seek.style.setProperty("--share", `${seek.value / 10}%`);
  seek.setAttribute("aria-valuetext", time(leader?.currentTime ?? 0));
  one("#clock").textContent = `${time(leader?.currentTime ?? 0)} / ${time(whole)}`;
  one("#play").classList.toggle("playing", Boolean(leader && !leader.paused));
  if (follower && Math.abs(follower.currentTime - leader.currentTime) > SLACK) follower.currentTime = leader.currentTime;
}

one("#play").addEventListener("click", () => (leader?.paused ? leader.play().catch(() => {}) : leader?.pause()));
one("#seek").addEventListener("input", (event) => {
  if (!leader?.duration) return;
  go((event.target.value / 1000) * leader.duration);
  moved?.(leader.currentTime);
});
