"""Saliency."""

from __future__ import annotations

from typing import Any

from keras import ops

from kerasvis2.views.pixels import PixelView, with_channels


class Saliency(PixelView):
    """Which pixels the score is most sensitive to: max over channels of |∂logit/∂x|.

    Simonyan et al., "Deep Inside Convolutional Networks: Visualising Image Classification Models
    and Saliency Maps", 2013, https://arxiv.org/abs/1312.6034.

    Tag: `saliency/00_input`. Cost: none on top of the shared forward and backward pass.
    `compute` gives `input`: (N, H, W), not negative.

    Args:
        **common: `target`, `targets`, `freq`, `scale`.
    """

    title = "Saliency"
    signed = False

    def attribute(self, seen: Any) -> Any:
        return ops.max(ops.abs(with_channels(seen.input_gradient)), axis=-1)
