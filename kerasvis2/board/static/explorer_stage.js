// The explorer: the probe's images, the settings, and the table of maps.

import { h } from "./dom.js";
import { explorerBar } from "./explorer_bar.js";
import { filters } from "./filters.js";
import { grid } from "./map_grid.js";
import { legend } from "./legend.js";
import { strip } from "./strip.js";

export function explorerStage(app) {
  const { late, errors, images, shown, runs, one } = app.explorer;
  if (!runs.length) {
    return h("p", { class: "nothing", key: "none" }, "None of these runs kept its maps in numbers.");
  }
  return [
    h("div", { class: "maptools", key: "tools" }, explorerBar(app)),
    !one && strip(app),
    h("div", { class: "under", key: "under" }, !one && filters(app), legend(app)),
    errors.length > 0 &&
      h("p", { class: "error", key: "errors" }, `Probe not readable: ${errors.join("; ")}`),
    late && !images.length
      ? h("p", { class: "late", key: "late" }, "Loading …")
      : shown.length
        ? grid(app)
        : h("p", { class: "nothing", key: "none" }, "No image is like that. ", clear(app)),
  ];
}

function clear({ change }) {
  return h(
    "button",
    { onclick: () => change({ only: "", class: -1, pair: "", pick: "" }) },
    "Show all images",
  );
}
