// What the state means for the data at hand. Pure: the same arguments, the same answer.

import { curvesOf, spanOf } from "./curves.js";
import { colourOf } from "./palette.js";
import { viewOf } from "./words.js";

// data: {index, series, curves}, each null until it has arrived.
export function derive(state, data) {
  const index = data.index ?? NOTHING;
  const every = index.runs.map((run) => ({
    ...run,
    colour: colourOf(run.id),
    series: data.series?.runs[run.id] ?? null,
  }));
  const { matches, broken } = filter(state.runs);
  const matching = every.filter((run) => matches(run.label));
  const pin = every.find((run) => run.id === state.pin) ?? null;
  const rows = pin ? [pin, ...matching.filter((run) => run !== pin)] : matching;
  const tags = ordered(index.tags);
  const wanted = chosen(state.tag, tags, rows);
  const tag = data.series ? chosen(data.series.tag, tags, rows) : wanted;
  const mode = modeOf(state, wanted, rows);
  const runs = rows.filter((run) => tag?.runs.includes(run.id));
  // What is on show: what was chosen, once its series is here.
  const shown = data.series?.maps ? "maps" : mode === "maps" ? "step" : mode;
  const steps = union(runs.map((run) => run.series?.steps ?? []));
  const step = current(state.step, steps);
  const lines = curvesOf(rows, data.curves?.points, pin);
  return {
    index,
    every,
    matching,
    rows, // the runs to list: the reference, then those that match
    runs, // those of them that logged the tag
    broken,
    pin,
    wanted, // the tag chosen
    tag, // the tag on show: the one before, until the chosen one's series is here
    mode: data.series ? shown : mode,
    wantsMaps: mode === "maps",
    mapped: mapsOf(wanted, rows), // whether the tag chosen has maps in these runs
    groups: group(tags, state.find),
    steps,
    step,
    curveWanted: index.scalars.includes(state.curve) ? state.curve : usualCurve(index.scalars),
    curve: data.curves?.curve ?? "",
    lines,
    span: spanOf(steps, lines),
    ...pair(state, runs, every),
  };
}

const NOTHING = { runs: [], tags: [], scalars: [], folder: "" };

// A regular expression, not minding case; one that is none matches everything and is said to be so.
export function filter(text) {
  try {
    const expression = new RegExp(text, "i");
    return { matches: (name) => expression.test(name), broken: false };
  } catch {
    return { matches: () => true, broken: true };
  }
}

// The tag asked for; at first the deepest layer of the first view that has maps, or the first of all:
// of those that most of the runs have, as models differ in their depth.
function chosen(name, tags, rows) {
  if (name !== "") return tags.find((tag) => tag.name === name) ?? null;
  const ids = new Set(rows.map(({ id }) => id));
  const many = (list) => list.filter((id) => ids.has(id)).length;
  const [first, ...rest] = tags.filter((tag) => many(tag.maps));
  if (!first) return tags.find((tag) => many(tag.runs)) ?? tags[0] ?? null;
  const alike = [first, ...rest.filter((tag) => viewOf(tag.name) === viewOf(first.name))];
  const usual = targetOf(alike.find((tag) => !targetOf(tag)) ?? first);
  const deep = alike.filter((tag) => targetOf(tag) === usual);
  const most = Math.max(...deep.map((tag) => many(tag.maps)));
  return deep.findLast((tag) => many(tag.maps) === most);
}

// What a map is of, where that is not the usual: "predicted" of "grad_cam/07_conv5@predicted".
const targetOf = ({ name }) => name.split("@")[1] ?? "";

// Maps where any of the runs has them and nothing else was chosen, or there are no pictures; else
// the pictures.
function modeOf(state, tag, rows) {
  const mapped = mapsOf(tag, rows);
  if (mapped && !tag.samples) return "maps";
  if (state.mode && state.mode !== "maps") return state.mode;
  return mapped ? "maps" : "step";
}

const mapsOf = (tag, rows) => Boolean(tag) && rows.some((run) => tag.maps.includes(run.id));

// What is looked at first comes first; other views by the alphabet, in the order given.
const FIRST = [
  "predictions",
  "grad_cam",
  "grad_cam_plus_plus",
  "layer_cam",
  "saliency",
  "smooth_grad",
  "integrated_gradients",
  "gradient_times_input",
  "activations",
  "filters",
];

export function ordered(tags) {
  const place = (tag) => {
    const found = FIRST.indexOf(viewOf(tag.name).replace(/_\d+$/, ""));
    return found < 0 ? FIRST.length : found;
  };
  return [...tags].sort((one, other) => place(one) - place(other));
}

function usualCurve(scalars) {
  return ["epoch_loss", "loss"].find((name) => scalars.includes(name)) ?? scalars[0] ?? "";
}

// Tags by what stands before their first slash: the view. After it: the layer.
export function group(tags, find) {
  const words = find.toLowerCase().split(/\s+/).filter(Boolean);
  const groups = new Map();
  for (const tag of tags) {
    if (!words.every((word) => tag.name.toLowerCase().includes(word))) continue;
    const view = viewOf(tag.name);
    if (!groups.has(view)) groups.set(view, []);
    groups.get(view).push(tag);
  }
  return [...groups].map(([view, members]) => ({ view, tags: members }));
}

// As a tag is called in headings; its full name is in the hints.
export function titleOf(tag) {
  const view = viewOf(tag.name);
  return view ? `${view}/${tag.layer}` : tag.name;
}

export function union(lists) {
  return [...new Set(lists.flat())].sort((a, b) => a - b);
}

// The step to show: the latest, or the one asked for. A step that no run logged is taken as asked
// for nonetheless, as long as there are steps at all: the cells then say so.
function current(step, steps) {
  if (!steps.length) return null;
  return step ?? steps[steps.length - 1];
}

// The step at which a run is shown: with the latest, its own.
export function stepOfRun(run, state, step) {
  if (state.step !== null) return step;
  return run?.series?.steps.at(-1) ?? step;
}

// The step `by` places further, counting only steps that were logged.
export function move(steps, step, by) {
  if (!steps.length) return null;
  const exact = steps.indexOf(step);
  if (exact >= 0) return steps[clamp(exact + by, 0, steps.length - 1)];
  const after = steps.findIndex((other) => other > step);
  const from = after < 0 ? steps.length : after; // between from − 1 and from
  return steps[clamp(by > 0 ? from + by - 1 : from + by, 0, steps.length - 1)];
}

export function nearest(steps, step) {
  let best = null;
  for (const other of steps) {
    if (best === null || Math.abs(other - step) < Math.abs(best - step)) best = other;
  }
  return best;
}

export function clamp(value, low, high) {
  return Math.min(Math.max(value, low), high);
}

// The picture that a run logged at a step, or null.
export function frame(run, step) {
  const place = run?.series?.at.get(step);
  if (place === undefined) return null;
  const { urls, times, scales } = run.series;
  return { url: urls[place], time: times[place], scale: scales[place], step };
}

// A and B: by default the reference and another run; with a single run, its beginning and now.
function pair(state, runs, every) {
  const named = (id) => every.find((run) => run.id === id);
  const a = named(state.a) ?? runs[0] ?? null;
  const b = named(state.b) ?? runs.find((run) => run !== a) ?? a;
  const alone = !state.a && !state.b && a === b;
  const first = alone ? (a?.series?.steps[0] ?? null) : null;
  return { a: { run: a, step: state.astep ?? first }, b: { run: b, step: state.bstep } };
}

// Which runs saw the same probe images: [[fingerprint, runs], …], the commonest first.
export function probes(runs) {
  const groups = new Map();
  for (const run of runs) {
    if (run.fingerprint) groups.set(run.fingerprint, [...(groups.get(run.fingerprint) ?? []), run]);
  }
  return [...groups].sort((one, other) => other[1].length - one[1].length);
}

// The different display scales among pictures; those that have none do not count.
export function scales(frames) {
  return union([
    frames.map((one) => one?.scale).filter((scale) => scale !== null && scale !== undefined),
  ]);
}

// The largest height and width of the runs' latest pictures; 0 where there are none.
export function shape(runs) {
  const sizes = runs.map((run) => run?.series?.size).filter((size) => size && size[0] > 0);
  return {
    width: Math.max(0, ...sizes.map(([width]) => width)),
    height: Math.max(0, ...sizes.map(([, height]) => height)),
  };
}
