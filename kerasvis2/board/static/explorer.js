// What the explorer needs to draw itself, put together from what has arrived.

import { answerTo } from "./answers.js";
import { numbersAt } from "./api.js";
import { columnsOf, oneRun, stepColumns, tagsOf } from "./columns.js";
import { confusion, imagesOf, selected, source, unknownImages } from "./explore.js";
import { difference, mapAt, tops } from "./lock.js";
import { layout } from "./map_layout.js";

const FEW = 32; // columns whose maps all must be here before a scale of all is told
const MOST = 64; // columns that are fetched whether in view or not, so that a scale is of all

// The tags beside the chosen one whose series are wanted.
export function tagsFor({ model, state }) {
  if (!model.tag || !model.wantsMaps) return [];
  return tagsOf(model, state)
    .map(({ name }) => name)
    .filter((name) => name !== model.wanted?.name);
}

export function explorer(app) {
  const { model, state, loader } = app;
  const runs = model.runs.filter((run) => model.tag.maps.includes(run.id));
  const { found: probes, late, errors } = probesOf(app, runs);
  const every = probes.size ? imagesOf(runs, probes) : unknownImages(runs, countOf(app, runs));
  const { answers } = loader.data;
  const seriesOf = (tag) =>
    tag === model.tag
      ? Object.fromEntries(runs.map((run) => [run.id, run.series]))
      : (loader.data.others.get(tag.name) ?? null);
  const one = every.find(({ key }) => key === state.one) ?? null;
  const columns = one
    ? stepColumns(runs, seriesOf(model.tag))
    : columnsOf(model, state, runs, seriesOf);
  const of = oneRun(runs, state);
  // Where all columns are of one run, the images that it has seen.
  const images = one || !of || state.axis === "runs" ? every : every.filter(({ places }) => places.has(of.id));
  const asked = (image) =>
    columns.map(({ source: found }) =>
      answerTo(answers, found.run, found.step, image.places.get(found.run.id)),
    );
  const current = (image) =>
    answerTo(answers, of, state.step === null ? of.series?.steps.at(-1) : model.step, image.places.get(of.id));
  const shown = one || !of ? images : selected(images, asked, state, current);
  const names = [...probes.values()].find((probe) => probe.names)?.names ?? null;
  const namesOf = (run) => probes.get(run?.id)?.names ?? null; // another run's may be other classes
  const base = { runs, of, probes, late, errors, images, shown, one, columns, names, namesOf, answers };
  const table = one ? overSteps(base, model, seriesOf(model.tag)) : byImages(base);
  return {
    ...base,
    ...table,
    confusion: of && !one ? confusion(images, current) : null,
    asked,
    ...scales(app, base, table),
  };
}

// A row an image, a column whatever was chosen.
function byImages({ shown, columns }) {
  return {
    rows: shown.map((image) => ({ key: image.key, image })),
    at: (row, column) => ({ ...column.source, image: row.image }),
    sources: columns.map((column) => column.source),
  };
}

// A row a run, a column a step, all of one image.
function overSteps({ runs, columns, one }, model, series) {
  return {
    rows: runs.map((run) => ({ key: run.id, image: one, run })),
    at: (row, column) => ({
      ...source(row.run, model.tag, series?.[row.run.id], column.step),
      image: one,
    }),
    sources: [],
  };
}

// `cellOf(row, column)`: what a cell shows, {…, entry, place, map, drawn, differs, signed, top}, and
// where it is not drawn, `lone` if the base has no map to subtract, `late` if that is on its way.
function scales(app, base, table) {
  const { model, state } = app;
  const mapsOf = (url) => (url ? (app.numbers.get(url)?.maps ?? null) : null);
  const lock = state.lock || (["layers", "views"].includes(state.axis) && !base.one ? "run" : "all");
  const here = arrivedOf(app, base, table);
  // A scale of all that changes as more arrive would be none: nothing is drawn before it holds, or
  // where that takes long, the legend says of how many it is.
  const shared = lock === "all" || (lock === "run" && base.one);
  const early = shared && state.look !== "image" && here.arrived < here.wanted;
  const held = early && here.wanted <= FEW;
  const minus = base.columns.findIndex(({ key }) => key === state.minus);
  const places = base.columns.map((column, place) => ({ column, place }));
  const inImage = (found) => {
    const maps = mapsOf(found.url);
    const at = found.image.places.get(found.run.id);
    return maps && at !== undefined && at < maps.shape[0] ? mapAt(maps, at) : null;
  };
  const baseOf = (row) => table.at(row, base.columns[minus]);
  const unitAt = ({ url }) => mapsOf(url)?.header.unit || "value";
  const alike = (one, other) => unitAt(one) === unitAt(other);
  const explained = ({ url, run, image }) =>
    mapsOf(url)?.header.of?.[image.places.get(run.id)];
  const subtracted = (row, column) => {
    const both = [table.at(row, column), baseOf(row)];
    const [b, a] = both.map(inImage);
    return a && b && alike(...both) ? difference(b, a) : null;
  };
  const values = base.one
    ? tops({ ...state, lock }, table.rows, listsOf(table.rows, base.columns, (row, column) => inImage(table.at(row, column))))
    : tops({ ...state, lock }, places.map(({ column }) => mapsOf(column.source.url)));
  const signs = ofOneTag(app, base) && urlsOf(base, table).some((url) => mapsOf(url)?.header.signed);
  const every = base.one ? table.rows : base.images.map((image) => ({ image }));
  const changes =
    minus >= 0
      ? tops({ ...state, lock }, base.columns, columnLists(base, minus, every, subtracted))
      : null;
  // Meanwhile what was on show keeps its scale: a run that has logged more does not blank the others.
  const what = [model.tag.name, lock, minus >= 0 && state.minus, state.axis, state.one].join();
  const before = held && app.scaled?.what === what ? app.scaled : null;
  const now = { what, values, changes, urls: new Set(table.sources.map(({ url }) => url)) };
  if (here.arrived === here.wanted) app.scaled = now;
  const scale = before ?? now;
  const cellOf = (row, column, rowPlace, columnPlace) => {
    const found = table.at(row, column);
    const entry = found.url ? app.numbers.get(found.url) : null;
    const place = found.image.places.get(found.run.id);
    const map = inImage(found);
    if (held && map && !before?.urls.has(found.url)) return { ...found, entry, place, drawn: null, late: true };
    const differs = minus >= 0 && columnPlace !== minus && !state.one;
    const drawn = differs ? subtracted(row, column) : map;
    const signed = differs || signs || Boolean(entry?.maps?.header.signed);
    const group = base.one ? rowPlace : columnPlace;
    const top = drawn ? (differs ? scale.changes : scale.values)(group, drawn) : 0;
    // Why there is no difference: the base's map is not here yet, or there is none.
    const lone = differs && map && !inImage(baseOf(row));
    const late = lone && baseOf(row).url && !app.numbers.get(baseOf(row).url);
    return { ...found, entry, place, map, drawn, differs, signed, top, lone, late, minusOf: differs && explained(baseOf(row)), minusUnit: differs && unitAt(baseOf(row)) };
  };
  return { lock, minus, cellOf, mapsOf, partly: early && !held ? here : null };
}

// Of the maps that a scale of all goes by: how many there are, and how many are here.
function arrivedOf(app, base, table) {
  const urls = urlsOf(base, table);
  return { wanted: urls.length, arrived: urls.filter((url) => app.numbers.get(url)).length };
}

// Maps of one tag share their colours: of one with values below 0 all are drawn as signed, or a colour
// would be one value here and another there.
const ofOneTag = ({ state }, { one }) => Boolean(one) || ["runs", "steps"].includes(state.axis);

function urlsOf({ one, columns }, { rows, at, sources }) {
  const found = one ? rows.flatMap((row) => columns.map((column) => at(row, column))) : sources;
  return found.map(({ url }) => url).filter(Boolean);
}

const listsOf = (rows, columns, mapOf) =>
  rows.map((row) => columns.map((column) => mapOf(row, column)).filter(Boolean));

const columnLists = (base, minus, rows, subtracted) =>
  base.columns.map((column, place) =>
    place === minus ? [] : rows.map((row) => subtracted(row, column)).filter(Boolean),
  );

function probesOf(app, runs) {
  const found = new Map();
  const errors = [];
  let late = false;
  for (const run of runs) {
    const url = probeAt(app.model, run);
    const entry = url ? app.numbers.get(url) : null;
    if (entry?.probe) found.set(run.id, entry.probe);
    else if (entry?.error) errors.push(`${run.label}: ${entry.error}`);
    else if (url) late = true;
  }
  return { found, late, errors };
}

function probeAt({ index }, run) {
  const key = index.probes?.[run.id];
  return key ? numbersAt(key) : null;
}

// How many images there are, as far as any maps that have arrived tell.
function countOf(app, runs) {
  const counts = runs.map((run) => {
    const url = run.series?.urls.at(-1);
    return app.numbers.get(url)?.maps?.shape[0] ?? 0;
  });
  return Math.max(0, ...counts);
}

// Addresses: of what is on show, and of what a move to each step of `next` would need.
export function numbersFor(app, next) {
  const { model } = app;
  if (model.mode !== "maps" || !model.tag) return { now: [], next: [] };
  const { runs, columns, one, sources, rows, at, probes } = app.explorer;
  const first = runs.map((run) => probeAt(model, run)).filter(Boolean);
  const lastOf = runs.map((run) => run.series?.urls.at(-1));
  const addresses = (some, those) =>
    one
      ? some.flatMap((row) => those.map((column) => at(row, column).url))
      : those.map((column) => sources[columns.indexOf(column)].url);
  const seen = layout(app);
  const inView = addresses(seen.rows.map((place) => rows[place]), seen.columns.map((place) => columns[place]));
  const needed = [...new Set([...inView, ...addresses(rows, columns)])]; // what is in view first
  const view = needed.length > MOST * Math.max(1, rows.length) ? needed.slice(0, 400) : needed;
  const later = one || app.state.axis !== "runs" ? [] : next.flatMap((step) => runs.map((run) => run.series?.urls[run.series.at.get(step)]));
  const now = [...first, ...view, ...(probes.size || first.length ? [] : lastOf)];
  return { now: now.filter(Boolean), next: later.filter(Boolean) };
}
