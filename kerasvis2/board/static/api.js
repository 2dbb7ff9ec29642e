// What the Python side answers.

import { answersIn } from "./answers.js";
import { unpack } from "./blob.js";
import { layerNames } from "./words.js";

const BASE = new URL("..", import.meta.url).href;

// Of thousands of keys: objects of URLs would take longer than all else.
function address(path, params) {
  const words = Object.entries(params).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  return `${BASE}${path}?${words.join("&")}`;
}

async function asked(path, params = {}) {
  const reply = await fetch(address(path, params));
  if (!reply.ok) throw new Error(`${reply.status} ${(await reply.text()).slice(0, 200)}`);
  return reply;
}

const ask = async (path, params) => (await asked(path, params)).json();

export async function fetchIndex() {
  const index = await ask("index");
  const names = layerNames(index.tags.map(({ name }) => name));
  index.tags.forEach((tag, place) => {
    tag.layer = names[place];
  });
  return index;
}

// By run: ascending steps, and for each its picture's address, wall time and display scale.
export async function fetchSeries(tag, sample) {
  const series = await ask("series", { tag, sample });
  for (const run of Object.values(series)) {
    run.at = new Map(run.steps.map((step, place) => [step, place]));
    // The time makes a picture that was logged anew another address, so that caches may keep both.
    run.urls = run.keys.map((key, place) => address("picture", { key, time: run.times[place] }));
    run.scales = run.scales.map((scale) =>
      scale === null ? null : Number(Number(scale).toPrecision(6)),
    );
  }
  return series;
}

// When each run kept a tag's maps, as `fetchSeries`.
export async function fetchMaps(tag) {
  const series = await ask("maps", { tag });
  for (const run of Object.values(series)) {
    run.at = new Map(run.steps.map((step, place) => [step, place]));
    run.urls = run.keys.map((key, place) => numbersAt(key, run.times[place]));
    run.scales = run.keys.map(() => null);
  }
  return series;
}

export const numbersAt = (key, time = 0) => address("numbers", { key, time });

// By run: `steps`, `at` (step → place), and what was told at each of them of each image.
export async function fetchAnswers() {
  return answersIn(await unpack(await (await asked("answers")).arrayBuffer()));
}

// By TensorBoard's run: steps and values. JSON has no NaN: those come as words.
export async function fetchCurves(tag) {
  const curves = await ask("curves", { tag });
  for (const curve of Object.values(curves)) curve.values = curve.values.map(Number);
  return curves;
}
