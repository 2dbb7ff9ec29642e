// What moves by itself: playing through the steps, and blinking.

import { visible } from "./host.js";

const PATIENCE = 3000; // milliseconds that playing waits for pictures before it goes on without

export class Player {
  constructor(app) {
    this.app = app;
    this.wish = "";
  }

  // Called after each drawing: starts, keeps or stops the clock.
  follow() {
    const { state, ui, model } = this.app;
    const playing = state.play && model.steps.length > 1;
    const blinking = model.mode === "ab" && state.ab === "blink" && state.blink > 0 && !ui.reduced;
    const wish = JSON.stringify([playing && state.fps, blinking && state.blink]);
    if (wish === this.wish) return;
    this.wish = wish;
    clearInterval(this.playing);
    clearInterval(this.blinking);
    if (playing) this.play(1000 / state.fps);
    if (blinking) this.blinking = setInterval(() => this.app.flip(), 1000 / state.blink);
  }

  play(pause) {
    let since = performance.now();
    this.playing = setInterval(() => {
      const late = performance.now() - since > PATIENCE;
      // A step is shown before the next is gone to: playing never outruns the loading.
      if (!visible() || (!this.app.ready() && !late)) return;
      since = performance.now();
      this.app.advance();
    }, pause);
  }
}
