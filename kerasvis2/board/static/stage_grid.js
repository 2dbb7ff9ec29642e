// Runs × steps: a row a run, a column a step. Only what is in view exists.

import { CAPTION, cell } from "./cell.js";
import { h } from "./dom.js";
import { window1d } from "./layout.js";
import { frame } from "./model.js";
import { reveal } from "./reveal.js";
import { room } from "./room.js";
import { shapeOf } from "./sizes.js";
import { tools } from "./tools.js";

const USUAL = 200;
const LEAST = 60;
const GAP = 8;
const HEAD = 30; // above the columns

export function gridStage(app) {
  const { model } = app;
  const view = layout(app);
  return room(
    app,
    {
      key: "grid",
      class: "grid",
      role: "table",
      "aria-label": "Runs by steps",
      "aria-rowcount": model.runs.length + 1,
      "aria-colcount": model.steps.length,
      hook: (element) =>
        reveal(app, element, {
          what: `${model.step} of ${model.steps.length}`,
          left: model.steps.indexOf(model.step) * view.across,
          width: view.width,
        }),
    },
    h(
      "div",
      {
        class: "floor",
        role: "presentation",
        style: {
          width: view.across * model.steps.length,
          height: HEAD + model.runs.length * view.down,
        },
      },
      h(
        "div",
        { class: "stay", role: "presentation", style: { height: HEAD + view.stay * view.down } },
        heads(app, view),
        view.stay > 0 && row(app, view, 0),
      ),
      view.rows.map((place) => row(app, view, place)),
    ),
  );
}

function heads(app, { columns, across, width }) {
  const { model, change } = app;
  return h(
    "div",
    { role: "row", style: { height: HEAD } },
    columns.map((place) => {
      const step = model.steps[place];
      const here = step === model.step;
      return h(
        "div",
        {
          key: step,
          class: "head",
          role: "columnheader",
          "aria-colindex": place + 1,
          style: { left: place * across, width },
        },
        h(
          "button",
          {
            class: here ? "current" : null,
            "aria-current": here ? "step" : null,
            onclick: () => change({ step }),
          },
          `step ${step}`,
        ),
      );
    }),
  );
}

function row(app, { columns, across, down, width, height }, place) {
  const { model } = app;
  const run = model.runs[place];
  return h(
    "div",
    {
      key: run.id,
      class: "row",
      role: "row",
      "aria-rowindex": place + 2,
      style: { top: HEAD + place * down, height: height + CAPTION },
    },
    columns.map((column) => {
      const step = model.steps[column];
      return cell(app, run, step, {
        key: step,
        role: "cell",
        column: column + 1,
        height,
        style: { left: column * across, top: 0, width },
        badge: run === model.pin && "ref",
        tools: tools(app, run, step),
        onclick: () => app.change({ step }),
      });
    }),
  );
}

// `rows` and `columns`: the places in view. `stay`: 1 if the reference's row stays at the top while
// the others scroll below it, as it does when that leaves them room.
function layout(app) {
  const { model, state, ui } = app;
  const { aspect } = shapeOf(app, model.runs);
  const stay = model.pin && model.runs[0] === model.pin && model.runs.length > 1 ? 1 : 0;
  // The reference stays in sight with another row below it.
  const most = stay ? Math.floor(((ui.height - HEAD) / 2 - CAPTION - GAP) / aspect) : Infinity;
  const width = Math.max(LEAST, Math.min(state.size || fitted(model, ui, aspect), most));
  const height = Math.round(width * aspect);
  const across = width + GAP;
  const down = height + CAPTION + GAP;
  const rows = window1d(model.runs.length, down, ui.top - HEAD, ui.height);
  const columns = window1d(model.steps.length, across, ui.left, ui.width);
  return {
    width,
    height,
    across,
    down,
    stay,
    rows: rows.filter((place) => place >= stay),
    columns,
  };
}

// Few runs and steps fill the room; many are scrolled through.
function fitted({ runs, steps }, room, aspect) {
  const byWidth = Math.floor(room.width / Math.max(1, steps.length)) - GAP;
  const down = Math.floor((room.height - HEAD) / Math.max(1, runs.length));
  return Math.max(USUAL, Math.min(byWidth, Math.floor((down - CAPTION - GAP) / aspect)));
}

export function gridPictures(app) {
  const { model } = app;
  const { rows, columns, stay } = layout(app);
  const runs = [...(stay ? [0] : []), ...rows].map((place) => model.runs[place]);
  const urls = (places) =>
    runs
      .flatMap((run) => places.map((place) => frame(run, model.steps[place])?.url))
      .filter(Boolean);
  const [from, to] = [columns[0] ?? 0, columns.at(-1) ?? 0];
  return { now: urls(columns), next: urls([to + 1, to + 2, to + 3, from - 1, from - 2]) };
}
