// What A and B are, and how they are compared.

import { h } from "./dom.js";
import { icon } from "./icons.js";
import { button, segments, select } from "./tools.js";

const WAYS = [
  ["side", "Side by side", "Both pictures"],
  ["swipe", "Swipe", "One over the other, with a divider to drag"],
  ["blink", "Blink", "One after the other in the same place"],
];
// No faster than three changes a second: more can bring on seizures.
const RATES = [0, 0.5, 1, 2, 3];

export function abBar(app) {
  const { state, change } = app;
  return [
    side(app, "a"),
    button(icon("swap"), "Swap A and B (s)", () => swap(app), { key: "swap" }),
    side(app, "b"),
    segments("Way to compare", WAYS, state.ab, (ab) => change({ ab })),
    state.ab === "blink" && blinking(app),
  ];
}

export function swap({ model, change }) {
  const { a, b } = model;
  change({ a: b.run?.id ?? "", astep: b.step, b: a.run?.id ?? "", bstep: a.step });
}

function blinking(app) {
  const { state, change, ui } = app;
  return [
    select(
      "changes a second",
      RATES.map((rate) => [rate, rate ? String(rate) : "by hand"]),
      state.blink,
      (blink) => change({ blink: Number(blink) }),
      { key: "rate" },
    ),
    button("Flip", "Show the other one (x)", app.flip, { key: "flip" }),
    ui.reduced &&
      state.blink > 0 &&
      h(
        "span",
        { class: "hint", key: "reduced" },
        "Your system asks for less motion: flip by hand.",
      ),
  ];
}

function side(app, letter) {
  const { model, change } = app;
  const { run, step } = model[letter];
  const name = letter.toUpperCase();
  const runs = run && !model.runs.includes(run) ? [run, ...model.runs] : model.runs;
  return h(
    "div",
    { class: "end", key: letter, role: "group", "aria-label": `Picture ${name}` },
    select(
      name,
      runs.map((one) => [one.id, one.label]),
      run?.id ?? "",
      (id) => change({ [letter]: id, [`${letter}step`]: step }),
    ),
    select(
      `${name} at`,
      [["", "slider's step"], ...(run?.series?.steps ?? []).map((one) => [one, `step ${one}`])],
      step ?? "",
      (text) =>
        change({ [letter]: run?.id ?? "", [`${letter}step`]: text === "" ? null : Number(text) }),
    ),
  );
}
