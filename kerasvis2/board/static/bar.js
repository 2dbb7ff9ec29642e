// The top row: what is shown, how, and how large.

import { h } from "./dom.js";
import { icon } from "./icons.js";
import { titleOf } from "./model.js";
import { button, segments, select } from "./tools.js";
import { curvesOn, turned } from "./timeline.js";
import { plain } from "./words.js";

const MODES = [
  ["maps", "Maps", "The maps behind the pictures, in numbers (m)"],
  ["step", "One step", "All runs at one step (1)"],
  ["grid", "Runs × steps", "A row a run, a column a step (2)"],
  ["ab", "A | B", "Two pictures, compared (3)"],
];

export function bar(app) {
  const { model, state, change } = app;
  const drawn = !model.mapped || model.wanted.samples; // whether there are pictures
  return h(
    "header",
    { class: "bar" },
    h(
      "h1",
      null,
      h("bdi", { title: model.tag?.name }, broken(model.tag ? titleOf(model.tag) : state.tag || "Kerasvis")),
      model.tag?.samples > 1 &&
        select(
          "picture",
          Array.from({ length: model.tag.samples }, (_, place) => [
            place,
            `${place + 1} of ${model.tag.samples}`,
          ]),
          state.image,
          (image) => change({ image: Number(image) }),
        ),
    ),
    h(
      "div",
      { class: "controls" },
      segments(
        "Mode",
        MODES.filter(([mode]) => (mode === "maps" ? model.mapped : drawn)),
        model.mode,
        (mode) => change({ mode }),
      ),
      model.mode !== "maps" && zoom(app),
      size(app),
      button(icon("curves"), "Show the curves (c)", () => change({ curves: turned(app) }), {
        "aria-pressed": String(curvesOn(app)),
      }),
      button("?", "Help, and all keys (?)", app.help, { class: "help" }),
    ),
  );
}

// A name that needs two lines begins the second behind its first slash.
function broken(name) {
  const place = name.indexOf("/") + 1;
  return place ? [name.slice(0, place), h("wbr", null), name.slice(place)] : name;
}

function zoom({ state, zoomBy, change }) {
  return h(
    "div",
    { class: "cluster", role: "group", "aria-label": "Zoom" },
    button(icon("minus"), "Zoom out (−)", () => zoomBy(-1), { disabled: !state.zoom }),
    button(
      state.zoom ? `${state.zoom}×` : "fit",
      "Show all of each picture (0)",
      () => change({ zoom: 0, x: 0.5, y: 0.5 }),
      {
        class: "level",
      },
    ),
    button(icon("plus"), "Zoom in (+)", () => zoomBy(1)),
  );
}

// The sizes of the slider: the least of them is as large as fits.
const SIZES = { pictures: [100, 900], maps: [80, 300] };

function size({ state, change, model }) {
  const [min, max] = SIZES[model.mode === "maps" ? "maps" : "pictures"];
  return h(
    "label",
    { class: "field size", title: "Width of a cell; all the way left: as large as fits" },
    h("span", null, "size"),
    h("input", {
      type: "range",
      min,
      max,
      step: 20,
      "aria-label": "Width of a cell",
      "aria-valuetext": state.size ? `${state.size} pixels` : "as large as fits",
      value: String(state.size || min),
      oninput: (event) => {
        const value = Number(event.currentTarget.value);
        change({ size: value > min ? value : 0 });
      },
    }),
  );
}

// One line; the rest on demand.
export function description({ model }) {
  const text = plain(model.tag?.description ?? "");
  if (!text) return null;
  return h(
    "details",
    { class: "about", key: "about" },
    h("summary", { title: "What this shows" }, text.split("\n", 1)[0]),
    h("p", null, text),
  );
}
