// How large the pictures of a tag are, over all runs and steps that were seen: the same pixel of one
// picture stays as large as that of another, and nothing jumps from step to step.

import { shape } from "./model.js";

const largest = new Map(); // tag → {width, height}

// A picture has arrived: whether it is the largest so far.
export function saw(tag, { width, height }) {
  const before = largest.get(tag) ?? { width: 0, height: 0 };
  if (width <= before.width && height <= before.height) return false;
  largest.set(tag, {
    width: Math.max(width, before.width),
    height: Math.max(height, before.height),
  });
  return true;
}

// What a cell must have room for: {aspect, width, height}.
export function shapeOf({ model }, runs) {
  const own = shape(runs);
  const seen = largest.get(model.tag?.name) ?? { width: 0, height: 0 };
  const width = Math.max(own.width, seen.width);
  const height = Math.max(own.height, seen.height);
  return width ? { width, height, aspect: height / width } : { width: 0, height: 0, aspect: 1 };
}
