"""RISE."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from keras import ops

from kerasvis2.attribution.baseline import baseline_of
from kerasvis2.attribution.perturb import sum_of_masks
from kerasvis2.attribution.random_masks import RandomMasks
from kerasvis2.keys import Key
from kerasvis2.views.base import About
from kerasvis2.views.perturbed import PerturbedView, confidence, laid_out, scores_under, upright
from kerasvis2.views.pixels import INPUT

if TYPE_CHECKING:
    from kerasvis2.observe.seen import Seen


class RISE(PerturbedView):
    """How sure the network is of the target when a pixel is visible, all others left to chance.

    Σ_k s_k·M_k / (K·keep), with M_k one of K random soft masks over the image, s_k the class's
    probability for the image under it, black where the mask is 0. It needs nothing of the network
    but its answers. The probability is one softmax or sigmoid of the logits; where there is none
    (a callable target, a regression) the score itself is taken.

    The picture shows Σ_k (s_k − mean s)·M_k / (K·keep) instead: the same map less what every
    pixel has in common, so that 0 says that it makes no difference, with far less noise.

    Petsiuk et al., "RISE: Randomized Input Sampling for Explanation of Black-box Models",
    BMVC 2018, https://arxiv.org/abs/1806.07421.

    The same `seed` gives the same masks, and so the same map, on every backend.

    Tag: `rise/00_input`. Cost: `masks` forward passes of the probe, in full batches; memory for
    one of them. `compute` gives `input`: (N, H, W). All images are seen through the same masks.

    Args:
        masks: number of masks; noise falls with its root.
        grid: cells of a mask along each axis, 2 or more.
        keep: share of an image that is visible, between 0 and 1.
        **common: `target`: what is explained, always by its logit: "label" (where there are none,
            "predicted"), "predicted", a class index, one index per image, a callable `outputs ->
            (N,) scores`, or `(output name, target)`. `targets`: several of these at once; keys and
            tags then carry `@target`. `freq`: look every so many epochs instead of the monitor's, 0
            for never, or a callable `epoch -> bool`. `scale`: what the full colour stands for:
            "nice" (1, 2 or 5 × 10ⁿ), "98%" or "image" (each image's own), "run" (as at the first
            look) or a number. `seed`: of the random numbers; the same seed gives the same array.

    Raises:
        ValueError: on a bad number of masks, grid or keep.

    Examples:
        >>> maps = kv.RISE(masks=100, grid=4).compute(model, probe)
        >>> {path: map.shape for path, map in maps.items()}
        {'input': (8, 24, 24)}
    """

    title = "RISE"
    quantity = "probability where visible, less the mean of all masks"

    def __init__(self, masks: int = 4000, grid: int = 7, keep: float = 0.5, **common: Any) -> None:
        super().__init__(**common)
        if int(masks) != masks or masks < 1:
            raise ValueError(f"masks={masks!r}: give a number of masks, 1 or more.")
        if int(grid) != grid or grid < 2:
            raise ValueError(f"grid={grid!r}: give a number of cells along each axis, 2 or more.")
        if not 0 < keep < 1:
            raise ValueError(f"keep={keep!r}: give the share that is visible, between 0 and 1.")
        self.masks = int(masks)
        self.grid = int(grid)
        self.keep = float(keep)

    def how(self, about: About, key: Key) -> str:
        shown = f"{100 * self.keep:g} % visible"
        return f"{self.masks} masks of {self.grid}×{self.grid} cells, {shown}"

    def whole(self, seen: Seen) -> dict[str, Any]:
        return {INPUT: self._map(seen, centred=False)}

    def reduce(self, seen: Seen) -> dict[str, Any]:
        return {INPUT: self._map(seen, centred=True)}

    def _map(self, seen: Seen, centred: bool) -> Any:
        seen = upright(seen)
        size = (int(seen.inputs.shape[1]), int(seen.inputs.shape[2]))
        masks = RandomMasks(self.masks, self.grid, self.keep, size, self.seed).draw()
        black = laid_out(baseline_of("black", seen.inputs, seen.probe), seen.probe)
        values = scores_under(seen, black, masks, self.masks, confidence)
        if centred:
            values = values - ops.mean(values, axis=1, keepdims=True)
        return sum_of_masks(values, masks, size) / (self.masks * self.keep)
