"""SmoothGrad."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from keras import ops

from kerasvis2.views.noisy import NoisyView

if TYPE_CHECKING:
    from kerasvis2.observe.seen import Seen


class SmoothGrad(NoisyView):
    """What raises the score in the neighbourhood of the image: the gradient without its flicker.

    mean of ∂logit/∂x at x + ε over the samples, ε normal with a standard deviation of `noise`
    times the display range. The class is that of the clean image, also for "predicted".

    Smilkov et al., "SmoothGrad: removing noise by adding noise", 2017,
    https://arxiv.org/abs/1706.03825. (There the fraction is of each image's own range, and the
    picture shows magnitudes; here the range is the same for all images, and the sign is kept.)

    The same `seed` gives the same noise, and so the same map, on every backend.

    Tag: `smooth_grad/00_input`. Cost: `samples` forward and backward passes of the probe, of small
    images several at a time. `compute` gives `input`: (N, H, W, C), signed;
    of tokens (N, T), the norm over their embedding.

    Args:
        samples: noisy copies of each image.
        noise: the noise's standard deviation, as a fraction of the display range.
        **common: `target`: what is explained, always by its logit: "label" (where there are none,
            "predicted"), "predicted", a class index, one index per image, a callable `outputs ->
            (N,) scores`, or `(output name, target)`. `targets`: several of these at once; keys and
            tags then carry `@target`. `freq`: look every so many epochs instead of the monitor's, 0
            for never, or a callable `epoch -> bool`. `scale`: what the full colour stands for:
            "nice" (1, 2 or 5 × 10ⁿ), "98%" or "image" (each image's own), "run" (as at the first
            look) or a number. `seed`: of the random numbers; the same seed gives the same array,
            and `VarGrad` with the same settings sees the same copies.

    Raises:
        ValueError: on bad settings, or where the probe's display cannot be inverted.

    Examples:
        >>> maps = kv.SmoothGrad(samples=10, noise=0.1).compute(model, probe)
        >>> {path: map.shape for path, map in maps.items()}
        {'input': (8, 24, 24, 3)}
    """

    title = "SmoothGrad"
    quantity = "∂logit/∂input, mean of noisy copies"
    of_tokens = "‖∂logit/∂embedding‖, mean of noisy copies"

    def attribute(self, seen: Seen) -> Any:
        mean, _ = self.moments(seen)
        # Of tokens the norm over the embedding, as saliency has it.
        return ops.sqrt(ops.sum(ops.square(mean), axis=-1)) if seen.activations else mean
