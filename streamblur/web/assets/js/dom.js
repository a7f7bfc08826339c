// Small words for building the page. Texts are always set as text, never as markup.
export const one = (selector, within = document) => within.querySelector(selector);
export const all = (selector, within = document) => [...within.querySelectorAll(selector)];

export function make(tag, about = {}, ...inside) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(about)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "class") element.className = value;
    else if (name in element && typeof value !== "string") element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...inside.filter((each) => each !== null));
  return element;
}

const NS = "http://www.w3.org/2000/svg";

export function drawing(box, ...shapes) {
  const svg = document.createElementNS(NS, "svg");
  svg.setAttribute("viewBox", box);
  svg.setAttribute("aria-hidden", "true");
  for (const [tag, about] of shapes) svg.append(shape(tag, about));
  return svg;
}

export function shape(tag, about) {
  const element = document.createElementNS(NS, tag);
  for (const [name, value] of Object.entries(about)) element.setAttribute(name, value);
  return element;
}

const LINES = {
  cancel: "M6 6l12 12M18 6L6 18",
  save: "M12 4v11m0 0l-5-5m5 5l5-5M5 20h14",
  photo: "M4 6h16v12H4zM4 16l5-5 4 4 3-3 4 4M15.500 9.500h.01",
  video: "M4 6h11v12H4zM15 11l5-3v8l-5-3",
};

export const icon = (name) =>
  drawing("0 0 24 24", ["path", { d: LINES[name], fill: "none", stroke: "currentColor", "stroke-width": 2, "stroke-linecap": "round", "stroke-linejoin": "round" }]);

// Scrolls a list so far that one of its entries is in sight, and nothing else.
export function reveal(entry, list, under = 0) {
  if (!entry) return;
  const [box, area] = [entry.getBoundingClientRect(), list.getBoundingClientRect()];
  if (box.top < area.top + under) list.scrollTop += box.top - area.top - under;
  else if (box.bottom > area.bottom) list.scrollTop += box.bottom - area.bottom;
}

export const say = (text) => {
  one("#said").textContent = text;
};

export function complain(text) {
  const notice = one("#notice");
  one("p", notice).textContent = text;
  notice.hidden = false;
}
