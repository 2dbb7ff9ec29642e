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

const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

// The same by the keyboard: from the map's largest value on, place by place.
export function walk(event) {
  const step = event.shiftKey && STEPS[event.key];
  const box = event.currentTarget;
  const map = step && mapShown(box.querySelector("canvas"));
  if (!map) return;
  event.preventDefault();
  event.stopPropagation(); // not ten steps
  const before = at.get(box)?.map === map ? at.get(box) : null;
  const peak = before ?? { x: strongest(map) % map.width, y: Math.floor(strongest(map) / map.width) };
  const x = Math.min(map.width - 1, Math.max(0, peak.x + (before ? step[0] : 0)));
  const y = Math.min(map.height - 1, Math.max(0, peak.y + (before ? step[1] : 0)));
  at.set(box, { map, x, y });
  const rect = box.getBoundingClientRect();
  for (const cell of box.closest(".maprow").querySelectorAll(".mapcell")) {
    tell(cell, (x + 0.5) / map.width, (y + 0.5) / map.height, rect);
  }
}

const at = new WeakMap(); // a map's box → {map, x, y}: where the keyboard is in it

function strongest({ data }) {
  let best = 0;
  for (let place = 0, most = -1; place < data.length; place += 1) {
    const size = Math.abs(data[place]);
    if (Number.isFinite(size) && size > most) [best, most] = [place, size];
  }
  return best;
}

export function leave(event) {
  at.delete(event.currentTarget);
  const row = event.currentTarget.closest(".maprow");
  for (const note of row?.querySelectorAll(".value, .cross") ?? []) note.remove();
}

function tell(cell, x, y, box) {
  const canvas = cell.querySelector("canvas");
  const map = canvas && mapShown(canvas);
  if (!map) return;
  const [column, row] = [Math.floor(x * map.width), Math.floor(y * map.height)];
  const value = map.data[row * map.width + column];
  const note = cell.querySelector(".value") ?? added(cell, "value");
  const unit = box.width < NARROW ? "" : (canvas.parentElement.dataset.unit ?? "").split(",")[0];
  const said = Number.isNaN(value) ? "NaN/inf" : `${number(value)}${unit ? ` ${unit}` : ""}`;
  note.textContent = `${said} at ${column}, ${row}`;
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
