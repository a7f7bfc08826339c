// How faces are hidden: the settings of the file that is shown, and of those to come.
import { drawing, make, one } from "./dom.js";
import { has, onLanguage, share, word } from "./words.js";

const EVERY = [null, 1, 3, 5, 10];
let about = { choices: { style: [], detector: [] }, defaults: {} };
let current = {};
let tell = () => {};

export const onSettings = (listener) => {
  tell = listener;
};
export const settings = () => ({ ...current });

export function prepareControls(session) {
  about = session;
  current = { ...session.defaults, ...kept() };
  build();
  onLanguage(build);
}

// What was chosen last time, as far as this version still knows it.
function kept() {
  try {
    const found = JSON.parse(localStorage.getItem("settings") ?? "{}");
    const known = Object.entries(found).filter(([name]) => name in about.defaults);
    const fits = (name, value) => !(name in about.choices) || about.choices[name].includes(value);
    return Object.fromEntries(known.filter(([name, value]) => fits(name, value)));
  } catch {
    return {};
  }
}

export function showSettings(chosen) {
  current = { ...about.defaults, ...chosen };
  build();
}

function set(changes) {
  current = { ...current, ...changes };
  localStorage.setItem("settings", JSON.stringify(current));
  tell(settings());
}

const name = (key, value) => (has(`${key}.${value}`) ? word(`${key}.${value}`) : value);

const HEAD = { cx: 16, cy: 14, r: 8.5 };
const SHOULDERS = ["path", { d: "M3 34c0-9 6-12 13-12s13 3 13 12z", fill: "currentColor", opacity: 0.45 }];
const LOOKS = {
  blur: [["circle", { ...HEAD, r: 10, fill: "currentColor", opacity: 0.25 }], ["circle", { ...HEAD, r: 8, fill: "currentColor", opacity: 0.35 }], ["circle", { ...HEAD, r: 5.5, fill: "currentColor", opacity: 0.45 }]],
  pixelate: [0.9, 0.4, 0.7, 0.5, 1, 0.45, 0.8, 0.5, 0.65].map((opacity, n) => ["rect", { x: 7 + 6 * (n % 3), y: 5 + 6 * Math.floor(n / 3), width: 6, height: 6, fill: "currentColor", opacity }]),
  solid: [["rect", { x: 7, y: 5, width: 18, height: 18, fill: "currentColor" }]],
  box: [["rect", { x: 7, y: 6, width: 18, height: 20, fill: "none", stroke: "currentColor", "stroke-width": 2.5 }]],
  ellipse: [["ellipse", { cx: 16, cy: 16, rx: 9, ry: 11, fill: "none", stroke: "currentColor", "stroke-width": 2.5 }]],
};

function picked(field, values, figure = () => null) {
  const options = values.map((value) =>
    make("label", {}, make("input", { type: "radio", class: "visually-hidden", name: field, value, checked: current[field] === value, onchange: () => set({ [field]: value }) }), figure(value), make("span", {}, name(field, value))),
  );
  return make("fieldset", { class: "field" }, make("legend", {}, word(field)), make("div", { class: "choices" }, ...options));
}

function slider(field, [min, max, step], shown, hint = "") {
  const output = make("output", { for: field }, shown(current[field]));
  const input = make("input", { type: "range", id: field, min: String(min), max: String(max), step: String(step), "aria-describedby": hint ? `${field}-hint` : null });
  input.value = current[field];
  const paint = () => input.style.setProperty("--share", `${(100 * (input.value - min)) / (max - min)}%`);
  input.addEventListener("input", () => {
    paint();
    output.textContent = shown(Number(input.value));
    set({ [field]: Number(input.value) });
  });
  paint();
  return make("div", { class: "field" }, make("div", { class: "field-head" }, make("label", { for: field }, word(field)), output), input, hint ? make("p", { class: "hint", id: `${field}-hint` }, hint) : null);
}

function toggle(field) {
  return make("div", { class: "row" }, make("label", { for: field }, word(field)), make("input", { type: "checkbox", role: "switch", class: "switch", id: field, checked: Boolean(current[field]), onchange: (event) => set({ [field]: event.target.checked }) }));
}

function menu(field, options, value, onChoice) {
  const select = make("select", { id: field, onchange: (event) => onChoice(options[event.target.selectedIndex][0]) });
  for (const [each, text] of options) select.append(make("option", { selected: each === value }, text));
  return make("div", { class: "field" }, make("label", { for: field }, word(field)), select);
}

const SOUND = { keep: { audio: true, mute: false }, mute: { audio: true, mute: true }, none: { audio: false, mute: false } };

function build() {
  const panel = one("#panel");
  const open = one("details", panel)?.open ?? false;
  const figure = (value) => (LOOKS[value] ? drawing("0 0 32 32", ...(value === "box" || value === "ellipse" ? [] : [SHOULDERS]), ...LOOKS[value]) : null);
  const times = (value) => word("unitTimes", { value: Number(value).toFixed(2).replace(/\.?0+$/, "") });
  const every = EVERY.map((value) => [value, word(`every.${value ?? "auto"}`)]);
  const sound = Object.keys(SOUND).map((value) => [value, word(`sound.${value}`)]);
  const heard = !current.audio ? "none" : current.mute ? "mute" : "keep";
  panel.replaceChildren(
    make("h2", {}, word("panel")),
    picked("style", about.choices.style, figure),
    slider("strength", [1, 4, 0.25], times),
    slider("margin", [0, 1, 0.05], share),
    picked("shape", ["box", "ellipse"], figure),
    toggle("boxes"),
    make(
      "details",
      { class: "field", open },
      make("summary", {}, word("more")),
      make(
        "div",
        { class: "inside" },
        menu("detector", about.choices.detector.map((value) => [value, name("detector", value)]), current.detector, (detector) => set({ detector })),
        menu("every", every, current.every, (value) => set({ every: value })),
        slider("confidence", [0.05, 0.95, 0.05], share, word("confidenceHint")),
        toggle("thorough"),
        menu("sound", sound, heard, (value) => set(SOUND[value])),
        make("button", { type: "button", class: "quiet", onclick: () => { current = { ...about.defaults }; build(); set({}); } }, word("reset")),
      ),
    ),
  );
}

one("#panel").addEventListener("submit", (event) => event.preventDefault());
