// The table of maps: the chosen images down, runs (or steps, layers, views) across.

import { h } from "./dom.js";
import { mapCell } from "./map_cell.js";
import { columnAgain, columnHead } from "./map_columns.js";
import { imageHead, runHead } from "./map_heads.js";
import { GAP, HEAD, SIDE, layout } from "./map_layout.js";
import { reveal } from "./reveal.js";
import { room } from "./room.js";
import { count } from "./words.js";

export function grid(app) {
  const { explorer } = app;
  const view = layout(app);
  const { rows, columns } = explorer;
  return room(
    app,
    {
      key: explorer.one ? "one" : "maps",
      class: "maps",
      role: "table",
      "aria-label": explorer.one ? "One image over all steps" : "Maps, an image a row",
      "aria-rowcount": rows.length + 1,
      "aria-colcount": columns.length + 1,
      hook: (element) => revealStep(app, view, element),
    },
    h(
      "div",
      {
        class: "floor",
        role: "presentation",
        style: {
          width: view.band * view.bands - view.apart,
          height: HEAD + view.down * Math.ceil(rows.length / view.bands),
        },
      },
      h(
        "div",
        { class: "maphead", role: "row", key: "head", style: { height: HEAD } },
        h("div", { class: "corner", role: "columnheader", style: { width: SIDE } }, corner(app)),
        view.columns.map((place) => columnHead(app, view, place, stepOfColumn(app, columns[place]))),
        Array.from({ length: view.bands - 1 }, (_, at) =>
          columns.map((_, place) => columnAgain(app, view, place, at + 1)),
        ),
      ),
      view.rows.map((place) => row(app, view, place)),
    ),
  );
}

// The step of a column that is one, which it does not share with the others.
const stepOfColumn = ({ explorer, state }, column) =>
  explorer.one || state.axis === "steps" ? (column.step ?? column.source?.step) : undefined;

function revealStep(app, view, element) {
  const { explorer, model, state } = app;
  const { columns } = explorer;
  const place = columns.findIndex((column) => stepOfColumn(app, column) === model.step);
  const what = `${explorer.one ? "one" : state.axis} ${model.step} of ${columns.length}`;
  reveal(app, element, { what, left: place * view.across, width: view.width, aside: SIDE });
}

function corner({ explorer }) {
  if (explorer.one) return "run";
  const { shown, images } = explorer;
  return shown.length === images.length ? count(images.length, "image") : `${shown.length} of ${images.length}`;
}

function row(app, view, place) {
  const { explorer } = app;
  const each = explorer.rows[place];
  return h(
    "div",
    {
      key: each.key,
      class: "maprow",
      role: "row",
      "aria-rowindex": place + 2,
      style: {
        top: HEAD + Math.floor(place / view.bands) * view.down,
        left: (place % view.bands) * view.band,
        width: view.band - view.apart,
        height: view.height + view.facts,
      },
    },
    h(
      "div",
      { class: "rowhead", role: "rowheader", style: { width: SIDE - GAP } },
      explorer.one ? runHead(app, each, place) : imageHead(app, each.image, view),
    ),
    view.columns.map((column) =>
      mapCell(app, view, explorer.cellOf(each, explorer.columns[column], place, column), {
        key: explorer.columns[column].key,
        column,
        left: view.side + column * view.across,
      }),
    ),
  );
}
