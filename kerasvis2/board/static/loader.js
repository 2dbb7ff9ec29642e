// What has been fetched. A thing stays until its successor has arrived, so that what is on show
// always belongs together.

import { fetchCurves, fetchIndex, fetchSeries } from "./api.js";

export class Loader {
  // `arrived` is called whenever something new is here, or failed.
  constructor(arrived) {
    this.arrived = arrived;
    this.data = { index: null, series: null, curves: null };
    this.failed = {};
    this.asked = {};
    this.round = 0;
  }

  get error() {
    const messages = Object.values(this.failed);
    return messages.length ? `TensorBoard did not answer: ${messages[0]}` : null;
  }

  // Fetches what is not here yet. `tag`, `curve`: "" for none.
  follow({ tag, image, curve }) {
    this.ask("index", "", fetchIndex);
    if (tag) {
      this.ask("series", `${image} ${tag}`, async () => ({
        tag,
        image,
        runs: await fetchSeries(tag, image),
      }));
    }
    if (curve) {
      this.ask("curves", curve, async () => ({ curve, points: await fetchCurves(curve) }));
    }
  }

  // From now on nothing is new any more: `follow` will fetch all of it again.
  expire() {
    this.round += 1;
  }

  async ask(what, name, fetched) {
    const key = `${this.round} ${name}`;
    if (this.asked[what] === key) return;
    this.asked[what] = key;
    try {
      const value = await fetched();
      if (this.asked[what] !== key) return; // the user has gone on meanwhile
      this.data = { ...this.data, [what]: value };
      delete this.failed[what];
    } catch (error) {
      if (this.asked[what] !== key) return;
      this.failed[what] = error.message;
    }
    this.arrived();
  }
}
