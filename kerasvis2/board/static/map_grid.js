// The table of maps: the chosen images down, runs (or steps, layers, views) across.

import { h } from "./dom.js";
import { window1d } from "./layout.js";
import { mapCell } from "./map_cell.js";
import { heightOf } from "./map_facts.js";
import { columnHead } from "./map_columns.js";
import { imageHead, runHead } from "./map_heads.js";
import { reveal } from "./reveal.js";
import { room } from "./room.js";

const GAP = 8;
const LEAST = 96;
const MOST = 300;
const ENOUGH = 160; // as wide as is well seen, whatever else has room
const HEAD = 44; // above the columns: two lines
const SIDE = 112; // left of the rows

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
          width: SIDE + view.across * columns.length,
          height: HEAD + view.down * rows.length,
        },
      },
      h(
        "div",
        { class: "maphead", role: "row", key: "head", style: { height: HEAD } },
        h("div", { class: "corner", role: "columnheader", style: { width: SIDE } }, corner(app)),
        view.columns.map((place) => columnHead(app, view, place, stepOfColumn(app, columns[place]))),
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
  return shown.length === images.length ? `${images.length} images` : `${shown.length} of ${images.length}`;
}

// As wide as lets all columns be seen, within what can still be read.
export function layout(app) {
  const { explorer, state, ui } = app;
  const { rows, columns } = explorer;
  const aspect = aspectOf(explorer);
  const share = Math.floor((ui.width - SIDE) / Math.max(1, columns.length)) - GAP;
  const width = Math.min(MOST, Math.max(LEAST, state.size || Math.min(share, byHeight(app, aspect))));
  const height = Math.round(width * aspect);
  const facts = heightOf(app, width);
  const across = width + GAP;
  const down = height + facts + GAP;
  return {
    width,
    height,
    facts,
    across,
    down,
    side: SIDE,
    rows: window1d(rows.length, down, ui.top, ui.height - HEAD),
    columns: window1d(columns.length, across, ui.left, ui.width - SIDE),
  };
}

// Few columns are no wider than lets two rows be seen.
function byHeight(app, aspect) {
  const two = Math.floor((app.ui.height - HEAD) / 2) - GAP - heightOf(app, MOST);
  return Math.max(ENOUGH, Math.floor(two / aspect));
}

function aspectOf({ images, runs, mapsOf }) {
  const picture = images.find((image) => image.picture)?.picture;
  if (picture) return picture.height / picture.width;
  const maps = runs.map((run) => mapsOf(run.series?.urls.at(-1))).find(Boolean);
  return maps ? maps.shape[1] / maps.shape[2] : 1;
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
      style: { top: HEAD + place * view.down, height: view.height + view.facts },
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
