"""Grad-CAM."""

from __future__ import annotations

from typing import Any

from kerasvis2.attribution.cam import grad_cam
from kerasvis2.views.cam import CAMView


class GradCAM(CAMView):
    """Where a layer's evidence for the target lies, channels weighted by their mean gradient.

    relu(Σ_k mean(g_k)·A_k), with A the layer's output, k a channel and g = ∂logit/∂A.

    Selvaraju et al., "Grad-CAM: Visual Explanations from Deep Networks via Gradient-based
    Localization", ICCV 2017, https://arxiv.org/abs/1610.02391.

    Tag: `grad_cam/<NN>_<layer>`. Cost: none on top of the shared forward and backward pass, all
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
        >>> maps = kv.GradCAM().compute(model, probe)
        >>> {path: map.shape for path, map in maps.items()}
        {'conv1': (8, 24, 24), 'conv2': (8, 12, 12)}
        >>> pictures = kv.GradCAM(layers="conv1", target="predicted").render(model, probe)
        >>> list(pictures)
        ['grad_cam/00_conv1@predicted']
    """

    title = "Grad-CAM"

    def weigh(self, activations: Any, gradients: Any) -> Any:
        return grad_cam(activations, gradients)
