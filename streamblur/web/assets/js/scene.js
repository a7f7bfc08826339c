// The picture on the empty page: three people, their heads a mosaic, one of them in a frame.
import { one, shape } from "./dom.js";

const PEOPLE = [[84, 112, 0.82, 200], [336, 112, 0.82, 28], [210, 104, 1, 168]];
const SHADES = [0.95, 0.6, 0.8, 0.7, 0.55, 0.9, 0.65, 0.85, 0.8, 0.5, 0.75, 0.6, 0.7, 0.9, 0.6, 0.8];

function person(x, y, scale, hue) {
  const group = shape("g", { transform: `translate(${x} ${y}) scale(${scale})` });
  const colour = `hsl(${hue} 42% 55%)`;
  group.append(shape("path", { d: "M-62 86c0-46 24-58 44-62v-8h36v8c20 4 44 16 44 62z", fill: colour, opacity: 0.9 }));
  for (const [index, opacity] of SHADES.entries()) {
    const [column, row] = [index % 4, Math.floor(index / 4)];
    group.append(shape("rect", { x: -36 + 18 * column, y: -62 + 20 * row, width: 18.5, height: 20.5, fill: `hsl(${hue} 34% ${40 + 30 * opacity}%)` }));
  }
  return group;
}

export function paint() {
  const scene = one(".scene");
  scene.append(...PEOPLE.map((each) => person(...each)));
  scene.append(shape("path", { d: "M164 44V30h14M242 30h14v14M256 110v14h-14M178 124h-14v-14", fill: "none", stroke: "#17b57f", "stroke-width": 4, "stroke-linecap": "round" }));
}
