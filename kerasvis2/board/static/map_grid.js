// The table of maps: the chosen images down, runs (or steps, layers, views) across.

import { answerTo, verdict } from "./explore.js";
import { h } from "./dom.js";
import { window1d } from "./layout.js";
import { mapCell } from "./map_cell.js";
import { imageHead, runHead } from "./map_heads.js";
import { room } from "./room.js";
import { number } from "./words.js";

const GAP = 8;
const LEAST = 96;
const MOST = 300;
export const FACTS = 38; // below a map: two lines
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
        view.columns.map((place) => columnHead(app, view, place)),
      ),
      view.rows.map((place) => row(app, view, place)),
    ),
  );
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
  const share = Math.floor((ui.width - SIDE) / Math.max(1, columns.length)) - GAP;
  const width = Math.min(MOST, Math.max(LEAST, state.size || share));
  const height = Math.round(width * aspectOf(explorer));
  const across = width + GAP;
  const down = height + FACTS + GAP;
  return {
    width,
    height,
    across,
    down,
    side: SIDE,
    rows: window1d(rows.length, down, ui.top, ui.height - HEAD),
    columns: window1d(columns.length, across, ui.left, ui.width - SIDE),
  };
}

function aspectOf({ images, runs, mapsOf }) {
  const picture = images.find((image) => image.picture)?.picture;
  if (picture) return picture.height / picture.width;
  const maps = runs.map((run) => mapsOf(run.series?.urls.at(-1))).find(Boolean);
  return maps ? maps.shape[1] / maps.shape[2] : 1;
}

function columnHead(app, view, place) {
  const { explorer, change, state } = app;
  const column = explorer.columns[place];
  const { source } = column;
  const subtracted = place === explorer.minus;
  return h(
    "div",
    {
      key: column.key,
      class: "colhead",
      role: "columnheader",
      "aria-colindex": place + 2,
      style: { left: view.side + place * view.across, width: view.width },
    },
    h(
      "div",
      { class: "who" },
      state.axis === "runs" &&
        !explorer.one &&
        h("span", { class: "swatch", style: { background: column.run.colour } }),
      h("bdi", { class: "run", title: column.title }, column.title),
      subtracted && h("span", { class: "badge" }, "base"),
    ),
    h("div", { class: "facts" }, source ? columnFacts(app, place) : null),
  );
}

function columnFacts({ explorer, state }, place) {
  const column = explorer.columns[place];
  const { source } = column;
  const parts = [];
  if (state.axis === "runs" && source.step !== null) parts.push(`step ${source.step}`);
  const verdicts = explorer.images
    .map((image) =>
      verdict(
        image,
        answerTo(explorer.answers, source.run, source.step, image.places.get(source.run.id)),
      ),
    )
    .filter((one) => one !== null);
  if (verdicts.length && ["runs", "steps"].includes(state.axis))
    parts.push(`${verdicts.filter(Boolean).length}/${verdicts.length} ✓`);
  if (explorer.lock === "run") {
    const first = explorer.rows.find((row) => explorer.cellOf(row, column, 0, place).drawn);
    const cell = first && explorer.cellOf(first, column, 0, place);
    if (cell) parts.push(`${cell.signed ? "±" : "0…"}${number(cell.top)}`);
  }
  return parts.join(" · ");
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
      style: { top: HEAD + place * view.down, height: view.height + FACTS },
    },
    h(
      "div",
      { class: "rowhead", role: "rowheader", style: { width: SIDE - GAP } },
      explorer.one ? runHead(app, each.run, view) : imageHead(app, each.image, view),
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

