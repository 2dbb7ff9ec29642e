"""Score-CAM."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from keras import ops

from kerasvis2.attribution.baseline import baseline_of
from kerasvis2.attribution.cam import weighted_sum
from kerasvis2.attribution.upsample import from_0_to_1, upsampled
from kerasvis2.layers import LayerSpec
from kerasvis2.views.base import Request
from kerasvis2.views.cam import CAMView, on_grid, over_the_input, spatial
from kerasvis2.views.perturbed import confidence, laid_out, scores_under, upright

if TYPE_CHECKING:
    from kerasvis2.observe.seen import Seen
    from kerasvis2.probe import Probe


class ScoreCAM(CAMView):
    """Where a layer's evidence lies, each channel weighted by what the network says to it alone.

    relu(Σ_k α_k·A_k), α_k = p(x seen through A_k) − p(black): A_k is enlarged to the image, scaled
    to 0…1 and used as a mask over the image, black where it is 0. No gradient goes into it.

    p is the class's probability, one softmax or sigmoid of the logits, as in the authors' code
    (their paper's listing has a softmax over the channels instead, on which one channel soon
    outweighs all others); where there is none (a callable target, a regression) it is the score.
    A channel that is the same everywhere gets no weight.

    Wang et al., "Score-CAM: Score-Weighted Visual Explanations for Convolutional Neural Networks",
    CVPR Workshops 2020, https://arxiv.org/abs/1910.01279.

    Tag: `score_cam/<NN>_<layer>`. Cost: one forward pass of the probe for each channel of each
    layer, in full batches. `compute` gives (N, h, w) by layer path.

    Args:
        channels: how many channels of a layer to take, those that vary most over the image
            (measured by the standard deviation, for each image); all of them by default. With 64
            of 1280 the map of a trained network is hardly another.
        layers: layers with an output of (N, h, w, C), or of tokens (N, T, C) that make up a grid;
            by default only the last one that Grad-CAM would take.
        **common: `target`: what is explained, always by its logit: "label" (where there are none,
            "predicted"), "predicted", a class index, one index per image, a callable `outputs ->
            (N,) scores`, or `(output name, target)`. `targets`: several of these at once; keys and
            tags then carry `@target`. `freq`: look every so many epochs instead of the monitor's, 0
            for never, or a callable `epoch -> bool`. `scale`: what the full colour stands for:
            "nice" (1, 2 or 5 × 10ⁿ), "98%" or "image" (each image's own), "run" (as at the first
            look) or a number.

    Raises:
        ValueError: on a bad number of channels.

    Examples:
        >>> maps = kv.ScoreCAM(channels=4).compute(model, probe)
        >>> {path: map.shape for path, map in maps.items()}
        {'conv2': (8, 12, 12)}
    """

    title = "Score-CAM"
    quantity = "activation × probability"

    def __init__(
        self, channels: int | None = None, *, layers: LayerSpec = None, **common: Any
    ) -> None:
        super().__init__(layers=layers, **common)
        if channels is not None and (int(channels) != channels or channels < 1):
            raise ValueError(f"channels={channels!r}: give a number of channels, or None for all.")
        self.channels = channels

    def needs(self, model: Any, probe: Probe | None) -> Request:
        needs = super().needs(model, probe)
        candidates = needs.default
        assert candidates is not None, "class activation maps have default layers"
        return replace(
            needs,
            gradients=False,
            own_pass=True,
            fits=lambda info: spatial(info) and len(info.grid or ()) == 2,
            default=lambda infos: candidates(infos)[-1:],
        )

    def reduce(self, seen: Seen) -> dict[str, Any]:
        seen = upright(seen)
        black = laid_out(baseline_of("black", seen.inputs, seen.probe), seen.probe)
        nothing = confidence(seen.at(ops.zeros_like(seen.inputs) + black))
        found: dict[str, Any] = {}
        for key, activation in over_the_input(seen).items():
            maps = self._chosen(on_grid(activation, seen, key))

            def masks(indices: Any, maps: Any = maps) -> Any:
                chosen = ops.take(maps, indices, axis=-1)
                return from_0_to_1(upsampled(chosen, *seen.inputs.shape[1:3]))

            weights = scores_under(seen, black, masks, maps.shape[-1], confidence)
            weights = (weights - nothing[:, None])[:, None, None]
            found[key] = ops.relu(weighted_sum(weights, maps))
        return found

    def _chosen(self, maps: Any) -> Any:
        """(N, h, w, C) → (N, h, w, channels)."""
        if self.channels is None or self.channels >= maps.shape[-1]:
            return maps
        _, chosen = ops.top_k(ops.std(maps, axis=(1, 2)), self.channels)
        return ops.take_along_axis(maps, chosen[:, None, None], axis=-1)
