"""What a TensorFlow graph tells: logits behind an activation, and which layer feeds which."""

from __future__ import annotations

from typing import Any

from kerasvis2.observe.backend.protocol import only_reshaped

# What may stand between the activation and the model's output without changing its meaning.
_RESHAPES = ("Reshape", "Squeeze", "ExpandDims", "StridedSlice")
_TRANSPARENT = ("Cast", "Identity", *_RESHAPES)
_ACTIVATIONS = {"Softmax": "softmax", "LogSoftmax": "softmax", "Sigmoid": "sigmoid"}


def logits(value: Any) -> tuple[Any, str, tuple[Any, ...]]:
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
        kind = trail[-1].op.type
        if kind in _RESHAPES and not only_reshaped(before, trail[-1], kind == "StridedSlice"):
            break
        trail.append(before)
    last = trail[-1]
    found = _ACTIVATIONS.get(last.op.type)
    if found == "sigmoid" or (found is not None and last.shape[-1:] == value.shape[-1:]):
        before = last.op.inputs[0]
        return before, found, (*trail, before)
    return value, "linear", tuple(trail)


def rectified(tensor: Any) -> Any | None:
    """What comes out of the ReLU, a layer or the model's own code, that alone reads a tensor."""
    readers = tensor.consumers()
    if not readers or any(op.type not in ("Relu", "Relu6") for op in readers):
        return None
    return readers[0].outputs[0]
