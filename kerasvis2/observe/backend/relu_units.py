"""ReLUs that Keras composes of several operations, and the rules for gradients that pass one."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import keras
from keras import ops

from kerasvis2.observe.backend.shadow import shadowed
from kerasvis2.operations import Operation, called

RULES = ("guided", "deconvnet")

NO_RELU = (
    "The model has no ReLU. GuidedBackprop, DeconvNet and GuidedGradCAM change how gradients pass "
    "ReLUs and are the plain gradient without; use Saliency, SmoothGrad or IntegratedGradients "
    "instead."
)

Unit = Callable[[], tuple[Any, float, "float | None"]]  # slope, threshold and top


def below(rule: str, gradient: Any, x: Any, slope: Any, top: Any) -> Any:
    """The gradient below a unit: `x` if positive, `slope`·x if not, cut off at `top`."""
    positive = x if rule == "guided" else gradient
    passed = ops.maximum(gradient, 0) if rule == "guided" else gradient
    passed = ops.where(positive > 0, passed, passed * slope)
    return passed if top is None else ops.where(x < top, passed, ops.zeros_like(passed))


def unit(layer: Any) -> Unit | None:
    """What a layer is that is no single operation; None for any other."""
    if isinstance(layer, keras.layers.PReLU):
        return lambda: (ops.stop_gradient(ops.convert_to_tensor(layer.alpha)), 0.0, None)
    written = isinstance(layer, Operation) and layer.kind == "ReLU"
    if not written and not isinstance(layer, keras.layers.ReLU):
        return None
    slope, threshold, top = layer.negative_slope, layer.threshold, layer.max_value
    if threshold or (slope and top is not None):
        return lambda: (slope, threshold, top)
    return None


@contextlib.contextmanager
def as_units(layers: Sequence[Any], carrying: Callable[[Any, Unit], Any]) -> Iterator[None]:
    """Inside, each layer that is a unit of several operations has another `call`.

    Args:
        layers: any layers.
        carrying: `(layer, unit)` → what is called instead.
    """
    with contextlib.ExitStack() as stack:
        for layer in layers:
            found = unit(layer)
            if found is not None:
                made = called(layer)
                stack.enter_context(shadowed(made, "call", carrying(made, found)))
        yield
