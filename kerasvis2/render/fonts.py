"""Which font has which letter: the DejaVu Sans that comes with matplotlib, or one of the system's.

Letters that no font here has are spelled out, so that two names never look alike.
"""

from __future__ import annotations

import contextlib
import re
import unicodedata
from functools import lru_cache
from pathlib import Path

from PIL import ImageFont, features

# Parts of the file names of fonts that have many scripts, on Linux, macOS and Windows.
_KNOWN = (
    *("notosanscjk", "notosans", "wqy", "droidsansfallback", "pingfang", "hiragino", "stheiti"),
    *("msyh", "simhei", "simsun", "yugoth", "meiryo", "msgothic", "malgun", "nanum", "applesd"),
    *("arialuni", "unifont", "freesans", "symbola"),
)
_EMPTY = ("lastresort", "color", "emoji")  # boxes for all letters, or pictures of fixed sizes
# What DejaVu Sans has for sure: European letters, punctuation, arrows, mathematics, ticks.
_plain = re.compile(r"[\u0020-\u052F\u2010-\u2311\u2500-\u25FF\u2701-\u27BF]*").fullmatch


@lru_cache(maxsize=4096)
def spelled(text: str) -> str:
    """The text with those letters spelled out that no font here has."""
    if _plain(text):
        return text
    found = "".join(letter if _drawable(letter) else _named(letter) for letter in text)
    return found.replace("][U+", " ").replace("][", " ")


def parts(text: str, bold: bool) -> list[tuple[str, str]]:
    """The text in parts, each with the file of its font."""
    own = _own(bold)
    if text and _plain(text):
        return [(text, own)]
    found: list[tuple[str, str]] = []
    for letter in text:
        path = own if _plain(letter) else font_of(letter) or own
        path = own if path == _own(False) else path
        joins = unicodedata.combining(letter) or letter.isspace()
        if found and (found[-1][1] == path or joins):
            found[-1] = found[-1][0] + letter, found[-1][1]
        else:
            found.append((letter, path))
    return found


@lru_cache(maxsize=64)
def opened(path: str, size: int, shaped: bool) -> ImageFont.FreeTypeFont:
    """A font of a size. Not safe to share between threads that draw at once."""
    engine = ImageFont.Layout.RAQM if shaped else ImageFont.Layout.BASIC
    return ImageFont.truetype(path, size, layout_engine=engine)


def needs_shaping(text: str) -> bool:
    """Whether letters join, or run from right to left, and there is what lays them out."""
    return any(_is_shaped(letter) for letter in text) and bool(features.check("raqm"))


@lru_cache(maxsize=4096)
def font_of(letter: str) -> str | None:
    """The file of the first font that has a letter, or None."""
    if ord(letter) in _letters(_own(False)):
        return _own(False)
    for path in _system():
        if ord(letter) in _letters(path):
            return path
    return None


def _drawable(letter: str) -> bool:
    return bool(_plain(letter) or unicodedata.category(letter) == "Mn" or font_of(letter))


def _is_shaped(letter: str) -> bool:
    code = ord(letter)  # right to left, and the scripts of India
    return 0x590 <= code < 0xE00 or 0xFB1D <= code < 0xFE00 or 0xFE70 <= code < 0xFF00


def _named(letter: str) -> str:
    """For 곰 "[gom]", for 🐈 "[cat]", for 猫 "[U+732B]"."""
    name = unicodedata.name(letter, "")
    for script in ("HANGUL SYLLABLE ", "HIRAGANA LETTER ", "KATAKANA LETTER "):
        if name.startswith(script):
            return f"[{name.removeprefix(script).lower()}]"
    if name and unicodedata.category(letter) == "So":  # a sign, an emoji
        return f"[{name.lower()}]"
    return f"[U+{ord(letter):04X}]"


@lru_cache(maxsize=2)
def _own(bold: bool) -> str:
    import matplotlib

    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return str(Path(matplotlib.get_data_path(), "fonts", "ttf", name))


@lru_cache(maxsize=1)
def _system() -> tuple[str, ...]:
    """The system's fonts, those that have many scripts first."""
    from matplotlib.font_manager import findSystemFonts

    def rank(path: str) -> tuple[int, bool, str]:
        name = Path(path).name.lower().replace("-", "").replace("_", "")
        known = [place for place, part in enumerate(_KNOWN) if part in name]
        return min(known, default=len(_KNOWN)), "regular" not in name, path

    found = [p for p in findSystemFonts() if not any(e in Path(p).name.lower() for e in _EMPTY)]
    return tuple(sorted(found, key=rank))


@lru_cache(maxsize=256)
def _letters(path: str) -> frozenset[int]:
    """The code points that a font has; none of one that cannot be drawn at any size."""
    from matplotlib.ft2font import FT2Font

    with contextlib.suppress(Exception):  # whatever lies in a folder of fonts
        font = FT2Font(path)
        if font.scalable:
            return frozenset(font.get_charmap())
    return frozenset()
