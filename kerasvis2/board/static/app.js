// The one object that holds the state. A change of it draws the page anew, at most once a frame.

import { draw } from "./dom.js";
import { levelFrom } from "./gestures.js";
import { readAddress, visible, writeAddress } from "./host.js";
import { Loader } from "./loader.js";
import { beginning, derive, move } from "./model.js";
import { reference } from "./notes.js";
import { page, picturesFor } from "./page.js";
import { Pictures } from "./pictures.js";
import { Player } from "./player.js";
import { format, parse } from "./state.js";

const WRITE_EVERY = 400; // milliseconds; browsers allow only so many changes of the address

export class App {
  constructor(root) {
    this.root = root;
    this.state = parse(readAddress());
    // What is no choice of the user's: sizes, scroll positions, which face a blink shows.
    this.ui = {
      width: 0,
      height: 0,
      left: 0,
      top: 0,
      timeline: 600,
      face: 0,
      help: false,
      reduced: matchMedia("(prefers-reduced-motion: reduce)").matches,
    };
    this.ahead = 1; // which way the user went last
    this.loader = new Loader(() => this.redraw());
    this.pictures = new Pictures(() => this.redraw());
    this.player = new Player(this);
    this.derived = null;
  }

  get model() {
    this.derived ??= derive(this.state, this.loader.data);
    return this.derived;
  }

  get error() {
    return this.loader.error;
  }

  // The scale that others are held against: the first picture's.
  get reference() {
    return reference(this.model, this.state);
  }

  change = (patch) => {
    this.state = { ...this.state, ...patch };
    this.writing ??= setTimeout(() => {
      this.writing = null;
      writeAddress(format(this.state));
    }, WRITE_EVERY);
    this.redraw();
  };

  // The address has changed under us: somebody pasted another, or went back.
  reread() {
    if (this.writing) return; // ours is newer
    this.state = parse(readAddress());
    this.redraw();
  }

  see = (patch) => {
    if (Object.entries(patch).every(([name, value]) => this.ui[name] === value)) return;
    Object.assign(this.ui, patch);
    this.redraw();
  };

  reload() {
    this.loader.expire();
    this.pictures.retry();
    this.redraw();
  }

  redraw() {
    this.derived = null;
    if (this.drawing) return;
    this.drawing = requestAnimationFrame(() => {
      this.drawing = null;
      this.draw();
    });
  }

  draw() {
    if (!visible()) return;
    this.begin();
    const { wanted, curveWanted } = this.model;
    this.loader.follow({
      tag: wanted?.name ?? this.state.tag,
      image: this.state.image,
      curve: curveWanted,
    });
    const { now, next } = picturesFor(this, this.neighbours());
    this.pictures.want(now, next);
    draw(this.root, page(this));
    this.player.follow();
  }

  // Once, when the first steps are known and the address names none.
  begin() {
    const { runs, steps } = this.model;
    if (this.begun || !steps.length) return;
    this.begun = true;
    const step = this.state.step ?? beginning(runs, steps);
    if (step !== this.state.step) this.change({ step });
  }

  ready() {
    return this.pictures.has(picturesFor(this, []).now);
  }

  neighbours() {
    const { steps, step } = this.model;
    const places = [1, 2, 3, -1].map((by) => move(steps, step, by * this.ahead));
    return [...new Set(places)].filter((other) => other !== null && other !== step);
  }

  go = (where) => {
    const { steps, step } = this.model;
    if (!steps.length) return;
    if (where === "latest") return this.change({ step: null, play: false });
    if (where === "first") return this.change({ step: steps[0], play: false });
    this.ahead = Math.sign(where);
    return this.change({ step: move(steps, step, where), play: false });
  };

  // Playing: after the last step comes the first.
  advance() {
    const { steps, step } = this.model;
    this.ahead = 1;
    this.change({ step: step === steps.at(-1) ? steps[0] : move(steps, step, 1) });
  }

  turn(by) {
    const { groups, wanted } = this.model;
    const tags = groups.flatMap((one) => one.tags);
    const place = tags.findIndex((tag) => tag.name === wanted?.name);
    const next = tags[Math.min(tags.length - 1, Math.max(0, place + by))];
    if (next) this.change({ tag: next.name, image: 0 });
  }

  zoomBy = (by) => this.change({ zoom: levelFrom(this, by) });

  flip = () => this.see({ face: 1 - this.ui.face });

  help = () => this.see({ help: true });
}
