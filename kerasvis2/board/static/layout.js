// Where cells go, and which of them are in view. Pure.

const GAP = 12;
const LEAST = 200; // pixels; smaller pictures are scrolled to, not shrunk further
const FEW = 4; // so many can be given the room to be read
const READABLE = 0.6; // of their own size, by which captions in them still are

// Cells side by side in as many rows as it takes. `shape`: {aspect, width}, a picture's height for
// each unit of its width, and its own width. `wanted`: the cells' width that the user asked for;
// 0: the widest with which all of them fit the room, or, if those were too small, as many as fit
// its width.
export function flow(count, room, shape, caption, wanted) {
  const { columns, width } = wanted
    ? { columns: across(room, wanted), width: Math.min(wanted, room.width) }
    : fitted(count, room, shape, caption);
  const height = Math.round(width * shape.aspect);
  const down = height + caption + GAP;
  const cells = Array.from({ length: count }, (_, place) => ({
    left: (place % columns) * (width + GAP),
    top: Math.floor(place / columns) * down,
  }));
  return { width, height, cells, total: Math.ceil(count / columns) * down };
}

// Two cells, side by side whatever the room: as large as shows all of them, if that can be read.
export function pair(room, shape, caption, wanted) {
  const half = share(room, 2);
  const byHeight = Math.floor((room.height - GAP - caption) / shape.aspect);
  const usual = Math.max(byHeight, Math.round(READABLE * shape.width));
  const width = Math.max(60, Math.min(half, wanted || usual));
  const height = Math.round(width * shape.aspect);
  const cells = [0, width + GAP].map((left) => ({ left, top: 0 }));
  return { width, height, cells, total: height + caption + GAP };
}

function fitted(count, room, shape, caption) {
  let best = { columns: 1, width: 0 };
  for (let columns = 1; columns <= count; columns += 1) {
    const rows = Math.ceil(count / columns);
    const byHeight = (room.height / rows - GAP - caption) / shape.aspect;
    const width = Math.floor(Math.min(share(room, columns), byHeight));
    if (width > best.width) best = { columns, width };
  }
  const least = Math.max(LEAST, count <= FEW ? READABLE * shape.width : 0);
  if (best.width >= Math.min(least, share(room, Math.min(count, FEW)))) return best;
  const columns = Math.min(count, across(room, least));
  return { columns, width: Math.min(share(room, columns), Math.round(1.5 * least)) };
}

const across = (room, width) => Math.max(1, Math.floor((room.width + GAP) / (width + GAP)));
const share = (room, columns) => Math.floor((room.width - GAP * (columns - 1)) / columns);

// The places of those among `count` equally spaced things that a window shows, and of one more on
// either side.
export function window1d(count, pitch, start, length) {
  const from = Math.max(0, Math.floor(start / pitch) - 1);
  const to = Math.min(count, Math.ceil((start + length) / pitch) + 1);
  return Array.from({ length: Math.max(0, to - from) }, (_, place) => from + place);
}
