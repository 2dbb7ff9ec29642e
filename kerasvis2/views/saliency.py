"""Saliency."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from keras import ops

from kerasvis2.views.pixels import PixelView, as_drawn, is_embedded, values_and_gradients

if TYPE_CHECKING:
    from kerasvis2.observe.seen import Seen
    from kerasvis2.probe import Probe


class Saliency(PixelView):
    """Which pixels the score is most sensitive to: max over channels of |∂logit/∂x|.

    Simonyan et al., "Deep Inside Convolutional Networks: Visualising Image Classification Models
    and Saliency Maps", 2013, https://arxiv.org/abs/1312.6034.

    Tag: `saliency/00_input`. Cost: none on top of the shared forward and backward pass.
    `compute` gives `input`: (N, H, W), not negative; of signals (N, T), of tables (N, F), of tokens
    (N, T), the norm of the gradient by their embedding.

    Args:
        **common: `target`: what is explained, always by its logit: "label" (where there are none,
            "predicted"), "predicted", a class index, one index per image, a callable `outputs ->
            (N,) scores`, or `(output name, target)`. `targets`: several of these at once; keys and
            tags then carry `@target`. `freq`: look every so many epochs instead of the monitor's, 0
            for never, or a callable `epoch -> bool`. `scale`: what the full colour stands for:
            "nice" (1, 2 or 5 × 10ⁿ), "98%" or "image" (each image's own), "run" (as at the first
            look) or a number.

    Examples:
        >>> maps = kv.Saliency(target="predicted").compute(model, probe)
        >>> {path: map.shape for path, map in maps.items()}
        {'input': (8, 24, 24)}
    """

    title = "Saliency"
    signed = False
    quantity = "|∂logit/∂input|, the largest of the channels"
    of_tokens = "‖∂logit/∂embedding‖"
    embeds = True

    def attribute(self, seen: Seen) -> Any:
        _, gradient = values_and_gradients(seen)
        if is_embedded(seen):
            return ops.sqrt(ops.sum(ops.square(gradient), axis=-1))
        gradient = as_drawn(gradient, seen.probe)
        # Grey pictures and tables have no axis of channels.
        bare = seen.probe is not None and seen.probe.kind in ("tables", "latent")
        bare = bare or (len(gradient.shape) == 3 and seen.probe is not None and _flat(seen.probe))
        return ops.abs(gradient) if bare else ops.max(ops.abs(gradient), axis=-1)


def _flat(probe: Probe) -> bool:
    """Whether the pictures have no axis of channels."""
    return probe.kind == "pictures" and probe.drawn.ndim == 3
