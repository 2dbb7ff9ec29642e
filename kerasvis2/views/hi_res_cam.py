"""HiResCAM."""

from __future__ import annotations

from typing import Any

from keras import ops

from kerasvis2.attribution.cam import weighted_sum
from kerasvis2.views.cam import CAMView


class HiResCAM(CAMView):
    """Where a layer's evidence for the target lies, place by place.

    relu(Σ_k g_k⊙A_k), with A the layer's output, k a channel and g = ∂logit/∂A. Without the ReLU
    and at the last convolution of a network that ends in one linear layer, it sums to the logit
    less its bias; Grad-CAM, which averages the gradient first, can point at places that were not
    used.

    Draelos and Carin, "Use HiResCAM instead of Grad-CAM for faithful explanations of convolutional
    neural networks", 2020, https://arxiv.org/abs/2011.08891.

    Tag: `hi_res_cam/<NN>_<layer>`. Cost: none on top of the shared forward and backward pass, all
    layers together. `compute` gives (N, h, w) by layer path.

    Args:
        layers: by default the last of each resolution, see `kerasvis2.views.cam.CAMView`.
        **common: `target`, `targets`, `freq`, `scale`.

    Examples:
        >>> maps = kv.HiResCAM(layers="conv2").compute(model, probe)
        >>> {path: map.shape for path, map in maps.items()}
        {'conv2': (8, 12, 12)}
    """

    title = "HiResCAM"

    def weigh(self, activations: Any, gradients: Any) -> Any:
        return ops.relu(weighted_sum(gradients, activations))
