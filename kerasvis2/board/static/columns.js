// The explorer's table: its rows, its columns, and which map is where. Pure.

import { source } from "./explore.js";
import { union } from "./model.js";
import { layerOf, viewOf } from "./words.js";

// What columns may be: [value, label, hint].
export const AXES = [
  ["runs", "Runs", "A column a run, at the slider's step"],
  ["steps", "Steps", "A column a step, of one run"],
  ["layers", "Layers", "A column a layer of this view, of one run"],
  ["views", "Views", "A column a view, of one run"],
];

// The tags that columns show, the one on show first: what to fetch the series of.
export function tagsOf(model, state) {
  const { tag } = model;
  const run = oneRun(model.runs.filter(({ id }) => tag.maps.includes(id)), state);
  const mapped = model.index.tags.filter((one) => one.maps.includes(run?.id)); // none of empty columns
  if (state.axis === "layers") return mapped.filter((one) => viewOf(one.name) === viewOf(tag.name));
  if (state.axis !== "views") return [tag];
  const views = new Map();
  for (const one of mapped) {
    const view = viewOf(one.name);
    const best = views.get(view);
    // The same layer where a view has it, else its last, which is its deepest.
    if (!best || layerOf(best.name) !== layerOf(tag.name)) views.set(view, one);
  }
  return [...views.values()];
}

// The run whose steps, layers or views are shown.
export function oneRun(runs, state) {
  return runs.find((run) => run.id === state.of) ?? runs[0] ?? null;
}

// → [{key, title, run, source}], `seriesOf(tag)`: by run id, or null until it has arrived.
export function columnsOf(model, state, runs, seriesOf) {
  const { tag } = model;
  if (state.axis === "runs") {
    const series = seriesOf(tag);
    return runs.map((run) => ({
      key: run.id,
      title: run.label,
      run,
      source: source(run, tag, series?.[run.id], state.step === null ? null : model.step),
    }));
  }
  const run = oneRun(runs, state);
  if (!run) return [];
  if (state.axis === "steps") {
    const series = seriesOf(tag)?.[run.id];
    return (series?.steps ?? []).map((step) => ({
      key: `step ${step}`,
      title: `step ${step}`,
      run,
      source: source(run, tag, series, step),
    }));
  }
  return tagsOf(model, state).map((one) => ({
    key: one.name,
    title: state.axis === "layers" ? one.layer : viewOf(one.name),
    run,
    source: source(run, one, seriesOf(one)?.[run.id], state.step === null ? null : model.step),
  }));
}

// One image over all steps: a row a run, a column a step.
export function stepColumns(runs, series) {
  const steps = union(runs.map((run) => series?.[run.id]?.steps ?? []));
  return steps.map((step) => ({ key: `step ${step}`, title: `step ${step}`, step }));
}
