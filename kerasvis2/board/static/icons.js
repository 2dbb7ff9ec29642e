// Icons, drawn in a 16 × 16 box.

import { h } from "./dom.js";

const SHAPES = {
  first: "M3 3h2v10H3zM13 3v10L6 8z",
  back: "M11 3v10L4 8z",
  play: "M4 2.5v11L13.5 8z",
  pause: "M4 3h3v10H4zM9 3h3v10H9z",
  on: "M5 3v10l7-5z",
  latest: "M11 3h2v10h-2zM3 3v10l7-5z",
  minus: "M3 7h10v2H3z",
  plus: "M7 3h2v4h4v2H9v4H7V9H3V7h4z",
  swap: "M5 3v3h8v2H5v3L1 7zM11 7v0l4 3.5-4 3.5v-2.5H5v-2h6z",
  pin: "M6 1h4v1l-1 1v4l3 2v1.5H8.7V15h-1.4v-4.5H4V9l3-2V3L6 2z",
  curves: "M1 13h14v1.5H1zM1.5 11.5 5 6l3 3 5.5-6 1 .9L8.1 11 5.2 8.1 2.6 12z",
};

export function icon(name) {
  return h(
    "svg",
    { class: "icon", width: 16, height: 16, viewBox: "0 0 16 16", "aria-hidden": "true" },
    h("path", { d: SHAPES[name] }),
  );
}
