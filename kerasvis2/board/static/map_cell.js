// One map with what is said of it.

import { h } from "./dom.js";
import { follow, leave, walk } from "./hover.js";
import { lookOf, smoothOf, unitOf } from "./look.js";
import { facts } from "./map_facts.js";
import { mapOn } from "./map_paint.js";

export function mapCell(app, view, cell, { key, column, left }) {
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
    facts(app, cell, view),
  );
}

function picture(app, view, cell) {
  const { state, explorer, change } = app;
  const { image, run, drawn, signed, top, differs } = cell;
  const own = cell.entry?.maps?.header;
  const natural = lookOf(app, own);
  const look = differs ? "map" : natural;
  const settings = {
    look,
    top,
    signed,
    log: state.decades,
    opacity: state.opacity,
    smooth: smoothOf(app, natural),
    grey: state.colours === "grey",
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
      "data-unit": own?.unit || null,
      onclick: () => !explorer.one && change({ one: image.key }),
      onpointermove: follow,
      onpointerleave: leave,
      onkeydown: walk,
      onblur: leave,
    },
    h("canvas", {
      hook: (canvas) => mapOn(canvas, view, image.picture, drawn ?? cell.map, settings),
    }),
  );
}

function unequal({ differs, map, entry, minusUnit }) {
  if (!differs || !map) return "No map of this image";
  const unit = unitOf(entry.maps.header);
  if (unit !== minusUnit) return `Not of one unit with the base: ${unit}, not ${minusUnit}`;
  return "Not of one size with the base: no difference";
}

// Why there is no map. Never another one in its place.
function empty(app, view, cell) {
  const { entry, why, near, url, place, run, lone, late } = cell;
  const style = { height: view.height };
  if ((url && !entry) || late) {
    return h("div", { class: "mapbox empty waiting", style, "aria-busy": "true" });
  }
  const words = entry?.error
    ? `Not readable: ${entry.error}`
    : place === undefined
      ? "Not in this run's probe"
      : (why ?? (lone ? "The base has no map of this image" : unequal(cell)));
  return h(
    "div",
    { class: "mapbox empty", style },
    h("p", null, words),
    entry?.error && h("button", { onclick: app.retry }, "Try again"),
    why !== null &&
      place !== undefined &&
      near !== null &&
      near !== undefined &&
      h(
        "button",
        { title: `The nearest that ${run.label} logged`, onclick: () => app.change({ step: near }) },
        `Step ${near}`,
      ),
  );
}
