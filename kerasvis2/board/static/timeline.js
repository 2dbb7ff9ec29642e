// The curves, the slider below them on the same axis, and what moves it.

import { HEIGHT, LEFT, RIGHT, along, chart, stepAt, valueAt } from "./chart.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { nearest } from "./model.js";
import { button, select } from "./tools.js";
import { count, number, time, viewOf } from "./words.js";

const THUMB = 16;
const RATES = [1, 2, 4, 8, 15];

// Above maps there is no room for them, unless they are asked for.
export function curvesOn({ state, model }) {
  return state.curves ? state.curves === "on" : model.mode !== "maps";
}

export const turned = (app) => (curvesOn(app) ? "off" : "on");

export function timeline(app) {
  const { model, state } = app;
  const width = app.ui.timeline;
  return h(
    "section",
    {
      class: "timeline",
      "aria-label": "Steps",
      hook: (element) => app.see({ timeline: element.clientWidth }),
    },
    curvesOn(app) && model.curve !== "" && [head(app), plot(app, width)],
    slider(app, width),
    h("div", { class: "transport", key: "transport" }, buttons(app), readout(app)),
  );
}

function head(app) {
  const { model, state, change } = app;
  const { beyond, most } = chart(model.lines, model.span, app.ui.timeline, state.log);
  return h(
    "div",
    { class: "curvehead", key: "head" },
    curveSelect(app),
    h(
      "label",
      { class: "check" },
      h("input", {
        type: "checkbox",
        checked: state.log,
        onchange: (event) => change({ log: event.currentTarget.checked }),
      }),
      "log scale",
    ),
    model.lines.some(({ dashed }) => dashed) &&
      h("span", { class: "hint" }, "solid: training; dashed: validation"),
    beyond > 0 &&
      h("span", { class: "hint" }, `${count(beyond, "value")} beyond the edge, as far as ${number(most)}`),
  );
}

const MANY = 10; // curves that need a search

// By what stands before the first slash; those of the training itself first.
function curveSelect({ model, ui, see, change }) {
  const { scalars } = model.index;
  const words = ui.findCurve.toLowerCase().split(/\s+/).filter(Boolean);
  const fits = (name) => words.every((word) => name.toLowerCase().includes(word));
  const found = scalars.filter((name) => name === model.curveWanted || fits(name));
  const groups = new Map();
  for (const name of found) {
    const group = viewOf(name) || "training";
    groups.set(group, [...(groups.get(group) ?? []), name]);
  }
  return [
    h(
      "label",
      { class: "field", key: "curve" },
      h("span", null, "Curve"),
      h(
        "select",
        {
          value: model.curveWanted,
          "aria-label": "Curve",
          onchange: (event) => change({ curve: event.currentTarget.value }),
        },
        [...groups].map(([group, names]) =>
          h(
            "optgroup",
            { key: group, label: group },
            names.map((name) => h("option", { key: name, value: name }, name)),
          ),
        ),
      ),
    ),
    scalars.length > MANY &&
      h("input", {
        type: "search",
        key: "findcurve",
        class: "findcurve",
        placeholder: "Search curves",
        "aria-label": "Search curves",
        value: ui.findCurve,
        oninput: (event) => see({ findCurve: event.currentTarget.value }),
        onchange: () => found.length && !fits(model.curveWanted) && change({ curve: found.find(fits) ?? model.curveWanted }),
      }),
  ];
}

function plot(app, width) {
  const { model, state } = app;
  const { x, y, marks, lines, steps } = chart(model.lines, model.span, width, state.log);
  const here = model.step === null ? null : x(model.step);
  const scrub = (event) => {
    const left = event.currentTarget.getBoundingClientRect().left;
    const step = nearest(model.steps, stepAt(model.span, width, event.clientX - left));
    if (step !== null) app.change({ step, play: false });
  };
  return h(
    "svg",
    {
      class: "plot",
      key: "plot",
      width,
      height: HEIGHT,
      role: "img",
      "aria-label": `${model.curve} of ${model.rows.length} runs, step ${model.step} marked`,
      onpointerdown: (event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        scrub(event);
      },
      onpointermove: (event) => event.buttons && scrub(event),
    },
    marks.map(({ value, y: at }) =>
      h(
        "g",
        { key: value },
        h("line", { class: "rule", x1: LEFT, x2: width - RIGHT, y1: at, y2: at }),
        h("text", { x: LEFT - 6, y: at + 4, "text-anchor": "end" }, number(value)),
      ),
    ),
    steps.map(({ step, x: at }) =>
      h("text", { key: `step ${step}`, x: at, y: HEIGHT - 5, "text-anchor": "middle" }, String(step)),
    ),
    h("path", { class: "logged", d: stepsPath(model.steps, model.span, width) }),
    lines.map((line) =>
      h("path", {
        key: `${line.role} ${line.run}`,
        class: "curve",
        d: line.path,
        stroke: line.colour,
        "stroke-width": line.bold ? 2.5 : 1.5,
        "stroke-dasharray": line.dashed ? "4 3" : null,
      }),
    ),
    model.mode === "ab" && ["a", "b"].map((letter) => mark(letter, model[letter], x)),
    here !== null && h("line", { class: "here", x1: here, x2: here, y1: 0, y2: HEIGHT }),
    here !== null &&
      lines.map((line) => {
        const value = valueAt(line, model.step);
        if (value === null || !Number.isFinite(value) || (state.log && value <= 0)) return null;
        return h("circle", {
          key: `${line.role} ${line.run}`,
          cx: here,
          cy: y(value),
          r: 3,
          fill: line.colour,
        });
      }),
  );
}

// Where A or B stays while the slider moves.
function mark(letter, { step }, x) {
  if (step === null) return null;
  const at = x(step);
  return h(
    "g",
    { key: letter, class: "fixed" },
    h("line", { x1: at, x2: at, y1: 0, y2: HEIGHT }),
    h("text", { x: at + 4, y: 11 }, letter.toUpperCase()),
  );
}

let stepsDrawn = { key: null, path: "" };

// A tick for each step that has pictures.
function stepsPath(steps, span, width) {
  const key = [steps.length, steps[0], steps.at(-1), ...span, width].join();
  if (stepsDrawn.key !== key) {
    const x = along(span, width);
    const path = steps.map((step) => `M${x(step).toFixed(1)} ${HEIGHT}v-4`).join("");
    stepsDrawn = { key, path };
  }
  return stepsDrawn.path;
}

function slider(app, width) {
  const { model, change } = app;
  const { steps, step, span } = model;
  return h("input", {
    key: "slider",
    type: "range",
    class: "slider",
    "aria-label": "Step",
    "aria-valuetext":
      step === null ? "no steps" : `step ${step}, ${steps.indexOf(step) + 1} of ${steps.length}`,
    min: span[0],
    max: span[1],
    step: 1,
    value: String(step ?? span[0]),
    disabled: !steps.length,
    style: { "margin-left": LEFT - THUMB / 2, width: Math.max(60, width - LEFT - RIGHT + THUMB) },
    oninput: (event) => {
      const near = nearest(steps, Number(event.currentTarget.value));
      event.currentTarget.value = String(near);
      change({ step: near, play: false });
    },
  });
}

function buttons(app) {
  const { state, model, change } = app;
  const none = model.steps.length < 2;
  return [
    button(icon("first"), "First step (Home)", () => app.go("first"), { disabled: none }),
    button(icon("back"), "Step back (←)", () => app.go(-1), { disabled: none }),
    button(
      icon(state.play ? "pause" : "play"),
      state.play ? "Pause (space)" : "Play (space)",
      () => change({ play: !state.play }),
      { class: "play", disabled: none },
    ),
    button(icon("on"), "Step on (→)", () => app.go(1), { disabled: none }),
    button(icon("latest"), "Latest step, and stay with it (End)", () => app.go("latest"), {
      "aria-pressed": String(state.step === null),
      disabled: !model.steps.length,
    }),
    select(
      "speed",
      RATES.map((rate) => [rate, `${rate} a second`]),
      state.fps,
      (fps) => change({ fps: Number(fps) }),
    ),
  ];
}

function readout({ model, state }) {
  const { steps, step, runs } = model;
  if (step === null) return h("span", { class: "readout" }, "No pictures yet");
  const times = runs.map((run) => run.series?.times[run.series.at.get(step)]).filter(Boolean);
  return h(
    "span",
    { class: "readout" },
    h("strong", null, `step ${step}`),
    ` of ${steps[0]} … ${steps.at(-1)}`,
    state.step === null && " (latest)",
    times.length > 0 && h("span", { class: "hint" }, ` logged ${time(Math.max(...times))}`),
  );
}
