"""One tag of several runs, aligned by step."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kerasvis2.compare.numbers import Numbers, numbers_of
from kerasvis2.compare.probes import differing
from kerasvis2.record.maps import MAPS, MAPS_TAG
from kerasvis2.record.reader import Run, runs
from kerasvis2.record.tags import find_tag

NOT_LOGGED = "not logged at this step"


@dataclass(frozen=True)
class Comparison:
    """Pictures of one tag, by run and step.

    Where the runs kept the maps behind their pictures, these are drawn anew, all on one scale.

    Attributes:
        tag: the tag.
        runs: the runs by the names shown, in the order given.
        steps: the steps, ascending.
        notes: what must be known to read it, such as that the runs' probes differ.
        numbers: the maps behind the pictures, None where these are all there is.
    """

    tag: str
    runs: dict[str, Run]
    steps: list[int]
    notes: list[str]
    numbers: Numbers | None = None

    def logged(self, run: str, step: int) -> bool:
        """Whether a run logged the tag at a step."""
        return step in self.steps_of(run)

    def picture(self, run: str, step: int) -> NDArray[np.uint8] | None:
        """A picture, uint8 (H, W, 3), or None where the run did not log this step.

        Raises:
            ValueError: If the event file is damaged there.
        """
        if not self.logged(run, step):
            return None
        if self.numbers is not None:
            return self.numbers.picture(run, step)
        return self.runs[run].picture(self.tag, step)

    def encoded(self, run: str, step: int) -> bytes | None:
        """The picture as it is in the event file, PNG as a rule. See `picture`."""
        if not self.logged(run, step):
            return None
        if self.numbers is not None:
            return self.numbers.encoded(run, step)
        return self.runs[run].encoded(self.tag, step)[0]

    def difference(
        self, run: str, other: str, step: int, other_step: int | None = None
    ) -> NDArray[np.float32]:
        """What the maps of `run` are more than those of `other`, image by image, in their own unit.

        Args:
            run: a run.
            other: the run that is subtracted; the same, for two steps of one run.
            step: the step of `run`.
            other_step: that of `other`, the same by default.

        Returns:
            float32 (n, h, w) or (n, H, W, C), of the images that both probes have.

        Raises:
            LookupError: If one of them did not keep the maps at its step.
            ValueError: If there are no numbers, the maps are not of one size, or the probes share
                no image.
        """
        if self.numbers is None:
            raise ValueError("these runs kept no numbers: coloured pictures are not subtracted")
        return self.numbers.difference(run, other, step, other_step)[0]

    def wall_time(self, run: str, step: int) -> float:
        """When a picture was logged, in seconds since 1970."""
        tag = self.tag if self.numbers is None else self.numbers.tag
        return self.runs[run].series[tag].entries[step].wall_time

    def nearest(self, run: str, step: int) -> int | None:
        """The step nearest to this at which the run logged the tag; None if it never did."""
        steps = self.steps_of(run)
        return min(steps, key=lambda other: (abs(other - step), other)) if steps else None

    def why_missing(self, run: str, step: int) -> str:
        """What to say in place of a picture that is not there."""
        nearest = self.nearest(run, step)
        if self.numbers is not None and (why := self.numbers.why_not(run, step)):
            return why
        return (
            "never logged in this run" if nearest is None else f"{NOT_LOGGED} (nearest: {nearest})"
        )

    def caption(self, run: str, step: int) -> str:
        """What to write below a picture: its step, and its display scale where it is known."""
        scale = self.scale(run, step)
        return f"step {step}" + (f" · scale {scale}" if scale else "")

    def scale(self, run: str, step: int) -> str | None:
        """A picture's display scale, where it is known."""
        if not self.logged(run, step):
            return None
        if self.numbers is not None:
            return f"{self.numbers.top:g}"
        return self.runs[run].scale(self.tag, step)

    def sheet(self) -> NDArray[np.uint8]:
        """A contact sheet, uint8 (H, W, 3): runs as rows, steps as columns, 8 at most."""
        from kerasvis2.compare.sheet import contact_sheet

        return contact_sheet(self)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes a contact sheet (.png), an animation (.gif) or a page to explore (.html).

        Raises:
            ValueError: If the name ends otherwise.
            OSError: If the file cannot be written.
        """
        from kerasvis2.compare.save import save

        save(self, path)

    def _repr_png_(self) -> bytes:
        from kerasvis2.render import png

        return png.encode(self.sheet())

    def steps_of(self, run: str) -> list[int]:
        """The steps at which a run logged the tag."""
        if self.numbers is not None:
            return self.numbers.steps_of(run)
        found = self.runs[run].series.get(self.tag)
        return [] if found is None or found.kind != "images" else list(found.entries)


def align(
    named_runs: dict[str, Run],
    tag: str,
    steps: Iterable[int] | None,
    scale: str = "common",
    minus: str | None = None,
) -> Comparison:
    """See `kerasvis2.compare`."""
    if scale not in ("common", "logged"):
        raise ValueError(f'scale={scale!r}: give "common" or "logged"')
    if minus is not None:
        minus = _name_of(minus, named_runs)
    if minus is not None and scale == "logged":
        raise ValueError('minus= needs numbers; scale="logged" takes the pictures as they are')
    tags = {name: None for run in named_runs.values() for name in _drawable(run)}
    where = "this run" if len(named_runs) == 1 else "these runs"
    tag = find_tag(tag, tags, where)
    numbers = numbers_of(tag, named_runs, [], minus) if scale == "common" else None
    if minus is not None and numbers is None:
        raise ValueError(
            f"these runs kept no numbers behind {tag!r}: coloured pictures are not subtracted"
        )
    if steps is None:
        steps = {step for run in named_runs for step in _logged(named_runs[run], run, tag, numbers)}
    shown = sorted({int(step) for step in steps})
    if not shown:
        raise ValueError("steps is empty; give at least one, or None for all")
    if numbers is not None:
        numbers.steps = shown
    comparison = Comparison(tag, named_runs, shown, [], numbers)
    comparison.notes.extend(_notes(comparison))
    return comparison


def _name_of(given: str, named_runs: Mapping[str, Run]) -> str:
    """The name shown of a run that is given by it, or by its folder as the runs are."""
    if given in named_runs:
        return given
    folder = os.path.normpath(given)
    for name, run in named_runs.items():
        if os.path.normpath(str(run.path)) == folder:
            return name
    raise LookupError(f"minus={given!r} is none of the runs {sorted(named_runs)}")


def _drawable(run: Run) -> Iterator[str]:
    """The tags of a run's pictures, and of maps that can be drawn as such."""
    yield from run.tags("images")
    for tag in run.tags(MAPS):
        if tag.startswith(MAPS_TAG):
            yield tag[len(MAPS_TAG) :]


def _logged(run: Run, name: str, tag: str, numbers: Numbers | None) -> list[int]:
    if numbers is not None:
        return numbers.steps_of(name)
    return run.steps(tag) if tag in run.tags("images") else []


def named(given: Any) -> dict[str, Run]:
    """Runs by the names to show, each name once.

    Raises:
        FileNotFoundError: If there is no such folder, or no run in it.
        TypeError: If something else is given.
        ValueError: If nothing is.
    """
    found: list[tuple[str, str, Run]] = []  # short name, long name, run
    if isinstance(given, Mapping):
        for name, each in given.items():
            found += [(str(name), long, run) for _, long, run in _runs_of(each)]
    else:
        alone = isinstance(given, (str, os.PathLike, Run))
        for each in [given] if alone else given:
            found += _runs_of(each)
    if not found:
        raise ValueError("no runs given; give a folder, or several")
    short = [name for name, _, _ in found]
    unique = {name if short.count(name) == 1 else long: run for name, long, run in found}
    return unique


def _runs_of(given: Any) -> list[tuple[str, str, Run]]:
    if isinstance(given, Run):
        return [(given.name, str(given.path), given)]
    if not isinstance(given, (str, os.PathLike)):
        raise TypeError(f"a run must be a Run or a folder, got {given!r}")
    found = runs(given)
    if not found:
        raise FileNotFoundError(f"no event files in {str(given)!r}")
    return [(name, run.path.as_posix(), run) for name, run in found.items()]


def _notes(comparison: Comparison) -> list[str]:
    return [
        note
        for note in (
            differing(comparison.runs),
            _scale_note(comparison),
            _samples_note(comparison),
        )
        if note
    ]


def _scale_note(comparison: Comparison) -> str | None:
    scales = {
        scale
        for run in comparison.runs
        for step in comparison.steps
        if (scale := comparison.scale(run, step)) is not None
    }
    if len(scales) < 2:
        return None
    shown = sorted(scales, key=_leading_number)
    more = f" and {len(shown) - 6} more" if len(shown) > 6 else ""
    return (
        f"Display scales differ ({', '.join(shown[:6])}{more}): one colour does not mean one value "
        "in all pictures. The scale is below each."
    )


def _samples_note(comparison: Comparison) -> str | None:
    if comparison.numbers is not None:
        return None
    for name, run in comparison.runs.items():
        for step in comparison.steps[:1]:
            if comparison.logged(name, step):
                count = len(run.encoded(comparison.tag, step))
                if count > 1:
                    return (
                        f"{count} pictures a step were logged under this tag; the first is shown."
                    )
    return None


def _leading_number(scale: str) -> tuple[float, str]:
    """Sorts "0.5" before "1", and what does not end in a number last."""
    number = re.search(r"[0-9.]+(e[-+]?[0-9]+)?$", scale)
    try:
        return float(number[0]) if number else math.inf, scale
    except ValueError:
        return math.inf, scale
