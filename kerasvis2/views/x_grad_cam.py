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
        layers: by default the last of each resolution, see `kerasvis2.views.cam.CAMView`.
        **common: `target`, `targets`, `freq`, `scale`.

    Examples:
        >>> maps = kv.XGradCAM().compute(model, probe)
        >>> {path: map.shape for path, map in maps.items()}
        {'conv1': (8, 24, 24), 'conv2': (8, 12, 12)}
    """

    title = "XGrad-CAM"

    def weigh(self, activations: Any, gradients: Any) -> Any:
        return ops.relu(weighted_sum(axiom_weights(activations, gradients), activations))
