// The curves, as lines ready to draw. Pure, and remembered while nothing changes.

import { ticks } from "./words.js";

export const LEFT = 56; // room for the numbers
export const RIGHT = 16;
export const HEIGHT = 116;
const TOP = 8;
const BOTTOM = 6;

// `curves`: [{values, steps, colour, dashed, bold, …}]. `span`: [first, last] step.
export const chart = remember((curves, span, width, log) => {
  const [low, high] = bounds(curves, log);
  const x = along(span, width);
  const scaled = log ? Math.log10 : (value) => value;
  const room = HEIGHT - TOP - BOTTOM;
  const y = (value) => TOP + room * (1 - (scaled(value) - low) / (high - low || 1));
  return {
    x,
    y,
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

function bounds(curves, log) {
  let low = Infinity;
  let high = -Infinity;
  for (const { values } of curves) {
    for (const value of values) {
      if (!drawable(value, log)) continue;
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  }
  if (low > high) return [0, 1];
  if (log) [low, high] = [Math.log10(low), Math.log10(high)];
  const margin = (high - low || Math.abs(high) || 1) * 0.05;
  return [low - margin, high + margin];
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
