// What networks answered to their probes, as `kerasvis2.board.told` packs it.

const TOP = 5;

// By run: {steps, at: step → place, count: of images, and the arrays, some of which may be missing}.
export function answersIn({ header, arrays }) {
  const found = Object.create(null); // a run may have any name
  header.runs.forEach(({ id, images }, place) => {
    const of = (name) => arrays.get(`${place}/${name}`)?.data ?? null;
    const steps = [...of("steps")];
    const words = of("words");
    found[id] = {
      steps,
      at: new Map(steps.map((step, index) => [step, index])),
      count: images,
      words: words && JSON.parse(new TextDecoder().decode(words)),
      ...Object.fromEntries(["predicted", "truth", "margin", "top", "shares"].map((name) => [name, of(name)])),
    };
  });
  return found;
}

// What a run answered to an image at a step, or null.
export function answerTo(answers, run, step, place) {
  const told = answers?.[run.id];
  const at = told?.at.get(step);
  if (at === undefined || place === undefined || place >= told.count) return null;
  const index = at * told.count + place;
  return {
    run: run.id,
    guess: classAt(told.predicted, index),
    truth: numberAt(told.truth, index),
    margin: numberAt(told.margin, index),
    share: numberAt(told.shares, TOP * index),
    word: told.words?.[at]?.[place] ?? null,
    before: at ? classAt(told.predicted, index - told.count) : null,
  };
}

// The likeliest classes and their probabilities: [[class, share], …].
export function likeliest(answers, run, step, place) {
  const told = answers?.[run.id];
  const at = told?.at.get(step);
  if (at === undefined || !told.top || place >= told.count) return [];
  const start = TOP * (at * told.count + place);
  return Array.from({ length: TOP }, (_, rank) => [
    classAt(told.top, start + rank),
    numberAt(told.shares, start + rank),
  ]).filter(([guess, share]) => guess !== null && share !== null);
}

const classAt = (array, index) => (array && array[index] >= 0 ? array[index] : null);
const numberAt = (array, index) => (array && Number.isFinite(array[index]) ? array[index] : null);
