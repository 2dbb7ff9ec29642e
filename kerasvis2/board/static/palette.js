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

export function colour(place) {
  return RUNS[place % RUNS.length];
}
