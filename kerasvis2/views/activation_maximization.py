"""What a unit would like to see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from keras import ops

from kerasvis2.layers import LayerInfo, LayerSpec, children
from kerasvis2.synthesis.ascent import ascend, begin
from kerasvis2.synthesis.canvas import Canvas, measure
from kerasvis2.synthesis.presets import QUALITIES, Settings, preset
from kerasvis2.views.base import About, Arrays, Drawing, Needs, Picture, View

if TYPE_CHECKING:
    from kerasvis2.probe import Probe

MOST_UNITS = 64
MOST_CLASSES = 10  # with units="probe", the default set's choice
PARAMS, AGE = "params", "age"
_PRIVATE = (PARAMS, AGE, "/blank", "/alive", "/units")


class ActivationMaximization(View):
    """For each unit the image that drives it highest: what the class looks like to the network.

    All units climb in one batch, the whole ascent is one traced loop. Of the output layer the
    score is the class's logit, of any other layer the mean of the channel.
    The display range of the probe is the range of the images, its colours are where the ascent
    starts from. In a `Monitor` every epoch goes on from the epoch before with a quarter of the
    steps, so that the pictures evolve like a film.

    Erhan et al., "Visualizing Higher-Layer Features of a Deep Network", 2009; Simonyan et al.,
    2013, https://arxiv.org/abs/1312.6034.

    Tag: `activation_maximization/<NN>_<layer>`. Cost: as many forward and backward passes of a
    batch of `units × views` images as there are steps. `compute` gives, in the model's own input
    units, `<path>`: (units, H, W, C); `<path>/score`: (units,) the score achieved; of a
    classifier's output also `<path>/probability`: (units,).

    Args:
        layer: one layer; the last with weights by default.
        units: indices of the layer's units or channels; all of them, up to 64, by default;
            "probe" takes the classes of the probe's labels, at most 10.
        steps: steps of a cold start instead of the quality's own.
        quality: "fast", "good" or "best".
        parametrization: "pixels", "fourier" or "maco" instead of the quality's own.
        warm_start: go on from the last look's images, with a quarter of the steps.
        **common: `freq` and `seed`.

    Raises:
        ValueError: on an unknown quality, layer or unit.
    """

    title = "Activation maximization"

    def __init__(
        self,
        layer: LayerSpec = None,
        units: Sequence[int] | str | None = None,
        steps: int | None = None,
        quality: str = "good",
        parametrization: str | None = None,
        warm_start: bool = True,
        **common: Any,
    ) -> None:
        super().__init__(**common)
        if quality not in QUALITIES:
            raise ValueError(f"quality={quality!r}: give one of {', '.join(QUALITIES)}.")
        if steps is not None and steps < 1:
            raise ValueError(f"steps={steps!r}: give a number of steps, 1 or more.")
        if isinstance(units, str) and units != "probe":
            raise ValueError(f'units={units!r}: give indices, "probe", or None for all.')
        self.layer = layer
        self.units = units if units is None or isinstance(units, str) else [int(u) for u in units]
        self.steps = steps
        self.quality = quality
        self.parametrization = parametrization
        self.warm_start = warm_start

    def needs(self, model: Any, probe: Probe | None) -> Needs:
        return Needs(
            layers=self.layer,
            outputs=True,
            default=_last_with_weights,
            fits=lambda info: len(info.shape or ()) > 1,
            what="layer with units",
            own_pass=True,
            per_image=False,
        )

    def memory(self, layers: Sequence[LayerInfo], probe: Probe | None) -> Arrays:
        assert probe is not None, "the observer asks for a probe"
        units = len(self._chosen((layers[0].shape or (0,))[-1] or 0, probe))
        canvas = canvas_of(probe)
        start = begin(canvas, self._settings(canvas), units, self.seed)
        return {PARAMS: np.asarray(start), AGE: np.zeros((), "int32")}

    def whole(self, seen: Any) -> dict[str, Any]:
        found = self.reduce(seen)
        return {key: found[key] for key in found if not key.endswith(_PRIVATE)}

    def reduce(self, seen: Any) -> dict[str, Any]:
        (path, activation), *_ = seen.activations.items()
        canvas = canvas_of(seen.probe)
        settings = self._settings(canvas)
        head = path in seen.heads
        width = (seen.logits if head else activation).shape[-1]
        units = np.asarray(self._chosen(width, seen.probe), "int32")

        def answers(images: Any) -> Any:
            rows = ops.zeros((images.shape[0],), "int32")  # other inputs: those of the first image
            again = seen.look(images, rows, outputs=not head)
            values = again.logits if head else again.activations[path]
            return ops.mean(values, axis=tuple(range(1, len(values.shape) - 1)))

        def score(images: Any) -> Any:
            values = answers(images)
            wanted = np.tile(units, images.shape[0] // len(units))
            return ops.take_along_axis(values, wanted[:, None], axis=1)[:, 0]

        age = seen.memory[AGE]
        warm = ops.logical_and(age > 0, self.warm_start)
        result = ascend(
            seen.differentiate,
            score,
            seen.memory[PARAMS],
            canvas=canvas,
            settings=settings,
            steps=ops.where(warm, settings.warm_steps, settings.steps),
            seed=self.seed,
        )
        values = answers(result["images"])
        found = {
            path: result["images"],
            f"{path}/score": ops.take_along_axis(values, units[:, None], axis=1)[:, 0],
            f"{path}/blank": result["blank"],
            f"{path}/alive": result["alive"],
            f"{path}/units": ops.convert_to_tensor(units),
            PARAMS: result["params"] if self.warm_start else seen.memory[PARAMS],
            AGE: age + 1,
        }
        squash = _squash(seen) if head else None
        if squash is not None:
            sure = squash(values)
            found[f"{path}/probability"] = ops.take_along_axis(sure, units[:, None], axis=1)[:, 0]
        return found

    def draw(self, arrays: Arrays, about: About) -> Drawing:
        from kerasvis2.render import image_sheet

        path = next(iter(arrays))
        assert about.to_display is not None
        scores, probabilities = arrays[f"{path}/score"], arrays.get(f"{path}/probability")
        drawing, captions = Drawing(), []
        for i, unit in enumerate(arrays[f"{path}/units"]):
            name = str(unit)
            if probabilities is not None and about.class_names and unit < len(about.class_names):
                name = about.class_names[unit]
            lines = [name if probabilities is not None else f"unit {name}"]
            if arrays[f"{path}/alive"][i]:
                lines.append(f"score {scores[i]:.3g}")
            else:
                lines.append("no answer: dead")
            if probabilities is not None:
                lines.append(f"p {probabilities[i]:.2f}")
                drawing.scalars[f"{path}/probability/{name}"] = float(probabilities[i])
            drawing.scalars[f"{path}/score/{name}"] = float(scores[i])
            captions.append(lines)
        pixels = image_sheet(
            about.to_display(arrays[path]),
            title=about.title(self.title, path),
            captions=captions,
            notes=["for each unit the image that raises it most"],
            shown=MOST_UNITS,
        )
        drawing.pictures[path] = Picture(pixels)
        return drawing

    def _settings(self, canvas: Canvas) -> Settings:
        settings = preset(self.quality, canvas.shape, self.parametrization)
        if self.steps is None:
            return settings
        return replace(settings, steps=self.steps, warm_steps=max(1, self.steps // 4))

    def _chosen(self, width: int, probe: Probe) -> list[int]:
        if isinstance(self.units, list):
            if not self.units or min(self.units) < 0 or max(self.units) >= width:
                raise ValueError(f"units={self.units!r}: the layer has the units 0 to {width - 1}.")
            return self.units
        classes = probe.class_indices() if self.units == "probe" else None
        if classes is not None and width > 1:
            return sorted({int(c) for c in classes if c < width})[:MOST_CLASSES]
        return list(range(min(width, MOST_CLASSES if self.units == "probe" else MOST_UNITS)))


def canvas_of(probe: Probe) -> Canvas:
    """The probe's range and colours, in the model's input units."""
    drawn = probe.drawn
    corners = np.stack([np.zeros(drawn.shape[-1]), np.ones(drawn.shape[-1])])[:, None, None]
    low, high = probe.from_display(corners.astype("float32"))[:, 0, 0]
    return measure(drawn, low, high)


def _last_with_weights(infos: Sequence[LayerInfo]) -> list[LayerInfo]:
    weighted = [info for info in infos if info.layer.weights and not children(info.layer)]
    return weighted[-1:] or list(infos[-1:])


def _squash(seen: Any) -> Any:
    """From logits to probabilities, or None where the outputs are no classes."""
    if seen.head == "sigmoid":
        return ops.sigmoid
    labelled = seen.head == "softmax" or seen.probe.class_indices() is not None
    return ops.softmax if labelled and seen.logits.shape[-1] > 1 else None
