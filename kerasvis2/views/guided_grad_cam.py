"""Guided Grad-CAM."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from keras import ops

from kerasvis2.attribution.cam import grad_cam
from kerasvis2.layers import LayerInfo, LayerSpec, is_convolution
from kerasvis2.views.base import Request
from kerasvis2.views.cam import SPATIAL, off_grid, on_grid, spatial
from kerasvis2.views.layer_argument import one_of
from kerasvis2.views.pixels import as_drawn
from kerasvis2.views.rectified import RectifiedView

if TYPE_CHECKING:
    from kerasvis2.observe.seen import Seen
    from kerasvis2.probe import Probe


class GuidedGradCAM(RectifiedView):
    """The fine structures of guided backpropagation, where Grad-CAM sees evidence for the target.

    GuidedBackprop ⊙ Grad-CAM of the layer, the latter enlarged to the input linearly.

    It is as fine as guided backpropagation because it shows the same edges, and those hardly
    change when the weights are replaced by random ones: it fails the weight-randomisation test
    (Adebayo et al., "Sanity Checks for Saliency Maps", NeurIPS 2018,
    https://arxiv.org/abs/1810.03292). Only the coarse Grad-CAM in it speaks of the decision.

    Selvaraju et al., "Grad-CAM: Visual Explanations from Deep Networks via Gradient-based
    Localization", ICCV 2017, https://arxiv.org/abs/1610.02391.

    Tag: `guided_grad_cam/00_input`. Cost: two forward and backward passes. `compute` gives
    `input`: (N, H, W, C), signed.

    Args:
        layers: one layer with an output of (N, h, w, C), or of tokens (N, T, C) that make up a
            grid; the last convolution by default.
        **common: `target`: what is explained, always by its logit: "label" (where there are none,
            "predicted"), "predicted", a class index, one index per image, a callable `outputs ->
            (N,) scores`, or `(output name, target)`. `targets`: several of these at once; keys and
            tags then carry `@target`. `freq`: look every so many epochs instead of the monitor's, 0
            for never, or a callable `epoch -> bool`. `scale`: what the full colour stands for:
            "nice" (1, 2 or 5 × 10ⁿ), "98%" or "image" (each image's own), "run" (as at the first
            look) or a number.

    Raises:
        ValueError: where the model has no ReLU, when training starts or `compute` is called.

    Examples:
        >>> maps = kv.GuidedGradCAM().compute(model, probe)
        >>> {path: map.shape for path, map in maps.items()}
        {'input': (8, 24, 24, 3)}
    """

    title = "Guided Grad-CAM"
    rule = "guided"

    def __init__(self, layers: LayerSpec = None, *, layer: LayerSpec = None, **common: Any) -> None:
        super().__init__(**common)
        self.layers = one_of(layers, layer)

    def needs(self, model: Any, probe: Probe | None) -> Request:
        return replace(
            super().needs(model, probe),
            layers=self.layers,
            outputs=True,
            gradients=True,
            fits=spatial,
            default=_last_convolution,
            what=SPATIAL,
        )

    def attribute(self, seen: Seen) -> Any:
        if len(seen.layers) > 1:
            raise ValueError(f"layers={self.layers!r} is {len(seen.layers)} layers; give one.")
        key = list(seen.activations)[-1]
        coarse = grad_cam(
            on_grid(seen.activations[key], seen, key), on_grid(seen.gradients[key], seen, key)
        )
        coarse = off_grid(coarse, seen, key)
        fine = as_drawn(super().attribute(seen), seen.probe)
        if len(fine.shape) == len(coarse.shape):  # grey, without an axis of channels
            fine = fine[..., None]
        return fine * _enlarged(coarse, fine.shape[1:-1])[..., None]


def _enlarged(maps: Any, size: Sequence[int]) -> Any:
    """(N, …) to so many places, linearly along one axis after the other."""
    for axis, places in enumerate(size, 1):
        before, now, behind = maps.shape[:axis], maps.shape[axis], maps.shape[axis + 1 :]
        flat = ops.reshape(maps, (math.prod(before), now, math.prod(behind), 1))
        flat = ops.image.resize(flat, (places, math.prod(behind)), "bilinear")
        maps = ops.reshape(flat, (*before, places, *behind))
    return maps


def _last_convolution(infos: Sequence[LayerInfo]) -> list[LayerInfo]:
    return ([info for info in infos if is_convolution(info)] or list(infos))[-1:]
