"""Words into pictures."""

import threading
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from kerasvis2.render import fonts
from kerasvis2.render.colour import is_dark

SMALL = 14
BODY = 16
TITLE = 20
LIGHT = (255, 255, 255)
INK = (32, 32, 36)
FAINT = (96, 98, 104)

_drawing = threading.Lock()  # FreeType's faces are not safe to share between threads.


def ink_on(ground: object) -> tuple[int, int, int]:
    """The colour of words that can be read on a colour."""
    return LIGHT if is_dark(ground) else INK


def clean(text: object) -> str:
    """`text` in one line: what cannot be printed becomes a space, runs of spaces become one, and
    letters that no font has are spelled out."""
    return _clean(str(text))


def line_height(size: int = BODY) -> int:
    """Pixels from one line to the next."""
    return size + round(size * 0.28)


@lru_cache(maxsize=2048)
def _clean(text: str) -> str:
    shown = "".join(letter if letter.isprintable() else " " for letter in text)
    return fonts.spelled(" ".join(shown.split()))


@lru_cache(maxsize=2048)
def width_of(text: str, size: int = BODY, bold: bool = False) -> int:
    """How many pixels wide a text of one line is."""
    with _drawing:
        return int(np.ceil(sum(font.getlength(part) for part, font in _parts(text, size, bold))))


@lru_cache(maxsize=2048)
def shorten(text: str, width: int, size: int = BODY, bold: bool = False) -> str:
    """`text` if it fits into `width` pixels, else with "…" for as much of its middle as needed."""
    text = clean(text)
    if width_of(text, size, bold) <= width:
        return text
    short, long = 0, len(text)
    while short < long - 1:
        kept = (short + long) // 2
        if width_of(_without_middle(text, kept), size, bold) <= width:
            short = kept
        else:
            long = kept
    return _without_middle(text, short)


def wrap(text: str, width: int, lines: int = 2, size: int = BODY, bold: bool = False) -> list[str]:
    """`text` broken at spaces into at most so many lines; the last is shortened to fit."""
    words = clean(text).split(" ")
    broken: list[str] = []
    while words and len(broken) < lines - 1:
        count = len(words)
        while count > 1 and width_of(" ".join(words[:count]), size, bold) > width:
            count -= 1
        broken.append(shorten(" ".join(words[:count]), width, size, bold))
        words = words[count:]
    if words:
        broken.append(shorten(" ".join(words), width, size, bold))
    return broken


@lru_cache(maxsize=2048)
def mask(text: str, size: int = BODY, bold: bool = False) -> np.ndarray:
    """How much ink each pixel of a line of text takes: uint8 (line height, width), read-only.

    In 16 levels, which look the same: sheets of few colours make small PNGs.
    """
    image = Image.new("L", (max(1, width_of(text, size, bold)), line_height(size)))
    with _drawing:
        left, pen = 0.0, ImageDraw.Draw(image)
        for part, font in _parts(text, size, bold):
            pen.text((left, size), part, 255, font, anchor="ls")
            left += font.getlength(part)
    ink = np.round(np.array(image) / 17).astype(np.uint8) * np.uint8(17)
    ink.flags.writeable = False
    return ink


def write(
    picture: np.ndarray,
    left: int,
    top: int,
    text: object,
    *,
    width: int | None = None,
    size: int = BODY,
    bold: bool = False,
    colour: tuple[int, int, int] = INK,
) -> None:
    """Writes one line into a uint8 picture (H, W, 3), in place.

    Args:
        picture: Changed in place; what would lie outside of it is left out.
        left, top: Where the line's upper left corner goes, in pixels.
        text: Shortened to `width` pixels where that is given.
    """
    line = clean(text) if width is None else shorten(str(text), width, size, bold)
    stamp(picture, left, top, mask(line, size, bold), colour)


def stamp(
    picture: np.ndarray, left: int, top: int, ink: np.ndarray, colour: tuple[int, int, int]
) -> None:
    """Lays `colour` over a picture as thickly as `ink` says (0…255), in place."""
    ink = ink[max(0, -top) :, max(0, -left) :]
    left, top = max(0, left), max(0, top)
    part = picture[top : top + ink.shape[0], left : left + ink.shape[1]]
    weight = ink[: part.shape[0], : part.shape[1]].astype(np.uint16)  # 255² still fits.
    rest = 255 - weight
    for channel, tone in enumerate(colour):  # Four times faster than all three at once.
        mixed = part[..., channel] * rest
        mixed += tone * weight
        mixed += 127
        mixed //= 255
        part[..., channel] = mixed


def _without_middle(text: str, kept: int) -> str:
    head = (kept + 1) // 2
    tail = kept - head
    return text[:head].rstrip() + "…" + (text[-tail:].lstrip() if tail else "")


def _parts(text: str, size: int, bold: bool) -> list[tuple[str, ImageFont.FreeTypeFont]]:
    """The text in parts, each with a font that has its letters."""
    return [
        (part, fonts.opened(path, size, fonts.needs_shaping(part)))
        for part, path in fonts.parts(text, bold)
    ]
