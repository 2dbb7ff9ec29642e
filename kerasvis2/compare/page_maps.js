// Maps on the page, drawn from their numbers on one scale, and subtracted.

import { mapsIn, unpack } from "./blob.js";
import { cellPixels } from "./cellpaint.js";
import { paint } from "./colour.js";
import { paintOver } from "./overlay.js";
import { probeIn } from "./probe.js";
import { spread, together } from "./scale.js";
import { largest, mapOf, minus } from "./values.js";

const SIDE = 112; // pixels of a map's width
const [LEAST, MOST, GAP] = [2.5, 6, 4]; // maps of a run side by side, as there is room
const LINES = 3; // below each
const [WIDE, HIGH] = [150, 12]; // of a legend
const MIDDLE = 128; // the grey it is painted over

export const short = (value) => String(Number(value.toPrecision(3))).replace("-", "−");

// `data`: the page's; `el`: makes an element.
export function maps(data, el) {
  const ready = data.blobs.map(() => null); // index → a promise of what is in the blob

  function blob(index, read) {
    ready[index] ??= unpack(bytesOf(data.blobs[index])).then(read);
    return ready[index];
  }

  const mapsAt = (cell) => blob(cell.blob, mapsIn);

  // Without a probe in the log there is none, and the maps are drawn alone.
  async function probeOf(run) {
    const index = data.probes[run];
    return index === null ? null : blob(index, probeIn).catch(() => null);
  }

  function filled(box, make) {
    make().then(
      (parts) => box.replaceChildren(...parts),
      (error) => box.replaceChildren(el("div", { class: "missing" }, `Not readable: ${error.message}`)),
    );
    return box;
  }

  // One run at one step: each image beside its map.
  function sheet(run, cell, name) {
    const box = el("div", { class: "sheet", role: "img", "aria-label": name });
    return filled(box, async () => {
      const [found, probe] = [await mapsAt(cell), await probeOf(run)];
      const { signed } = data;
      const overlay = Boolean(found.header.overlay) && probe?.picture(0);
      const settings = { look: overlay ? "overlay" : "map", top: data.top, signed, smooth: overlay, opacity: 1 };
      return Array.from({ length: found.shape[0] }, (_, place) => {
        const map = mapOf(found, place);
        const picture = probe?.picture(place) ?? null;
        const parts = picture && !overlay ? [canvas(picture, null, { look: "image" })] : [];
        parts.push(canvas(picture, map, settings));
        const of = found.header.of?.[place];
        const most = largest(map, signed);
        const lines = [said(cell, probe, place), of ? `of ${of}` : "", most ? `max ${short(most)}` : "0 everywhere"];
        return el("div", { class: "one" }, el("div", { class: "two" }, ...parts), ...words(padded(lines)));
      });
    });
  }

  // B − A of the images that both probes have, in the maps' own unit.
  function difference(a, b, name) {
    const box = el("div", { class: "sheet", role: "img", "aria-label": name });
    return filled(box, async () => {
      const [one, other] = [await mapsAt(a.cell), await mapsAt(b.cell)];
      const [first, second] = [await probeOf(a.run), await probeOf(b.run)];
      const pairs = shared(first, second, Math.min(one.shape[0], other.shape[0]));
      const found = pairs.map(([here, there]) => minus(mapOf(other, there), mapOf(one, here)));
      if (!pairs.length) return [el("div", { class: "missing" }, "The probes share no image.")];
      if (found.some((map) => !map))
        return [el("div", { class: "missing" }, "The maps are not of one size: no difference.")];
      if (one.header.unit !== other.header.unit)
        return [el("div", { class: "missing" }, `Not of one unit, ${one.header.unit} and ${other.header.unit}: no difference.`)];
      const top = together(found.map((map) => spread(map.data)));
      const tiles = found.map((map, index) =>
        el(
          "div",
          { class: "one" },
          canvas(null, map, { look: "map", top, signed: true, smooth: false, opacity: 1 }),
          ...words([imageName(first, pairs[index][0]), `most ±${short(largest(map, true))}`]),
        ),
      );
      return [...tiles, legend(top, other.header.unit)];
    });
  }

  // Of as many lines in each run, so that the same images stand beside each other.
  function padded(lines) {
    const said = lines.filter(Boolean);
    return [...said, ...Array(LINES - said.length).fill("\u00a0")];
  }

  const words = (lines) => lines.filter(Boolean).map((line) => el("small", {}, line));

  // In what the maps are, and where they differ, whose: [[unit, names of runs], …].
  async function units() {
    const found = new Map();
    for (const [run, row] of data.cells.entries()) {
      const cell = row.find(({ blob }) => blob !== undefined);
      const unit = cell ? (await mapsAt(cell)).header.unit : "";
      if (unit) found.set(unit, [...(found.get(unit) ?? []), data.runs[run]]);
    }
    return [...found];
  }

  // The one scale of all cells.
  function scale() {
    const box = el("div", { class: "legend" });
    const first = data.cells.flat().find((cell) => cell.blob !== undefined);
    if (!first) return box;
    return filled(box, async () => {
      const { header } = await mapsAt(first);
      const low = data.signed ? `−${short(data.top)}` : "0";
      const named = await units();
      const measures = named.length > 1
        ? named.map(([unit, runs]) => `${runs.join(", ")}: ${unit}`).join("; ")
        : header.unit || "";
      const hint = named.length > 1 ? "one colour is one number, but not of one unit" : "one colour is one value in every cell";
      const probe = await probeOf(data.cells.findIndex((row) => row.includes(first)));
      const over = Boolean(header.overlay && probe?.picture(0));
      const ends = [el("span", {}, low), ramp(over, data.signed), el("span", {}, short(data.top))];
      return [el("span", {}, measures), ...ends, el("span", { class: "hint" }, hint), el("span", { class: "hint" }, header.how || "")];
    });
  }

  // Colours from the least to the most; over a photograph, as over middle grey.
  function ramp(over, signed) {
    const element = el("canvas", { width: WIDE, height: HIGH });
    const units = Float32Array.from({ length: WIDE }, (_, x) => x / (WIDE - 1));
    const data = signed ? units.map((unit) => 2 * unit - 1) : units;
    const grey = new Uint8Array(WIDE).fill(MIDDLE);
    const line = over ? paintOver(grey, { height: 1, width: 1, data }, signed) : paint(data, signed);
    const pixels = new Uint32Array(WIDE * HIGH);
    for (let y = 0; y < HIGH; y += 1) pixels.set(line, y * WIDE);
    put(element, HIGH, WIDE, pixels);
    return element;
  }

  function legend(top, unit) {
    const ends = [`−${short(top)}: A has more`, `B has more: ${short(top)}`];
    return el("div", { class: "legend" }, el("span", {}, unit || ""), el("span", {}, ends[0]), ramp(false, true), el("span", {}, ends[1]));
  }

  function canvas(picture, map, settings) {
    const source = picture ?? map;
    const height = Math.max(1, Math.round((SIDE * source.height) / source.width));
    const element = el("canvas", { width: SIDE, height });
    put(element, height, SIDE, cellPixels(picture, map, height, SIDE, settings));
    return element;
  }

  const across = (count) => count * (SIDE + GAP) - GAP;
  return { sheet, difference, scale, least: across(LEAST), wide: across(MOST) };
}

function put(element, height, width, pixels) {
  const bytes = new Uint8ClampedArray(pixels.buffer, pixels.byteOffset, pixels.byteLength);
  element.getContext("2d").putImageData(new ImageData(bytes, width, height), 0, 0);
}

function said(cell, probe, place) {
  const guess = cell.predicted?.[place];
  if (guess === undefined || guess === null) return "";
  const label = probe?.labels?.[place] ?? null;
  const mark = label === null ? "" : label === guess ? "✓ " : "✗ ";
  const share = cell.shares?.[place];
  return `${mark}${probe?.names?.[guess] ?? `class ${guess}`}${share ? ` ${share.toFixed(2)}` : ""}`;
}

function imageName(probe, place) {
  const label = probe?.labels?.[place] ?? null;
  return `image ${place}${label === null ? "" : ` · ${probe.names?.[label] ?? label}`}`;
}

function shared(one, other, count) {
  if (!one || !other) return Array.from({ length: count }, (_, place) => [place, place]);
  const where = new Map();
  other.hashes.forEach((hash, place) => where.set(hash, [...(where.get(hash) ?? []), place]));
  return one.hashes
    .map((hash, place) => [place, where.get(hash)?.shift()])
    .filter(([, there]) => there !== undefined);
}

function bytesOf(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer;
}
