// What the reader must know before comparing these pictures.

import { h } from "./dom.js";
import { frame, probes, scales, stepOfRun } from "./model.js";
import { number, some } from "./words.js";

// → [{kind, text}]. Pure.
export function notes(model, state) {
  if (!model.tag) return [];
  if (model.mode === "maps") return without(model); // the explorer's own scale is printed there
  const found = [];
  const runs = model.mode === "ab" ? [model.a.run, model.b.run].filter(Boolean) : model.runs;
  const groups = probes([...new Set(runs)]);
  if (groups.length > 1) {
    const parts = groups.map(
      ([print, members]) =>
        `${some(members.map(({ label }) => label))} (probe ${print.slice(0, 8)})`,
    );
    found.push({
      kind: "probe",
      text: `Not the same probe, in its images or their labels: ${parts.join("; ")}.`,
    });
  }
  const spans = scales(framesOf(model, state, runs));
  if (spans.length > 1) {
    found.push({
      kind: "scale",
      text: `Display scales differ (${some(spans.map(number), 6)}): one colour does not mean one value here. The scale is below each picture.`,
    });
  }
  return found;
}

// Runs that the explorer cannot show.
function without({ runs, rows, tag }) {
  const labels = (some) => some.map(({ label }) => label);
  const bare = labels(runs.filter((run) => !tag.maps.includes(run.id)));
  const absent = labels(rows.filter((run) => ![...tag.runs, ...tag.maps].includes(run.id)));
  return [
    bare.length && { kind: "bare", text: `Kept no maps of this: ${some(bare)}. Their pictures are in One step.` },
    absent.length && { kind: "absent", text: `Did not log this: ${some(absent)}.` },
  ].filter(Boolean);
}

function framesOf(model, state, runs) {
  if (model.mode === "ab") {
    const sides = [model.a, model.b];
    return sides.map(({ run, step }) => frame(run, step ?? stepOfRun(run, state, model.step)));
  }
  if (model.mode === "grid") {
    return runs.flatMap((run) => (run.series?.scales ?? []).map((scale) => ({ scale })));
  }
  return runs.map((run) => frame(run, stepOfRun(run, state, model.step)));
}

// The display scale that the others are held against: the first picture's that has one.
export function reference(model, state) {
  const runs = model.mode === "ab" ? [] : model.runs;
  const frames = runs.length
    ? runs.map((run) => frame(run, stepOfRun(run, state, model.step)))
    : framesOf(model, state, runs);
  return frames.find((found) => (found?.scale ?? null) !== null)?.scale ?? null;
}

export function notesBar(app) {
  return h(
    "div",
    { class: "notes", role: "status" },
    app.error &&
      h(
        "p",
        { class: "error", key: "error" },
        app.error,
        " ",
        h("button", { onclick: app.retry }, "Try again"),
      ),
    app.ui.said && h("p", { "data-kind": "said", key: "said" }, app.ui.said),
    notes(app.model, app.state).map(({ kind, text }) =>
      h("p", { "data-kind": kind, key: kind }, text),
    ),
  );
}
