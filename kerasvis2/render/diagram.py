"""A network as boxes and arrows."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from kerasvis2.render import text
from kerasvis2.render.layout import Edge, Point
from kerasvis2.render.page import INNER, PAPER, page
from kerasvis2.render.placing import lay_out

SHOWN = 160

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
    """

    name: str
    lines: tuple[str, ...] = ()
    kind: str = "plain"


def diagram_sheet(
    boxes: Sequence[Box], edges: Sequence[Edge], *, title: str, notes: Sequence[str] = ()
) -> np.ndarray:
    """Boxes from top to bottom with arrows between them.

    Args:
        boxes: At most 160 are drawn, the first ones.
        edges: (from, to) indices of boxes.
        title: What it is.
        notes: Further lines below the title.

    Returns:
        uint8 (height, width, 3).
    """
    notes = list(notes)
    if len(boxes) > SHOWN:
        notes.append(f"{SHOWN} of {len(boxes)} boxes")
        boxes = boxes[:SHOWN]
        edges = [(a, b) for a, b in edges if max(a, b) < SHOWN]
    sizes = [_size(box) for box in boxes]
    layout = lay_out(sizes, edges)
    width, height = (int(np.ceil(length)) + 4 for length in layout.size)
    left = max(0, (INNER - width) // 2)
    picture = np.full((height, max(INNER, width), 3), PAPER, np.uint8)
    area = picture[:, left : left + width]
    lines = [[(x + 2, y + 2) for x, y in line] for line in layout.lines]
    text.stamp(area, 0, 0, _arrows((height, width), lines), _EDGE)
    for box, size, (x, y) in zip(boxes, sizes, layout.centres.tolist()):
        _draw(area, box, size, round(x - size[0] / 2) + 2, round(y - size[1] / 2) + 2)
    return page(picture, title=title, notes=notes)


def _size(box: Box) -> tuple[int, int]:
    widths = [text.width_of(box.name, text.BODY, True)]
    widths += [text.width_of(line, text.SMALL) for line in box.lines]
    height = text.line_height() + len(box.lines) * text.line_height(text.SMALL)
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
    for line in box.lines:
        text.write(
            area, left + _PAD, line_top, line, width=room, size=text.SMALL, colour=text.FAINT
        )
        line_top += text.line_height(text.SMALL)
