// Heat over a photograph, by the rules of the Python renderer: see `kerasvis2.render.overlay`.

import { LAST, NOT_A_NUMBER, along, pixel, rounded, stepsOf } from "./colour.js";
import { HIGH } from "./resize.js";

// The colour over middle grey, and the width of the photograph's range, at equal distances.
const WARM = [
  [72, 72, 72, 82],
  [206, 118, 86, 36],
  [246, 158, 90, 14],
  [253, 203, 108, 5],
  [255, 244, 160, 0],
];
const COLD_TO_WARM = [
  [0, 16, 84, 0],
  [8, 38, 112, 2],
  [20, 60, 138, 4],
  [40, 78, 142, 16],
  [118, 118, 118, 54],
  [214, 152, 118, 20],
  [244, 176, 122, 9],
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
  const [reds, greens, blues, widths] = [0, 1, 2, 3].map((channel) =>
    Float64Array.from(along(stops.map((stop) => stop[channel]), count)),
  );
  const found = new Uint32Array((LAST + 1) * 256);
  const zero = count % 2 ? (count - 1) / 2 : 0;
  for (let grey = 0; grey < 256; grey += 1) {
    const part = (grey - 127.5) / 255;
    const colour = (row) => [reds, greens, blues].map((tones) => tone(tones[row] + widths[row] * part));
    // Away from 0, which is grey. Rounding must not make a larger value darker.
    for (const way of [1, -1]) {
      let before = colour(zero);
      let bound = brightness(before);
      for (let row = zero; row >= 0 && row < count; row += way) {
        const here = colour(row);
        const bright = brightness(here);
        if (bright.every((one, at) => way * one >= way * bound[at])) [before, bound] = [here, bright];
        found[row * 256 + grey] = pixel(before);
      }
    }
    found[LAST * 256 + grey] = pixel(NOT_A_NUMBER);
  }
  return found;
}

const tone = (value) => Math.min(255, Math.max(0, rounded(value))) & HIGH;

// Luma by Rec. 601, luma by Rec. 709, and relative luminance.
function brightness([red, green, blue]) {
  return [
    0.299 * (red / 255) + 0.587 * (green / 255) + 0.114 * (blue / 255),
    0.2126 * (red / 255) + 0.7152 * (green / 255) + 0.0722 * (blue / 255),
    0.2126 * LINEAR[red] + 0.7152 * LINEAR[green] + 0.0722 * LINEAR[blue],
  ];
}

const LINEAR = Float64Array.from({ length: 256 }, (_, tone) =>
  tone / 255 <= 0.04045 ? tone / 255 / 12.92 : ((tone / 255 + 0.055) / 1.055) ** 2.4,
);

// The luma of a picture of 1 or 3 channels, by the weights of Rec. 601.
export function greyOf({ channels, data }) {
  const grey = new Uint8Array(data.length / channels);
  const [green, blue] = channels === 1 ? [0, 0] : [1, 2];
  for (let at = 0, from = 0; at < grey.length; at += 1, from += channels)
    grey[at] = (77 * data[from] + 150 * data[from + green] + 29 * data[from + blue]) >> 8;
  return grey;
}

// Pixels of a map's units {height, width, data} over grey bytes.
export function paintOver(grey, map, signed) {
  const { data } = map;
  const colours = heatTable(signed);
  const { factor, more } = stepsOf(signed);
  const pixels = new Uint32Array(data.length);
  for (let at = 0; at < pixels.length; at += 1) {
    const unit = data[at];
    const row = unit === unit ? Math.fround(Math.fround(unit * factor) + more) | 0 : LAST;
    pixels[at] = colours[(row << 8) | grey[at]];
  }
  if (Math.max(map.height, map.width) >= FINEST) drawLines(pixels, map);
  return pixels;
}

// A tone with a line of this ink over it.
const inked = (ink) =>
  Uint8Array.from({ length: 256 }, (_, tone) => Math.floor((tone * (255 - LINE) + ink * LINE) / 255));
const [UNDER_DARK, UNDER_LIGHT] = [inked(DARK), inked(LIGHT)];

// Used anew for each map: a row's quarters of the scale, which pixels are marked, and where those lie.
let [above, marked, places] = [new Int8Array(0), new Uint8Array(0), new Int32Array(0)];

// Along ¼, ½ and ¾ of the scale, one pixel wide, on the side that is nearer to 0.
function drawLines(pixels, { height, width, data }) {
  const most = Math.floor(BUSY * data.length);
  const count = findLines(data, height, width, most);
  if (count > most) return;
  for (let place = 0; place < count; place += 1) {
    const at = places[place];
    const tones = data[at] < 0 ? UNDER_LIGHT : UNDER_DARK;
    const was = pixels[at];
    pixels[at] =
      (255 << 24) |
      (tones[(was >> 16) & 255] << 16) |
      (tones[(was >> 8) & 255] << 8) |
      tones[was & 255];
  }
}

// How many pixels are lines, whose places then stand in `places`; the rest is not looked for once
// there are more than `most`.
function findLines(data, height, width, most) {
  if (marked.length < data.length) {
    marked = new Uint8Array(data.length);
    places = new Int32Array(data.length);
  }
  if (above.length < width) above = new Int8Array(width);
  marked.fill(0, 0, data.length);
  for (let x = 0; x < width; x += 1) above[x] = quarter(data[x]);
  let count = 0;
  for (let y = 0, at = 0; y < height && count <= most; y += 1) {
    let before = quarter(data[at]);
    for (let x = 0; x < width; x += 1, at += 1) {
      const level = quarter(data[at]);
      const over = above[x];
      if (level !== over) count = mark(data, at, at - width, level, over, count);
      if (level !== before) count = mark(data, at, at - 1, level, before, count);
      above[x] = before = level;
    }
  }
  return count;
}

// Towards 0, as is NaN.
function quarter(unit) {
  const level = (unit * 4) | 0;
  return level > 3 ? 3 : level < -3 ? -3 : level;
}

function mark(data, one, other, level, over, count) {
  if (data[one] !== data[one] || data[other] !== data[other]) return count; // NaN has no lines
  const nearer = Math.abs(level) < Math.abs(over) ? one : other;
  if (marked[nearer]) return count;
  marked[nearer] = 1;
  places[count] = nearer;
  return count + 1;
}
