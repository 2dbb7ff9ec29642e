"""Eigen-CAM."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from kerasvis2.attribution.cam import first_component
from kerasvis2.layers import LayerSpec
from kerasvis2.views.base import Request
from kerasvis2.views.cam import CAMView, off_grid, on_grid, over_the_input

if TYPE_CHECKING:
    from kerasvis2.observe.seen import Seen
    from kerasvis2.probe import Probe


class EigenCAM(CAMView):
    """What a layer's channels agree on most, whatever the class: their first principal component.

    A·v₁, with A the layer's output as a matrix (h·w, C), not centred, and v₁ its first right
    singular vector. The sign of v₁ is arbitrary; it is chosen so that the positive part of the
    map has at least the energy of the negative part. After a ReLU the map has one sign only;
    elsewhere both are drawn. No gradient and no target goes into it.

    Muhammad and Yeasin, "Eigen-CAM: Class Activation Map using Principal Components", IJCNN 2020,
    https://arxiv.org/abs/2008.00299.

    Tag: `eigen_cam/<NN>_<layer>`. Cost: an eigendecomposition of the smaller of C×C and h·w×h·w a
    layer and image; no backward pass. `compute` gives (N, h, w) by layer path, signed.

    Args:
        layers: a layer, a path such as "backbone/conv1", a glob, "all", or a list of these, each
            read as it is. By default the last of each resolution, read behind the normalisation,
            activation and residual sum that follow it; of a transformer, on the grid of its tokens.
        freq: look every so many epochs instead of the monitor's, 0 for never, or a callable `epoch
            -> bool`.
        scale: what the full colour stands for: "nice" (1, 2 or 5 × 10ⁿ), "98%" or "image" (each
            image's own), "run" (as at the first look) or a number.

    Raises:
        ValueError: where the model has no such layer or target, before anything is looked at.

    Examples:
        >>> maps = kv.EigenCAM().compute(model, probe)
        >>> {path: map.shape for path, map in maps.items()}
        {'conv1': (8, 24, 24), 'conv2': (8, 12, 12)}
    """

    title = "Eigen-CAM"
    signed = True  # where there are negative values
    quantity = "activation"

    def __init__(
        self, *, layers: LayerSpec = None, freq: Any = None, scale: str | float = "nice"
    ) -> None:
        super().__init__(layers=layers, freq=freq, scale=scale)

    def needs(self, model: Any, probe: Probe | None) -> Request:
        return replace(super().needs(model, probe), gradients=False, targets=())

    def reduce(self, seen: Seen) -> dict[str, Any]:
        return {
            key: off_grid(first_component(on_grid(a, seen, key)), seen, key)
            for key, a in over_the_input(seen).items()
        }

    def draws_signs(self, maps: np.ndarray) -> bool:
        """Not behind a ReLU: the whole scale is left to what is there. Rounding is no sign."""
        with np.errstate(invalid="ignore"):
            return bool((maps < -1e-3 * np.abs(maps).max(initial=0)).any())
