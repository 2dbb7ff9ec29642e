// Which curves belong to which run. Pure.

const made = new WeakMap(); // points → the curve made of them, so that equal stays identical

// For each run its training curve, validation curve, or whatever lies beside its pictures.
export function curvesOf(runs, points, pin) {
  return runs.flatMap((run) =>
    Object.entries(run.curves)
      .filter(([, name]) => points?.[name])
      .map(([role, name]) => curve(run, role, points[name], run === pin)),
  );
}

function curve(run, role, points, bold) {
  const before = made.get(points);
  if (before?.colour === run.colour && before.bold === bold) return before;
  const fresh = {
    ...points,
    run: run.id,
    role,
    colour: run.colour,
    dashed: role === "validation",
    bold,
  };
  made.set(points, fresh);
  return fresh;
}

// The first and the last step of the pictures and of the curves.
export function spanOf(steps, curves) {
  let first = steps[0] ?? Infinity;
  let last = steps.at(-1) ?? -Infinity;
  for (const { steps: own } of curves) {
    if (!own.length) continue;
    first = Math.min(first, own[0]);
    last = Math.max(last, own.at(-1));
  }
  return first <= last ? [first, last] : [0, 0];
}
