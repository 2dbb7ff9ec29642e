"""Modules of PyTorch's own inside a Keras model, with the face that a Keras layer has.

`keras.layers.TorchModuleWrapper` makes one layer of a whole network. Its inner modules are looked
at like layers: what a module is, it is called by Keras's name of it, its weights are the variables
that Keras made of its parameters, and its kernels lie in Keras's order.
"""

from __future__ import annotations

import contextlib
import weakref
from collections.abc import Callable, Iterator, Mapping
from types import SimpleNamespace
from typing import Any

_KINDS = {
    **{f"Conv{n}d": f"Conv{n}D" for n in (1, 2, 3)},
    **{f"ConvTranspose{n}d": f"Conv{n}DTranspose" for n in (1, 2, 3)},
    **{f"MaxPool{n}d": f"MaxPooling{n}D" for n in (1, 2, 3)},
    **{f"AvgPool{n}d": f"AveragePooling{n}D" for n in (1, 2, 3)},
    **{f"AdaptiveAvgPool{n}d": f"AdaptiveAveragePooling{n}D" for n in (1, 2, 3)},
    **{f"AdaptiveMaxPool{n}d": f"AdaptiveMaxPooling{n}D" for n in (1, 2, 3)},
    **{f"BatchNorm{n}d": "BatchNormalization" for n in (1, 2, 3)},
    **{f"InstanceNorm{n}d": "InstanceNormalization" for n in (1, 2, 3)},
    **dict.fromkeys(("SyncBatchNorm", "FrozenBatchNorm2d"), "BatchNormalization"),
    **{f"{name}Norm": f"{name}Normalization" for name in ("Layer", "Group", "RMS")},
    **{f"{name}Pad2d": f"{name}Padding2D" for name in ("Zero", "Reflection", "Replication")},
    **dict.fromkeys(("Dropout", "Dropout1d", "Dropout2d", "Dropout3d"), "Dropout"),
    **dict.fromkeys(("AlphaDropout", "StochasticDepth", "DropPath"), "Dropout"),
    **dict.fromkeys(("ReLU", "ReLU6"), "ReLU"),
    **dict.fromkeys(("Softmax", "LogSoftmax", "Softmax2d"), "Softmax"),
    "Linear": "Dense",
    "Upsample": "UpSampling2D",
    "MultiheadAttention": "MultiHeadAttention",
    **{name: name for name in ("Sequential", "ModuleList", "Identity", "Flatten", "Embedding")},
}
_ACTIVATIONS = {
    **{"GELU": "gelu", "SiLU": "silu", "Mish": "mish", "Tanh": "tanh", "Sigmoid": "sigmoid"},
    **{"Hardswish": "hard_silu", "Hardsigmoid": "hard_sigmoid", "Softplus": "softplus"},
    "SELU": "selu",
}
# Their channels come right behind the batch, by contract; of others it depends on what they get.
_CHANNELS_FIRST = ("Conv", "Pooling", "Batch", "Instance", "Group", "UpSampling", "Padding2D")


class Module:
    """One module inside a `TorchModuleWrapper`, as a layer; the same one whenever it is asked for.

    Args:
        wrapper: the Keras layer around it.
        module: the module.
        name: the name of the attribute that holds it.
    """

    built = True

    def __init__(self, wrapper: Any, module: Any, name: str) -> None:
        self._wrapper: Any = weakref.ref(wrapper)  # it keeps neither alive
        self._module: Any = weakref.ref(module)
        self.name = name

    @property
    def module(self) -> Any:
        """The module itself."""
        return self._module()

    @property
    def kind(self) -> str:
        """What Keras calls such a layer, or the name of its class."""
        found = _known(self.module, _KINDS)
        if found is None:
            activation = _known(self.module, _ACTIVATIONS)
            return type(self.module).__name__ if activation is None else "Activation"
        return f"Depthwise{found}" if found[:4] == "Conv" and self._depth else found

    @property
    def leaf(self) -> bool:
        """Whether no module inside it is called as such."""
        return self.kind == "MultiHeadAttention" or not any(True for _ in self.module.children())

    def children(self) -> list[Any]:
        """The modules directly inside it; Keras layers as they are."""
        return [] if self.leaf else _faces(self._wrapper(), self.module)

    # What it computes.

    @property
    def activation(self) -> Any:
        """Keras's function of that name; None of what is no activation."""
        import keras

        name = _known(self.module, _ACTIVATIONS)
        return None if name is None else keras.activations.get(name)

    @property
    def data_format(self) -> str | None:
        """ "channels_first" of what takes nothing else."""
        return "channels_first" if any(word in self.kind for word in _CHANNELS_FIRST) else None

    @property
    def compute_dtype(self) -> str:
        """The dtype of its weights."""
        for parameter in self.module.parameters():
            if parameter.is_floating_point():
                return str(parameter.dtype).removeprefix("torch.")
        return "float32"

    @property
    def dtype_policy(self) -> Any:
        """As Keras's layers have it."""
        return SimpleNamespace(name=self.compute_dtype)

    @property
    def max_value(self) -> float | None:
        """Where a ReLU ends."""
        return 6.0 if type(self.module).__name__ == "ReLU6" else None

    @property
    def negative_slope(self) -> float:
        """Of a leaky ReLU."""
        return float(getattr(self.module, "negative_slope", 0.0))

    @property
    def kernel_size(self) -> Any:
        """Of a convolution; of a pool too."""
        return getattr(self.module, "kernel_size", None)

    @property
    def strides(self) -> Any:
        """Of a convolution or a pool."""
        return getattr(self.module, "stride", None)

    # Its weights.

    def named_weights(self) -> Iterator[tuple[str, Any, bool]]:
        """(name, variable, whether an inner module's), as far as Keras knows them."""
        yield from _named(self._wrapper(), self.module, self.leaf)

    @property
    def weights(self) -> list[Any]:
        """The variables that Keras made of its parameters, inner modules' too."""
        return [weight for _, weight, _ in self.named_weights()]

    @property
    def trainable_weights(self) -> list[Any]:
        """Those that training changes."""
        return [weight for weight in self.weights if weight.trainable] if self.trainable else []

    @property
    def trainable(self) -> bool:
        """Whether training may change it."""
        return bool(self._wrapper().trainable)

    def get_weights(self) -> list[Any]:
        """As Keras's layers have it."""
        from keras import ops

        return [ops.convert_to_numpy(weight) for weight in self.weights]

    def set_weights(self, values: list[Any]) -> None:
        """As Keras's layers have it."""
        for weight, value in zip(self.weights, values):
            weight.assign(value)

    @property
    def stored(self) -> Any:
        """The variable that is the kernel of a convolution or of a linear layer, or None."""
        if self.kind == "Dense" or "Conv" in (_known(self.module, _KINDS) or ""):
            for name, weight, inner in self.named_weights():
                if name == "weight" and not inner:
                    return weight
        return None

    @property
    def kernel(self) -> Any:
        """The kernel in Keras's order, (h, w, in, out) and (in, out); None without one."""
        from keras import ops

        stored = self.stored
        if stored is None:
            return None
        kernel = ops.convert_to_tensor(stored)
        if self._depth:  # (channels × depth, 1, h, w)
            kernel = ops.reshape(kernel, (-1, self._depth, *kernel.shape[2:]))
            return ops.transpose(kernel, (*range(2, kernel.ndim), 0, 1))
        return ops.transpose(kernel, (*range(2, kernel.ndim), 1, 0))

    @property
    def _depth(self) -> int:
        """How many kernels each channel has of its own in a depthwise convolution, else 0."""
        groups = getattr(self.module, "groups", 1)
        if groups < 2 or groups != self.module.in_channels or self.module.transposed:
            return 0
        return int(self.module.out_channels // groups)

    # Its calls.

    @contextlib.contextmanager
    def telling(self, hook: Callable[[Any], Any]) -> Iterator[None]:
        """Inside, what it returns goes through the hook; the module is as before afterwards."""
        handle = self.module.register_forward_hook(lambda module, given, outputs: hook(outputs))
        try:
            yield
        finally:
            handle.remove()


def inside(wrapper: Any) -> list[Any]:
    """What is directly inside a `TorchModuleWrapper`."""
    if wrapper not in _VARIABLES:  # now, when nothing stands for their values
        _VARIABLES[wrapper] = {id(variable.value): variable for variable in wrapper.variables}
    root = original(wrapper.module)
    if any(True for _ in root.children()) and _known(root, _KINDS) != "MultiHeadAttention":
        return _faces(wrapper, root)
    return [_face(wrapper, root, "module")]


def variables_of(wrapper: Any) -> list[tuple[str, Any]]:
    """(name, variable) of the parameters of a `TorchModuleWrapper`'s module."""
    return [(name, variable) for name, variable, _ in _named(wrapper, wrapper.module)]


def weights_of(wrapper: Any) -> Iterator[tuple[str, Any, bool]]:
    """(name, variable, whether an inner module's) of a `TorchModuleWrapper`."""
    root = original(wrapper.module)
    alone = isinstance(inside(wrapper)[0], Module) and inside(wrapper)[0].module is root
    yield from ((name, weight, inner or alone) for name, weight, inner in _named(wrapper, root))


def original(module: Any) -> Any:
    """What `torch.compile` was given."""
    return getattr(module, "_orig_mod", module)


def _known(module: Any, table: Mapping[str, str]) -> str | None:
    names = (cls.__name__ for cls in type(module).__mro__)
    return next((table[name] for name in names if name in table), None)


_FACES: Any = weakref.WeakKeyDictionary()  # wrapper → (module → its face)
_VARIABLES: Any = weakref.WeakKeyDictionary()  # wrapper → (id of a parameter → its variable)


def _face(wrapper: Any, module: Any, name: str) -> Module:
    faces = _FACES.setdefault(wrapper, weakref.WeakKeyDictionary())
    if module not in faces:
        faces[module] = Module(wrapper, module, name)
    found: Module = faces[module]
    return found


def _faces(wrapper: Any, module: Any) -> list[Any]:
    import keras

    inner = [(name, original(child)) for name, child in module.named_children()]
    return [
        child if isinstance(child, keras.Layer) else _face(wrapper, child, name)
        for name, child in inner
    ]


def _named(wrapper: Any, module: Any, leaf: bool = False) -> Iterator[tuple[str, Any, bool]]:
    known = _VARIABLES[wrapper]
    for name, parameter in module.named_parameters():
        if id(parameter) in known:
            yield name, known[id(parameter)], "." in name and not leaf
