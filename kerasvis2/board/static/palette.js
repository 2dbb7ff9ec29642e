// The runs' colours.

// Told apart on white and on dark grey, by most colour-blind readers in the order given.
const RUNS = [
  "#1f77d0",
  "#e8710a",
  "#2a9d5c",
  "#d1338f",
  "#8a63d2",
  "#b58900",
  "#17a2b8",
  "#d0442f",
  "#7a8b2d",
  "#5f7f95",
  "#a0613a",
  "#c678c9",
];

const colour = (place) => RUNS[place % RUNS.length];

const given = new Map(); // run → its place: a run that appears later takes no other's colour

export function colourOf(run) {
  if (!given.has(run)) given.set(run, given.size);
  return colour(given.get(run));
}
