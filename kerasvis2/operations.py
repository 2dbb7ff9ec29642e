"""Operations that stand between the layers of a functional model, with the face that a layer has.

`keras.ops.relu(x)`, `x + y` or `keras.activations.gelu(x)` of a symbolic tensor are nodes of the
model as layers are, though `model.layers` leaves them out. They are looked at like layers: what an
operation is, it is called by Keras's name of a layer that does the same.
"""

from __future__ import annotations

import weakref
from types import SimpleNamespace
from typing import Any

_ACTIVATIONS = {
    **{"Gelu": "gelu", "Silu": "silu", "Elu": "elu", "Selu": "selu", "Celu": "celu"},
    **{"Tanh": "tanh", "Sigmoid": "sigmoid", "LogSigmoid": "log_sigmoid", "Mish": "mish"},
    **{"HardSilu": "hard_silu", "HardSigmoid": "hard_sigmoid", "HardTanh": "hard_tanh"},
    **{"Softplus": "softplus", "Softsign": "softsign", "Squareplus": "squareplus", "Exp": "exp"},
    **{"SoftShrink": "soft_shrink", "HardShrink": "hard_shrink", "TanhShrink": "tanh_shrink"},
    **{"SparsePlus": "sparse_plus", "SparseSigmoid": "sparse_sigmoid", "Threshold": "threshold"},
    **{"Softmax": "softmax", "LogSoftmax": "log_softmax", "Sparsemax": "sparsemax"},
}
_KINDS = {
    **dict.fromkeys(("Relu", "Relu6", "ReLU"), "ReLU"),
    "LeakyRelu": "LeakyReLU",
    **{"BatchNorm": "BatchNormalization", "LayerNorm": "LayerNormalization"},
    **{"RMSNorm": "RMSNormalization", "Normalize": "UnitNormalization"},
    **{"MaxPool": "MaxPooling", "AveragePool": "AveragePooling"},
    # The mean of one tensor's values, where the layer `Average` is that of several tensors.
    "Average": "WeightedMean",
}
# Of several tensors, or of one and a constant.
_MERGES = ("Add", "Multiply", "Subtract", "Divide", "TrueDivide", "Maximum", "Minimum", "Power")


class Operation:
    """One operation of a functional model; the same one whenever it is asked for.

    Args:
        operation: Keras's own.
    """

    built = True
    trainable = False
    weights: tuple[Any, ...] = ()
    trainable_weights: tuple[Any, ...] = ()

    def __init__(self, operation: Any) -> None:
        self._operation: Any = weakref.ref(operation)  # it does not keep it alive

    @property
    def operation(self) -> Any:
        """The operation itself, whose `call` the model makes."""
        return self._operation()

    @property
    def name(self) -> str:
        """As the model knows it, such as "add_1"."""
        return str(self.operation.name)

    @property
    def own_kind(self) -> str:
        """What Keras calls the operation."""
        return type(self.operation).__name__

    @property
    def kind(self) -> str:
        """What Keras calls a layer that does the same, or the operation itself."""
        own = self.own_kind
        if own in _ACTIVATIONS:
            return "Softmax" if own == "Softmax" else "Activation"
        if own in _MERGES and len(self.inputs) < 2:
            return f"{own}Constant"
        return _KINDS.get(own, own)

    @property
    def inputs(self) -> list[Any]:
        """The symbolic tensors that it is given."""
        from keras import tree

        return list(tree.flatten(self.operation.input))

    @property
    def activation(self) -> Any:
        """What an activation is called; None of what is none."""
        name = _ACTIVATIONS.get(self.own_kind)
        return None if name is None else SimpleNamespace(__name__=name)

    @property
    def negative_slope(self) -> float:
        """Of a ReLU."""
        return float(getattr(self.operation, "negative_slope", 0.0) or 0.0)

    @property
    def threshold(self) -> float:
        """Where a ReLU begins."""
        return float(getattr(self.operation, "threshold", 0.0) or 0.0)

    @property
    def max_value(self) -> float | None:
        """Where a ReLU ends."""
        if self.own_kind == "Relu6":
            return 6.0
        found = getattr(self.operation, "max_value", None)
        return None if found is None else float(found)

    @property
    def data_format(self) -> str | None:
        """Where a convolution or a pool has its channels; None of what has no such notion."""
        return getattr(self.operation, "data_format", None)

    @property
    def compute_dtype(self) -> str:
        """The dtype of what it gives."""
        from keras import tree

        return str(getattr(tree.flatten(self.operation.output)[0], "dtype", "float32"))

    @property
    def dtype_policy(self) -> Any:
        """As Keras's layers have it."""
        return SimpleNamespace(name=self.compute_dtype)

    def get_weights(self) -> list[Any]:
        """As Keras's layers have it."""
        return []


_FACES: Any = weakref.WeakKeyDictionary()  # operation → its face


def faces(model: Any) -> list[Any]:
    """The layers of a functional model and the operations between them, in the model's order."""
    import keras

    return [node if isinstance(node, keras.Layer) else _face(node) for node in model.operations]


def called(layer: Any) -> Any:
    """What has the `call` that a model makes of a layer or an operation."""
    return layer.operation if isinstance(layer, Operation) else layer


def _face(operation: Any) -> Operation:
    if operation not in _FACES:
        _FACES[operation] = Operation(operation)
    found: Operation = _FACES[operation]
    return found
