// Everything that the user has chosen, in one flat object, and its spelling in the address.

export const DEFAULTS = Object.freeze({
  tag: "",
  image: 0, // which picture of a step that has several
  find: "", // filters the tags
  runs: "", // filters the runs: a regular expression
  pin: "", // the reference run
  mode: "", // maps; one step, all runs; runs × steps; two pictures; "": maps where there are any
  step: null, // null: the latest, whatever it is
  play: false,
  fps: 4,
  size: 0, // a cell's width in pixels; 0: what fits
  zoom: 0, // screen pixels a picture's pixel; 0: the whole picture
  x: 0.5, // the point of every picture that its cell is centred on
  y: 0.5,
  curve: "",
  curves: "", // "on", "off"; "": beside pictures, not above maps
  log: false,
  ab: "side",
  a: "", // a run; "" is the reference
  b: "",
  astep: null, // null: where the slider is
  bstep: null,
  split: 0.5,
  blink: 1, // changes a second

  // The explorer
  axis: "runs", // what its columns are
  of: "", // the run of the columns that are no runs, and of the confusion matrix; "": the first
  minus: "", // the column that is subtracted from the others; "": none
  look: "", // image, map, overlay; "": as the view draws it
  lock: "", // what shares a scale; "": all cells, or each column where these have units of their own
  top: 0, // the scale by hand
  decades: false, // a log scale
  opacity: 1,
  drawn: "", // smooth or exact; "": as the view draws it
  colours: "", // grey; "": those of the pictures
  only: "", // wrong ones, those whose prediction changed; "": all
  class: -1, // a true class; −1: all
  pair: "", // a cell of the confusion matrix: "true,predicted"
  sort: "", // how the images are sorted; "": as in the probe
  pick: "", // the images chosen, with commas between them; "": all
  one: "", // the image that is shown over all steps
});

// What may be chosen, where not everything may: words, or from … to.
const CHOICES = {
  mode: ["maps", "step", "grid", "ab"],
  ab: ["side", "swipe", "blink"],
  curves: ["on", "off"],
  axis: ["runs", "steps", "layers", "views"],
  look: ["image", "map", "overlay"],
  lock: ["all", "run", "cell", "hand"],
  drawn: ["smooth", "exact"],
  colours: ["grey"],
  only: ["wrong", "changed"],
  sort: ["sure", "dispute"],
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
  top: [0, 1e38],
  opacity: [0, 1],
  class: [-1, 1e6],
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
  if (name === "curves" && text === "0") return "off"; // as addresses said it once
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
    else if (typeof value === "number") params.set(name, String(Number(value.toPrecision(6))));
    else params.set(name, value);
  }
  return params;
}
