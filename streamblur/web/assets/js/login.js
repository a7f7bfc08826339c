// Signing in where the page is open to others; the token may come along after the # of the address.
import { one } from "./dom.js";
import { speak } from "./words.js";

async function enter(token) {
  const answer = await fetch("/login", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ token }) });
  if (answer.ok) location.replace("/");
  else one("#wrong").hidden = false;
}

one("#door").addEventListener("submit", (event) => {
  event.preventDefault();
  enter(one("#token").value);
});

await speak();
if (location.hash.length > 1) {
  const token = decodeURIComponent(location.hash.slice(1));
  history.replaceState(null, "", "/");
  enter(token);
}
document.documentElement.dataset.ready = "yes";
