"""A network as boxes and arrows, repeated blocks drawn once, long ones in columns."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count, pairwise

import numpy as np
from PIL import Image, ImageDraw

from kerasvis2.render import text
from kerasvis2.render.folding import fold_repeats
from kerasvis2.render.layout import Edge, Point
from kerasvis2.render.page import INNER, LONGEST, MARGIN, PAPER, head_height, page
from kerasvis2.render.placing import lay_out

SHOWN = 160

_MANY = 60  # Of more boxes, blocks are alike though their sizes differ.
_ACROSS = LONGEST - 2 * MARGIN
_AIR = 8  # Paper around everything.
_NEARLY = 1.15  # So much smaller words are better than fewer.
_GAP = 18  # Pixels between columns.
_LETTERS = 18  # Room for the letters of cut arrows.
_TIMES = 46  # Room at the right of a repeated block for how often.
_REPEATED = (236, 236, 232)

_WIDEST = 250
_PAD = 7
_EDGE = (120, 122, 128)
_HEAD = (8, 4)  # An arrow's head: length and half its width.
_FINE = 3  # Lines are drawn this much larger, then averaged, to be smooth.
_FILLS = {
    "input": (255, 255, 255),
    "weights": (222, 235, 247),
    "plain": (240, 240, 242),
    "frozen": (255, 255, 255),
}


@dataclass(frozen=True)
class Box:
    """One box.

    Attributes:
        name: In bold.
        lines: Further lines, small.
        kind: "weights", "plain", "input" or "frozen" (hatched).
        inside: What it is a part of; blocks may repeat in parts of other names.
    """

    name: str
    lines: tuple[str, ...] = ()
    kind: str = "plain"
    inside: str = ""

    @property
    def words(self) -> tuple[str, ...]:
        """The small lines."""
        return ((f"in {self.inside}",) if self.inside else ()) + self.lines

    def brief(self, lines: int) -> "Box":
        """The same with so many lines: its kind and, with two, the last one."""
        return replace(self, lines=(*self.lines[:1], *self.lines[1:][-1:])[:lines], inside="")


def diagram_sheet(
    boxes: Sequence[Box],
    edges: Sequence[Edge],
    *,
    title: str,
    how: str = "",
    notes: Sequence[str] = (),
) -> np.ndarray:
    """Boxes from top to bottom with arrows between them.

    Blocks that follow one another and are alike but for their names are drawn once, on a grey
    ground with "× 3". What is too tall goes on in a further column, where letters say which arrow
    leads where; and where that does not do, the boxes have fewer words, and then smaller ones.
    Of many boxes, blocks are alike too that differ in their sizes alone.

    Args:
        boxes: In the network's order. At most 160 are drawn, the first ones.
        edges: (from, to) indices of boxes.
        title: What it is.
        how: In one line, how it was made.
        notes: Further lines below the title.

    Returns:
        uint8 (height, width, 3), at most 1,200 pixels high and wide.
    """
    folded = fold_repeats([(box.lines, box.kind) for box in boxes], edges)
    alike = "alike ones"
    if len(folded.kept) > _MANY:
        folded = fold_repeats([(box.lines[:1], box.kind) for box in boxes], edges)
        alike = "those alike but for their sizes"
    kept = [boxes[i] for i in folded.kept]
    notes = list(notes)
    if folded.repeats:
        notes.append(f"{len(boxes)} boxes, {alike} folded: × says how often they follow")
    links, repeats = folded.edges, folded.repeats
    if len(kept) > SHOWN:
        notes.append(f"{SHOWN} of {len(kept)} boxes")
        kept = kept[:SHOWN]
        links = [(a, b) for a, b in links if max(a, b) < SHOWN]
        repeats = [(block, times) for block, times in repeats if max(block) < SHOWN]
    room = LONGEST - head_height(title, how, notes, None, LONGEST) - MARGIN
    for shown in (kept, [box.brief(2) for box in kept], [box.brief(1) for box in kept]):
        picture = _columns(*_draw_all(shown, links, repeats), room)
        if max(picture.shape[0] / room, picture.shape[1] / _ACROSS) <= _NEARLY:
            break
    picture = _fitted(picture, room)
    if picture.shape[1] < INNER:
        left = (INNER - picture.shape[1]) // 2
        right = INNER - picture.shape[1] - left
        picture = np.pad(picture, ((0, 0), (left, right), (0, 0)), constant_values=PAPER)
    return page(picture, title=title, how=how, notes=notes)


def _draw_all(
    boxes: Sequence[Box],
    edges: Sequence[Edge],
    repeats: Sequence[tuple[tuple[int, ...], int]],
) -> tuple[np.ndarray, list[tuple[int, int]], list[list[Point]]]:
    """Everything in one picture; the rows that boxes take, from and to; and the edges' lines."""
    sizes = [_size(box) for box in boxes]
    layout = lay_out(sizes, edges)
    width, height = (int(np.ceil(length)) + 2 * _AIR for length in layout.size)
    width += _TIMES if repeats else 0
    picture = np.full((height, width, 3), PAPER, np.uint8)
    lines = [[(x + _AIR, y + _AIR) for x, y in line] for line in layout.lines]
    places = [
        (round(x - size[0] / 2) + _AIR, round(y - size[1] / 2) + _AIR)
        for size, (x, y) in zip(sizes, layout.centres.tolist())
    ]
    taken = [(top, top + size[1]) for (_, top), size in zip(places, sizes)]
    for block, times in repeats:
        taken.append(_ground(picture, [(*places[i], *sizes[i]) for i in block], f"× {times}"))
    text.stamp(picture, 0, 0, _arrows((height, width), lines), _EDGE)
    for box, size, (left, top) in zip(boxes, sizes, places):
        _draw(picture, box, size, left, top)
    return picture, taken, lines


def _ground(
    picture: np.ndarray, corners: Sequence[tuple[int, int, int, int]], words: str
) -> tuple[int, int]:
    """A grey ground for boxes (left, top, width, height), with words in its upper right corner."""
    left = max(0, min(left for left, *_ in corners) - _PAD)
    top = max(0, min(top for _, top, *_ in corners) - _PAD)
    right = max(left + width for left, _, width, _ in corners) + _TIMES
    bottom = max(top + height for _, top, _, height in corners) + _PAD
    picture[top:bottom, left:right] = _REPEATED
    across = right - text.width_of(words, text.BODY, True) - 5
    text.write(picture, across, top + 3, words, bold=True)
    return top, bottom


def _columns(
    picture: np.ndarray,
    taken: Sequence[tuple[int, int]],
    lines: Sequence[Sequence[Point]],
    room: int,
) -> np.ndarray:
    """A tall picture cut between its boxes into columns, each cut arrow under a letter."""
    height = len(picture)
    if height <= room:
        return picture
    free = np.ones(height + 1, bool)
    for top, bottom in taken:
        free[max(0, top - 2) : bottom + 2] = False
    pieces = -(-height // (room - 2 * _LETTERS))
    cuts, start = [0], 0
    while height - start > room - 2 * _LETTERS:
        aim = start + min(room - 2 * _LETTERS, -(-(height - start) // max(1, pieces)))
        possible = np.flatnonzero(free[start + 1 : start + room - 2 * _LETTERS + 1]) + start + 1
        near = possible[np.abs(possible - aim).argmin()] if len(possible) else aim
        cuts.append(int(near))
        start, pieces = int(near), pieces - 1
    cuts.append(height)
    names = iter(_names())
    above: list[tuple[float, str]] = []
    slabs = []
    for top, bottom in pairwise(cuts):
        below = [] if bottom == height else _crossings(lines, bottom, names)
        slabs.append(_slab(picture[top:bottom], above, below))
        above = below
    tall = max(map(len, slabs))
    padded = [
        np.pad(each, ((0, tall - len(each)), (0, _GAP), (0, 0)), constant_values=PAPER)
        for each in slabs
    ]
    return np.concatenate(padded, axis=1)[:, :-_GAP]


def _crossings(
    lines: Sequence[Sequence[Point]], cut: int, names: Iterator[str]
) -> list[tuple[float, str]]:
    """Where lines pass a height, from left to right; those that pass together share a name."""
    found = []
    for line in lines:
        for (x, y), (u, v) in pairwise(line):
            if min(y, v) <= cut < max(y, v):
                found.append(x + (u - x) * (cut - y) / (v - y))
    marks: list[tuple[float, str]] = []
    for x in sorted(found):
        if not marks or x - marks[-1][0] > 12:
            marks.append((x, next(names)))
    return marks


def _slab(
    part: np.ndarray, above: Sequence[tuple[float, str]], below: Sequence[tuple[float, str]]
) -> np.ndarray:
    """One column with the letters of its cut arrows, without empty paper at its sides."""
    shape = (len(part) + 2 * _LETTERS, part.shape[1] + _LETTERS, 3)
    slab = np.full(shape, PAPER, np.uint8)
    slab[_LETTERS:-_LETTERS, : part.shape[1]] = part
    for top, marks in ((0, above), (shape[0] - _LETTERS, below)):
        for x, name in marks:
            left = max(0, round(x) - text.width_of(name, text.SMALL, True) // 2)
            text.write(slab, left, top, name, size=text.SMALL, bold=True)
    used = np.flatnonzero((slab != PAPER).any(-1).any(0))
    slab = slab[:, used[0] : used[-1] + 1] if used.size else slab
    return slab if above else slab[_LETTERS:]


def _names() -> Iterator[str]:
    for number in count():
        yield "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[number % 26] + (str(number // 26) if number > 25 else "")


def _fitted(picture: np.ndarray, room: int) -> np.ndarray:
    """Made smaller where it is still too large."""
    factor = min(room / picture.shape[0], _ACROSS / picture.shape[1])
    if factor >= 1:
        return picture
    size = max(1, int(picture.shape[1] * factor)), max(1, int(picture.shape[0] * factor))
    return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.LANCZOS))


def _size(box: Box) -> tuple[int, int]:
    widths = [text.width_of(box.name, text.BODY, True)]
    widths += [text.width_of(line, text.SMALL) for line in box.words]
    height = text.line_height() + len(box.words) * text.line_height(text.SMALL)
    return min(_WIDEST, max(widths) + 2 * _PAD), height + _PAD


def _arrows(size: tuple[int, int], lines: Sequence[Sequence[Point]]) -> np.ndarray:
    """Lines with a head at their last point, as ink: uint8 (height, width)."""
    image = Image.new("L", (size[1] * _FINE, size[0] * _FINE))
    pen = ImageDraw.Draw(image)
    for line in lines:
        points = np.array(line) * _FINE
        along = points[-1] - points[-2]
        along = along / max(float(np.hypot(*along)), 1e-6) * _FINE
        back = points[-1] - along * _HEAD[0]
        aside = along[::-1] * (-_HEAD[1], _HEAD[1])
        points = np.concatenate([points[:-1], back[None]])
        pen.line([tuple(point) for point in points.tolist()], 255, round(1.5 * _FINE), "curve")
        tip = [back + along * _HEAD[0], back + aside, back - aside]
        pen.polygon([tuple(point) for point in np.array(tip).tolist()], fill=255)
    return np.asarray(image.reduce(_FINE))


def _draw(area: np.ndarray, box: Box, size: tuple[int, int], left: int, top: int) -> None:
    width, height = size
    frame = area[top : top + height, left : left + width]
    frame[:] = text.FAINT
    inner = frame[1:-1, 1:-1]
    inner[:] = _FILLS[box.kind]
    if box.kind == "frozen":
        down, across = np.indices(inner.shape[:2])
        inner[(down + across) % 8 < 2] = (214, 216, 222)
    room = width - 2 * _PAD
    line_top = top + _PAD // 2
    text.write(area, left + _PAD, line_top, box.name, width=room, bold=True)
    line_top += text.line_height()
    for line in box.words:
        text.write(
            area, left + _PAD, line_top, line, width=room, size=text.SMALL, colour=text.FAINT
        )
        line_top += text.line_height(text.SMALL)
