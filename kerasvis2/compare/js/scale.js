// What number a full colour stands for: 1, 2 or 5 times a power of ten, as the Python renderer
// has it. Pure.

const FUZZ = 1e-6; // how far a float32 may lie above a round number and still count as it
const RUNGS = [1, 2, 5];
const DEEP = 60; // rungs below the largest that are told apart: 20 decades

const rung = (place) =>
  Number(`${RUNGS[((place % 3) + 3) % 3]}e${Math.floor(place / 3)}`);

function rungOf(value) {
  let place = 3 * Math.floor(Math.log10(value)) - 3;
  while (rung(place) * (1 + FUZZ) < value) place += 1;
  return place;
}

// The smallest round number not below a value; 0 for 0 and for what is not finite.
export function nice(value) {
  return Number.isFinite(value) && value > 0 ? rung(rungOf(value)) : 0;
}

// What must be known of some values to find the scale of them and others together:
// {count, largest, top: the largest's rung, below: how many lie on each rung from there down}.
export function spread(data) {
  let most = 0;
  let count = 0;
  for (let at = 0; at < data.length; at += 1) {
    const size = Math.abs(data[at]);
    if (size < Infinity) count += 1;
    if (size > most && size < Infinity) most = size;
  }
  const below = new Uint32Array(DEEP);
  if (!most) return { count, largest: 0, top: 0, below };
  const top = rungOf(most);
  const edges = Float64Array.from({ length: DEEP }, (_, by) => rung(top - by - 1) * (1 + FUZZ));
  for (let at = 0; at < data.length; at += 1) {
    const size = Math.abs(data[at]);
    if (!(size > 0 && size < Infinity)) continue;
    let place = 0;
    while (place < DEEP - 1 && size <= edges[place]) place += 1;
    below[place] += 1;
  }
  return { count, largest: most, top, below };
}

// The scale that holds 99 of 100 of all these values: the lowest rung that does, or that of the
// largest if so many are 0.
export function together(spreads) {
  const some = spreads.filter(({ largest }) => largest > 0);
  if (!some.length) return 0;
  const top = Math.max(...some.map((one) => one.top));
  const count = spreads.reduce((sum, one) => sum + one.count, 0);
  const spare = Math.floor(count / 100);
  const least = Math.min(...some.map((one) => one.top)) - DEEP;
  // How many lie above each rung, from the top down.
  let beyond = 0;
  let place = top;
  const all = some.reduce((sum, { below }) => sum + below.reduce((n, one) => n + one, 0), 0);
  if (all <= spare) return rung(top);
  while (place > least) {
    for (const one of some) beyond += one.below[one.top - place] ?? 0;
    if (beyond > spare) break;
    place -= 1;
  }
  return rung(Math.min(place, top));
}

// `values` over `top`, clipped to [0, 1] or [−1, 1], in float32 as NumPy would; NaN where they are
// not finite. `log`: three decades, in equal lengths.
export function units(data, top, signed, log = false) {
  const made = new Float32Array(data.length);
  const small = top < 1.1754943508222875e-38; // as a float32 the top itself could become 0
  const over = small ? top : Math.fround(top);
  const least = signed ? -1 : 0;
  for (let at = 0; at < data.length; at += 1) {
    const value = data[at];
    if (!(Math.abs(value) < Infinity)) made[at] = NaN;
    else {
      const unit = top ? Math.fround(value / over) : 0;
      made[at] = unit > 1 ? 1 : unit < least ? least : unit;
    }
  }
  return log ? made.map(logarithmic) : made;
}

const DECADES = 3;

// 0 at 0, ±1 at ±1, and a third of the way for each power of ten.
export function logarithmic(unit) {
  const size = Math.log10(1 + Math.abs(unit) * (10 ** DECADES - 1)) / DECADES;
  return unit < 0 ? -size : size;
}
