// The values under the pointer, in every column of its row at once.

import { mapShown } from "./map_paint.js";
import { number } from "./words.js";

const NARROW = 140; // pixels of a map: no room for its unit, which stands at the scale

// Not through the page's description: it changes with every movement, and nothing else does.
export function follow(event) {
  const box = event.currentTarget.getBoundingClientRect();
  const x = (event.clientX - box.left) / box.width;
  const y = (event.clientY - box.top) / box.height;
  if (!(x >= 0 && x < 1 && y >= 0 && y < 1)) return;
  const row = event.currentTarget.closest(".maprow");
  for (const cell of row.querySelectorAll(".mapcell")) tell(cell, x, y, box);
}

export function leave(event) {
  const row = event.currentTarget.closest(".maprow");
  for (const note of row.querySelectorAll(".value, .cross")) note.remove();
}

function tell(cell, x, y, box) {
  const canvas = cell.querySelector("canvas");
  const map = canvas && mapShown(canvas);
  if (!map) return;
  const [column, row] = [Math.floor(x * map.width), Math.floor(y * map.height)];
  const value = map.data[row * map.width + column];
  const note = cell.querySelector(".value") ?? added(cell, "value");
  const unit = box.width < NARROW ? "" : (canvas.parentElement.dataset.unit ?? "").split(",")[0];
  note.textContent = `${number(value)}${unit ? ` ${unit}` : ""} at ${column}, ${row}`;
  const cross = cell.querySelector(".cross") ?? added(canvas.parentElement, "cross");
  cross.style.left = `${x * 100}%`;
  cross.style.top = `${y * 100}%`;
}

// Outside of what the page describes, at the end, where it disturbs nothing.
function added(parent, name) {
  const element = document.createElement("span");
  element.className = name;
  element.setAttribute("aria-hidden", "true");
  parent.append(element);
  return element;
}
