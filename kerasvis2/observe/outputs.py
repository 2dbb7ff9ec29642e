"""A model's outputs: their names, and the logits behind a final softmax or sigmoid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

# What may stand between the activation and the model's output without changing its meaning.
_TRANSPARENT = ("Cast", "Identity", "Reshape")
_ACTIVATIONS = {"Softmax": "softmax", "LogSoftmax": "softmax", "Sigmoid": "sigmoid"}


@dataclass(frozen=True)
class Output:
    """One output of the model inside the traced pass.

    Attributes:
        name: Keras's output name, the key of a dict, or `output_0`, `output_1`, ….
        value: what the model returns.
        logits: the tensor before a final softmax or sigmoid, otherwise `value`.
        head: "softmax", "sigmoid" or "linear" (no activation that is bypassed).
        trail: the tensors from `value` back to `logits`, both included.
    """

    name: str
    value: Any
    logits: Any
    head: str
    trail: tuple[Any, ...]


def outputs_of(model: Any, returned: Any) -> list[Output]:
    """The model's outputs in the order of its flattened return value."""
    values = [tf.convert_to_tensor(value) for value in tf.nest.flatten(returned)]
    names = output_names(model, returned, len(values))
    return [Output(name, value, *_logits(value)) for name, value in zip(names, values)]


def output_names(model: Any, returned: Any, count: int) -> list[str]:
    """A name for each output."""
    if isinstance(returned, Mapping) and len(returned) == count:
        return sorted(str(key) for key in returned)  # the order of tf.nest.flatten
    names = getattr(model, "output_names", None)
    if names and len(names) == count:
        return list(names)
    return [f"output_{i}" for i in range(count)]


def _logits(value: Any) -> tuple[Any, str, tuple[Any, ...]]:
    """Walks back from an output over its final activation: logits, head, trail.

    At a logit gap of 20 the gradient of a softmax is exactly 0 in float32, so gradients are
    taken before it. Reading it off the traced graph finds it wherever it was written: an
    activation argument, an `Activation` or `Softmax` layer, or a call in a model's own code;
    and nothing of the model has to be changed for it.
    """
    remembered = getattr(value, "_keras_logits", None)
    if remembered is not None:  # Keras's note, which also covers other axes than the last
        head = "sigmoid" if value.op.type == "Sigmoid" else "softmax"
        return remembered, head, (value, remembered)
    trail = [value]
    while trail[-1].op.type in _TRANSPARENT:
        before = trail[-1].op.inputs[0]
        if trail[-1].op.type == "Reshape" and before.shape[-1:] != trail[-1].shape[-1:]:
            break
        trail.append(before)
    last = trail[-1]
    if last.op.type in _ACTIVATIONS:
        logits = last.op.inputs[0]
        return logits, _ACTIVATIONS[last.op.type], (*trail, logits)
    return value, "linear", tuple(trail)
