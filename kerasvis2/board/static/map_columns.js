// What stands above the columns: the run, step, layer or view, and what holds for all of its maps.

import { answerTo } from "./answers.js";
import { verdict } from "./explore.js";
import { h } from "./dom.js";
import { unitOf } from "./look.js";
import { number } from "./words.js";

const NARROW = 115; // pixels: no room for the word "step"

// `step`: the one that the column stands for, if it stands for one.
export function columnHead(app, view, place, step) {
  const { explorer, model, state, change } = app;
  const column = explorer.columns[place];
  const here = step !== undefined && step === model.step;
  const parts = column.source ? factsOf(app, view, place) : [];
  const base = place === explorer.minus;
  const runs = state.axis === "runs" && !explorer.one;
  return h(
    "div",
    {
      key: column.key,
      class: "colhead",
      role: "columnheader",
      "aria-colindex": place + 2,
      style: { left: view.side + place * view.across, width: view.width },
    },
    step === undefined
      ? h(
          "div",
          { class: "who", key: "who" },
          runs && h("span", { class: "swatch", style: { background: column.run.colour } }),
          h("bdi", { class: "run", title: column.title }, column.title),
        )
      : h(
          "button",
          {
            class: here ? "step current" : "step",
            key: "step",
            "aria-current": here ? "step" : null,
            onclick: () => change({ step, play: false }),
          },
          column.title,
        ),
    h(
      "div",
      { class: "facts", key: "facts", title: parts.join(" · ") },
      base && h("span", { class: "badge" }, "base"),
      !(base && view.width < NARROW) && parts.join(" · "),
    ),
  );
}

// The same once more, for the eye alone, above a band of rows that stands beside the first.
export function columnAgain(app, view, place, band) {
  const { explorer, state } = app;
  const column = explorer.columns[place];
  const base = place === explorer.minus;
  return h(
    "div",
    {
      key: `${column.key} again ${band}`,
      class: "colagain",
      "aria-hidden": "true",
      style: { left: band * view.band + view.side + place * view.across, width: view.width },
    },
    h(
      "div",
      { class: "who" },
      state.axis === "runs" && h("span", { class: "swatch", style: { background: column.run.colour } }),
      h("bdi", { class: "run" }, column.title),
    ),
    h("div", { class: "facts" }, base ? h("span", { class: "badge" }, "base") : factsOf(app, view, place).join(" · ")),
  );
}

function factsOf(app, view, place) {
  const { explorer, state } = app;
  const column = explorer.columns[place];
  const { source } = column;
  const parts = [];
  if (state.axis === "runs" && source.step !== null)
    parts.push(view.width < NARROW ? String(source.step) : `step ${source.step}`);
  if (["runs", "steps"].includes(state.axis)) parts.push(right(explorer, source));
  if (explorer.lock === "run") parts.push(scale(app, column, place));
  return parts.filter(Boolean);
}

function right({ images, answers }, { run, step }) {
  const verdicts = images
    .map((image) => verdict(image, answerTo(answers, run, step, image.places.get(run.id))))
    .filter((one) => one !== null);
  return verdicts.length ? `${verdicts.filter(Boolean).length}/${verdicts.length} ✓` : "";
}

// Columns with scales of their own may have units of their own too.
function scale({ explorer }, column, place) {
  for (const row of explorer.rows) {
    const { drawn, signed, top, entry } = explorer.cellOf(row, column, 0, place);
    if (drawn) return `${signed ? "±" : "0…"}${number(top)} ${unitOf(entry?.maps?.header).split(",")[0]}`;
  }
  return "";
}
