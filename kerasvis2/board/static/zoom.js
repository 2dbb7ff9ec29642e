// Where a picture lies in its cell: the same for every cell, so that zooming one zooms all.

// Whole screen pixels a picture's pixel: nothing is blurred.
export const LEVELS = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32];

// The scale (CSS pixels a picture's pixel) that shows all of a picture. From twice its size on it
// goes by whole device pixels, so that each of the picture's pixels comes out the same size.
export function fitting(width, height, cell, ratio) {
  const scale = Math.min(cell.width / width, cell.height / height);
  return scale >= 2 ? Math.floor(scale * ratio) / ratio : scale;
}

// → {scale, left, top}: the picture's place in the cell, in CSS pixels. `view.whole`: the size that
// all of the tag's pictures fit into, so that they share a scale.
export function place(picture, cell, view, ratio) {
  const scale = view.zoom || fittingAll(picture, cell, view, ratio);
  return {
    scale,
    left: offset(picture.width * scale, cell.width, view.x, ratio),
    top: offset(picture.height * scale, cell.height, view.y, ratio),
  };
}

// What fits begins where the cell does, so that pictures of different sizes line up; what does not
// fills the cell, with the wanted point in the middle if it can.
function offset(size, room, centre, ratio) {
  if (size <= room) return 0;
  return Math.round(Math.min(0, Math.max(room - size, room / 2 - centre * size)) * ratio) / ratio;
}

export function fittingAll(picture, cell, { whole }, ratio) {
  const width = Math.max(picture.width, whole?.width ?? 0);
  return fitting(width, Math.max(picture.height, whole?.height ?? 0), cell, ratio);
}

// The next zoom level; below the smallest that enlarges lies "all of it" (0).
export function step(zoom, fit, by) {
  if (by > 0) return LEVELS.find((level) => level > (zoom || fit) + 1e-6) ?? LEVELS.at(-1);
  if (!zoom) return 0;
  const lower = LEVELS.filter((level) => level < zoom && level > fit);
  return lower.at(-1) ?? 0;
}

// The view that keeps the point under (x, y), in the cell's CSS pixels, where it is.
export function around(picture, cell, view, ratio, zoom, x, y) {
  const now = place(picture, cell, view, ratio);
  const scale = zoom || fittingAll(picture, cell, view, ratio);
  const along = (size, room, start, at) => {
    const point = (at - start) / (size * now.scale); // 0…1 of the picture
    return Math.min(1, Math.max(0, point + (room / 2 - at) / (size * scale)));
  };
  return {
    zoom,
    x: along(picture.width, cell.width, now.left, x),
    y: along(picture.height, cell.height, now.top, y),
  };
}

// The view after dragging by (dx, dy) CSS pixels.
export function dragged(picture, cell, view, ratio, dx, dy) {
  const now = place(picture, cell, view, ratio);
  const along = (size, room, centre, by) => {
    const shown = size * now.scale;
    if (shown <= room) return centre;
    const half = room / 2 / shown;
    return Math.min(
      1 - half,
      Math.max(half, Math.min(1 - half, Math.max(half, centre)) - by / shown),
    );
  };
  return {
    x: along(picture.width, cell.width, view.x, dx),
    y: along(picture.height, cell.height, view.y, dy),
  };
}
