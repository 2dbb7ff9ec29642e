// One map with what is said of it.

import { answerTo, changed, className, verdict } from "./explore.js";
import { h } from "./dom.js";
import { lookOf, smoothOf } from "./explorer_bar.js";
import { follow, leave } from "./hover.js";
import { mapOn } from "./map_paint.js";
import { broken, energyOn, largest } from "./values.js";
import { number } from "./words.js";

export function mapCell(app, view, cell, { key, column, left }) {
  const { image, run } = cell;
  return h(
    "div",
    {
      key,
      class: "mapcell",
      role: "cell",
      "aria-colindex": column + 2,
      style: { left, width: view.width },
    },
    cell.drawn || (cell.map && lookOf(app) === "image")
      ? picture(app, view, cell)
      : empty(app, view, cell),
    facts(app, cell, answerTo(app.explorer.answers, run, cell.step, cell.place)),
  );
}

function picture(app, view, cell) {
  const { state, explorer, change } = app;
  const { image, run, drawn, signed, top, differs } = cell;
  const look = differs ? "map" : lookOf(app);
  const settings = {
    look,
    top,
    signed,
    log: state.decades,
    opacity: state.opacity,
    smooth: smoothOf(app),
  };
  const words = `${differs ? "difference" : look} of image ${image.number}, ${run.label}, step ${cell.step}`;
  return h(
    "button",
    {
      class: "mapbox",
      style: { height: view.height },
      "aria-label": explorer.one ? words : `${words}: over all steps`,
      "data-image": image.key,
      "data-step": cell.step,
      "data-top": top,
      onclick: () => !explorer.one && change({ one: image.key }),
      onpointermove: (event) => follow(event, app),
      onpointerleave: leave,
    },
    h("canvas", {
      hook: (canvas) => mapOn(canvas, view, image.picture, drawn ?? cell.map, settings),
    }),
  );
}

// Why there is no map. Never another one in its place.
function empty(app, view, cell) {
  const { entry, why, near, url, place, map, differs, run } = cell;
  const style = { height: view.height };
  if (url && !entry) {
    return h("div", { class: "mapbox empty waiting", style, "aria-busy": "true" });
  }
  const words = entry?.error
    ? `Not readable: ${entry.error}`
    : place === undefined
      ? "Not in this run's probe"
      : (why ??
        (differs && map ? "Not of one size with the base: no difference" : "No map of this image"));
  return h(
    "div",
    { class: "mapbox empty", style },
    h("p", null, words),
    entry?.error && h("button", { onclick: app.retry }, "Try again"),
    near !== null &&
      near !== undefined &&
      h(
        "button",
        { title: `The nearest that ${run.label} logged`, onclick: () => app.change({ step: near }) },
        `Step ${near}`,
      ),
  );
}

function facts(app, cell, answer) {
  const { image, drawn, map, differs, signed, top } = cell;
  const { explorer } = app;
  const right = verdict(image, answer);
  const mark = right === null ? null : right ? "✓" : "✗";
  return h(
    "div",
    { class: "mapfacts" },
    h(
      "div",
      { class: right === false ? "said wrong" : "said" },
      mark && h("span", { class: "verdict", "aria-label": right ? "right" : "wrong" }, mark),
      answer && said(explorer, answer),
      answer && changed(answer) && h("span", { class: "hint", title: "Another prediction than at the step before" }, " changed"),
    ),
    h(
      "div",
      { class: "facts", title: drawn ? TITLE : null },
      drawn &&
        [
          explorer.one && Number.isFinite(answer?.margin) ? `margin ${number(answer.margin)}` : null,
          `${differs ? "most ±" : "max "}${number(largest(drawn, signed || differs))}`,
          broken(drawn) ? `${broken(drawn)} NaN` : null,
          explorer.lock === "cell" ? `scale ${number(top)}` : null,
          !differs && map ? onObject(map, image) : null,
        ]
          .filter(Boolean)
          .join(" · "),
    ),
  );
}

const TITLE = "the map's largest value, and the share of its energy on the object where there are masks";

function said({ names }, answer) {
  if (answer.guess === null) return answer.word ?? "";
  const share = answer.shares?.[0];
  return `${className(names, answer.guess)}${Number.isFinite(share) ? ` ${share.toFixed(2)}` : ""}`;
}

const shares = new WeakMap(); // a map → the share of its energy on the object

function onObject(map, image) {
  if (!image.mask) return null;
  if (!shares.has(map)) shares.set(map, energyOn(map, image.mask));
  const share = shares.get(map);
  return Number.isNaN(share) ? null : `obj ${Math.round(100 * share)} %`;
}
