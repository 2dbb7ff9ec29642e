// Pictures onto canvases.

import { place } from "./zoom.js";

const done = new WeakMap(); // canvas → what it shows
const sizes = new WeakMap(); // canvas → its picture's {width, height}

// The size of the picture on a canvas, or undefined.
export const sizeOn = (canvas) => sizes.get(canvas);

// Makes the canvas as large as its element, and calls `paintOn` unless `what` is there already.
function refresh(canvas, what, paintOn) {
  const cell = { width: canvas.clientWidth, height: canvas.clientHeight };
  const ratio = window.devicePixelRatio;
  const key = JSON.stringify([what, cell, ratio]);
  if (done.get(canvas) === key || !cell.width) return;
  done.set(canvas, key);
  canvas.width = Math.round(cell.width * ratio);
  canvas.height = Math.round(cell.height * ratio);
  const context = canvas.getContext("2d");
  context.scale(ratio, ratio);
  paintOn(context, cell, ratio);
}

function paintOne(context, picture, cell, ratio, view) {
  const { scale, left, top } = place(picture, cell, view, ratio);
  context.imageSmoothingEnabled = scale < 2 && scale !== 1;
  context.imageSmoothingQuality = "high";
  context.drawImage(picture, left, top, picture.width * scale, picture.height * scale);
}

const viewKey = ({ zoom, x, y, whole }) => [zoom, x, y, whole?.width, whole?.height];

// `name` stands for the picture's content.
export function paint(canvas, name, picture, view) {
  sizes.set(canvas, { width: picture.width, height: picture.height });
  refresh(canvas, [name, ...viewKey(view)], (context, cell, ratio) =>
    paintOne(context, picture, cell, ratio, view),
  );
}

// A to the left of the split (0…1 of the cell), B to its right.
export function paintSplit(canvas, names, pictures, split, view) {
  sizes.set(canvas, { width: pictures[0].width, height: pictures[0].height });
  refresh(canvas, [...names, split, ...viewKey(view)], (context, cell, ratio) => {
    const middle = Math.round(split * cell.width * ratio) / ratio;
    const parts = [
      [pictures[0], 0, middle],
      [pictures[1], middle, cell.width - middle],
    ];
    for (const [picture, left, width] of parts) {
      context.save();
      context.beginPath();
      context.rect(left, 0, width, cell.height);
      context.clip();
      paintOne(context, picture, cell, ratio, view);
      context.restore();
    }
  });
}
