// Colours: of runs, and of differences.

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

// Diverging, neutral at 0: −1 is blue, 1 is red.
const STOPS = [
  [-1, [5, 48, 97]],
  [-0.5, [67, 147, 195]],
  [0, [247, 247, 247]],
  [0.5, [214, 96, 77]],
  [1, [103, 0, 31]],
];

export function diverging(value) {
  const at = Math.min(1, Math.max(-1, value));
  const above = Math.max(
    1,
    STOPS.findIndex(([stop]) => at <= stop),
  );
  const [low, from] = STOPS[above - 1];
  const [high, to] = STOPS[above];
  const part = (at - low) / (high - low);
  return from.map((start, channel) => Math.round(start + part * (to[channel] - start)));
}

export function gradient() {
  return `linear-gradient(to right, ${STOPS.map(([, rgb]) => `rgb(${rgb.join(" ")})`).join(", ")})`;
}
