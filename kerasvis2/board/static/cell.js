// One picture with its caption: the same in every mode.

import { h } from "./dom.js";
import { frame, nearest } from "./model.js";
import { paint } from "./paint.js";
import { number, time } from "./words.js";

// What a cell needs below its picture, in pixels. The layout counts on it.
export const CAPTION = 44;

// `options`: `name`, what to call the picture to those who cannot see it; `badge`, a word before
// the run's name; `tools`, what stands at the caption's end; `width`; `height`, the picture's.
export function cell(app, run, step, options) {
  const found = frame(run, step);
  return h(
    options.role ? "div" : "figure", // a figure may be no cell of a table
    {
      class: "cell",
      key: options.key,
      style: options.style,
      role: options.role,
      "aria-colindex": options.column,
    },
    found ? picture(app, run, found, options) : missing(app, run, step, options),
    h(
      options.role ? "div" : "figcaption",
      { class: "caption" },
      h(
        "div",
        { class: "who" },
        who(run, options.badge),
        h("span", { class: "end" }, found && scale(app, found), options.tools),
      ),
      facts(found, step),
    ),
  );
}

export function who(run, badge) {
  return [
    badge && h("span", { class: "badge", key: "badge" }, badge),
    h("span", { class: "swatch", key: "swatch", style: { background: run.colour } }),
    h("bdi", { class: "run", key: "run", title: run.label }, run.label),
  ];
}

function picture(app, run, found, { height, name, onclick }) {
  const entry = app.pictures.get(found.url);
  if (entry?.error) {
    return h(
      "div",
      { class: "picture empty", style: { height } },
      h("p", null, `This picture could not be read: ${entry.error}`),
      h("button", { onclick: app.retry }, "Try again"),
    );
  }
  return h(
    "div",
    { class: entry ? "picture" : "picture waiting", style: { height }, onclick },
    h("canvas", {
      role: "img",
      "aria-label": name ?? describe(app, run, found),
      "aria-busy": entry ? null : "true",
      "data-step": found.step,
      hook: (canvas) => entry && paint(canvas, found.url, entry.bitmap, app.view),
    }),
  );
}

// Never another step's picture in its place: the reader would take it for this one.
function missing(app, run, step, { height }) {
  const near = nearest(run.series?.steps ?? [], step);
  const maps = app.model.tag.maps.includes(run.id);
  return h(
    "div",
    { class: "picture empty", style: { height } },
    h("p", null, maps ? "No picture at this step" : run.series ? "Not logged at this step" : "Not logged by this run"),
    near !== null &&
      h(
        "button",
        {
          title: `Go to step ${near}, the nearest that ${run.label} logged`,
          onclick: () => app.change({ step: near, play: false }),
        },
        `Nearest: step ${near}`,
      ),
    maps &&
      h(
        "button",
        {
          title: "Maps are kept at steps that have no pictures too",
          onclick: () => app.change({ mode: "maps", step, play: false }),
        },
        "Its maps",
      ),
  );
}

export function facts(found, step) {
  if (!found) return h("div", { class: "facts" }, `step ${step}`);
  const date = new Date(found.time * 1000).toISOString();
  return h(
    "div",
    { class: "facts" },
    `step ${found.step} · `,
    h("time", { datetime: date, title: date }, time(found.time)),
  );
}

// What the picture's colours span, marked where the first picture's span something else.
export function scale(app, found) {
  if (found.scale === null) return null;
  const differs = app.reference !== null && found.scale !== app.reference;
  return h(
    "span",
    {
      class: differs ? "scale differs" : "scale",
      title: differs ? "Display scale: not that of the first picture" : "Display scale",
    },
    h("span", { class: "word" }, "scale "),
    number(found.scale),
  );
}

export function describe(app, run, found) {
  const scale = found.scale === null ? "" : `, scale ${number(found.scale)}`;
  return `${app.model.tag.name}, ${run.label}, step ${found.step}${scale}`;
}
