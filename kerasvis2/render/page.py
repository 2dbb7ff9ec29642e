"""The sheet of paper: a title, how it was made, the scale and notes on top, the pictures below."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kerasvis2.render import text
from kerasvis2.render.colour import NOT_A_NUMBER, in_steps, paint, paint_fine
from kerasvis2.render.overlay import MIDDLE, overlay
from kerasvis2.render.scale import Scale, number, share

WIDTH = 652
"""What a sheet is wide: it is read on TensorBoard's cards, at about half of that."""

LONGEST = 1200
"""No sheet is taller or wider: so much fits on a screen."""

MARGIN = 12
INNER = WIDTH - 2 * MARGIN
PAPER = 255
LINE = (226, 226, 230)  # of grids, and around what is empty
SEAM = 150  # the grey between tiles: told from black, from the neutral zero and from both colours

_BAR = (150, 14)
_LARGER = 1.5  # How much larger words are on wide pages, at most.


@dataclass(frozen=True)
class Legend:
    """A colour bar (height, width, 3) between the words for its ends, and what it measures."""

    bar: np.ndarray
    ends: tuple[str, str]
    remarks: tuple[str, ...] = ()
    quantity: str = ""


def legend_of(
    scale: Scale,
    *,
    over: bool = False,
    fine: bool = False,
    few: bool = False,
    quantity: str = "",
) -> Legend:
    """The legend of a scale, in the very colours that the pictures are painted with.

    Args:
        scale: Its range is printed; values beyond it and NaN are counted.
        over: Whether the colours lie over a photograph: then over its middle grey.
        fine: Whether they are those of maps as fine as photographs.
        few: Whether they are drawn `in_steps`.
        quantity: What is measured, and in which unit, such as "logit of espresso".
    """
    units = np.linspace(-1 if scale.signed else 0, 1, _BAR[0], dtype=np.float32)
    if not scale.top:
        units[:] = 0
    units = np.repeat(units[None], _BAR[1], axis=0)
    if few:
        units = in_steps(units, scale.signed)
    if over:
        grey = np.full((1, *units.shape, 3), MIDDLE, np.uint8)
        bar = overlay(grey, units[None], scale.signed)[0]
    else:
        bar = (paint_fine if fine else paint)(units, scale.signed)
    return Legend(bar, ends_of(scale), _said(scale), quantity)


def rgb_legend(scale: Scale, quantity: str = "") -> Legend:
    """The legend of signed numbers drawn as red, green and blue, mid grey at 0."""
    ramp = np.round(np.linspace(0, 255, _BAR[0])).astype(np.uint8)
    if not scale.top:
        ramp[:] = MIDDLE
    bar = np.repeat(np.repeat(ramp[None, :, None], _BAR[1], axis=0), 3, axis=2)
    return Legend(bar, ends_of(scale), ("in red, green and blue", *_said(scale)), quantity)


def ends_of(scale: Scale) -> tuple[str, str]:
    """The words at both ends of a colour bar."""
    if scale.per_image:
        return ("−own" if scale.signed else "0"), "own scale"
    return scale.ends if scale.top else ("", "0")


def page(
    body: np.ndarray,
    *,
    title: str,
    how: str = "",
    notes: Sequence[str] = (),
    legend: Legend | None = None,
    bleed: int = 0,
) -> np.ndarray:
    """One picture that explains itself.

    Args:
        body: uint8 (height, width, 3).
        title: At most two lines in bold; more is cut from its middle.
        how: By which settings it was made, at most two lines.
        notes: Each at most two lines.
        legend: The scale.
        bleed: How many pixels of the body lie in the margins on either side, such as frames.

    Returns:
        uint8 (height, width, 3), as wide as the body and its margins or `WIDTH`. On wider pages
        the words are larger, so that they can be read when both are shown equally wide.
    """
    width = max(WIDTH, body.shape[1] + 2 * (MARGIN - bleed))
    head = _Head(title, how, notes, legend, width)
    left = MARGIN - bleed
    picture = np.full((head.height + body.shape[0] + MARGIN, width, 3), PAPER, np.uint8)
    head.draw(picture)
    picture[head.height : head.height + body.shape[0], left : left + body.shape[1]] = body
    return picture


def head_height(
    title: str, how: str, notes: Sequence[str], legend: Legend | None, width: int = WIDTH
) -> int:
    """How many pixels of a page's height lie above its body."""
    return _Head(title, how, notes, legend, width).height


def type_size(size: int, width: int) -> int:
    """A size of type on a page of that width."""
    return round(size * min(max(1.0, width / WIDTH), _LARGER))


class _Head:
    """The words above a page's body."""

    def __init__(
        self, title: str, how: str, notes: Sequence[str], legend: Legend | None, width: int
    ) -> None:
        self.room = width - 2 * MARGIN
        self.size, self.large = type_size(text.BODY, width), type_size(text.TITLE, width)
        self.titles = text.wrap(title, self.room, 2, self.large, True)
        self.how = text.wrap(how, self.room, 2, self.size) if how else []
        self.lines = [line for note in notes for line in text.wrap(note, self.room, 2, self.size)]
        self.legend = legend
        self.rows = _in_rows(legend, self.room, self.size) if legend else []
        lines = len(self.how) + max(len(self.rows), legend is not None) + len(self.lines)
        self.height = MARGIN - 2 + len(self.titles) * text.line_height(self.large) + 4
        self.height += lines * text.line_height(self.size) + 8

    def draw(self, picture: np.ndarray) -> None:
        line = text.line_height(self.size)
        top = MARGIN - 2
        for words in self.titles:
            text.write(picture, MARGIN, top, words, size=self.large, bold=True)
            top += text.line_height(self.large)
        top += 4
        for words in self.how:
            text.write(picture, MARGIN, top, words, size=self.size)
            top += line
        if self.legend:
            _draw_legend(picture, top, self.legend, self.rows, self.size)
            top += line * len(self.rows)
        for words in self.lines:
            text.write(picture, MARGIN, top, words, size=self.size, colour=text.FAINT)
            top += line


def _said(scale: Scale) -> tuple[str, ...]:
    said = []
    if (scale.zero or not scale.top) and not scale.bad:
        said.append("zero everywhere")
    if scale.per_image:
        at = f", up to {scale.held[:-1]} % of its sum" if scale.held else ""
        said.append(f"each image its own scale{at}")
    if scale.was:
        said.append(f"scale was {number(scale.was)} before")
    if scale.clipped:
        said.append(f"{share(scale.clipped)} of values beyond")
    if scale.bad:
        said.append(f"{scale.bad} NaN/inf")
    return tuple(said)


def _in_rows(legend: Legend, room: int, size: int) -> list[list[str]]:
    """The words behind a legend's bar in as many lines as they need; the first holds the bar."""
    left = sum(text.width_of(end, size) + 8 for end in legend.ends) + legend.bar.shape[1] + 14
    rows: list[list[str]] = [[]]
    words = ([legend.quantity] if legend.quantity else []) + list(legend.remarks)
    for word in words:
        wide = text.width_of(text.clean(word), size) + 14 + 18 * word.endswith("NaN/inf")
        if left + wide > room + 14 and (rows[-1] or len(rows) == 1):
            rows.append([])
            left = 0
        rows[-1].append(word)
        left += wide
    return rows


def _draw_legend(
    picture: np.ndarray, top: int, legend: Legend, rows: list[list[str]], size: int
) -> None:
    left = MARGIN
    height, width = legend.bar.shape[:2]
    if legend.ends[0]:
        text.write(picture, left, top, legend.ends[0], size=size)
        left += text.width_of(legend.ends[0], size) + 8
    bar_top = top + (text.line_height(size) - height) // 2
    picture[bar_top - 1 : bar_top + height + 1, left - 1 : left + width + 1] = text.FAINT
    picture[bar_top : bar_top + height, left : left + width] = legend.bar
    left += width + 8
    text.write(picture, left, top, legend.ends[1], size=size)
    left += text.width_of(legend.ends[1], size) + 14
    right = picture.shape[1] - MARGIN
    for words in rows:
        for word in words:
            if word.endswith("NaN/inf"):
                picture[top + 4 : top + 16, left : left + 12] = NOT_A_NUMBER
                left += 18
            colour = text.INK if word == legend.quantity else text.FAINT
            shown = text.shorten(word, max(0, right - left), size)
            text.write(picture, left, top, shown, size=size, colour=colour)
            left += text.width_of(shown, size) + 14
        left, top = MARGIN, top + text.line_height(size)
