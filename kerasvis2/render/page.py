"""The sheet of paper: a title, notes and the scale on top, the pictures below."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kerasvis2.render import text
from kerasvis2.render.colour import NOT_A_NUMBER, paint, paint_over
from kerasvis2.render.scale import Scale, share

WIDTH = 652  # Three pairs of 96 pixels a row, a size that 8, 16, 24, 32 and 48 divide.
MARGIN = 12
INNER = WIDTH - 2 * MARGIN
PAPER = 255
WRONG = (200, 70, 0)

_BAR = (150, 14)
_GREY = 128  # What the colour bar of an overlay lies over.


@dataclass(frozen=True)
class Legend:
    """A colour bar (height, width, 3) between the words for its ends."""

    bar: np.ndarray
    ends: tuple[str, str]
    remarks: tuple[str, ...] = ()


def legend_of(scale: Scale, *, overlay: bool = False) -> Legend:
    """The legend of a scale, in the very colours that the pictures are painted with.

    Args:
        scale: Its range is printed; values beyond it and NaN are counted.
        overlay: Whether the colours lie over a grey picture.
    """
    units = np.linspace(-1 if scale.signed else 0, 1, _BAR[0], dtype=np.float32)
    if not scale.top:
        units[:] = 0
    grey = np.full(units.shape, _GREY, np.uint8)
    row = paint_over(grey, units, scale.signed) if overlay else paint(units, scale.signed)
    return Legend(np.repeat(row[None], _BAR[1], axis=0), ends_of(scale), _said(scale))


def rgb_legend(scale: Scale) -> Legend:
    """The legend of signed numbers drawn as red, green and blue, mid grey at 0."""
    ramp = np.round(np.linspace(0, 255, _BAR[0])).astype(np.uint8)
    if not scale.top:
        ramp[:] = _GREY
    bar = np.repeat(np.repeat(ramp[None, :, None], _BAR[1], axis=0), 3, axis=2)
    return Legend(bar, ends_of(scale), ("in red, green and blue", *_said(scale)))


def ends_of(scale: Scale) -> tuple[str, str]:
    """The words at both ends of a colour bar."""
    if scale.per_image:
        return ("−max" if scale.signed else "0"), "max"
    return scale.ends if scale.top else ("", "0")


def page(
    body: np.ndarray, *, title: str, notes: Sequence[str] = (), legend: Legend | None = None
) -> np.ndarray:
    """One picture that explains itself.

    Args:
        body: uint8 (height, width, 3).
        title: At most two lines in bold; more is cut from its middle.
        notes: Each at most two lines.
        legend: The scale.

    Returns:
        uint8 (height, width, 3), as wide as the body and its margins or `WIDTH`.
    """
    width = max(WIDTH, body.shape[1] + 2 * MARGIN)
    room = width - 2 * MARGIN
    titles = text.wrap(title, room, 2, text.TITLE, True)
    lines = [line for note in notes for line in text.wrap(note, room, 2)]
    legends = _legend_rows(legend, room) if legend else 0
    top = MARGIN - 2
    head = top + len(titles) * text.line_height(text.TITLE) + 4
    head += (legends + len(lines)) * text.line_height() + 8
    picture = np.full((head + body.shape[0] + MARGIN, width, 3), PAPER, np.uint8)
    for line in titles:
        text.write(picture, MARGIN, top, line, size=text.TITLE, bold=True)
        top += text.line_height(text.TITLE)
    top += 4
    if legend:
        _draw_legend(picture, top, legend, room)
        top += legends * text.line_height()
    for line in lines:
        text.write(picture, MARGIN, top, line, colour=text.FAINT)
        top += text.line_height()
    picture[head : head + body.shape[0], MARGIN : MARGIN + body.shape[1]] = body
    return picture


def _said(scale: Scale) -> tuple[str, ...]:
    said = []
    if not scale.top and not scale.bad:
        said.append("zero everywhere")
    if scale.per_image:
        said.append("each image its own scale")
    if scale.clipped:
        said.append(f"{share(scale.clipped)} of values beyond")
    if scale.bad:
        said.append(f"{scale.bad} NaN/inf")
    return tuple(said)


def _widths(legend: Legend) -> int:
    ends = sum(text.width_of(end) + 8 for end in legend.ends)
    return ends + legend.bar.shape[1] + 14


def _legend_rows(legend: Legend, room: int) -> int:
    remark = text.width_of(" · ".join(legend.remarks))
    return 1 if _widths(legend) + remark <= room else 2


def _draw_legend(picture: np.ndarray, top: int, legend: Legend, room: int) -> None:
    left = MARGIN
    height, width = legend.bar.shape[:2]
    if legend.ends[0]:
        text.write(picture, left, top, legend.ends[0])
        left += text.width_of(legend.ends[0]) + 8
    bar_top = top + (text.line_height() - height) // 2
    picture[bar_top - 1 : bar_top + height + 1, left - 1 : left + width + 1] = text.FAINT
    picture[bar_top : bar_top + height, left : left + width] = legend.bar
    left += width + 8
    text.write(picture, left, top, legend.ends[1])
    left += text.width_of(legend.ends[1]) + 14
    if _legend_rows(legend, room) == 2:
        left, top = MARGIN, top + text.line_height()
    for remark in legend.remarks:
        if remark.endswith("NaN/inf"):
            picture[top + 4 : top + 16, left : left + 12] = NOT_A_NUMBER
            left += 18
        shown = text.shorten(remark, max(0, MARGIN + room - left))
        text.write(picture, left, top, shown, colour=text.FAINT)
        left += text.width_of(shown) + 14
