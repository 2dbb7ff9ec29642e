// Two pictures: side by side, swiped, blinking, or subtracted.

import { abBar } from "./ab_bar.js";
import { CAPTION, cell } from "./cell.js";
import { differenceOf } from "./diff.js";
import { h } from "./dom.js";
import { flow } from "./layout.js";
import { frame, shape } from "./model.js";
import { paint } from "./paint.js";
import { gradient } from "./palette.js";
import { room } from "./room.js";
import { swipe } from "./swipe.js";
import { number } from "./words.js";

export function abStage(app) {
  const { model } = app;
  const sides = [model.a, model.b].map(({ run, step }) => ({ run, step: step ?? model.step }));
  return [
    h("div", { class: "abbar", key: "abbar" }, abBar(app)),
    room(app, { key: "ab", class: "ab", "aria-label": "A and B" }, floor(app, sides)),
  ];
}

function floor(app, sides) {
  const frames = sides.map(({ run, step }) => frame(run, step));
  const mode = frames.every(Boolean) ? app.state.ab : "side";
  if (mode === "swipe") return swipe(app, sides, frames, boxes(app, sides, 1));
  if (mode === "blink") return blink(app, sides);
  if (mode === "diff") return diff(app, sides, frames);
  return side(app, sides);
}

function boxes(app, sides, count, room = app.ui) {
  return flow(count, room, shape(sides.map(({ run }) => run)), CAPTION, app.state.size);
}

function side(app, sides) {
  const { cells, width, height, total } = boxes(app, sides, 2);
  return h(
    "div",
    { class: "floor", style: { height: total } },
    sides.map(({ run, step }, place) =>
      cell(app, run, step, {
        key: "AB"[place],
        height,
        style: { ...cells[place], width },
        badge: "AB"[place],
      }),
    ),
  );
}

function blink(app, sides) {
  const { cells, width, height } = boxes(app, sides, 1);
  const { run, step } = sides[app.ui.face];
  return h(
    "div",
    { class: "floor" },
    cell(app, run, step, {
      key: "face",
      height,
      style: { ...cells[0], width },
      badge: "AB"[app.ui.face],
    }),
  );
}

function diff(app, sides, frames) {
  const entries = frames.map((found) => app.pictures.get(found.url));
  const ready = entries.every((entry) => entry?.bitmap);
  const both = frames.map(({ url }, place) => ({ url, bitmap: entries[place]?.bitmap }));
  const made = ready && differenceOf(...both, app.state.channel, app.state.range);
  const { aspect } = shape(sides.map(({ run }) => run));
  // Narrow enough for both to be seen whole, one above the other.
  const narrow = Math.floor((app.ui.height / 2 - CAPTION - 12) / aspect);
  const small = Math.max(120, Math.min(Math.floor(app.ui.width * 0.26), narrow));
  const smallHeight = Math.round(small * aspect);
  const room = { width: app.ui.width - small - 16, height: app.ui.height - 30 };
  const { width, height } = boxes(app, sides, 1, room);
  return h(
    "div",
    { class: "floor" },
    sides.map(({ run, step }, place) =>
      cell(app, run, step, {
        key: "AB"[place],
        height: smallHeight,
        style: { left: 0, top: place * (smallHeight + CAPTION + 12), width: small },
        badge: "AB"[place],
      }),
    ),
    h(
      "figure",
      { class: "cell", key: "diff", style: { left: small + 16, top: 0, width } },
      h(
        "div",
        { class: made ? "picture" : "picture waiting", style: { height } },
        made === null
          ? h(
              "p",
              null,
              `A is ${sizeOf(both[0])} pixels, B is ${sizeOf(both[1])}: they cannot be subtracted.`,
            )
          : h("canvas", {
              role: "img",
              "aria-label": "B minus A",
              hook: (canvas) => made && paint(canvas, made.name, made.picture, app.state),
            }),
      ),
      made && h("figcaption", null, scaleBar(made.span), verdict(made.difference)),
    ),
  );
}

const sizeOf = ({ bitmap }) => `${bitmap.width} × ${bitmap.height}`;

function scaleBar(span) {
  return h(
    "div",
    { class: "scalebar" },
    h("span", null, `−${span}: A is brighter`),
    h("span", { class: "bar", style: { "background-image": gradient() } }),
    h("span", null, `B is brighter: ${span}`),
  );
}

function verdict({ differ, hidden }) {
  const part = (value) => `${number(value * 100)} %`;
  return h(
    "div",
    { class: "verdict" },
    differ ? `${part(differ)} of the pixels differ.` : "The two are the same, pixel by pixel.",
    hidden > 0 &&
      h("strong", null, ` ${part(hidden)} differ in colour only: choose a colour to see those.`),
  );
}

export function abPictures(app, next) {
  const { a, b, step } = app.model;
  const at = (now) => [a, b].map((one) => frame(one.run, one.step ?? now)?.url).filter(Boolean);
  return { now: at(step), next: next.flatMap(at) };
}
