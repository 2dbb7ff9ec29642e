"""Integrated gradients."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from keras import ops

from kerasvis2.attribution.baseline import baseline_of
from kerasvis2.attribution.quadrature import mean_on_line
from kerasvis2.keys import Key, parts
from kerasvis2.task import number
from kerasvis2.views.base import About, Arrays, Drawing, Request
from kerasvis2.views.pixels import (
    INPUT,
    PixelView,
    as_drawn,
    as_taken,
    at_values,
    gradient_of,
    is_of_tokens,
    values_of,
)

if TYPE_CHECKING:
    from kerasvis2.observe.seen import Seen
    from kerasvis2.probe import Probe

GAP = INPUT.of("gap")


class IntegratedGradients(PixelView):
    """What each input value adds to the score on the way from a baseline to the image.

    (x−b)⊙∫₀¹ ∂f(b + t·(x−b))/∂x dt, f the target's logit and b the baseline, by a Gauss-Legendre
    rule. Summed up it is f(x) − f(b) (completeness); both stand under each image, and by how much
    the sum misses is logged as a scalar. For a target that is a label map, f counts the pixels
    that are predicted as the class, which changes on the way, and the two do not agree.

    Sundararajan, Taly and Yan, "Axiomatic Attribution for Deep Networks", ICML 2017,
    https://arxiv.org/abs/1703.01365.

    Tag: `integrated_gradients/00_input`, and the scalar `integrated_gradients/input/gap`, the mean
    of |Σ IG − (f(x) − f(b))| over the images. Cost: `points` forward and backward passes of the
    probe, of small images several at a time. `compute` gives `input`: (N, H, W, C), signed, and
    `input/gap`: (N,) Σ IG − (f(x) − f(b)).

    Args:
        points: of the quadrature; deep networks may need 200 for a gap of a few percent.
        baseline: "black"; a number in display terms, from 0 (black) to 1 (white); "blur", the
            image itself out of focus; "mean", its own mean colour; or an array (H, W, C) in the
            model's units. Pixels equal to the baseline get 0, so black objects are invisible to
            a black one.
        **common: `target`: what is explained, always by its logit: "label" (where there are none,
            "predicted"), "predicted", a class index, one index per image, a callable `outputs ->
            (N,) scores`, or `(output name, target)`. `targets`: several of these at once; keys and
            tags then carry `@target`. `freq`: look every so many epochs instead of the monitor's, 0
            for never, or a callable `epoch -> bool`. `scale`: what the full colour stands for:
            "nice" (1, 2 or 5 × 10ⁿ), "98%" or "image" (each image's own), "run" (as at the first
            look) or a number.

    Raises:
        ValueError: on bad settings, or where the probe's display cannot be inverted.

    Examples:
        >>> maps = kv.IntegratedGradients(points=20, baseline="blur").compute(model, probe)
        >>> {path: map.shape for path, map in maps.items()}
        {'input': (8, 24, 24, 3), 'input/gap': (8,)}
    """

    title = "Integrated gradients"
    quantity = "share of the logit"
    embeds = True

    def __init__(self, points: int = 50, baseline: Any = "black", **common: Any) -> None:
        super().__init__(**common)
        if int(points) != points or points < 1:
            raise ValueError(f"points={points!r}: give a whole number, 1 or more.")
        word = isinstance(baseline, str)
        if word and baseline not in ("black", "blur", "mean"):
            raise ValueError(
                f'baseline={baseline!r}: give "black", "blur", "mean", a number from 0 (black) to '
                "1 (white), or an array in the model's units."
            )
        self.points = int(points)
        self.baseline = baseline if word or np.ndim(baseline) == 0 else np.float32(baseline)

    def settings(self) -> dict[str, Any]:
        given = isinstance(self.baseline, np.ndarray)
        return super().settings() | ({"baseline": "array"} if given else {})

    def needs(self, model: Any, probe: Probe | None) -> Request:
        if probe is not None:
            self._check(probe)
        return replace(super().needs(model, probe), input_gradient=False, own_pass=True)

    def reduce(self, seen: Seen) -> dict[str, Any]:
        values, at = values_of(seen), at_values(seen)
        start = ops.zeros_like(seen.inputs) + self._start(seen.inputs, seen.probe)
        if seen.activations:  # of tokens the way is from one embedding to another
            start = values_of(seen.at(start, outputs=True))

        def gradient(points: Any, rows: Any) -> Any:
            return gradient_of(at(points, rows, gradient=True))

        found = (values - start) * mean_on_line(gradient, start, values, self.points)
        rise = seen.score - at(start).score
        total = ops.sum(ops.reshape(found, (values.shape[0], -1)), axis=1)
        return {INPUT: ops.sum(found, axis=-1) if seen.activations else found, GAP: total - rise}

    def remarks(self, arrays: Arrays, key: Key, about: About) -> list[list[str]]:
        maps, gaps = arrays[key], arrays[key.of(GAP.part)]
        totals = maps.reshape(len(maps), -1).sum(1, dtype="float64")
        return [
            [f"sum {number(total)} of {number(total - gap)}"]
            for total, gap in zip(totals.tolist(), gaps.tolist())
        ]

    def draw(self, arrays: Arrays, about: About) -> Drawing:
        drawing = super().draw(arrays, about)
        for key, gap in parts(arrays, GAP.part).items():
            drawing.scalars[key.of(GAP.part)] = float(np.abs(gap).mean())
        return drawing

    def how(self, about: About, key: Key) -> str:
        start = self._start_word(about)
        return (
            f"{self.points} points on the way from {start}; sum: of the map, of f(x) − f({start})"
        )

    def _start_word(self, about: About) -> str:
        """What a picture calls the baseline."""
        if isinstance(self.baseline, np.ndarray):
            return "array"
        if is_of_tokens(about):
            return f"token {self.baseline}" if not isinstance(self.baseline, str) else "padding"
        return self.baseline if isinstance(self.baseline, str) else f"{self.baseline:g}"

    def _start(self, images: Any, probe: Probe | None) -> Any:
        if isinstance(self.baseline, np.ndarray):
            return ops.convert_to_tensor(self.baseline)
        if self.baseline in ("mean", "blur"):  # which look at what lies beside each other
            drawn = as_drawn(images, probe)
            start = ops.zeros_like(drawn) + baseline_of(self.baseline, drawn, probe)
            return as_taken(start, probe)
        return baseline_of(self.baseline, images, probe)

    def _check(self, probe: Probe) -> None:
        shape = probe.drawn.shape[1:]
        if not isinstance(self.baseline, np.ndarray):
            self._start(probe.drawn[:1].astype("float32"), probe)
            return
        try:
            fits = np.broadcast_shapes(self.baseline.shape, shape) == shape
        except ValueError:
            fits = False
        if not fits:
            raise ValueError(
                f"baseline has shape {self.baseline.shape}; the model's input is {shape}."
            )
