// Maps and images onto canvases, pixel for pixel.

import { cellPixels } from "./cellpaint.js";

const done = new WeakMap(); // canvas → what it shows
const shown = new WeakMap(); // canvas → the map whose values can be asked

// The map on a canvas, or undefined.
export const mapShown = (canvas) => shown.get(canvas);

// `box`: its height and width on the page. Measured here it would cost a layout for each.
export function mapOn(canvas, box, picture, map, settings) {
  shown.set(canvas, map);
  const size = fit(box);
  const { look, top, signed, log, opacity, smooth, grey } = settings;
  const key = [...size, look, top, signed, log, opacity, smooth, grey].join();
  const before = done.get(canvas);
  if (before?.key === key && before.map === map && before.picture === picture) return;
  done.set(canvas, { key, map, picture });
  put(canvas, ...size, cellPixels(picture, map, ...size, settings));
}

export function pictureOn(canvas, box, picture) {
  const size = fit(box);
  const before = done.get(canvas);
  if (before?.picture === picture && before.key === size.join()) return;
  done.set(canvas, { key: size.join(), picture });
  put(canvas, ...size, cellPixels(picture, null, ...size, { look: "image" }));
}

// [height, width] in the screen's own pixels.
const fit = ({ height, width }) =>
  [height, width].map((one) => Math.max(1, Math.round(one * window.devicePixelRatio)));

function put(canvas, height, width, pixels) {
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const bytes = new Uint8ClampedArray(pixels.buffer, pixels.byteOffset, pixels.byteLength);
  canvas.getContext("2d").putImageData(new ImageData(bytes, width, height), 0, 0);
}
