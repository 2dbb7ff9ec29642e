"""Attention rollout."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from keras import ops

from kerasvis2.attribution.attention import from_the_image, rollout
from kerasvis2.layers import is_attention
from kerasvis2.views.base import About, Arrays, Drawing, Request, View
from kerasvis2.views.cam import spatial
from kerasvis2.views.maps import draw_maps
from kerasvis2.views.pixels import INPUT

if TYPE_CHECKING:
    from kerasvis2.observe.seen import Seen
    from kerasvis2.probe import Probe


class AttentionRollout(View):
    """How much of each patch has reached the class token when all layers' attention is followed.

    Π_l (½·mean over heads of A_l + ½·I), last layer first; the identity stands for the residual
    connections. The row of the class token, or without one the mean over all rows, folded onto
    the patches' grid and enlarged to the image bilinearly; of tokens the mean over all rows. It
    knows neither the values that are mixed nor the target: what is taken up need not be used.

    Abnar and Zuidema, "Quantifying Attention Flow in Transformers", ACL 2020,
    https://arxiv.org/abs/2005.00928.

    Tag: `attention_rollout/00_input`. Cost: none on top of the shared forward pass. `compute`
    gives `input`: (N, H, W), not negative; before enlarging, the parts of all patches sum to 1
    less what stays in the class token and its like.

    Args:
        freq: look every so many epochs instead of the monitor's, 0 for never, or a callable `epoch
            -> bool`.
        scale: what the full colour stands for: "nice" (1, 2 or 5 × 10ⁿ), "98%" or "image" (each
            image's own), "run" (as at the first look) or a number.

    Raises:
        ValueError: where the model has no `MultiHeadAttention` or `GroupQueryAttention` layers
            over the patches of the image, or these do not all attend over the same tokens.

    Examples:
        >>> maps = kv.AttentionRollout().compute(vit, probe)
        >>> {path: map.shape for path, map in maps.items()}
        {'input': (8, 24, 24)}
    """

    title = "Attention rollout"
    overlay = True
    quantity = "share that arrives"

    def needs(self, model: Any, probe: Probe | None) -> Request:
        return Request(
            attention=True,
            fits=lambda info: is_attention(info) and spatial(info),
            what="multi-head attention layer over the patches of the image",
        )

    def reduce(self, seen: Seen) -> dict[str, Any]:
        layers = list(seen.attention.values())
        tokens = {size for weights in layers for size in weights.shape[-2:]}
        if len(tokens) > 1:
            raise ValueError(
                f"AttentionRollout needs all layers to attend over the same tokens; those of this "
                f"model attend over {sorted(tokens)}. Look at single layers with Attention."
            )
        assert seen.probe is not None
        if seen.probe.images is None:  # tokens: the mean over all that look
            return {INPUT: ops.mean(rollout(layers), axis=1)}
        size = seen.probe.images.shape[1:3]
        grid = seen.facts[next(iter(seen.attention)).path].grid
        assert grid is not None, "`needs` lets no other layers through"
        height, width = grid
        patches = from_the_image(rollout(layers), (height, width))
        return {INPUT: ops.image.resize(patches[..., None], size, "bilinear")[..., 0]}

    def draw(self, arrays: Arrays, about: About) -> Drawing:
        return draw_maps(arrays, about, self, quantity=self.quantity)
