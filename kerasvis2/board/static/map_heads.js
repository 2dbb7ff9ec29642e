// What stands left of a row: the image itself, or the run with how sure it was over the steps.

import { answerTo } from "./answers.js";
import { h } from "./dom.js";
import { pictureOn } from "./map_paint.js";
import { number } from "./words.js";

export function imageHead(app, image, view) {
  const { explorer, change } = app;
  const label = image.title;
  const height = Math.min(view.height, Math.round((view.side - 8) * (view.height / view.width)));
  const width = Math.round((height * view.width) / view.height);
  return [
    image.picture
      ? h("canvas", {
          class: "original",
          role: "img",
          "aria-label": `Image ${image.number}, ${label}`,
          style: { height, width },
          hook: (canvas) => pictureOn(canvas, { height, width }, image.picture),
        })
      : h("div", { class: "unseen", style: { height } }, "not in the log"),
    h("button", { class: "whose", title: "Over all steps", onclick: () => change({ one: image.key }) }, label),
  ];
}

const [WIDE, HIGH] = [100, 40];

// The probability of the truth over all steps, and the margin where it is asked for.
export function runHead({ explorer, model }, row, rowPlace) {
  const { run } = row;
  const told = explorer.answers?.[run.id];
  const place = explorer.one.places.get(run.id);
  const points = (told?.steps ?? [])
    .map((step) => [step, answerTo(explorer.answers, run, step, place)?.truth])
    .filter(([, value]) => Number.isFinite(value));
  const [first, last] = model.span;
  const x = (step) => (last > first ? ((step - first) / (last - first)) * (WIDE - 4) + 2 : WIDE / 2);
  const y = (value) => HIGH - 3 - value * (HIGH - 6);
  return [
    h(
      "div",
      { class: "who" },
      h("span", { class: "swatch", style: { background: run.colour } }),
      h("bdi", { class: "run", title: run.label }, run.label),
    ),
    points.length > 1 &&
      h(
        "svg",
        {
          class: "spark",
          width: WIDE,
          height: HIGH,
          role: "img",
          "aria-label": `Probability of the truth, from ${number(points[0][1])} to ${number(points.at(-1)[1])}`,
        },
        h("line", { class: "rule", x1: 0, x2: WIDE, y1: y(0), y2: y(0) }),
        h("line", { class: "rule", x1: 0, x2: WIDE, y1: y(1), y2: y(1) }),
        h("path", {
          d: points.map(([step, value], at) => `${at ? "L" : "M"}${x(step).toFixed(1)} ${y(value).toFixed(1)}`).join(""),
          stroke: run.colour,
          fill: "none",
          "stroke-width": 1.5,
        }),
      ),
    points.length > 1 && h("div", { class: "facts" }, "probability of the truth, 0…1"),
    explorer.lock === "run" && h("div", { class: "facts" }, scaleOf(explorer, row, rowPlace)),
  ];
}

// A row with a scale of its own prints it.
function scaleOf({ columns, cellOf }, row, rowPlace) {
  for (const column of columns) {
    const { drawn, signed, top } = cellOf(row, column, rowPlace, columns.indexOf(column));
    if (drawn) return `scale ${signed ? "±" : "0…"}${number(top)}`;
  }
  return "";
}
