// The signed difference of two pictures, pixel by pixel, in steps of 0…255.

import { diverging } from "./palette.js";

// Weights of red, green and blue. Brightness is the weighted sum that video calls luma (Rec. 709).
export const CHANNELS = {
  brightness: [0.2126, 0.7152, 0.0722],
  red: [1, 0, 0],
  green: [0, 1, 0],
  blue: [0, 0, 1],
};

const SEEN = 2; // a difference of less is rounding

// `a`, `b`: {width, height, data} with RGBA bytes, of the same size. → B − A for each pixel,
// and what to say of it: the part of the pixels that differ at all, and the part that differs in
// colour only, which the chosen channel does not show.
export function subtract(a, b, channel) {
  const [red, green, blue] = CHANNELS[channel];
  const values = new Float32Array(a.width * a.height);
  let differ = 0;
  let hidden = 0;
  for (let pixel = 0, at = 0; pixel < values.length; pixel += 1, at += 4) {
    const r = b.data[at] - a.data[at];
    const g = b.data[at + 1] - a.data[at + 1];
    const blu = b.data[at + 2] - a.data[at + 2];
    const value = red * r + green * g + blue * blu;
    values[pixel] = value;
    const most = Math.max(Math.abs(r), Math.abs(g), Math.abs(blu));
    if (most < SEEN) continue;
    differ += 1;
    if (Math.abs(value) < SEEN && most >= 8 * SEEN) hidden += 1;
  }
  return {
    width: a.width,
    height: a.height,
    values,
    range: range(values),
    differ: differ / values.length,
    hidden: hidden / values.length,
  };
}

// The smallest of 1, 2, 5 × 10ⁿ that holds 99 % of the values that are not 0.
export function range(values) {
  const counts = new Uint32Array(256);
  let all = 0;
  for (const value of values) {
    const size = Math.min(255, Math.ceil(Math.abs(value)));
    if (!size) continue;
    counts[size] += 1;
    all += 1;
  }
  let size = 1;
  for (let seen = counts[1]; seen < 0.99 * all; seen += counts[size]) size += 1;
  return [1, 2, 5, 10, 20, 50, 100, 200].find((nice) => nice >= size) ?? 255;
}

// RGBA bytes: blue where A is the brighter, red where B is, nearly white where they agree.
export function coloured(difference, span) {
  const table = Array.from({ length: 511 }, (_, place) => diverging((place - 255) / 255));
  const data = new Uint8ClampedArray(difference.values.length * 4);
  difference.values.forEach((value, pixel) => {
    const place = Math.round(Math.min(1, Math.max(-1, value / span)) * 255) + 255;
    const [r, g, b] = table[place];
    data.set([r, g, b, 255], pixel * 4);
  });
  return data;
}

// A picture's bytes.
export function pixels(bitmap) {
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(bitmap, 0, 0);
  return context.getImageData(0, 0, bitmap.width, bitmap.height);
}

let last = null; // the one difference on show

// `a`, `b`: {url, bitmap}. → {picture (a canvas), difference, span, name}, or null if the sizes differ.
export function differenceOf(a, b, channel, wanted) {
  const { width, height } = a.bitmap;
  if (width !== b.bitmap.width || height !== b.bitmap.height) return null;
  const name = JSON.stringify([a.url, b.url, channel, wanted]);
  if (last?.name === name) return last;
  const difference = subtract(pixels(a.bitmap), pixels(b.bitmap), channel);
  const span = wanted || difference.range;
  const picture = new OffscreenCanvas(width, height);
  const image = new ImageData(coloured(difference, span), width, height);
  picture.getContext("2d").putImageData(image, 0, 0);
  last = { name, picture, difference, span };
  return last;
}
