// The probe's images in a row, each with what every run says of it.

import { answerTo } from "./answers.js";
import { stepOf, verdict } from "./explore.js";
import { h } from "./dom.js";
import { pictureOn } from "./map_paint.js";

const [HIGH, WIDEST] = [48, 72];
const MARKS = 8; // runs whose marks fit below an image

export function strip(app) {
  const { explorer, state, change } = app;
  const { images, shown } = explorer;
  if (images.length < 2) return null;
  const picked = new Set(state.pick.split(",").filter(Boolean));
  const visible = new Set(shown);
  const toggle = (key) => {
    if (!picked.delete(key)) picked.add(key);
    change({ pick: [...picked].join(",") });
  };
  return h(
    "div",
    { class: "strip", key: "strip", role: "group", "aria-label": "Images of the probe" },
    images.map((image) => thumb(app, image, picked.has(image.key), visible.has(image), toggle)),
  );
}

function thumb(app, image, picked, visible, toggle) {
  const { explorer } = app;
  const label = image.title;
  const marks = marksOf(app, image);
  const words = marks.map(({ run, right }) => `${run.label} ${right ? "right" : "wrong"}`).join(", ");
  const aspect = image.picture ? image.picture.width / image.picture.height : 1;
  const box = { height: HIGH, width: Math.min(WIDEST, Math.round(HIGH * aspect)) };
  return h(
    "button",
    {
      key: image.key,
      class: visible ? "thumb" : "thumb out",
      "aria-pressed": String(picked),
      "aria-label": `Image ${image.number}, ${label}${words ? `: ${words}` : ""}`,
      title: `${label}${words ? `\n${words.replaceAll(", ", "\n")}` : ""}\nClick to choose`,
      onclick: () => toggle(image.key),
    },
    image.picture
      ? h("canvas", {
          style: box,
          hook: (canvas) => pictureOn(canvas, box, image.picture),
        })
      : h("span", { class: "number", style: { height: HIGH, width: HIGH } }, String(image.number)),
    h(
      "span",
      { class: "marks", "aria-hidden": "true" },
      marks.slice(0, MARKS).map(({ run, right }) =>
        h("span", { key: run.id, class: right ? "right" : "wrong", style: { "--run": run.colour } }, right ? "✓" : "✗"),
      ),
    ),
  );
}

function marksOf({ explorer, state, model }, image) {
  return explorer.runs
    .map((run) => {
      const step = stepOf(run.series, state.step === null ? null : model.step);
      const answer = answerTo(explorer.answers, run, step, image.places.get(run.id));
      return { run, right: verdict(image, answer) };
    })
    .filter(({ right }) => right !== null);
}
