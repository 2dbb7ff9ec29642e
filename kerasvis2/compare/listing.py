"""What a run holds, in words."""

from __future__ import annotations

from collections.abc import Iterator

from kerasvis2.record.index import SCALES
from kerasvis2.record.maps import ANSWERS, MAPS, MAPS_TAG, VALUES_TAG
from kerasvis2.record.reader import Run

_FIRST = ("images", "scalars", "text")


def listing(run: Run) -> Iterator[str]:
    """Yields lines: the run's name, then each tag with its kind and steps."""
    yield f"{run.name}  ({run.path})"
    kinds = sorted(
        # Scales are part of their pictures, and so are maps but where there are more of them.
        {series.kind for series in run.series.values()} - {SCALES, MAPS, ANSWERS},
        key=lambda kind: (_FIRST.index(kind) if kind in _FIRST else len(_FIRST), kind),
    )
    width = min(60, max(map(len, run.series), default=0))
    for kind in kinds:
        for tag in run.tags(kind):
            yield _line(kind, tag, run.steps(tag), width)
    for before in (MAPS_TAG, VALUES_TAG):
        for name in run.tags(MAPS):
            tag, steps = name[len(before) :], run.steps(name)
            pictures = run.steps(tag) if tag in run.tags() else []
            if name.startswith(before) and steps != pictures:
                yield _line("maps", tag, steps, width)


def _line(kind: str, tag: str, steps: list[int], width: int) -> str:
    count = f"{len(steps)} step{'s' * (len(steps) != 1)}"
    span = f"{steps[0]}…{steps[-1]}" if len(steps) > 1 else f"{steps[0]}"
    return f"  {kind:<9} {tag:<{width}}  {count:>10}  {span}"
