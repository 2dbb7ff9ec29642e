// One step, all runs.

import { CAPTION, cell } from "./cell.js";
import { h } from "./dom.js";
import { flow } from "./layout.js";
import { frame, stepOfRun } from "./model.js";
import { room } from "./room.js";
import { shapeOf } from "./sizes.js";
import { tools } from "./tools.js";

export function stepStage(app) {
  const { model, ui } = app;
  const cells = layout(app);
  return room(
    app,
    { key: "step", "aria-label": `All runs at step ${model.step}` },
    h(
      "div",
      { class: "floor", style: { height: cells.total } },
      model.runs.map((run, place) => {
        const { left, top } = cells.cells[place];
        if (top > ui.top + ui.height || top + cells.height + CAPTION < ui.top) return null;
        return cell(app, run, stepOfRun(run, app.state, model.step), {
          key: run.id,
          height: cells.height,
          style: { left, top, width: cells.width },
          badge: run === model.pin && "reference",
          tools: tools(app, run, null),
        });
      }),
    ),
  );
}

function layout(app) {
  const { model, state, ui } = app;
  return flow(model.runs.length, ui, shapeOf(app, model.runs), CAPTION, state.size);
}

// Addresses: of the pictures in view, and of those that a move to each step of `next` would need.
export function stepPictures(app, next) {
  const { model, ui } = app;
  const { cells, height } = layout(app);
  const inView = model.runs.filter(
    (_, place) => cells[place].top < ui.top + ui.height && cells[place].top + height > ui.top,
  );
  const at = (step) => inView.map((run) => frame(run, step)?.url).filter(Boolean);
  const now = inView.map((run) => frame(run, stepOfRun(run, app.state, model.step))?.url);
  return { now: now.filter(Boolean), next: next.flatMap(at) };
}
