// What the colours stand for: a bar with its ends, in the map's own unit.

import { paint } from "./colour.js";
import { h } from "./dom.js";
import { drawsMaps, lookOf, unitOf } from "./look.js";
import { paintOver } from "./overlay.js";
import { logarithmic } from "./scale.js";
import { number } from "./words.js";

const [WIDE, HIGH] = [180, 12];
const MIDDLE = 128; // the grey that an overlay's bar is painted over

export function legend(app) {
  const { explorer, state } = app;
  if (!drawsMaps(app)) return null;
  const shown = bars(app);
  if (!shown.length) return h("div", { class: "legends", key: "legend" });
  app.ui.shownTop = shown.find(({ differs }) => !differs)?.top;
  return h(
    "div",
    {
      class: "legends",
      key: "legend",
      role: "group",
      "aria-label": "Scale",
      title: explorer.lock === "all" ? "One colour is one value in every cell" : null,
    },
    shown.map(({ key, top, signed, differs, look, unit }) =>
      h(
        "span",
        { class: "legend", key },
        differs && h("strong", null, differenceWords(app)),
        h("span", { class: "hint", title: unit || null }, unit),
        h("span", { class: "end low" }, top === null ? (signed ? "−" : "0") : signed ? number(-top) : "0"),
        h("canvas", {
          class: "ramp",
          width: WIDE,
          height: HIGH,
          "aria-hidden": "true",
          hook: (canvas) => ramp(canvas, look, signed, state.colours === "grey"),
        }),
        h("span", { class: "end high" }, top === null ? words(explorer) : top ? number(top) : "0: all maps are 0 everywhere"),
      ),
    ),
    explorer.partly &&
      h("span", { class: "hint", key: "partly" }, `of ${explorer.partly.arrived} of ${explorer.partly.wanted} maps so far`),
    state.decades && h("span", { class: "hint", key: "log" }, `log: ¼ of the bar is ${logOf(0.25)} of its end`),
  );
}

const words = ({ lock, one }) =>
  lock !== "run" ? "as printed below each" : one ? "as printed at each run" : "as printed above each column";

function differenceWords({ explorer }) {
  return `minus ${explorer.columns[explorer.minus].title}`;
}

// Where a quarter of the bar lies on a log scale, in per cent.
function logOf(part) {
  let [low, high] = [0, 1];
  for (let turn = 0; turn < 40; turn += 1) {
    const middle = (low + high) / 2;
    if (logarithmic(middle) < part) low = middle;
    else high = middle;
  }
  return `${number(low * 100)} %`;
}

// One bar for the values and one for the differences, and one for each unit and look; without numbers
// where they hold for a column or a cell, whose own is printed there.
function bars(app) {
  const { explorer } = app;
  const found = new Map();
  const common = ["all", "hand"].includes(explorer.lock);
  explorer.rows.slice(0, 3).forEach((row, rowPlace) =>
    explorer.columns.forEach((column, columnPlace) => {
      const cell = explorer.cellOf(row, column, rowPlace, columnPlace);
      if (!cell.drawn) return;
      const { signed, differs } = cell;
      const own = cell.entry?.maps?.header;
      const look = differs ? "map" : lookOf(app, own);
      if (look === "image") return;
      const unit = explorer.lock === "run" ? "" : unitOf(own);
      const key = [signed, differs, look, unit].join();
      const top = common ? cell.top : null;
      if (!found.has(key)) found.set(key, { key, top, signed, differs, look, unit });
    }),
  );
  return [...found.values()];
}

const painted = new WeakMap();

function ramp(canvas, look, signed, dull) {
  const key = `${look} ${signed} ${dull}`;
  if (painted.get(canvas) === key) return;
  painted.set(canvas, key);
  const units = Float32Array.from({ length: WIDE }, (_, x) => {
    const part = x / (WIDE - 1);
    return signed ? 2 * part - 1 : part;
  });
  const grey = new Uint8Array(WIDE).fill(MIDDLE);
  const line =
    look === "overlay"
      ? paintOver(grey, { height: 1, width: 1, data: units }, signed)
      : paint(units, signed, dull);
  const image = new ImageData(WIDE, HIGH);
  const pixels = new Uint32Array(image.data.buffer);
  for (let y = 0; y < HIGH; y += 1) pixels.set(line, y * WIDE);
  const context = canvas.getContext("2d");
  context.putImageData(image, 0, 0);
}
