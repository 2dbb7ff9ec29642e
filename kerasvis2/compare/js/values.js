// Maps as numbers: one image's, in the units of the map. Pure.

import { resizeMap } from "./resize.js";

// What is drawn of image `place` of unpacked maps: {height, width, data}, of several channels their
// sum where the map is signed and the largest otherwise, as the Python renderer does.
export function mapOf(maps, place) {
  const [, height, width, channels = 1] = maps.shape;
  const count = height * width;
  const data = new Float32Array(count);
  const { codes, nan } = maps;
  const step = maps.steps[place];
  const from = place * count * channels;
  const signed = Boolean(maps.header.signed);
  for (let pixel = 0, at = from; pixel < count; pixel += 1) {
    let value = codes[at] === nan ? NaN : Math.fround(codes[at] * step);
    at += 1;
    for (let channel = 1; channel < channels; channel += 1, at += 1) {
      const other = codes[at] === nan ? NaN : Math.fround(codes[at] * step);
      if (signed) value = Math.fround(value + other);
      else value = value >= other || Number.isNaN(value) ? value : other;
    }
    data[pixel] = value;
  }
  return { height, width, data };
}

// B − A, or null where they are not of one size: nothing is stretched to be subtracted.
export function minus(b, a) {
  if (a.height !== b.height || a.width !== b.width) return null;
  const data = new Float32Array(b.data.length);
  for (let at = 0; at < data.length; at += 1) data[at] = b.data[at] - a.data[at];
  return { height: b.height, width: b.width, data };
}

export function largest({ data }, signed) {
  let most = signed ? 0 : -Infinity;
  for (const value of data) {
    const size = signed ? Math.abs(value) : value;
    if (size > most && Number.isFinite(size)) most = size;
  }
  return most === -Infinity ? NaN : most;
}

export function broken({ data }) {
  let count = 0;
  for (const value of data) if (!Number.isFinite(value)) count += 1;
  return count;
}

// The share of a map's energy that lies on the object, enlarged to the image; negative values count
// as 0. NaN where there is no object or no energy.
export function energyOn(map, mask) {
  if (!mask.data.some(Boolean) || broken(map)) return NaN;
  const { data } =
    map.height === mask.height && map.width === mask.width
      ? map
      : resizeMap(map, mask.height, mask.width);
  let all = 0;
  let on = 0;
  for (let at = 0; at < data.length; at += 1) {
    const value = Math.max(0, data[at]);
    all += value;
    if (mask.data[at]) on += value;
  }
  return all > 0 ? on / all : NaN;
}
