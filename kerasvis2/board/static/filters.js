// Which images are in the table, and in which order.

import { shortClass } from "./explore.js";
import { h } from "./dom.js";
import { button, segments, select } from "./tools.js";

const ONLY = [
  ["", "All", "All images"],
  ["wrong", "Wrong", "Those that some run on show gets wrong"],
  ["changed", "Changed", "Those whose prediction is another than at the step before, in some run"],
];
const SORTS = [
  ["", "probe"],
  ["sure", "least sure first"],
  ["dispute", "most disputed first"],
];

export function filters(app) {
  const { explorer, state, change } = app;
  const { images, names, shown } = explorer;
  if (images.length < 2) return null;
  const labels = [...new Set(images.map(({ label }) => label))].filter((label) => label !== null);
  labels.sort((one, other) => one - other);
  const told = explorer.answers && Object.keys(explorer.answers).length > 0;
  const first = told ? images.flatMap(explorer.asked).filter(Boolean) : [];
  const guessed = first.some(({ guess }) => guess !== null); // of a regression nothing is right or wrong
  const rated = first.some(({ truth }) => truth !== null);
  const none = !state.only && state.class < 0 && !state.pair && !state.pick;
  return h(
    "div",
    { class: "filters", key: "filters" },
    (guessed || state.only !== "") &&
      segments(
        "Images",
        ONLY.filter(([value]) => value !== "wrong" || labels.length > 0),
        state.only,
        (only) => change({ only }),
      ),
    labels.length > 1 &&
      select(
        "class",
        [[-1, "all"], ...labels.map((label) => [label, shortClass(names, label)])],
        state.class,
        (text) => change({ class: Number(text) }),
        { key: "class" },
      ),
    (guessed || rated) &&
      select("order", SORTS.filter(([value]) => value !== "dispute" || explorer.columns.length > 1), state.sort, (sort) => change({ sort }), { key: "sort" }),
    guessed && labels.length > 0 && matrix(app),
    !none &&
      button("Show all", "No filter, no choice", () =>
        change({ only: "", class: -1, pair: "", pick: "" }),
      ),
    h("span", { class: "hint", role: "status" }, shown.length < images.length ? `${shown.length} of ${images.length} images` : ""),
  );
}

// Which class was taken for which by one run; a cell of it chooses its images.
function matrix(app) {
  const { explorer, state, change } = app;
  const { classes, count } = explorer.confusion;
  if (!classes.length) return null;
  const name = (index) => shortClass(explorer.namesOf(explorer.of), index);
  const most = Math.max(...classes.flatMap((label) => classes.map((guess) => count(label, guess))));
  return h(
    "details",
    { class: "confusion", key: "confusion" },
    h("summary", null, state.pair ? `confusion: ${state.pair.split(",").map(Number).map(name).join(" → ")}` : "confusion"),
    h(
      "div",
      { class: "sheet" },
      select(
        "run",
        explorer.runs.map((run) => [run.id, run.label]),
        explorer.of.id,
        (of) => change({ of }),
      ),
      h(
        "table",
        null,
        h("caption", null, "true class down, predicted across"),
        h(
          "tr",
          null,
          h("td", null),
          classes.map((guess) => h("th", { scope: "col", key: guess }, name(guess))),
        ),
        classes.map((label) =>
          h(
            "tr",
            { key: label },
            h("th", { scope: "row" }, name(label)),
            classes.map((guess) => pairCell(label, guess)),
          ),
        ),
      ),
    ),
  );

  function pairCell(label, guess) {
    const many = count(label, guess);
    const pair = `${label},${guess}`;
    return h(
      "td",
      { key: guess, class: label === guess ? "right" : "wrong", style: { "--part": `${Math.round((40 * many) / most)}%` } },
      h(
        "button",
        {
          disabled: !many,
          "aria-pressed": String(state.pair === pair),
          "aria-label": `${many} of ${name(label)} taken for ${name(guess)}`,
          onclick: () => change({ pair: state.pair === pair ? "" : pair }),
        },
        String(many),
      ),
    );
  }
}
