// Everything that the user has chosen, in one flat object, and its spelling in the address.

export const DEFAULTS = Object.freeze({
  tag: "",
  image: 0, // which picture of a step that has several
  find: "", // filters the tags
  runs: "", // filters the runs: a regular expression
  pin: "", // the reference run
  mode: "step", // "step": one step, all runs; "grid": runs × steps; "ab": two pictures
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
  ab: "side", // "side", "swipe", "blink" or "diff"
  a: "", // a run; "" is the reference
  b: "",
  astep: null, // null: where the slider is
  bstep: null,
  split: 0.5,
  blink: 1, // changes a second
  channel: "brightness",
  range: 0, // what the colours of a difference span; 0: what holds 99 % of it
});

// From the address, as a plain object of strings. What makes no sense is as if it were not there.
export function parse(params) {
  const state = { ...DEFAULTS };
  for (const [name, usual] of Object.entries(DEFAULTS)) {
    const text = params[name];
    if (text === undefined) continue;
    if (typeof usual === "string") state[name] = text;
    else if (typeof usual === "boolean") state[name] = text === "1";
    else if (text !== "" && Number.isFinite(Number(text))) state[name] = Number(text);
  }
  return state;
}

// For the address: only what differs from the usual.
export function format(state) {
  const params = {};
  for (const [name, usual] of Object.entries(DEFAULTS)) {
    const value = state[name];
    if (value === usual || value === null) continue;
    if (typeof usual === "boolean") params[name] = value ? "1" : "0";
    else if (typeof value === "number") params[name] = String(Math.round(value * 1e4) / 1e4);
    else params[name] = value;
  }
  return params;
}
