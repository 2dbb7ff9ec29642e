// Two pictures: side by side, swiped, or blinking. They are not subtracted: colours are no numbers.
// Differences are the explorer's, which has the numbers.

import { abBar } from "./ab_bar.js";
import { CAPTION, cell } from "./cell.js";
import { h } from "./dom.js";
import { flow, pair } from "./layout.js";
import { frame, stepOfRun } from "./model.js";
import { room } from "./room.js";
import { shapeOf } from "./sizes.js";
import { swipe } from "./swipe.js";

export function abStage(app) {
  const { model, state } = app;
  const sides = [model.a, model.b].map(({ run, step }) => ({
    run,
    step: step ?? stepOfRun(run, state, model.step),
  }));
  return [
    h("div", { class: "abbar", key: "abbar" }, abBar(app)),
    room(app, { key: "ab", class: "ab", "aria-label": "A and B" }, floor(app, sides)),
  ];
}

function floor(app, sides) {
  const frames = sides.map(({ run, step }) => frame(run, step));
  const mode = frames.every(Boolean) ? app.state.ab : "side";
  if (mode === "swipe") return swipe(app, sides, frames, boxes(app, sides, 1));
  if (mode === "blink") return blink(app, sides);
  return side(app, sides);
}

function boxes(app, sides, count) {
  const own = shapeOf(app, sides.map(({ run }) => run));
  return count === 2
    ? pair(app.ui, own, CAPTION, app.state.size)
    : flow(count, app.ui, own, CAPTION, app.state.size);
}

function side(app, sides) {
  const { cells, width, height, total } = boxes(app, sides, 2);
  return h(
    "div",
    { class: "floor", style: { height: total } },
    sides.map(({ run, step }, place) =>
      cell(app, run, step, {
        key: "AB"[place],
        height,
        style: { ...cells[place], width },
        badge: "AB"[place],
      }),
    ),
  );
}

function blink(app, sides) {
  const { cells, width, height } = boxes(app, sides, 1);
  const { run, step } = sides[app.ui.face];
  return h(
    "div",
    { class: "floor" },
    cell(app, run, step, {
      key: "face",
      height,
      style: { ...cells[0], width },
      badge: "AB"[app.ui.face],
    }),
  );
}

export function abPictures(app, next) {
  const { a, b, step } = app.model;
  const at = (stepOf) =>
    [a, b].map((one) => frame(one.run, one.step ?? stepOf(one.run))?.url).filter(Boolean);
  const now = at((run) => stepOfRun(run, app.state, step));
  return { now, next: next.flatMap((other) => at(() => other)) };
}
