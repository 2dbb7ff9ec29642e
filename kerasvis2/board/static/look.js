// How maps are drawn where nobody has said how: as the view itself draws them.

// What the maps on show say of themselves, as far as any have arrived.
export const header = ({ explorer }) =>
  explorer.columns.map((column) => explorer.mapsOf(column.source?.url)?.header).find(Boolean) ??
  explorer.runs.map((run) => explorer.mapsOf(run.series?.urls.at(-1))?.header).find(Boolean);

// Columns may be of several views: each cell goes by its `own` header.
export function lookOf(app, own = header(app)) {
  const pictures = app.explorer.images.some(({ picture }) => picture);
  if (!pictures) return "map";
  return app.state.look || (own?.overlay ? "overlay" : "map");
}

// A difference is drawn whatever the look.
export const drawsMaps = (app) => lookOf(app) !== "image" || app.explorer.minus >= 0;

export function smoothOf(app, look = lookOf(app)) {
  return (app.state.drawn || (look === "overlay" ? "smooth" : "exact")) === "smooth";
}

export const unitOf = (own) => own?.unit || "value";
