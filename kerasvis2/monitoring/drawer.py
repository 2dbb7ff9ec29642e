"""From a look to what is written: views draw, on the background thread."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kerasvis2.drawing import tag_of
from kerasvis2.facts import Layers
from kerasvis2.monitoring.failures import Failures
from kerasvis2.observe.captions import describe
from kerasvis2.observe.look import Look
from kerasvis2.record.entries import VIS, answered, entries, probed
from kerasvis2.record.events import Value, text
from kerasvis2.record.files import Place
from kerasvis2.record.scales import Scales
from kerasvis2.schedule import Freq, due

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


class _Before(Mapping[str, float]):
    """The display scales of the look before, by key."""

    def __init__(self, scales: Scales, view: str, layers: Layers, step: int) -> None:
        self._scales, self._view, self._layers, self._step = scales, view, layers, step

    def __getitem__(self, key: str) -> float:
        known = self._scales.at(tag_of(self._view, key, self._layers), self._step - 1)
        if known is None:
            raise KeyError(key)
        return known

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


class Drawer:
    """Draws looks one after the other; what views keep from one to the next is kept here.

    Args:
        log_dir: the run's folder, where the history of display scales is kept.
        failures: who is told of views that fail.
        bits: of a value of the maps that are kept as numbers, 0 for none.
        pictures: at which steps pictures are drawn; at others the maps and numbers alone.
        unit: what the steps of the answers are; a step of another unit has none, as a tag whose
            steps are epochs and batches in turns could not be told from a training taken up again.

    Attributes:
        probe: the probe as the model takes it, or None.
    """

    def __init__(
        self,
        log_dir: Place,
        failures: Failures,
        bits: int = 8,
        unit: str = "epoch",
        pictures: Freq = 1,
    ) -> None:
        self.probe: Probe | None = None
        self._failures = failures
        self._bits = bits
        self._unit = unit
        self._pictures = pictures
        self._scales = Scales(log_dir)
        self._first: dict[str, dict[str, float]] = {}
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
            about = describe(look, next(iter(views)), self.probe)
            found[VIS] += answered(about) if moment.unit == self._unit else []
            if moment.card is not None:
                found[VIS] += probed(about, self.probe)
        try:
            self._scales.save()
        except OSError as error:
            self._failures.report("keeping the history of scales", error)
        return found

    def _draw_view(
        self, look: Look, name: str, view: View, moment: Moment
    ) -> dict[str, list[Value]]:
        first = self._first.setdefault(name, {})
        drawn = view.at_end or due(self._pictures, moment.step)
        about = describe(
            look,
            name,
            self.probe,
            step=moment.step,
            unit=moment.unit,
            history=moment.history,
            frozen=dict(first),
            scales=_Before(self._scales, name, look.layers, moment.step),
            drawn=drawn,
            kept=self._kept.get(name, {}),
        )
        drawing = view.draw(look.arrays(name), about)
        values = entries(drawing, name, about.layers, maps=self._bits, pictures=drawn)
        self._kept[name] = drawing.keep
        for key, picture in drawing.pictures.items():
            if picture.top:
                first.setdefault(key, picture.top)
                self._scales.set(tag_of(name, key, about.layers), moment.step, picture.top)
        return values
