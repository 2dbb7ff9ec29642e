// The left column: which tag, and which runs.

import { valueAt } from "./chart.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { stepOfRun } from "./model.js";
import { count, number } from "./words.js";

export function side(app) {
  return h("aside", { class: "side" }, tags(app), runs(app));
}

function tags({ model, state, change, choose }) {
  const { groups, index } = model;
  return h(
    "nav",
    { class: "panel tags", "aria-label": "Pictures" },
    h(
      "div",
      { class: "panelhead" },
      h("h2", null, "Pictures"),
      h("input", {
        type: "search",
        id: "find",
        placeholder: "Search views and layers",
        "aria-label": "Search views and layers",
        value: state.find,
        oninput: (event) => change({ find: event.currentTarget.value }),
      }),
    ),
    h(
      "div",
      { class: "list" },
      groups.map(({ view, tags: members }) =>
        h(
          "section",
          { key: view, "aria-label": view || "Others" },
          h("h3", null, h("bdi", null, view || "others")),
          members.map((tag) => tagButton(tag, model, index, choose)),
        ),
      ),
      !groups.length &&
        h("p", { class: "hint" }, index.tags.length ? "No picture is called so." : "None yet."),
    ),
  );
}

function tagButton(tag, model, index, choose) {
  const here = tag.name === model.wanted?.name;
  const part = tag.runs.length < index.runs.length;
  return h(
    "button",
    {
      key: tag.name,
      class: "tag",
      title: tag.name,
      "aria-current": here ? "true" : null,
      onclick: () => choose(tag.name),
    },
    h("bdi", null, tag.layer),
    part &&
      h(
        "span",
        {
          class: "few",
          title: `Logged by ${tag.runs.length} of ${count(index.runs.length, "run")}`,
        },
        `${tag.runs.length}/${index.runs.length}`,
      ),
  );
}

function runs({ model, state, change }) {
  const { rows, every, matching, broken, curve } = model;
  return h(
    "section",
    { class: "panel runs", "aria-label": "Runs" },
    h(
      "div",
      { class: "panelhead" },
      h("h2", null, "Runs", h("span", { class: "hint" }, ` ${matching.length} of ${every.length}`)),
      h("input", {
        type: "search",
        id: "runs",
        placeholder: "Filter, e.g. base|lr=0.1",
        "aria-label": "Filter runs by a regular expression",
        "aria-invalid": String(broken),
        value: state.runs,
        oninput: (event) => change({ runs: event.currentTarget.value }),
      }),
      broken && h("p", { class: "error" }, "Not a regular expression: all runs are shown."),
      curve &&
        h("p", { class: "hint columns" }, h("bdi", null, curve), ` at ${state.step === null ? "the latest step" : `step ${model.step ?? "–"}`}`),
    ),
    h(
      "ul",
      { class: "list" },
      rows.map((run) => runRow(run, model, state, change)),
    ),
  );
}

function runRow(run, model, state, change) {
  const pinned = run === model.pin;
  const values = model.lines.filter((line) => line.run === run.id);
  return h(
    "li",
    { key: run.id, class: pinned ? "run pinned" : "run" },
    h("span", { class: "swatch", style: { background: run.colour } }),
    h("bdi", { class: "name", title: run.label }, run.label),
    h(
      "span",
      { class: "values" },
      values.map((line) => {
        const value = valueAt(line, stepOfRun(run, state, model.step));
        const words = line.role === "validation" ? "validation" : line.role || "value";
        return (
          value !== null &&
          h(
            "span",
            {
              key: line.role,
              class: line.dashed ? "dashed" : null,
              title: words,
              "aria-label": `${words} ${number(value)}`,
            },
            number(value),
          )
        );
      }),
    ),
    h(
      "button",
      {
        class: "pin",
        "aria-pressed": String(pinned),
        "aria-label": `${run.label} is the reference`,
        title: pinned ? "No longer the reference" : "Pin as the reference: first in every view",
        onclick: () => change({ pin: pinned ? "" : run.id }),
      },
      icon("pin"),
    ),
  );
}
