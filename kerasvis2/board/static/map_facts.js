// What stands below a map: the answer, and what is to be known of the map.

import { answerTo, likeliest } from "./answers.js";
import { changed, className, verdict } from "./explore.js";
import { h } from "./dom.js";
import { header } from "./look.js";
import { broken, energyOn, largest } from "./values.js";
import { number } from "./words.js";

const LINE = 17; // pixels
const NARROW = 140; // of a cell: no room for the words of what was before
const [LETTER, APART] = [6.8, 12]; // at most, of the facts' font, and between two facts
const [OF, MARGIN_IS, MOST, OBJECT, SCALE] = ["of ", "margin −12.3", "max ±1.2e−4", "100 % on object", "scale 1e−4"].map(
  ({ length }) => length,
);

// How high the facts are below cells of this width: the same for all, so that rows are straight.
export function heightOf(app, width) {
  const { one, images, lock, minus, columns, mapsOf } = app.explorer;
  const masks = images.some(({ mask }) => mask);
  const own = header(app);
  const named = own ? Math.max(...columns.map(({ source }) => longest(mapsOf(source?.url) ?? { header: own }))) : USUAL;
  const of = minus >= 0 ? 2 * named + 7 : named; // that of the base too
  const told = own?.of?.length !== 0 && OF + of;
  const letters = [told, one && MARGIN_IS, MOST, masks && OBJECT, lock === "cell" && SCALE];
  return LINE * (1 + linesOf(letters.filter(Boolean), width)) + 4;
}

const USUAL = 12; // letters of what a map is of, before any has arrived

const longest = ({ header: { of } }) => Math.max(0, ...(of ?? []).map((words) => words.length));

// How many lines it takes to set facts of so many letters, one behind the other.
function linesOf(letters, width) {
  let [lines, left] = [0, 0];
  for (const many of letters) {
    const wide = Math.min(width, many * LETTER);
    if (wide > left) [lines, left] = [lines + 1, width];
    left -= wide + APART;
  }
  return lines;
}

export function facts(app, cell, view) {
  const { image, run, drawn, entry } = cell;
  const answer = answerTo(app.explorer.answers, run, cell.step, cell.place);
  const own = entry?.maps?.header;
  const most = drawn && largest(drawn, cell.signed || cell.differs);
  const parts = drawn ? partsOf(app, cell, own, answer, most) : [];
  const all = parts.map(([words, hint]) => (hint ? `${words}: ${hint}` : words));
  return h(
    "div",
    { class: "mapfacts", style: { height: view.facts } },
    said(app, cell, verdict(image, answer), answer, view.width < NARROW),
    h(
      "div",
      { class: "facts", title: [...all, own?.how, most === 0 && own?.why].filter(Boolean).join("\n") },
      parts.map(([words]) => h("span", { key: words }, words)),
    ),
  );
}

// → [[words, what they mean], …]
function partsOf({ explorer }, cell, own, answer, most) {
  const { image, drawn, map, differs, top } = cell;
  return [
    ofWhat(cell, own),
    explorer.one && Number.isFinite(answer?.margin) && [`margin ${number(answer.margin)}`, MARGIN],
    most === 0
      ? ["0 everywhere"]
      : differs
        ? [`max ±${number(most)}`, "the largest difference"]
        : [`max ${cell.signed ? "±" : ""}${number(most)}`, "the largest value"],
    broken(drawn) && [`${broken(drawn)} NaN/inf`, "values that are no finite number"],
    explorer.lock === "cell" && [`scale ${number(top)}`, "the value of the full colour"],
    !differs && map && onObject(map, image),
  ].filter(Boolean);
}

const MARGIN = "the truth's logit less the largest other one";

// What a map explains. A difference may be of maps that explain different things: both are said.
export function ofWhat({ place, differs, minusOf }, own) {
  const what = own?.of?.[place];
  if (!what) return null;
  if (!differs || !minusOf || minusOf === what) return [`of ${what}`, "what the map explains"];
  return [`of ${what} minus ${minusOf}`, "what the two maps explain"];
}

// The class gives way where there is no room, never the sign and the number.
function said({ explorer }, { run, step, place }, right, answer, narrow) {
  const names = explorer.namesOf(run);
  const guess = answer?.guess ?? null;
  const first = likeliest(explorer.answers, run, step, place);
  return h(
    "div",
    {
      class: right === false ? "said wrong" : "said",
      title: first.map(([one, share]) => `${className(names, one)} ${share.toFixed(2)}`).join("\n") || null,
    },
    right !== null &&
      h("span", { class: "verdict", role: "img", "aria-label": right ? "right" : "wrong" }, right ? "✓" : "✗"),
    answer && h("span", { class: "guess" }, guess === null ? (answer.word ?? "") : className(names, guess)),
    guess !== null && answer.share !== null && h("span", null, answer.share.toFixed(2)),
    answer && changed(answer) && was(className(names, answer.before), narrow),
  );
}

const was = (name, narrow) =>
  h("span", { class: "was", title: `Predicted ${name} at the step before` }, narrow ? "↺" : `was ${name}`);

const ON_OBJECT = "how much of the sum of its positive values lies inside the mask of the probe";
const shares = new WeakMap(); // a map → the share of its energy on the object

function onObject(map, image) {
  if (!image.mask) return null;
  if (!shares.has(map)) shares.set(map, energyOn(map, image.mask));
  const share = shares.get(map);
  return Number.isNaN(share) ? null : [`${Math.round(100 * share)} % on object`, ON_OBJECT];
}
