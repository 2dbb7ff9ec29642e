"""Whether a model takes pictures with their channels first or last."""

from __future__ import annotations

from typing import Any

from kerasvis2.layers import tree
from kerasvis2.modules import Module

_KINDS = ("Conv", "Pool", "UpSampling", "Padding", "Cropping")  # what has pictures only in order


def taken_first(model: Any, shape: tuple[int, ...]) -> bool | None:
    """Whether a model takes pictures (C, H, W), by the order that its own layers have.

    None where that is not known: there is no such layer, they differ, or the first convolution
    takes another number of channels than such pictures have, as behind a `Permute`.

    Args:
        model: the model.
        shape: an example's shape.
    """
    if len(shape) != 3:
        return None
    layers = [i for i in tree(model) if any(k in i.kind for k in _KINDS) and "1D" not in i.kind]
    formats = {getattr(info.layer, "data_format", None) for info in layers} - {None}
    if len(formats) != 1:
        return None
    first = formats == {"channels_first"}
    convolutions = [info.layer for info in layers if "Conv" in info.kind]
    taken = _channels(convolutions[0]) if convolutions else None
    given = shape[0] if first else shape[-1]
    return None if taken not in (None, given) else first


def _channels(layer: Any) -> int | None:
    """How many channels a convolution takes; None where it is not built yet."""
    if isinstance(layer, Module):
        found = getattr(layer.module, "in_channels", None)
        return None if found is None else int(found)
    if not layer.built:
        return None
    depthwise = getattr(layer, "depthwise_kernel", None)
    if depthwise is not None:
        return int(depthwise.shape[-2])
    kernel = getattr(layer, "kernel", None)
    if kernel is None:
        return None
    if "Transpose" in type(layer).__name__:
        return int(kernel.shape[-1])
    return int(kernel.shape[-2]) * int(getattr(layer, "groups", 1))
