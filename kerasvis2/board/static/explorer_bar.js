// The explorer's settings: what the columns are, and how maps are drawn.

import { AXES } from "./columns.js";
import { h } from "./dom.js";
import { LOCKS } from "./lock.js";
import { drawsMaps, lookOf, smoothOf } from "./look.js";
import { button, segments, select } from "./tools.js";
import { number } from "./words.js";

const LOOKS = [
  ["image", "Image", "The image alone"],
  ["map", "Map", "The map alone"],
  ["overlay", "Overlay", "The map over the grey image"],
];

export function explorerBar(app) {
  const { explorer } = app;
  if (explorer.one) return [back(app), ...drawing(app)];
  return [columns(app), ...drawing(app)];
}

function columns(app) {
  const { state, change, explorer } = app;
  return [
    segments("Columns", AXES, state.axis, (axis) => change({ axis, minus: "" })),
    state.axis !== "runs" &&
      select(
        "of",
        explorer.runs.map((run) => [run.id, run.label]),
        explorer.of?.id ?? "",
        (of) => change({ of, minus: "" }),
        { key: "of" },
      ),
    ["runs", "steps"].includes(state.axis) &&
      explorer.columns.length > 1 &&
      select(
        "minus",
        [["", "nothing"], ...explorer.columns.map(({ key, title }) => [key, title])],
        explorer.minus < 0 ? "" : state.minus,
        (minus) => change({ minus }),
        { key: "minus" },
      ),
  ];
}

function back({ change, explorer }) {
  const { one } = explorer;
  return h(
    "div",
    { class: "cluster", key: "back" },
    button("← All images", "Back to all images (Esc)", () => change({ one: "" })),
    h("strong", { class: "whose" }, titleOf(one)),
  );
}

export const titleOf = ({ label, number, title }) =>
  label === null ? title : `image ${number} · ${title}`;

function drawing(app) {
  const { state, change, explorer } = app;
  const look = lookOf(app);
  const maps = drawsMaps(app);
  const own = explorer.columns.map(({ source }) => lookOf(app, explorer.mapsOf(source?.url)?.header ?? undefined));
  const mixed = own.some((each) => each !== own[0]); // as each view draws its own
  return [
    segments(
      "Look",
      LOOKS.filter(([name]) => name === "map" || explorer.images.some(({ picture }) => picture)),
      mixed ? "" : look,
      (value) => change({ look: value }),
    ),
    maps &&
      select("scale of", LOCKS.map(([value, label]) => [value, value === "run" && explorer.one ? "each run" : label]), explorer.lock, (lock) => change({ lock, ...frozen(app, lock) }), {
        key: "lock",
      }),
    maps && explorer.lock === "hand" && hand(app),
    maps && check("log", state.decades, (decades) => change({ decades }), "Three powers of ten, so that weak maps are seen beside strong ones"),
    maps &&
      select(
        "drawn",
        [
          ["smooth", "smooth"],
          ["exact", "exact"],
        ],
        smoothOf(app) ? "smooth" : "exact",
        (drawn) => change({ drawn }),
        { key: "drawn" },
      ),
    (look === "map" || mixed || explorer.minus >= 0) &&
      select(
        "colours",
        [
          ["", "as in pictures"],
          ["grey", "grey"],
        ],
        state.colours,
        (colours) => change({ colours }),
        { key: "colours" },
      ),
    look === "overlay" && opacity(app),
  ];
}

// The scale by hand begins with the one that is on show.
function frozen(app, lock) {
  return lock === "hand" && !app.state.top ? { top: app.ui.shownTop || 1 } : {};
}

function hand({ state, change, see }) {
  return h(
    "label",
    { class: "field", key: "hand" },
    h("span", null, "to"),
    h("input", {
      type: "number",
      class: "number",
      min: 0,
      step: "any",
      "aria-label": "The value of the full colour",
      value: String(state.top),
      onchange: (event) => {
        const value = Number(event.currentTarget.value);
        if (value > 0 && Number.isFinite(value)) return change({ top: value });
        event.currentTarget.value = String(state.top);
        see({ said: `A scale ends above 0: it stays at ${number(state.top)}.` });
      },
    }),
  );
}

function check(label, checked, choose, title) {
  return h(
    "label",
    { class: "check", title, key: label },
    h("input", {
      type: "checkbox",
      checked,
      onchange: (event) => choose(event.currentTarget.checked),
    }),
    label,
  );
}

function opacity({ state, change }) {
  return h(
    "label",
    { class: "field opacity", key: "opacity" },
    h("span", null, "opacity"),
    h("input", {
      type: "range",
      min: 0,
      max: 1,
      step: 0.05,
      "aria-label": "Opacity of the heat",
      value: String(state.opacity),
      oninput: (event) => change({ opacity: Number(event.currentTarget.value) }),
    }),
  );
}
