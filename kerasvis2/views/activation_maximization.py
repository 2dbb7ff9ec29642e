"""What a unit would like to see."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from keras import ops

from kerasvis2.keys import Key, as_key, parts
from kerasvis2.layers import LayerInfo, LayerSpec
from kerasvis2.synthesis import objectives
from kerasvis2.synthesis.ascent import ascend, begin
from kerasvis2.synthesis.canvas import Canvas
from kerasvis2.synthesis.parametrizations import Parametrize, check_parametrization
from kerasvis2.synthesis.presets import QUALITIES, Settings, check_parts, preset
from kerasvis2.synthesis.regularizers import Regularizer
from kerasvis2.synthesis.transforms import Transform
from kerasvis2.task import number
from kerasvis2.views import units as of_units
from kerasvis2.views.ascent_sheet import signals, table
from kerasvis2.views.base import About, Arrays, Drawing, Picture, Reduced, Request, View
from kerasvis2.views.canvases import check_climbable, easel_of
from kerasvis2.views.layer_argument import one_of
from kerasvis2.views.units import MOST, chosen, last_with_weights, named, vectors

if TYPE_CHECKING:
    from kerasvis2.observe.seen import Seen
    from kerasvis2.probe import Probe

PARAMS, AGE = "params", "age"  # of the memory
SCORE, PROBABILITY, ALIVE, NAMED = "score", "probability", "alive", "named"
INNER = (ALIVE, NAMED)  # what only the drawing wants
_SQUASHES: dict[str | None, Any] = {"softmax": ops.softmax, "sigmoid": ops.sigmoid}
REACHED = 0.5  # the probability from which on a class's picture is one


class ActivationMaximization(View):
    """For each unit the image that drives it highest: what the class looks like to the network.

    All units climb in one batch, the whole ascent is one traced loop. What is climbed is, of a
    softmax classifier's output, the class's logit against all others, z_c − log Σ_{k≠c} exp z_k,
    and otherwise the unit itself, averaged over space; the score that is reported is the logit or
    the unit's mean in either case.
    The display range of the probe is the range of the images, its colours are where the ascent
    starts from. In a `Monitor` every epoch goes on from the epoch before with a quarter of the
    steps, so that the pictures evolve like a film.

    Erhan et al., "Visualizing Higher-Layer Features of a Deep Network", 2009; Simonyan et al.,
    2013, https://arxiv.org/abs/1312.6034.

    The same `seed` begins with the same picture and looks through the same views on every backend;
    but roundings grow from step to step, so that long ascents end at other pictures, as good ones.

    Tag: `activation_maximization/<NN>_<layer>`. Cost: as many forward and backward passes of a
    batch of `units × views` images as there are steps. `compute` gives, in the model's own input
    units, `<path>`: (units, H, W, C); `<path>/score`: (units,) the score achieved; of a
    classifier's output also `<path>/probability`: (units,), of a label map its mean.

    Args:
        layers: the last with weights by default; each has a picture and an ascent of its own.
        units: indices of the layer's units or channels; all of them, up to 64, by default;
            "probe" takes the classes of the probe's labels, at most 10. In place of an index, a
            tuple of indices raises several jointly, and an array (C,) the projection on that
            direction.
        steps: steps of a cold start instead of the quality's own.
        quality: "fast", "good" or "best".
        parametrization: "pixels", "fourier" or "maco" instead of the quality's own, or a function
            of a `synthesis.Canvas` that gives a `synthesis.Parametrization`.
        warm_start: go on from the last look's images, with a quarter of the steps.
        objective: "mean" of a channel, its neuron in the "center", or a callable
            `outputs (N, …, C) -> (N,)` which is then raised in place of units.
        transforms: what makes a view of an image, in order, instead of the quality's own; see
            `kerasvis2.synthesis`. `[]` looks at the image itself.
        regularizers: what an image pays for, instead of the quality's own; likewise.
        **common: `freq`: look every so many epochs instead of the monitor's, 0 for never, or a
            callable `epoch -> bool`. `seed`: of the random numbers; the same seed gives the same
            array.

    Raises:
        ValueError: on an unknown quality, layer or unit.

    Examples:
        >>> view = kv.ActivationMaximization(units=[0, 2], steps=8, quality="fast")
        >>> images = view.compute(model, probe)
        >>> images["animal"].shape, images["animal/score"].shape
        ((2, 24, 24, 3), (2,))
    """

    title = "Activation maximization"
    only_pictures = True
    shows = "pictures"

    def __init__(
        self,
        layers: LayerSpec = None,
        units: Sequence[Any] | str | None = None,
        steps: int | None = None,
        quality: str = "good",
        parametrization: str | Parametrize | None = None,
        warm_start: bool = True,
        objective: str | Callable[[Any], Any] = "mean",
        *,
        transforms: Sequence[Transform] | None = None,
        regularizers: Sequence[Regularizer] | None = None,
        layer: LayerSpec = None,
        **common: Any,
    ) -> None:
        super().__init__(**common)
        if quality not in QUALITIES:
            raise ValueError(f"quality={quality!r}: give one of {', '.join(QUALITIES)}.")
        if steps is not None and steps < 1:
            raise ValueError(f"steps={steps!r}: give a number of steps, 1 or more.")
        if isinstance(units, str) and units != "probe":
            raise ValueError(f'units={units!r}: give indices, "probe", or None for all.')
        if objective not in ("mean", "center") and not callable(objective):
            raise ValueError(f'objective={objective!r}: give "mean", "center" or a callable.')
        if parametrization is not None:
            check_parametrization(parametrization)
        self.layers = one_of(layers, layer)
        self.units = units if units is None or isinstance(units, str) else list(units)
        self.objective = objective
        self.steps = steps
        self.quality = quality
        self.parametrization = parametrization
        self.transforms = check_parts("transforms", transforms)
        self.regularizers = check_parts("regularizers", regularizers)
        self.warm_start = warm_start

    def needs(self, model: Any, probe: Probe | None) -> Request:
        if probe is not None:
            easel_of(probe)
            check_climbable(model)
        return Request(
            layers=self.layers,
            outputs=True,
            default=last_with_weights,
            fits=lambda info: len(info.shape or ()) > 1,
            what="layer with units",
            own_pass=True,
            per_image=False,
        )

    def memory(self, layers: Sequence[LayerInfo], probe: Probe | None) -> Arrays:
        assert probe is not None, "the observer asks for a probe"
        canvas = easel_of(probe).canvas
        start: Arrays = {}
        for info in layers:
            units = len(self._units(info.channels, probe))
            params = begin(canvas, self._settings(canvas), units, self.seed)
            start[Key(info.path).of(PARAMS)] = np.asarray(params)
            start[Key(info.path).of(AGE)] = np.zeros((), "int32")
        return start

    def whole(self, seen: Seen) -> Reduced:
        found = self.reduce(seen)
        public = {key: v for key, v in found.arrays.items() if as_key(key).part not in INNER}
        return Reduced(public, found.memory)

    def reduce(self, seen: Seen) -> Reduced:
        climbed = [self._climb(seen, key) for key in of_units.one_call(seen)]
        return Reduced(
            {key: value for found in climbed for key, value in found.arrays.items()},
            {key: value for found in climbed for key, value in found.memory.items()},
        )

    def _climb(self, seen: Seen, key: Key) -> Reduced:
        """The units of one layer."""
        assert seen.probe is not None, "it was asked for"
        easel = easel_of(seen.probe)
        canvas = easel.canvas
        settings = self._settings(canvas)
        head = key in seen.heads
        width = int((of_units.rows_of(seen) if head else seen.activations[key]).shape[-1])
        units = self._units(width, seen.probe)
        flat = len(seen.logits.shape) == 2
        odds = head and flat and seen.head == "softmax" and self._plain(units)

        def answers(images: Any) -> Any:
            rows = ops.zeros((images.shape[0],), "int32")  # other inputs: those of the first image
            again = seen.at(easel.lower(images), rows, outputs=not head)
            return of_units.rows_of(again) if head else again.activations[key]

        def value(outputs: Any) -> Any:
            if callable(self.objective):
                return ops.reshape(self.objective(outputs), (-1,))
            if self.objective == "center" and len(outputs.shape) == 4:
                outputs = outputs[:, outputs.shape[1] // 2, outputs.shape[2] // 2]
            return objectives.direction(outputs, vectors(units, width))

        def score(images: Any) -> Any:
            outputs = answers(images)
            return objectives.log_odds(outputs, units) if odds else value(outputs)

        own = Key(key.path)  # of the layer, whichever call it is
        age = seen.memory[own.of(AGE)]
        warm = ops.logical_and(age > 0, self.warm_start)
        result = ascend(
            seen.differentiate,
            score,
            seen.memory[own.of(PARAMS)],
            canvas=canvas,
            settings=settings,
            steps=ops.where(warm, settings.warm_steps, settings.steps),
            seed=self.seed,
            tick=seen.tick,
        )
        outputs = answers(result["images"])
        found: Arrays = {
            key: easel.lower(result["images"]),
            key.of(SCORE): value(outputs),
            key.of(ALIVE): result["alive"],
        }
        task = seen.task if head and self._plain(units) else None
        classes = task is not None and task.classes > 0
        found[key.of(NAMED)] = ops.full((len(units),), float(classes), "float32")
        squash = _SQUASHES.get(task.squash) if task is not None and classes else None
        if squash is not None:  # of a label map the mean over its places
            likely = ops.reshape(squash(outputs), (len(units), -1, width))
            sure = ops.take_along_axis(ops.mean(likely, 1), np.asarray(units)[:, None], axis=1)
            found[key.of(PROBABILITY)] = sure[:, 0]
        kept = result["params"] if self.warm_start else seen.memory[own.of(PARAMS)]
        return Reduced(found, {own.of(PARAMS): kept, own.of(AGE): age + 1})

    def draw(self, arrays: Arrays, about: About) -> Drawing:
        from kerasvis2.render import image_sheet

        drawing = Drawing()
        for path, images in parts(arrays).items():
            captions = self._captions(path, arrays, about)
            drawing.texts[f"{path}/scores"] = table(captions)
            what = "input" if about.to_display is None else "image"
            title, note = about.title(self.title, path), f"for each unit an {what} that raises it"
            if about.to_display is None:
                drawing.pictures[path] = Picture(signals(images, about, title, captions, note))
                continue
            pixels = image_sheet(
                about.to_display(images),
                title=title,
                captions=captions,
                how=self._how(),
                notes=[note],
                shown=MOST,
            )
            drawing.pictures[path] = Picture(pixels)
        return drawing

    def _captions(self, path: Key, arrays: Arrays, about: About) -> list[list[str]]:
        """For each unit its name and what was reached."""
        scores, probabilities = arrays[path.of(SCORE)], arrays.get(path.of(PROBABILITY))
        captions = []
        names = self._names(len(scores), bool(arrays[path.of(NAMED)].all()), about)
        for i, name in enumerate(names):
            alive = arrays[path.of(ALIVE)][i]
            lines = [name, f"score {number(float(scores[i]))}" if alive else "no answer: dead"]
            if probabilities is not None:
                reached = probabilities[i] >= REACHED
                sure = f"{probabilities[i]:.2f}".replace("nan", "NaN")
                lines.append(f"{'' if reached else 'not reached: '}p {sure}")
            captions.append(lines)
        return captions

    def row_names(self, arrays: Arrays, key: str, about: About) -> list[str]:
        named = arrays.get(as_key(key).of(NAMED))
        return self._names(len(arrays[key]), named is not None and bool(named.all()), about)

    def _how(self) -> str:
        steps = "" if self.steps is None else f", {self.steps} steps"
        warm = ", each look goes on from the last" if self.warm_start else ""
        parts = ("transforms", "regularizers", "parametrization")
        own = [name for name in parts if getattr(self, name) is not None]
        return f"quality {self.quality}{steps}{warm}" + (
            f", own {' and '.join(own)}" if own else ""
        )

    def _settings(self, canvas: Canvas) -> Settings:
        settings = preset(self.quality, canvas.shape, self.parametrization)
        if self.transforms is not None:
            settings = replace(settings, transforms=self.transforms)
        if self.regularizers is not None:
            settings = replace(settings, regularizers=self.regularizers)
        if self.steps is None:
            return settings
        return replace(settings, steps=self.steps, warm_steps=max(1, self.steps // 4))

    def _units(self, width: int, probe: Probe | None) -> list[Any]:
        return [0] if callable(self.objective) else chosen(self.units, width, probe)

    def _names(self, count: int, classes: bool, about: About) -> list[str]:
        if callable(self.objective):
            return [getattr(self.objective, "__name__", "objective")]
        return named(self.units, count, classes, about)

    def _plain(self, units: Sequence[Any]) -> bool:
        """Whether each unit is one index, so that it has a probability and a class name."""
        return self.objective == "mean" and all(np.ndim(unit) == 0 for unit in units)
