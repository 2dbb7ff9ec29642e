"""LayerCAM."""

from __future__ import annotations

from typing import Any

from keras import ops

from kerasvis2.attribution.cam import weighted_sum
from kerasvis2.views.cam import CAMView


class LayerCAM(CAMView):
    """Where more of a layer's activation would raise the target; sharp in early layers too.

    relu(Σ_k relu(g_k)⊙A_k), with A the layer's output, k a channel and g = ∂logit/∂A.

    Jiang et al., "LayerCAM: Exploring Hierarchical Class Activation Maps for Localization", IEEE
    Transactions on Image Processing 30, 2021, https://doi.org/10.1109/TIP.2021.3089943.

    Tag: `layer_cam/<NN>_<layer>`. Cost: none on top of the shared forward and backward pass, all
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
        >>> maps = kv.LayerCAM(layers="all").compute(model, probe)
        >>> {path: map.shape for path, map in maps.items()}
        {'conv1': (8, 24, 24), 'pool1': (8, 12, 12), 'conv2': (8, 12, 12)}
    """

    title = "LayerCAM"

    def weigh(self, activations: Any, gradients: Any) -> Any:
        return ops.relu(weighted_sum(ops.relu(gradients), activations))
