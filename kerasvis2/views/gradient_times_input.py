"""Gradient × input."""

from __future__ import annotations

from typing import Any

from kerasvis2.views.pixels import PixelView


class GradientTimesInput(PixelView):
    """What each input value adds to the score, to first order: x⊙∂logit/∂x.

    Exact for a network without biases whose activations are ReLUs: there it sums to the logit.
    It compares with an input of 0 in the model's own units, which is not black where these are
    centred: there a black pixel counts and a grey one cannot.

    Shrikumar et al., "Not Just a Black Box: Learning Important Features Through Propagating
    Activation Differences", 2016, https://arxiv.org/abs/1605.01713.

    Tag: `gradient_times_input/00_input`. Cost: none on top of the shared forward and backward
    pass. `compute` gives `input`: (N, H, W, C), signed.

    Args:
        **common: `target`, `targets`, `freq`, `scale`.
    """

    title = "Gradient × input"

    def attribute(self, seen: Any) -> Any:
        return seen.inputs * seen.input_gradient
