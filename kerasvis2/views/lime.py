"""LIME."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from keras import ops

from kerasvis2.attribution.local_fit import local_fit
from kerasvis2.attribution.superpixels import label_maps, mean_colours
from kerasvis2.draws import Draws
from kerasvis2.keys import Key, as_key
from kerasvis2.layers import LayerInfo
from kerasvis2.views.base import About, Arrays, Drawing
from kerasvis2.views.perturbed import PerturbedView, scores_under, upright
from kerasvis2.views.pixels import INPUT

if TYPE_CHECKING:
    from kerasvis2.observe.seen import Seen
    from kerasvis2.probe import Probe

SEGMENTS, HIDDEN, PRESENT = "segments", "hidden", "present"
FIT = Key("fit")


class LIME(PerturbedView):
    """What each part of the image adds to the score, by a linear model of the network around it.

    The image is cut into superpixels. In each sample every one of them is visible or, with
    probability ½, replaced by its mean colour; a ridge regression of the target's logit on what
    was visible, nearer samples weighing more (`kerasvis2.attribution.local_fit`), gives each
    part's coefficient, which is painted over the part. Of a linear model it is w·(x − mean) of the
    part, less the ridge's shrinkage of about 1 % at 1000 samples. R² of the fit stands below each
    image: where it is low, the network is not linear there and the map says little.

    The first sample is the whole image. The `lime` package explains the probability instead of
    the logit, and cuts with quickshift: give `segments=` that to compare, or because SLIC's
    roundish parts do not suit the images.

    Ribeiro et al., "Why Should I Trust You? Explaining the Predictions of Any Classifier",
    KDD 2016, https://arxiv.org/abs/1602.04938.

    The same `seed` hides the same segments, and so gives the same map, on every backend.

    Tags: `lime/00_input`, and the mean R² as the scalar `lime/fit`. Cost: `samples` forward passes
    of the probe, in full batches; superpixels are found once. `compute` gives `input`: (N, H, W),
    `fit`: (N,) R². All images share the samples.

    Args:
        samples: number of samples; noise falls with its root.
        segments: a label map (H, W) of ints, one for each image (N, H, W), or a callable from a
            picture (H, W, 1 or 3) in [0, 1] to one; by default SLIC with about 50 parts, which
            takes scikit-image: `pip install "kerasvis2[lime]"`.
        **common: `target`: what is explained, always by its logit: "label" (where there are none,
            "predicted"), "predicted", a class index, one index per image, a callable `outputs ->
            (N,) scores`, or `(output name, target)`. `targets`: several of these at once; keys and
            tags then carry `@target`. `freq`: look every so many epochs instead of the monitor's, 0
            for never, or a callable `epoch -> bool`. `scale`: what the full colour stands for:
            "nice" (1, 2 or 5 × 10ⁿ), "98%" or "image" (each image's own), "run" (as at the first
            look) or a number. `seed`: of the random numbers; the same seed gives the same array.

    Raises:
        ValueError: on a bad number of samples or a bad label map.
        ImportError: where scikit-image is needed and not installed.

    Examples:
        >>> maps = kv.LIME(samples=50).compute(model, probe)
        >>> {path: map.shape for path, map in maps.items()}
        {'input': (8, 24, 24), 'fit': (8,)}
    """

    title = "LIME"
    quantity = "share of the logit"

    def __init__(
        self,
        samples: int = 1000,
        segments: Any | Callable[[np.ndarray], np.ndarray] | None = None,
        **common: Any,
    ) -> None:
        super().__init__(**common)
        if int(samples) != samples or samples < 2:
            raise ValueError(f"samples={samples!r}: give a number of samples, 2 or more.")
        self.samples = int(samples)
        self.segments = segments

    def memory(self, layers: Sequence[LayerInfo], probe: Probe | None) -> Arrays:
        assert probe is not None, "it was asked for"
        assert probe.images is not None, "`needs` takes pictures only"
        segments = label_maps(self.segments, probe.images)
        counts = segments.max(axis=(1, 2)) + 1
        present = np.arange(counts.max())[None] < counts[:, None]
        places = probe.places()
        flat = probe.drawn.reshape(len(probe.drawn), -1)
        hidden = mean_colours(probe.drawn if places is None else flat[:, places], segments)
        return {SEGMENTS: segments, HIDDEN: hidden, PRESENT: present.astype("float32")}

    def reduce(self, seen: Seen) -> dict[str, Any]:
        segments, hidden, present = (
            ops.take(seen.memory[key], seen.chunk.rows, axis=0)
            for key in (SEGMENTS, HIDDEN, PRESENT)
        )
        # A row for each part, so that its samples do not depend on how many parts others have.
        draws = Draws(self.seed, 0).uniform((present.shape[1], self.samples))
        samples = ops.cast(ops.transpose(draws) < 0.5, "float32")
        samples = ops.concatenate([ops.ones_like(samples[:1]), samples[1:]])

        def masks(indices: Any) -> Any:
            visible = ops.take(ops.take(samples, indices, axis=0), segments, axis=1)
            return ops.transpose(visible, (1, 0, 2, 3))

        scores = scores_under(upright(seen), hidden, masks, self.samples)
        coefficients, fit = local_fit(samples[None] * present[:, None], scores)
        flat = ops.reshape(segments, (segments.shape[0], -1))
        painted = ops.take_along_axis(coefficients, flat, axis=1)
        return {INPUT: ops.reshape(painted, segments.shape), FIT: fit}

    def remarks(self, arrays: Arrays, key: Key, about: About) -> list[list[str]]:
        return [[f"R² {fit:.2f}, held out"] for fit in arrays[FIT.at(key.target)]]

    def how(self, about: About, key: Key) -> str:
        cut = "superpixels by SLIC" if self.segments is None else "parts as given"
        return f"{self.samples} samples, {cut}"

    def draw(self, arrays: Arrays, about: About) -> Drawing:
        drawing = super().draw(arrays, about)
        for key, fit in arrays.items():
            if as_key(key).path == FIT:
                drawing.scalars[key] = float(fit.mean())
        return drawing
