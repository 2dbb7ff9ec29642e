// What the state means for the data at hand. Pure: the same arguments, the same answer.

import { curvesOf, spanOf } from "./curves.js";
import { colour } from "./palette.js";

// data: {index, series, curves}, each null until it has arrived.
export function derive(state, data) {
  const index = data.index ?? NOTHING;
  const every = index.runs.map((run, place) => ({
    ...run,
    colour: colour(place),
    series: data.series?.runs[run.id] ?? null,
  }));
  const { matches, broken } = filter(state.runs);
  const matching = every.filter((run) => matches(run.label));
  const pin = every.find((run) => run.id === state.pin) ?? null;
  const rows = pin ? [pin, ...matching.filter((run) => run !== pin)] : matching;
  const wanted = chosen(state.tag, index.tags);
  const tag = data.series ? chosen(data.series.tag, index.tags) : wanted;
  const runs = rows.filter((run) => tag?.runs.includes(run.id));
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
    groups: group(index.tags, state.find),
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

function chosen(name, tags) {
  if (name === "") return tags[0] ?? null;
  return tags.find((tag) => tag.name === name) ?? null;
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
    const slash = tag.name.indexOf("/");
    const view = slash > 0 ? tag.name.slice(0, slash) : "";
    const layer = tag.name.slice(slash > 0 ? slash + 1 : 0);
    if (!groups.has(view)) groups.set(view, []);
    groups.get(view).push({ ...tag, layer });
  }
  return [...groups].map(([view, members]) => ({ view, tags: members }));
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

// Where to begin: where all runs have a picture, if there is such a step before the latest. Null
// is the latest, also when there will be later ones.
export function beginning(runs, steps) {
  const common = steps.filter((step) => runs.every((run) => run.series?.at.has(step))).at(-1);
  return common === steps.at(-1) ? null : (common ?? null);
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

// What a cell must have room for: the tallest of the runs' pictures for its width, and the widest.
export function shape(runs) {
  const sizes = runs.map((run) => run.series?.size).filter((size) => size && size[0] > 0);
  if (!sizes.length) return { aspect: 1, width: 0 };
  return {
    aspect: Math.max(...sizes.map(([width, height]) => height / width)),
    width: Math.max(...sizes.map(([width]) => width)),
  };
}
