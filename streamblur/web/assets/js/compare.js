// Before and after, one over the other, with a line to drag between them.
import { make, one } from "./dom.js";
import { word } from "./words.js";

let cut = 50;

// `before` and `after` are img or video elements; before may be null.
export function compare(before, after, ratio) {
  const slide = make("input", { type: "range", class: "slide", min: "0", max: "100", step: "1", "aria-label": word("compare") });
  const holder = make("div", { class: "compare" }, after);
  after.classList.add("is");
  if (before) {
    before.classList.add("was");
    holder.append(before, make("div", { class: "divide" }), make("span", { class: "side left" }, word("before")), make("span", { class: "side right" }, word("after")), slide);
  } else holder.classList.add("whole");
  holder.append(make("div", { class: "layer" }));
  holder.style.setProperty("--ratio", String(ratio));
  const place = () => {
    holder.style.setProperty("--cut", `${cut}%`);
    for (const [side, hidden] of [[".left", cut < 14], [".right", cut > 86]]) {
      const sign = one(side, holder);
      if (sign) sign.hidden = hidden;
    }
  };
  slide.value = cut;
  slide.addEventListener("input", () => {
    cut = Number(slide.value);
    place();
  });
  place();
  return holder;
}

export const layerOf = (holder) => one(".layer", holder);
