// What has been fetched. A thing stays until its successor has arrived, so that what is on show
// always belongs together. What failed is tried again, later and later.

import { fetchAnswers, fetchCurves, fetchIndex, fetchMaps, fetchSeries } from "./api.js";

const PAUSES = [1000, 3000, 10000, 30000]; // milliseconds

export class Loader {
  // `arrived` is called whenever something new is here, or failed.
  constructor(arrived) {
    this.arrived = arrived;
    this.data = { index: null, series: null, curves: null, answers: null, others: new Map() };
    this.failed = new Map(); // what → {message, count}
    this.asked = {};
    this.round = 0;
  }

  get error() {
    const [first] = this.failed.values();
    return first ? `TensorBoard did not answer: ${first.message}` : null;
  }

  // Fetches what is not here yet. `tag`, `curve`: "" for none. `maps`: whether the tag's maps are
  // wanted instead of its pictures, and `others` those of more tags.
  follow({ tag, image, curve, maps, others }) {
    this.ask("index", "", fetchIndex);
    if (tag && maps) {
      this.ask("series", `maps ${tag}`, async () => ({ tag, image, maps, runs: await fetchMaps(tag) }));
      this.ask("answers", "", fetchAnswers);
      for (const other of others) this.askOther(other);
    } else if (tag) {
      this.ask("series", `${image} ${tag}`, async () => ({
        tag,
        image,
        maps,
        runs: await fetchSeries(tag, image),
      }));
    }
    if (curve) {
      this.ask("curves", curve, async () => ({ curve, points: await fetchCurves(curve) }));
    }
  }

  askOther(tag) {
    this.ask(`maps ${tag}`, "", async () => {
      const runs = await fetchMaps(tag);
      this.data.others.set(tag, runs);
      return runs;
    });
  }

  // From now on nothing is new any more: `follow` will fetch all of it again.
  expire() {
    this.round += 1;
  }

  // What failed is asked for again at once.
  retry() {
    for (const what of this.failed.keys()) delete this.asked[what];
    this.failed.clear();
    this.arrived();
  }

  async ask(what, name, fetched) {
    const key = `${this.round} ${name}`;
    if (this.asked[what] === key) return;
    this.asked[what] = key;
    try {
      const value = await fetched();
      if (this.asked[what] !== key) return; // the user has gone on meanwhile
      this.data = { ...this.data, [what]: value };
      this.failed.delete(what);
    } catch (error) {
      if (this.asked[what] !== key) return;
      const count = (this.failed.get(what)?.count ?? 0) + 1;
      this.failed.set(what, { message: error.message, count });
      setTimeout(() => this.again(what, key), PAUSES[Math.min(count, PAUSES.length) - 1]);
    }
    this.arrived();
  }

  again(what, key) {
    if (this.asked[what] !== key || !this.failed.has(what)) return;
    delete this.asked[what];
    this.arrived();
  }
}
