"""XGrad-CAM."""

from __future__ import annotations

from typing import Any

from keras import ops

from kerasvis2.attribution.cam import axiom_weights, weighted_sum
from kerasvis2.views.cam import CAMView


class XGradCAM(CAMView):
    """Grad-CAM with weights from two axioms: sensitivity and conservation.

    relu(Σ_k (Σ g_k⊙A_k / ΣA_k)·A_k), sums over space, A the layer's output, k a channel and
    g = ∂logit/∂A. A channel with ΣA = 0 gets weight 0. The weights are meant for layers after
    their ReLU: before it ΣA can come near 0 with large activations, and the weight gets large.

    Fu et al., "Axiom-based Grad-CAM: Towards Accurate Visualization and Explanation of CNNs",
    BMVC 2020, https://arxiv.org/abs/2008.02312.

    Tag: `x_grad_cam/<NN>_<layer>`. Cost: none on top of the shared forward and backward pass, all
    layers together. `compute` gives (N, h, w) by layer path.

    Args:
        layers: a layer, a path such as "backbone/conv1", a glob, "all", or a list of these, each
            read as it is. By default the last of each resolution, read behind the normalisation,
            activation and residual sum that follow it; of a transformer, on the grid of its tokens.
        **common: `target`: what is explained, always by its logit: "label" (where there are none,
            "predicted"), "predicted", a class index, one index per image, a callable `outputs ->
            (N,) scores`, or `(output name, target)`. `targets`: several of these at once; keys and
            tags then carry `@target`. `freq`: look every so many epochs instead of the monitor's, 0
            for never, or a callable `epoch -> bool`. `scale`: what the full colour stands for:
            "nice" (1, 2 or 5 × 10ⁿ), "98%" or "image" (each image's own), "run" (as at the first
            look) or a number.

    Raises:
        ValueError: where the model has no such layer or target, before anything is looked at.

    Examples:
        >>> maps = kv.XGradCAM().compute(model, probe)
        >>> {path: map.shape for path, map in maps.items()}
        {'conv1': (8, 24, 24), 'conv2': (8, 12, 12)}
    """

    title = "XGrad-CAM"

    def weigh(self, activations: Any, gradients: Any) -> Any:
        return ops.relu(weighted_sum(axiom_weights(activations, gradients), activations))
