// Numbers to colours, by the tables of the Python renderer. Pure, but for what is remembered.

import { INFERNO } from "./inferno.js";

const NOT_A_NUMBER = [255, 0, 255]; // in no map
const LAST = 256; // the table's row for NaN
// From less to more: blue over black, at exactly 0, to orange. As bright as they are strong.
const AROUND_BLACK = [
  [150, 214, 255],
  [84, 170, 242],
  [34, 125, 214],
  [22, 76, 156],
  [16, 36, 86],
  [10, 10, 12],
  [74, 20, 16],
  [150, 38, 18],
  [214, 80, 26],
  [248, 136, 52],
  [255, 196, 110],
];

// A colour as the four bytes of a canvas's pixel.
export const pixel = ([red, green, blue]) => ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;

// To the nearest integer, halves to even, as NumPy rounds.
export function rounded(value) {
  const low = Math.floor(value);
  const part = value - low;
  return part > 0.5 || (part === 0.5 && low % 2 !== 0) ? low + 1 : low;
}

// `count` values on straight lines through `stops` at equal distances.
export function along(stops, count) {
  const last = stops.length - 1;
  return Array.from({ length: count }, (_, place) => {
    const at = place === count - 1 ? last : place * (last / (count - 1));
    const low = Math.min(last - 1, Math.floor(at));
    const slope = stops[low + 1] - stops[low];
    return slope * (at - low) + stops[low];
  });
}

const made = new Map();

function remembered(name, make) {
  if (!made.has(name)) made.set(name, make());
  return made.get(name);
}

// Colours by row: 256, or 255 where signed, and NaN's in row 256. `grey`: from black to white instead.
export function table(signed, grey = false) {
  return remembered(`${signed} ${grey}`, () => {
    const found = new Uint32Array(LAST + 1);
    const channels = [0, 1, 2].map((channel) => along(AROUND_BLACK.map((one) => one[channel]), 255));
    for (let row = 0; row < LAST - (signed ? 1 : 0); row += 1) {
      const hex = Number.parseInt(INFERNO.slice(6 * row, 6 * row + 6), 16);
      const plain = [hex >> 16, (hex >> 8) & 255, hex & 255];
      const usual = signed ? channels.map((tones) => rounded(tones[row])) : plain;
      found[row] = pixel(grey ? [row, row, row] : usual);
    }
    found[LAST] = pixel(NOT_A_NUMBER);
    return found;
  });
}

// A value's row of the table is `value · factor + more`, rounded down, in the float32 of NumPy.
export const stepsOf = (signed) =>
  signed ? { factor: 127, more: 127.5 } : { factor: 255, more: 0.5 };

// Pixels (as `pixel` makes them) of values in [0, 1] or [−1, 1].
export function paint(units, signed, grey = false) {
  const colours = table(signed, grey);
  const { factor, more } = stepsOf(signed);
  const pixels = new Uint32Array(units.length);
  for (let at = 0; at < pixels.length; at += 1) {
    const unit = units[at];
    const row = unit === unit ? Math.fround(Math.fround(unit * factor) + more) | 0 : LAST;
    pixels[at] = colours[row]; // NaN is not itself
  }
  return pixels;
}

export { NOT_A_NUMBER, LAST };
