"""Which of a layer's weights learn, and what its answers are cut off by."""

from __future__ import annotations

from typing import Any

from kerasvis2.layers import kind_of

_FLAT = ("relu", "relu6", "gelu", "silu", "hard_silu", "mish")  # 0 on one side, or nearly


def rectifies(layer: Any, read_by_relu: bool) -> bool:
    """Whether a layer's answers are cut off at 0, so that it can die."""
    if read_by_relu:
        return True
    if kind_of(layer) == "ReLU":
        return not layer.negative_slope
    return getattr(getattr(layer, "activation", None), "__name__", "") in _FLAT


def has_matrix(layer: Any) -> bool:
    """Whether it is a Dense layer, or like one."""
    kernel = getattr(layer, "kernel", None)
    return kernel is not None and len(kernel.shape) == 2
