// The whole tab.

import { bar, description } from "./bar.js";
import { explorerStage } from "./explorer_stage.js";
import { h } from "./dom.js";
import { listen } from "./gestures.js";
import { help } from "./help.js";
import { notesBar } from "./notes.js";
import { side } from "./side.js";
import { abPictures, abStage } from "./stage_ab.js";
import { gridPictures, gridStage } from "./stage_grid.js";
import { stepPictures, stepStage } from "./stage_step.js";
import { timeline } from "./timeline.js";

const STAGES = {
  maps: [explorerStage, () => ({ now: [], next: [] })],
  step: [stepStage, stepPictures],
  grid: [gridStage, gridPictures],
  ab: [abStage, abPictures],
};

const stageOf = ({ model }) => STAGES[model.mode];

export function page(app) {
  const words = nothing(app);
  return h(
    "div",
    { class: "page" },
    // Past the many names on the left, for who goes by the keyboard.
    h("button", { class: "skip", onclick: skip }, "Skip to the pictures"),
    side(app),
    h(
      "main",
      null,
      bar(app),
      h("div", { class: "above" }, description(app), notesBar(app)),
      timeline(app),
      h(
        "div",
        {
          class: stale(app) ? "stage stale" : "stage",
          hook: (element) => {
            if (listening.has(element)) return;
            listening.add(element);
            listen(app, element);
          },
        },
        words ? h("div", { class: "nothing", key: "nothing" }, words) : stageOf(app)[0](app),
      ),
    ),
    help(app),
  );
}

const skip = () => document.querySelector(".stage .room")?.focus();

const listening = new WeakSet();

// Whether something else has been chosen, and is on its way.
function stale({ model, state, loader }) {
  const { series } = loader.data;
  if (series === null) return model.wanted !== model.tag;
  const other = series.maps !== model.wantsMaps || (!series.maps && series.image !== state.image);
  return model.wanted !== model.tag || other;
}

// Why there is nothing to show, or null.
function nothing(app) {
  const { model, state, loader } = app;
  if (!loader.data.index) return app.error ? null : h("p", { class: "late" }, "Loading …");
  if (!model.index.tags.length) {
    return [
      h("h2", null, "No pictures yet"),
      h(
        "p",
        null,
        "TensorBoard has found no image summaries in ",
        h("bdi", null, model.index.folder),
        ".",
      ),
      h("p", null, "To record them while a Keras model trains:"),
      h("pre", null, "model.fit(…, callbacks=[kerasvis2.Monitor(log_dir, probe)])"),
      h(
        "p",
        { class: "hint" },
        "This page follows TensorBoard's reload button, and its reloading by itself if you turn that on.",
      ),
    ];
  }
  if (!model.wanted)
    return h(
      "p",
      null,
      "There is no picture called ",
      h("bdi", null, state.tag),
      " here. Choose one on the left.",
    );
  if (!model.tag || !loader.data.series) return h("p", { class: "late" }, "Loading …");
  if (!model.rows.length)
    return h("p", null, "No run's name matches ", h("bdi", null, state.runs), ".");
  if (!model.runs.length)
    return h("p", null, "None of these runs logged ", h("bdi", null, model.tag.name), ".");
  if (!model.steps.length) return h("p", null, "TensorBoard has not read any step of it yet.");
  return null;
}

export function picturesFor(app, next) {
  return nothing(app) ? { now: [], next: [] } : stageOf(app)[1](app, next);
}
