// The scale of each cell, locked to as many of them as the user wants, and what a difference is.

import { nice, spread, together } from "./scale.js";
import { largest, mapOf, minus } from "./values.js";

export const LOCKS = [
  ["all", "all cells", "One scale for every cell: one colour is one value"],
  ["run", "each column", "A scale for each column"],
  ["cell", "each cell", "A scale for each cell: shapes compare, strengths do not"],
  ["hand", "by hand", "The scale that you give"],
];

const drawn = new WeakMap(); // maps → [one image's map, …], as far as they were wanted
const spreads = new WeakMap(); // maps → what `together` must know of all its images

// One image's map, made once.
export function mapAt(maps, place) {
  if (!drawn.has(maps)) drawn.set(maps, []);
  return (drawn.get(maps)[place] ??= mapOf(maps, place));
}

function spreadOf(maps) {
  if (!spreads.has(maps)) {
    const all = Array.from({ length: maps.shape[0] }, (_, place) => spread(mapAt(maps, place).data));
    spreads.set(maps, all);
  }
  return spreads.get(maps);
}

// B − A of two images' maps, made once.
const differences = new WeakMap(); // B's map → A's map → the difference

export function difference(b, a) {
  if (!differences.has(b)) differences.set(b, new WeakMap());
  const kept = differences.get(b);
  if (!kept.has(a)) kept.set(a, minus(b, a));
  return kept.get(a);
}

const spreadsOfMaps = new WeakMap();

function spreadOfMap(map) {
  if (!spreadsOfMaps.has(map)) spreadsOfMaps.set(map, spread(map.data));
  return spreadsOfMaps.get(map);
}

// Scales for columns of maps: (column, map) → number. All images count, also those not shown, so
// that a choice among them changes no colour. `parts`: for each column its maps or null, or with
// `lists` the maps of single images that are all it has.
export function tops(state, parts, lists) {
  if (state.lock === "hand" && state.top > 0) return () => state.top;
  if (state.lock === "cell") return (_, map) => nice(largest(map, true));
  const of = parts.map((maps, column) =>
    lists ? lists[column].map(spreadOfMap) : maps ? spreadOf(maps) : [],
  );
  if (state.lock === "run") {
    const each = of.map((some) => together(some));
    return (column) => each[column];
  }
  const all = together(of.flat());
  return () => all;
}
