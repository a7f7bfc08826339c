// What the page says, in the browser's language or the one chosen.
import { all } from "./dom.js";

const LANGUAGES = { en: "en", zh: "zh-Hans" };
const listeners = [];
let words = {};
let sentences = [];
let plural = new Intl.PluralRules("en");
export let language = "en";

export const onLanguage = (listener) => listeners.push(listener);

export function word(key, values = {}) {
  const text = words[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

// What the engine says is English; its sentences are known by their words, with {names} for what changes in them.
const pattern = (text) => new RegExp(`^${text.replace(/[.*+?^$()|[\]\\]/g, "\\$&").replace(/\{(\w+)\}/g, "(?<$1>.+?)")}$`);

// The sentence in the language of the page; null when it is not known in it.
export function translated(text) {
  if (language === "en") return text;
  for (const [known, told] of sentences) {
    const found = known.exec(text);
    if (!found) continue;
    const part = (name) => (name === "list" ? found.groups.list.split(", ").map((each) => translated(each) ?? each).join("、") : found.groups[name]);
    return told.replace(/\{(\w+)\}/g, (_, name) => part(name));
  }
  return null;
}

export const has = (key) => key in words;
export const counted = (key, count) => {
  const form = `${key}.${plural.select(count)}`;
  return word(form in words ? form : `${key}.other`, { count });
};

function preferred() {
  const kept = localStorage.getItem("language");
  if (kept in LANGUAGES) return kept;
  const known = navigator.languages.map((each) => each.slice(0, 2).toLowerCase()).find((each) => each in LANGUAGES);
  return known ?? "en";
}

export async function speak(chosen = preferred()) {
  language = chosen;
  words = await (await fetch(`/assets/words/${chosen}.json`)).json();
  sentences = chosen === "en" ? [] : Object.entries(await (await fetch(`/assets/words/notes.${chosen}.json`)).json()).map(([text, told]) => [pattern(text), told]);
  plural = new Intl.PluralRules(chosen);
  document.documentElement.lang = LANGUAGES[chosen];
  for (const element of all("[data-word]")) element.textContent = word(element.dataset.word);
  for (const element of all("[data-label]")) {
    element.setAttribute("aria-label", word(element.dataset.label));
    if (element.tagName === "BUTTON") element.title = word(element.dataset.label);
  }
  for (const listener of listeners) listener();
}

export async function choose(chosen) {
  localStorage.setItem("language", chosen);
  await speak(chosen);
}

export const other = () => (language === "zh" ? "en" : "zh");

export function size(bytes) {
  const [unit, name] = bytes >= 1e9 ? [1e9, "GB"] : bytes >= 1e6 ? [1e6, "MB"] : [1e3, "KB"];
  return `${new Intl.NumberFormat(language, { maximumFractionDigits: 1 }).format(bytes / unit)} ${name}`;
}

export const share = (part) => new Intl.NumberFormat(language, { style: "percent" }).format(Math.min(1, Math.max(0, part)));

export function time(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  const hours = Math.floor(whole / 3600);
  const rest = `${String(Math.floor(whole / 60) % 60).padStart(hours ? 2 : 1, "0")}:${String(whole % 60).padStart(2, "0")}`;
  return hours ? `${hours}:${rest}` : rest;
}
