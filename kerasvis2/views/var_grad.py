"""VarGrad."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from keras import ops

from kerasvis2.views.noisy import NoisyView

if TYPE_CHECKING:
    from kerasvis2.observe.seen import Seen


class VarGrad(NoisyView):
    """Where the gradient changes in the neighbourhood of the image: where the model is not linear.

    Sample variance (divided by samples − 1) of ∂logit/∂x at x + ε, ε normal with a standard
    deviation of `noise` times the display range. 0 for a linear model, whatever its weights. The
    class is that of the clean image, also for "predicted".

    Adebayo et al., "Local Explanation Methods for Deep Neural Networks Lack Sensitivity to
    Parameter Values", 2018, https://arxiv.org/abs/1810.03307.

    The same `seed` gives the same noise, and so the same map, on every backend.

    Tag: `var_grad/00_input`. Cost: `samples` forward and backward passes of the probe, of small
    images several at a time. `compute` gives `input`: (N, H, W, C), not negative.

    Args:
        samples: noisy copies of each image, 2 or more.
        noise: the noise's standard deviation, as a fraction of the display range.
        **common: `target`: what is explained, always by its logit: "label" (where there are none,
            "predicted"), "predicted", a class index, one index per image, a callable `outputs ->
            (N,) scores`, or `(output name, target)`. `targets`: several of these at once; keys and
            tags then carry `@target`. `freq`: look every so many epochs instead of the monitor's, 0
            for never, or a callable `epoch -> bool`. `scale`: what the full colour stands for:
            "nice" (1, 2 or 5 × 10ⁿ), "98%" or "image" (each image's own), "run" (as at the first
            look) or a number. `seed`: of the random numbers; the same seed gives the same array,
            and `SmoothGrad` with the same settings sees the same copies.

    Raises:
        ValueError: on bad settings, or where the probe's display cannot be inverted.

    Examples:
        >>> maps = kv.VarGrad(samples=10).compute(model, probe)
        >>> {path: map.shape for path, map in maps.items()}
        {'input': (8, 24, 24, 3)}
    """

    title = "VarGrad"
    quantity = "variance of ∂logit/∂input"
    of_tokens = "variance of ∂logit/∂embedding"
    signed = False
    least = 2

    def attribute(self, seen: Seen) -> Any:
        _, variance = self.moments(seen)
        return ops.sum(variance, axis=-1) if seen.activations else variance
