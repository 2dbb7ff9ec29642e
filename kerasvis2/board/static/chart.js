// The curves, as lines ready to draw. Pure, and remembered while nothing changes.

import { ticks } from "./words.js";

export const LEFT = 56; // room for the numbers
export const RIGHT = 16;
export const HEIGHT = 128;
const TOP = 8;
const REACH = 3; // times the span of nine tenths of the values: further off is an outlier
const BOTTOM = 18; // room for the steps' numbers

// `curves`: [{values, steps, colour, dashed, bold, …}]. `span`: [first, last] step.
export const chart = remember((curves, span, width, log) => {
  const { low, high, beyond, most } = bounds(curves, log);
  const x = along(span, width);
  const scaled = log ? Math.log10 : (value) => value;
  const room = HEIGHT - TOP - BOTTOM;
  const y = (value) => {
    const part = (scaled(value) - low) / (high - low || 1);
    return TOP + room * (1 - Math.min(1, Math.max(0, part)));
  };
  return {
    x,
    y,
    beyond, // how many values lie outside, and the furthest of them
    most,
    steps: ticks(...span, Math.max(2, Math.floor(width / 90)))
      .filter(Number.isInteger)
      .map((step) => ({ step, x: x(step) })),
    marks: marks(low, high, log).map((value) => ({ value, y: y(value) })),
    lines: curves.map((curve) => ({ ...curve, path: path(curve, x, y, log) })),
  };
});

// Where a step lies, in pixels.
export function along([first, last], width) {
  const room = Math.max(1, width - LEFT - RIGHT);
  return (step) => LEFT + (last > first ? (room * (step - first)) / (last - first) : room / 2);
}

export function stepAt([first, last], width, x) {
  return first + ((x - LEFT) / Math.max(1, width - LEFT - RIGHT)) * (last - first);
}

// The value at exactly this step, or null.
export function valueAt(curve, step) {
  const place = curve.steps.indexOf(step);
  return place < 0 ? null : curve.values[place];
}

const drawable = (value, log) => Number.isFinite(value) && (!log || value > 0);

// What the values span, but for the few that lie so far off that they would flatten the rest: those
// are drawn at the edge. `low`, `high`: as they are scaled.
function bounds(curves, log) {
  const every = curves.flatMap(({ values }) => values.filter((value) => drawable(value, log)));
  if (!every.length) return { low: 0, high: 1, beyond: 0, most: null };
  const sorted = every.map((value) => (log ? Math.log10(value) : value)).sort((a, b) => a - b);
  const at = (part) => sorted[Math.round(part * (sorted.length - 1))];
  const reach = REACH * (at(0.95) - at(0.05));
  const kept = reach
    ? sorted.filter((value) => value >= at(0.05) - reach && value <= at(0.95) + reach)
    : sorted;
  const [first, last] = [kept[0], kept.at(-1)];
  const margin = (last - first || Math.abs(last) || 1) * 0.05;
  const far = sorted.at(-1) > last ? sorted.at(-1) : sorted[0];
  return {
    low: first - margin,
    high: last + margin,
    beyond: sorted.length - kept.length,
    most: log ? 10 ** far : far,
  };
}

function marks(low, high, log) {
  if (!log) return ticks(low, high, 4);
  const powers = ticks(Math.ceil(low), Math.floor(high), 4).filter(Number.isInteger);
  const found = powers
    .map((power) => 10 ** power)
    .filter((value) => inside(Math.log10(value), low, high));
  return found.length > 1 ? found : ticks(10 ** low, 10 ** high, 4);
}

const inside = (value, low, high) => value >= low && value <= high;

// A value that cannot be drawn leaves a gap.
function path({ steps, values }, x, y, log) {
  let text = "";
  let pen = "M";
  steps.forEach((step, place) => {
    const value = values[place];
    if (drawable(value, log)) {
      text += `${pen}${x(step).toFixed(1)} ${y(value).toFixed(1)}`;
      pen = "L";
    } else pen = "M";
  });
  return text;
}

function remember(make) {
  let before = null;
  let made = null;
  return (...given) => {
    const key = given.map((one) => one);
    if (!before || key.some((one, place) => !same(one, before[place]))) {
      before = key;
      made = make(...given);
    }
    return made;
  };
}

// Arrays of the same things are the same.
function same(one, other) {
  if (!Array.isArray(one) || !Array.isArray(other)) return Object.is(one, other);
  return one.length === other.length && one.every((value, place) => Object.is(value, other[place]));
}
