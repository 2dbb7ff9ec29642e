"""From a look to what is written: views draw, on the background thread."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kerasvis2.monitoring.failures import Failures
from kerasvis2.observe.captions import describe
from kerasvis2.observe.look import Look
from kerasvis2.record.entries import VIS, answered, entries, probed
from kerasvis2.record.events import Value, text

if TYPE_CHECKING:
    from kerasvis2.probe import Probe
    from kerasvis2.views.base import View

FOLDERS = ("train", "validation", VIS)


@dataclass(frozen=True)
class Moment:
    """What is known when a look is taken; plain data.

    Attributes:
        step: Keras's epoch, or the optimizer's iteration.
        unit: "epoch" or "batch".
        history: the training's metrics so far.
        card: the run in Markdown, where it has changed.
    """

    step: int
    unit: str
    history: Mapping[str, Sequence[tuple[int, float]]]
    card: str | None = None


class Drawer:
    """Draws looks one after the other; what views keep from one to the next is kept here.

    Args:
        probe: the probe, or None.
        failures: who is told of views that fail.
        bits: of a value of the maps that are kept as numbers, 0 for none.
        unit: what the steps of the answers are; a step of another unit has none, as a tag whose
            steps are epochs and batches in turns could not be told from a training taken up again.
    """

    def __init__(
        self, probe: Probe | None, failures: Failures, bits: int = 8, unit: str = "epoch"
    ) -> None:
        self._probe = probe
        self._failures = failures
        self._bits = bits
        self._unit = unit
        self._scales: dict[str, dict[str, float]] = {}
        self._kept: dict[str, dict[str, Any]] = {}
        self._off: set[str] = set()  # looks that were taken before a view failed still hold it

    def draw(self, look: Look, views: Mapping[str, View], moment: Moment) -> dict[str, list[Value]]:
        """Values by folder. Runs on the background thread."""
        found: dict[str, list[Value]] = {folder: [] for folder in FOLDERS}
        if moment.card is not None:
            found[VIS].append(text("kerasvis/run", moment.card))
        for name, view in views.items():
            if name in self._off:
                continue
            try:
                values = self._draw_view(look, name, view, moment)
            except Exception as error:
                self._off.add(name)
                self._failures.switched_off(name, "drawing", error)
                continue
            for folder, listed in values.items():
                found[folder] += listed
        if views and self._bits:
            about = describe(look, next(iter(views)), self._probe)
            found[VIS] += answered(about) if moment.unit == self._unit else []
            if moment.card is not None:
                found[VIS] += probed(about, self._probe)
        return found

    def _draw_view(
        self, look: Look, name: str, view: View, moment: Moment
    ) -> dict[str, list[Value]]:
        scales = self._scales.setdefault(name, {})
        about = describe(
            look,
            name,
            self._probe,
            step=moment.step,
            unit=moment.unit,
            history=moment.history,
            frozen=dict(scales),
            kept=self._kept.get(name, {}),
        )
        drawing = view.draw(look.arrays(name), about)
        values = entries(drawing, name, about.layers, maps=self._bits)
        self._kept[name] = drawing.keep
        for key, picture in drawing.pictures.items():
            if picture.top:
                scales.setdefault(key, picture.top)
        return values
