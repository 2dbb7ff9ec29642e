// A over B, with a divider between them.

import { describe, facts, scale, who } from "./cell.js";
import { between, pointed } from "./divider.js";
import { h } from "./dom.js";
import { paintSplit } from "./paint.js";

export function swipe(app, sides, frames, { width, height }) {
  const entries = frames.map((found) => app.pictures.get(found.url));
  const { split } = app.state;
  const ready = entries.every((entry) => entry?.bitmap);
  return h(
    "div",
    { class: "floor" },
    h(
      "figure",
      { class: "cell", style: { left: 0, top: 0, width } },
      h(
        "div",
        { class: ready ? "picture" : "picture waiting", style: { height } },
        h("canvas", {
          role: "img",
          "aria-label": `Left of the divider A: ${describe(app, sides[0].run, frames[0])}. Right of it B: ${describe(app, sides[1].run, frames[1])}`,
          hook: (canvas) =>
            ready &&
            paintSplit(
              canvas,
              frames.map(({ url }) => url),
              entries.map(({ bitmap }) => bitmap),
              split,
              app.view,
            ),
        }),
        divider(app),
      ),
      h(
        "figcaption",
        { class: "caption two" },
        sides.map(({ run, step }, place) =>
          h(
            "div",
            { key: "AB"[place] },
            h(
              "div",
              { class: "who" },
              who(run, "AB"[place]),
              h("span", { class: "end" }, scale(app, frames[place])),
            ),
            facts(frames[place], step),
          ),
        ),
      ),
    ),
  );
}

function divider(app) {
  const { split } = app.state;
  const percent = Math.round(split * 100);
  return h(
    "div",
    {
      class: "divider",
      role: "slider",
      tabindex: 0,
      "aria-label": "Divider between A and B",
      "aria-valuemin": 0,
      "aria-valuemax": 100,
      "aria-valuenow": percent,
      "aria-valuetext": `A on ${percent} %`,
      style: { left: `${split * 100}%` },
      onpointerdown: (event) => event.currentTarget.setPointerCapture(event.pointerId),
      onpointermove: (event) => {
        if (!event.currentTarget.hasPointerCapture(event.pointerId)) return;
        app.change({ split: pointed(event, event.currentTarget.parentElement) });
      },
      onkeydown: (event) => {
        const by = { ArrowLeft: -0.02, ArrowRight: 0.02 }[event.key];
        if (!by) return;
        event.preventDefault();
        event.stopPropagation(); // not a step back or on
        app.change({ split: between(app.state.split + by) });
      },
    },
    h("span", { class: "handle", "aria-hidden": "true" }, "A ◂▸ B"),
  );
}
