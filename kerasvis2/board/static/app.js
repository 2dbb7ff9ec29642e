// The one object that holds the state. A change of it draws the page anew, at most once a frame.

import { draw } from "./dom.js";
import { levelFrom } from "./gestures.js";
import { readAddress, visible, writeAddress } from "./host.js";
import { explorer, numbersFor, tagsFor } from "./explorer.js";
import { Loader } from "./loader.js";
import { sizeFrom } from "./map_layout.js";
import { derive, move, nearest } from "./model.js";
import { reference } from "./notes.js";
import { Numbers } from "./numbers.js";
import { page, picturesFor } from "./page.js";
import { Pictures } from "./pictures.js";
import { Player } from "./player.js";
import { saw, shapeOf } from "./sizes.js";
import { format, parse } from "./state.js";

const addressed = () => JSON.stringify([...readAddress()]);
const WRITE_EVERY = 400; // milliseconds; browsers allow only so many changes of the address

export class App {
  constructor(root) {
    this.root = root;
    this.state = parse(readAddress());
    this.address = addressed(); // as it was last read or written
    // What is no choice of the user's: sizes, scroll positions, which face a blink shows.
    this.ui = {
      width: 0,
      height: 0,
      left: 0,
      top: 0,
      timeline: 600,
      face: 0,
      help: false,
      findCurve: "",
      said: "", // what was done in the user's stead
      reduced: matchMedia("(prefers-reduced-motion: reduce)").matches,
    };
    this.ahead = 1; // which way the user went last
    this.loader = new Loader(() => this.redraw());
    this.pictures = new Pictures(() => this.redraw());
    this.numbers = new Numbers(() => this.redraw());
    this.player = new Player(this);
    this.derived = null;
    this.explored = null;
    this.scaled = null; // the scales that the explorer was drawn with last, and of what
    this.views = new Map(); // tag → its {zoom, x, y}
  }

  get model() {
    this.derived ??= derive(this.state, this.loader.data);
    return this.derived;
  }

  // What the explorer shows.
  get explorer() {
    this.explored ??= explorer(this);
    return this.explored;
  }

  // How pictures lie in their cells.
  get view() {
    const { zoom, x, y } = this.state;
    const { width, height } = shapeOf(this, this.model.runs);
    return { zoom, x, y, whole: width ? { width, height } : null };
  }

  get error() {
    return this.loader.error;
  }

  retry = () => {
    this.loader.retry();
    this.pictures.retry();
    this.numbers.retry();
  };

  // The scale that others are held against: the first picture's.
  get reference() {
    return reference(this.model, this.state);
  }

  change = (patch) => {
    this.state = { ...this.state, ...patch };
    if ("step" in patch) this.ui.said = "";
    this.writing ??= setTimeout(() => {
      this.writing = null;
      writeAddress(format(this.state));
      this.address = addressed();
    }, WRITE_EVERY);
    this.redraw();
  };

  // The address has changed under us: somebody pasted another, or went back.
  reread() {
    if (this.address === addressed()) return; // another part of it, and ours may be newer
    this.address = addressed();
    clearTimeout(this.writing);
    this.writing = null;
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
    this.numbers.retry();
    this.redraw();
  }

  redraw() {
    this.derived = null;
    this.explored = null;
    if (this.drawing) return;
    this.drawing = requestAnimationFrame(() => {
      this.drawing = null;
      this.draw();
    });
  }

  draw() {
    if (!visible()) return;
    this.settle();
    const { wanted, curveWanted, wantsMaps } = this.model;
    this.loader.follow({
      tag: wanted?.name ?? this.state.tag,
      image: this.state.image,
      curve: curveWanted,
      maps: wantsMaps,
      others: wantsMaps ? tagsFor(this) : [],
    });
    const { now, next } = picturesFor(this, this.neighbours());
    for (const url of now) {
      const bitmap = this.pictures.get(url)?.bitmap;
      if (bitmap && saw(this.model.tag.name, bitmap)) this.redraw();
    }
    this.pictures.want(now, next);
    const numbers = numbersFor(this, this.neighbours());
    this.numbers.want(numbers.now, numbers.next);
    draw(this.root, page(this));
    this.player.follow();
  }

  // Another tag is on show, or its pictures instead of its maps: if there is not the step that was on
  // show before, its nearest is gone to, and that is said.
  settle() {
    const { tag, steps, step, mode } = this.model;
    const what = tag && `${mode === "maps" ? "maps" : "pictures"} ${tag.name}`;
    if (!what || !steps.length || what === this.settled) return;
    const before = this.settled;
    this.settled = what;
    if (!before || this.state.step === null || steps.includes(step)) return;
    const near = nearest(steps, step);
    this.change({ step: near });
    this.ui.said = `Not logged at step ${step}: the nearest is shown, step ${near}.`;
  }

  ready() {
    const has = (kept, { now }) => kept.has(now);
    return has(this.pictures, picturesFor(this, [])) && has(this.numbers, numbersFor(this, []));
  }

  // Another tag. Zoom and place belong to the tag that they were chosen for.
  choose = (name) => {
    const { zoom, x, y } = this.state;
    this.views.set(this.model.wanted?.name, { zoom, x, y });
    const view = this.views.get(name) ?? { zoom: 0, x: 0.5, y: 0.5 };
    this.change({ tag: name, image: 0, ...view });
  };

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
    if (next) this.choose(next.name);
  }

  // Of maps the keys for it change the size.
  zoomBy = (by) =>
    this.change(this.model.mode === "maps" ? { size: sizeFrom(this, by) } : { zoom: levelFrom(this, by) });

  flip = () => this.see({ face: 1 - this.ui.face });

  help = () => this.see({ help: true });
}
