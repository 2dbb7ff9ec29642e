// One map as pixels, by the settings of its cell. Pure.

import { paint } from "./colour.js";
import { greyOf, paintOver } from "./overlay.js";
import { drawMap, resizeMap, resizePicture } from "./resize.js";
import { units } from "./scale.js";

// `picture`: the image of the probe or null; `map`: {height, width, data} or null. `settings`:
// `look` ("overlay", "map" or "image"), `top`, `signed`, `log`, `opacity`, `smooth`, `grey`.
// → Uint32Array, a pixel each, of height × width.
export function cellPixels(picture, map, height, width, settings) {
  const { look, top, signed, log, opacity, smooth, grey } = settings;
  if (look === "image" || !map) return plain(picture, height, width);
  const scaled = { ...map, data: units(map.data, top, signed, log) };
  const drawn = sized(scaled, height, width, smooth);
  if (look === "map" || !picture) return paint(drawn.data, signed, grey);
  const under = resized(picture, height, width);
  const painted = paintOver(greyBytes(under), drawn, signed);
  return opacity < 1 ? mixed(plain(picture, height, width), painted, opacity) : painted;
}

// Smoothly; or exactly, each value a block of pixels of its own colour.
function sized(map, height, width, smooth) {
  if (smooth) return resizeMap(map, height, width);
  if (height < map.height || width < map.width) return resizeMap(map, height, width);
  if (height % map.height === 0 && width % map.width === 0) return drawMap(map, height, width);
  const data = new Float32Array(height * width);
  for (let y = 0, at = 0; y < height; y += 1) {
    const row = Math.floor(((y + 0.5) * map.height) / height) * map.width;
    for (let x = 0; x < width; x += 1, at += 1)
      data[at] = map.data[row + Math.floor(((x + 0.5) * map.width) / width)];
  }
  return { height, width, data };
}

function plain(picture, height, width) {
  const { channels, data } = resized(picture, height, width);
  const pixels = new Uint32Array(height * width);
  const [green, blue] = channels === 1 ? [0, 0] : [1, 2];
  for (let at = 0, from = 0; at < pixels.length; at += 1, from += channels)
    pixels[at] = (255 << 24) | (data[from + blue] << 16) | (data[from + green] << 8) | data[from];
  return pixels;
}

function mixed(under, over, opacity) {
  const part = Math.round(opacity * 256);
  return over.map((one, at) => {
    let pixel = 255 << 24;
    for (const shift of [0, 8, 16]) {
      const tones = [(under[at] >> shift) & 255, (one >> shift) & 255];
      pixel |= ((tones[0] * (256 - part) + tones[1] * part + 128) >> 8) << shift;
    }
    return pixel >>> 0;
  });
}

// An image is wanted at one size by many cells, at others by the strip and the heads of rows.
const SIZES = 4; // that are kept of each
const sizes = new WeakMap(); // the images' bytes → where one begins → size → it at this size
const greys = new WeakMap(); // a resized picture → its grey

function resized(picture, height, width) {
  const key = `${height} ${width}`;
  const { buffer, byteOffset } = picture.data;
  const every = sizes.get(buffer) ?? new Map();
  const kept = every.get(byteOffset) ?? new Map();
  if (kept.has(key)) return kept.get(key);
  if (kept.size >= SIZES) kept.clear();
  const made = resizePicture(picture, height, width);
  sizes.set(buffer, every.set(byteOffset, kept.set(key, made)));
  return made;
}

function greyBytes(picture) {
  if (!greys.has(picture)) greys.set(picture, greyOf(picture));
  return greys.get(picture);
}
