// Heat over a photograph, by the rules of the Python renderer: see `kerasvis2.render.overlay`.

import { LAST, NOT_A_NUMBER, along, pixel, rounded, rowsOf } from "./colour.js";

// The colour over middle grey, and the width of the photograph's range, at equal distances.
const WARM = [
  [72, 72, 72, 84],
  [206, 118, 86, 38],
  [246, 158, 90, 16],
  [253, 203, 108, 5],
  [255, 244, 160, 0],
];
const COLD_TO_WARM = [
  [0, 16, 84, 0],
  [8, 38, 112, 2],
  [20, 60, 138, 6],
  [40, 78, 142, 18],
  [118, 118, 118, 56],
  [214, 152, 118, 22],
  [244, 176, 122, 11],
  [253, 204, 140, 4],
  [255, 234, 176, 0],
];
const LINE = 150; // how thick a contour's ink is, of 255
const FINEST = 40; // a drawn map with fewer pixels on its longer side has no room for lines
const BUSY = 0.12; // where more of the pixels than this would be lines, they hide what they bound
const [DARK, LIGHT] = [16, 235];

const made = new Map();

// Colours by row of the value and grey.
export function heatTable(signed) {
  if (!made.has(signed)) made.set(signed, makeTable(signed ? COLD_TO_WARM : WARM, signed ? 255 : 256));
  return made.get(signed);
}

function makeTable(stops, count) {
  const tones = [0, 1, 2, 3].map((channel) => along(stops.map((stop) => stop[channel]), count));
  const found = new Uint32Array((LAST + 1) * 256);
  for (let grey = 0; grey < 256; grey += 1) {
    const part = (grey - 127.5) / 255;
    let before = null;
    for (let row = 0; row < count; row += 1) {
      const [red, green, blue, width] = tones.map((tone) => tone[row]);
      const exact = [red, green, blue].map((tone) =>
        Math.min(255, Math.max(0, rounded(tone + width * part))),
      );
      const now = { colour: exact, bright: brightness(exact) };
      // Rounding must not make a larger value darker.
      if (before && now.bright.some((one, kind) => one < before.bright[kind])) found[row * 256 + grey] = pixel(before.colour);
      else {
        found[row * 256 + grey] = pixel(exact);
        before = now;
      }
    }
    found[LAST * 256 + grey] = pixel(NOT_A_NUMBER);
  }
  return found;
}

const LINEAR = Float64Array.from({ length: 256 }, (_, tone) =>
  tone / 255 <= 0.04045 ? tone / 255 / 12.92 : ((tone / 255 + 0.055) / 1.055) ** 2.4,
);

// Luma by Rec. 601, luma by Rec. 709, and relative luminance.
function brightness(colour) {
  const units = colour.map((tone) => tone / 255);
  const linear = colour.map((tone) => LINEAR[tone]);
  const sum = ([red, green, blue], [r, g, b]) => red * r + green * g + blue * b;
  const weights = [0.2126, 0.7152, 0.0722];
  return [sum(units, [0.299, 0.587, 0.114]), sum(units, weights), sum(linear, weights)];
}

// The luma of a picture of 1 or 3 channels, by the weights of Rec. 601.
export function greyOf({ channels, data }) {
  const grey = new Uint8Array(data.length / channels);
  for (let at = 0, from = 0; at < grey.length; at += 1, from += channels) {
    const [red, green, blue] =
      channels === 1
        ? [data[from], data[from], data[from]]
        : [data[from], data[from + 1], data[from + 2]];
    grey[at] = (77 * red + 150 * green + 29 * blue) >> 8;
  }
  return grey;
}

// Pixels of a map's units {height, width, data} over grey bytes.
export function paintOver(grey, map, signed) {
  const colours = heatTable(signed);
  const rows = rowsOf(map.data, signed);
  const pixels = new Uint32Array(rows.length);
  for (let at = 0; at < rows.length; at += 1) pixels[at] = colours[rows[at] * 256 + grey[at]];
  if (Math.max(map.height, map.width) >= FINEST) drawLines(pixels, map);
  return pixels;
}

// A tone with a line of this ink over it.
const inked = (ink) =>
  Uint8Array.from({ length: 256 }, (_, tone) => Math.floor((tone * (255 - LINE) + ink * LINE) / 255));
const [UNDER_DARK, UNDER_LIGHT] = [inked(DARK), inked(LIGHT)];

// Along ¼, ½ and ¾ of the scale, one pixel wide, on the side that is nearer to 0.
function drawLines(pixels, { height, width, data }) {
  const levels = new Int8Array(data.length);
  for (let at = 0; at < data.length; at += 1) {
    const quarters = (data[at] * 4) | 0; // towards 0, as is NaN
    levels[at] = quarters > 3 ? 3 : quarters < -3 ? -3 : quarters;
  }
  const edge = new Uint8Array(data.length);
  let count = 0;
  for (let y = 0, at = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1, at += 1) {
      const level = levels[at];
      if (y && levels[at - width] !== level) mark(at, at - width);
      if (x && levels[at - 1] !== level) mark(at, at - 1);
    }
  }
  if (count > BUSY * data.length) return;
  for (let at = 0; at < edge.length; at += 1) {
    if (!edge[at]) continue;
    const tones = data[at] < 0 ? UNDER_LIGHT : UNDER_DARK;
    const was = pixels[at];
    pixels[at] =
      (255 << 24) |
      (tones[(was >> 16) & 255] << 16) |
      (tones[(was >> 8) & 255] << 8) |
      tones[was & 255];
  }

  function mark(one, other) {
    if (data[one] !== data[one] || data[other] !== data[other]) return; // NaN has no lines
    const nearer = Math.abs(levels[one]) < Math.abs(levels[other]) ? one : other;
    count += 1 - edge[nearer];
    edge[nearer] = 1;
  }
}
