// Where the table of maps has its rows and columns, and which of them are in view.

import { window1d } from "./layout.js";
import { heightOf } from "./map_facts.js";

export const GAP = 8;
export const HEAD = 44; // above the columns: two lines
export const SIDE = 112; // left of the rows
const LEAST = 96;
const MOST = 300;
const ENOUGH = 160; // as wide as is well seen, whatever else has room
const APART = 24; // between the bands that rows stand in

// As wide as lets all columns be seen, within what can still be read. Where few columns leave room
// on the right, rows stand beside each other, in bands: as many as give the maps the most room.
export function layout(app) {
  const { explorer, ui } = app;
  const { rows, columns } = explorer;
  const aspect = aspectOf(explorer);
  const most = explorer.one ? 1 : rows.length;
  const { bands, width } = banded(app, most, columns.length, byHeight(app, aspect));
  const height = Math.round(width * aspect);
  const facts = heightOf(app, width);
  const across = width + GAP;
  const down = height + facts + GAP;
  const lines = window1d(Math.ceil(rows.length / bands), down, ui.top, ui.height - HEAD);
  const apart = bands > 1 ? APART : 0;
  return {
    width,
    height,
    facts,
    across,
    down,
    side: SIDE,
    bands,
    apart,
    band: SIDE + across * columns.length + apart,
    rows: lines
      .flatMap((line) => Array.from({ length: bands }, (_, band) => line * bands + band))
      .filter((place) => place < rows.length),
    columns: window1d(columns.length, across, ui.left, ui.width - SIDE),
  };
}

// The next size up or down.
export function sizeFrom(app, by) {
  return Math.min(MOST, Math.max(LEAST, Math.round(layout(app).width * (by > 0 ? 1.25 : 0.8))));
}

function banded({ state, ui }, rows, columns, tall) {
  const count = Math.max(1, columns);
  let best = { bands: 1, width: 0 };
  for (let bands = 1; bands <= Math.max(1, rows); bands += 1) {
    const room = ui.width - bands * SIDE - (bands - 1) * APART;
    const share = Math.floor(room / (bands * count)) - GAP;
    const wanted = Math.min(MOST, Math.max(LEAST, state.size || Math.min(share, tall)));
    if (bands > 1 && wanted > share) break; // never by scrolling
    if (bands * wanted ** 2 > best.bands * best.width ** 2) best = { bands, width: wanted };
  }
  return best;
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
