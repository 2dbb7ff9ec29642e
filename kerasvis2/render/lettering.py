"""How the words below a tile are set: in one column or two, and in which size of type."""

from collections.abc import Sequence
from dataclasses import dataclass

from kerasvis2.render import text
from kerasvis2.render.captions import OF, place_said
from kerasvis2.render.page import INNER, MARGIN, type_size

FEET = 4  # Pixels that are free above and below the words.

_NARROW = 172  # In cells below this the words are small.
_SPLIT = 280  # Those that are wider may have their words in two columns.
_APART = 12  # Pixels between the columns.
_TIGHT = 0.85  # How far type may shrink before words are cut.


@dataclass(frozen=True)
class Lettering:
    """How all words of a sheet are set.

    Attributes:
        size: The size of the type.
        rows: How many lines lie below one another.
        double: Whether they stand in two columns: what is said of the image, and of its map.
        first: The least width of the first of two columns.
    """

    size: int
    rows: int
    double: bool = False
    first: int = 0

    @property
    def foot(self) -> int:
        """How high the words are."""
        return self.rows * text.line_height(self.size) + FEET if self.rows else 0

    def split(self, words: Sequence[str]) -> int:
        """How many of a tile's lines stand in the first column."""
        return _split(words) if self.double else len(words)

    def column(self, place: int, tile: int, cell: int) -> tuple[int, int]:
        """(left, width) of a column below a tile.

        The second begins below a pair's second half, or further right where the first is wider.
        """
        if not self.double:
            return 0, cell
        second = max(tile // 2 + 1, self.first + _APART)
        return (second, cell - second) if place else (0, second - _APART)


class Words:
    """The lines below each tile, and how wide they are."""

    def __init__(
        self, captions: Sequence[Sequence[str]], wrong: Sequence[bool] | None = None
    ) -> None:
        self.captions = captions
        self.wrong = wrong
        self.lines = max(map(len, captions), default=0)
        splits = [(_split(words), len(words)) for words in captions]
        self.rows = max((max(first, count - first) for first, count in splits), default=0)
        self._widths: dict[tuple[int, bool], tuple[int, int]] = {}

    def settings(self, cell: int, inner: int = INNER) -> list[Lettering]:
        """How they may be set in cells of that width, the lowest and the largest type first."""
        larger = max(1.0, inner / INNER)
        body = text.SMALL if cell < _NARROW * larger else text.BODY
        size = type_size(body, inner + 2 * MARGIN)
        sizes = (size, max(round(size * _TIGHT), 12))
        double = cell >= _SPLIT * larger and self.rows < self.lines
        found = [Lettering(each, self.lines) for each in sizes]
        if not double:
            return found
        halves = [Lettering(each, self.rows, True, self._widest(each, True)[0]) for each in sizes]
        return halves + found

    def fit(self, setting: Lettering, tile: int, cell: int) -> bool:
        """Whether no line is cut."""
        widths = self._widest(setting.size, setting.double)
        return all(
            wide <= setting.column(place, tile, cell)[1] for place, wide in enumerate(widths)
        )

    def fitting(self, tile: int, cell: int, inner: int = INNER) -> tuple[Lettering, bool]:
        """The first setting that fits, or the last; and whether it does."""
        settings = self.settings(cell, inner)
        for setting in settings:
            if self.fit(setting, tile, cell):
                return setting, True
        return settings[-1], False

    def _widest(self, size: int, double: bool) -> tuple[int, int]:
        """The widest line of either column."""
        if (size, double) not in self._widths:
            widths = [0, 0]
            for index, words in enumerate(self.captions):
                missed = self.wrong is not None and index < len(self.wrong) and self.wrong[index]
                said = place_said(words) if missed else -1
                split = _split(words) if double else len(words)
                for place, line in enumerate(words):
                    crossed = place == said
                    shown = f"✗ {line}" if crossed else line
                    wide = text.width_of(text.clean(shown), size, crossed)
                    widths[place >= split] = max(widths[place >= split], wide)
            self._widths[size, double] = widths[0], widths[1]
        return self._widths[size, double]


def _split(words: Sequence[str]) -> int:
    """Which line is the first of the second column: what the map is of, else that in the middle."""
    for place, line in enumerate(words):
        if place and line.startswith(OF):
            return place
    return -(-len(words) // 2)
