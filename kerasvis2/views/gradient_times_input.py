"""Gradient × input."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from keras import ops

from kerasvis2.views.pixels import PixelView, is_embedded, values_and_gradients

if TYPE_CHECKING:
    from kerasvis2.observe.seen import Seen


class GradientTimesInput(PixelView):
    """What each input value adds to the score, to first order: x⊙∂logit/∂x.

    Exact for a network without biases whose activations are ReLUs: there it sums to the logit.
    It compares with an input of 0 in the model's own units, which is not black where these are
    centred: there a black pixel counts and a grey one cannot.

    Shrikumar et al., "Not Just a Black Box: Learning Important Features Through Propagating
    Activation Differences", 2016, https://arxiv.org/abs/1605.01713.

    Tag: `gradient_times_input/00_input`. Cost: none on top of the shared forward and backward
    pass. `compute` gives `input`: (N, H, W, C), signed; of signals (N, T, C), of tables (N, F), of
    tokens (N, T), summed over their embedding.

    Args:
        **common: `target`: what is explained, always by its logit: "label" (where there are none,
            "predicted"), "predicted", a class index, one index per image, a callable `outputs ->
            (N,) scores`, or `(output name, target)`. `targets`: several of these at once; keys and
            tags then carry `@target`. `freq`: look every so many epochs instead of the monitor's, 0
            for never, or a callable `epoch -> bool`. `scale`: what the full colour stands for:
            "nice" (1, 2 or 5 × 10ⁿ), "98%" or "image" (each image's own), "run" (as at the first
            look) or a number.

    Examples:
        >>> maps = kv.GradientTimesInput().compute(model, probe)
        >>> {path: map.shape for path, map in maps.items()}
        {'input': (8, 24, 24, 3)}
    """

    title = "Gradient × input"
    quantity = "input × ∂logit/∂input"
    of_tokens = "embedding × ∂logit/∂embedding"
    embeds = True

    def attribute(self, seen: Seen) -> Any:
        values, gradient = values_and_gradients(seen)
        product = values * gradient
        return ops.sum(product, axis=-1) if is_embedded(seen) else product
