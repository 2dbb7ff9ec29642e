// What the explorer shows: which images, which columns, and what lies where they meet. Pure.

import { nearest } from "./model.js";

// The images of several probes, each once: those of different runs are one where their hashes are
// the same. → [{key, label, title, places: run → place, labels: run → label}], in the order of the
// first run's probe, which also gives the label and title; what is right goes by each run's own.
export function imagesOf(runs, probes) {
  const found = new Map();
  for (const run of runs) {
    const probe = probes.get(run.id);
    if (!probe) continue;
    const seen = new Map();
    probe.hashes.forEach((hash, place) => {
      const count = seen.get(hash) ?? 0; // a probe may hold an image twice
      seen.set(hash, count + 1);
      const key = count ? `${hash.slice(0, 12)}.${count}` : hash.slice(0, 12);
      if (!found.has(key)) found.set(key, { key, probe, place, places: new Map(), labels: new Map() });
      found.get(key).places.set(run.id, place);
      found.get(key).labels.set(run.id, probe.labels?.[place] ?? null);
    });
  }
  return [...found.values()].map((image, number) => ({
    ...image,
    number,
    label: image.probe.labels?.[image.place] ?? null,
    title: titleOf(image.probe, image.place, number),
    picture: image.probe.picture(image.place),
    mask: image.probe.mask(image.place),
  }));
}

// Without a probe in the log: as many images as the maps have, matched by their place.
export function unknownImages(runs, count) {
  return Array.from({ length: count }, (_, place) => ({
    key: String(place),
    number: place,
    place,
    label: null,
    labels: new Map(),
    title: `image ${place}`,
    picture: null,
    mask: null,
    places: new Map(runs.map((run) => [run.id, place])),
  }));
}

const titleOf = ({ labels, names }, place, number) =>
  (labels?.[place] ?? null) === null ? `image ${number}` : className(names, labels[place]);

// A number alone would be a regression's.
export const className = (names, index) => names?.[index] ?? `class ${index}`;

// Where it is said already that these are classes.
export const shortClass = (names, index) => names?.[index] ?? String(index);

// Whether an answer is right; null where that is not known.
export function verdict(image, answer) {
  const label = image.labels.get(answer?.run) ?? null;
  return label === null || answer.guess === null ? null : answer.guess === label;
}

// Which images are shown, in which order. `asked`: (image) → answers of the columns on show.
export function selected(images, asked, state, confused) {
  const picked = new Set(state.pick.split(",").filter(Boolean));
  const [of, as] = state.pair ? state.pair.split(",").map(Number) : [];
  const found = images.filter((image) => {
    const answers = asked(image);
    if (picked.size && !picked.has(image.key)) return false;
    if (state.only === "wrong" && !answers.some((one) => verdict(image, one) === false)) return false;
    if (state.only === "changed" && !answers.some(changed)) return false;
    if (state.class >= 0 && image.label !== state.class) return false;
    if (state.pair && !isPair(image, confused(image), of, as)) return false;
    return true;
  });
  const order = ORDERS[state.sort];
  if (!order) return found;
  const keys = new Map(found.map((image) => [image, order(asked(image))]));
  return found.sort((one, other) => keys.get(one) - keys.get(other) || one.number - other.number);
}

const isPair = (image, answer, of, as) =>
  answer !== null && image.labels.get(answer.run) === of && answer.guess === as;

export const changed = (answer) =>
  answer !== null && answer.before !== null && answer.before !== answer.guess;

const mean = (values) =>
  values.length ? values.reduce((sum, one) => sum + one, 0) / values.length : 0;

const truths = (answers) =>
  answers.map((one) => one?.truth ?? null).filter((one) => Number.isFinite(one) && one !== null);

// Ascending: the least sure of the truth, and the most disputed, come first.
const ORDERS = {
  sure: (answers) => mean(truths(answers)),
  dispute: (answers) => {
    const guesses = new Set(answers.filter(Boolean).map(({ guess }) => guess));
    const shares = truths(answers);
    return -guesses.size - (shares.length ? Math.max(...shares) - Math.min(...shares) : 0);
  },
};

// How often each class was taken for each: {classes, count: (true, guess) → images}.
export function confusion(images, answerOf) {
  const counts = new Map();
  const classes = new Set();
  for (const image of images) {
    const answer = answerOf(image);
    const guess = answer?.guess ?? null;
    const label = image.labels.get(answer?.run) ?? null;
    if (label === null || guess === null) continue;
    classes.add(label).add(guess);
    const key = `${label},${guess}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return {
    classes: [...classes].sort((one, other) => one - other),
    count: (label, guess) => counts.get(`${label},${guess}`) ?? 0,
  };
}

// The step at which a run is shown: the one asked for, or of `null`, its own latest.
export function stepOf(series, step) {
  if (!series) return null;
  return step === null ? series.steps.at(-1) : series.at.has(step) ? step : null;
}

// One column or cell: which map of which run, and if there is none, why.
export function source(run, tag, series, step) {
  const at = stepOf(series, step);
  const place = at === null ? undefined : series.at.get(at);
  if (place !== undefined) return { run, tag, step: at, url: series.urls[place], why: null };
  const near = series ? nearest(series.steps, step) : null;
  const why = series ? `Not logged at step ${step}` : "No maps in this run";
  return { run, tag, step, url: null, why, near };
}
