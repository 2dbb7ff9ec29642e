"""What a run holds, in words."""

from __future__ import annotations

from collections.abc import Iterator

from kerasvis2.record.index import SCALES
from kerasvis2.record.maps import ANSWERS, MAPS
from kerasvis2.record.reader import Run

_FIRST = ("images", "scalars", "text")


def listing(run: Run) -> Iterator[str]:
    """Yields lines: the run's name, then each tag with its kind and steps."""
    yield f"{run.name}  ({run.path})"
    kinds = sorted(
        # Scales and maps are part of their pictures.
        {series.kind for series in run.series.values()} - {SCALES, MAPS, ANSWERS},
        key=lambda kind: (_FIRST.index(kind) if kind in _FIRST else len(_FIRST), kind),
    )
    width = min(60, max(map(len, run.series), default=0))
    for kind in kinds:
        for tag in run.tags(kind):
            steps = run.steps(tag)
            count = f"{len(steps)} step{'s' * (len(steps) != 1)}"
            span = f"{steps[0]}…{steps[-1]}" if len(steps) > 1 else f"{steps[0]}"
            yield f"  {kind:<9} {tag:<{width}}  {count:>10}  {span}"
