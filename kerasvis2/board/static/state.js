// Everything that the user has chosen, in one flat object, and its spelling in the address.

export const DEFAULTS = Object.freeze({
  tag: "",
  image: 0, // which picture of a step that has several
  find: "", // filters the tags
  runs: "", // filters the runs: a regular expression
  pin: "", // the reference run
  mode: "step", // one step, all runs; runs × steps; two pictures
  step: null, // null: the latest, whatever it is
  play: false,
  fps: 4,
  size: 0, // a cell's width in pixels; 0: what fits
  zoom: 0, // screen pixels a picture's pixel; 0: the whole picture
  x: 0.5, // the point of every picture that its cell is centred on
  y: 0.5,
  curve: "",
  curves: true,
  log: false,
  ab: "side",
  a: "", // a run; "" is the reference
  b: "",
  astep: null, // null: where the slider is
  bstep: null,
  split: 0.5,
  blink: 1, // changes a second
  channel: "brightness",
  range: 0, // what the colours of a difference span; 0: what holds 99 % of it
});

// What may be chosen, where not everything may: words, or from … to.
const CHOICES = {
  mode: ["step", "grid", "ab"],
  ab: ["side", "swipe", "blink", "diff"],
  channel: ["brightness", "red", "green", "blue"],
};
const LIMITS = {
  image: [0, 1e6],
  fps: [0.1, 60],
  size: [0, 4000],
  zoom: [0, 64],
  x: [0, 1],
  y: [0, 1],
  split: [0, 1],
  blink: [0, 3],
  range: [0, 255],
};

// From the address, as a Map of strings. What makes no sense is as if it were not there.
export function parse(params) {
  const state = { ...DEFAULTS };
  for (const name of Object.keys(DEFAULTS)) {
    const value = params.has(name) ? read(name, params.get(name)) : null;
    if (value !== null) state[name] = value;
  }
  return state;
}

function read(name, text) {
  const usual = DEFAULTS[name];
  if (typeof usual === "string") return CHOICES[name]?.includes(text) === false ? null : text;
  if (typeof usual === "boolean") return text === "1";
  const [low, high] = LIMITS[name] ?? [-Infinity, Infinity];
  const value = Number(text);
  return text !== "" && Number.isFinite(value) && value >= low && value <= high ? value : null;
}

// For the address: only what differs from the usual.
export function format(state) {
  const params = new Map();
  for (const [name, usual] of Object.entries(DEFAULTS)) {
    const value = state[name];
    if (value === usual || value === null) continue;
    if (typeof usual === "boolean") params.set(name, value ? "1" : "0");
    else if (typeof value === "number") params.set(name, String(Math.round(value * 1e4) / 1e4));
    else params.set(name, value);
  }
  return params;
}
