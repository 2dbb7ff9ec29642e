"""DeconvNet."""

from __future__ import annotations

from kerasvis2.views.rectified import RectifiedView


class DeconvNet(RectifiedView):
    """Image structures that would raise the score, projected back through the filters.

    ∂logit/∂x with relu(g) instead of g·f′ at each ReLU f, g being the gradient that arrives from
    above: what is positive goes on, whether the unit is active or not.

    The map shows edges that the network could see rather than why it decided: it hardly changes
    when the weights are replaced by random ones, so it fails the weight-randomisation test
    (Adebayo et al., "Sanity Checks for Saliency Maps", NeurIPS 2018,
    https://arxiv.org/abs/1810.03292). Do not take it for an explanation.

    Zeiler and Fergus, "Visualizing and Understanding Convolutional Networks", ECCV 2014,
    https://arxiv.org/abs/1311.2901.

    Every ReLU of the model is meant: activation arguments, layers (with `max_value`, `threshold`
    and `negative_slope`; a slope is applied to g), and calls in a model's own code. Other
    activations pass gradients as they are.

    Tag: `deconv_net/00_input`. Cost: one forward and backward pass. `compute` gives `input`:
    (N, H, W, C), signed.

    Args:
        **common: `target`: what is explained, always by its logit: "label" (where there are none,
            "predicted"), "predicted", a class index, one index per image, a callable `outputs ->
            (N,) scores`, or `(output name, target)`. `targets`: several of these at once; keys and
            tags then carry `@target`. `freq`: look every so many epochs instead of the monitor's, 0
            for never, or a callable `epoch -> bool`. `scale`: what the full colour stands for:
            "nice" (1, 2 or 5 × 10ⁿ), "98%" or "image" (each image's own), "run" (as at the first
            look) or a number.

    Raises:
        ValueError: where the model has no ReLU, when training starts or `compute` is called.

    Examples:
        >>> maps = kv.DeconvNet().compute(model, probe)
        >>> {path: map.shape for path, map in maps.items()}
        {'input': (8, 24, 24, 3)}
    """

    title = "DeconvNet"
    rule = "deconvnet"
