"""Addressing layers: every layer of a model by a path, nested and shared ones too.

A path is the names from the model down, joined by "/": `"backbone/block1_conv"`. The model's
own name is left out. A layer that stands in two places is listed once, where it is met first.
Modules of PyTorch's own, inside a `TorchModuleWrapper`, are layers too, and go by PyTorch's dotted
names: `"backbone/layer4.1.conv2"`. So are the operations of a functional model (`x + y`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from kerasvis2.modules import Module, inside
from kerasvis2.operations import Operation, faces

LayerSpec = Any  # None, "all", a layer, a path, a glob, or a list of these


@dataclass(frozen=True)
class LayerInfo:
    """One layer of a model.

    Attributes:
        path: names from the model down, joined by "/".
        layer: the Keras layer.
        place: position in the whole tree, counted from 0, parents before children.
        parents: paths of the layers around it, outermost first.
        shape: shape of its first output with the batch as None; None where it is not known
            or the layer is not called on the way to the model's outputs.
        grid: its places along each axis of the drawn input, (h, w) of a picture, (t,) of a
            signal; None where its output is no map of that.
        channels_first: whether the channels come before the places.
        settled: of a convolution, where what the network makes of it stands: the path behind the
            normalisation, activation and residual sum that follow it.
        ends: of what is made of several layers, the path of the one whose output it hands on as
            its own; "" where it makes something else of it.
        output: whether what it gives is an output of the model.
    """

    path: str
    layer: Any
    place: int
    parents: tuple[str, ...] = ()
    shape: tuple[int | None, ...] | None = None
    grid: tuple[int, ...] | None = None
    channels_first: bool = False
    settled: str = ""
    ends: str = ""
    output: bool = False

    @property
    def kind(self) -> str:
        """The layer's class name, such as `"Conv2D"`."""
        return kind_of(self.layer)

    @property
    def channels(self) -> int:
        """How many channels or units its output has; 0 where that is not known."""
        shape = self.shape or (None,)
        return int((shape[1] if self.channels_first and len(shape) > 2 else shape[-1]) or 0)


def kind_of(layer: Any) -> str:
    """A layer's class name; of what is no layer of Keras's, Keras's name of such a layer."""
    return layer.kind if isinstance(layer, (Module, Operation)) else type(layer).__name__


def children(layer: Any) -> list[Any]:
    """The layers directly inside a layer, in the order they were attached.

    A model says so itself (`model.operations`, `model.layers`); for other composite layers Keras
    has no public way, and this is the one place that reads the private list instead.
    """
    import keras

    if isinstance(layer, Module):
        return layer.children()
    if isinstance(layer, keras.layers.TorchModuleWrapper):
        return inside(layer)
    if isinstance(layer, keras.Function):
        return faces(layer)
    if isinstance(layer, keras.Model):
        return list(layer.layers)
    return [child for child in getattr(layer, "_layers", ()) if isinstance(child, keras.Layer)]


def tree(model: Any) -> list[LayerInfo]:
    """All layers of a model, parents before children, each once."""
    found: list[LayerInfo] = []
    seen = {id(model)}

    def walk(parent: Any, parents: tuple[str, ...]) -> None:
        joint = "." if isinstance(parent, Module) else "/"
        prefix = parents[-1] + joint if parents else ""
        names: dict[str, int] = {}
        for child in children(parent):
            names[child.name] = names.get(child.name, 0) + 1
            # Subclassed models may hold two layers of one name; the second is "name~2".
            twin = f"~{names[child.name]}" if names[child.name] > 1 else ""
            itself = id(child.module if isinstance(child, Module) else child)
            if itself in seen:
                continue
            seen.add(itself)
            path = prefix + child.name + twin
            found.append(LayerInfo(path, child, len(found), parents))
            walk(child, (*parents, path))

    walk(model, ())
    return found


def in_order(infos: Sequence[LayerInfo], calls: Sequence[str]) -> list[LayerInfo]:
    """The same layers, with PyTorch's modules in the order of their calls.

    They are listed as they were attached, which says little: an encoder's normalisations stand
    behind its attention, which reads the first of them.

    Args:
        infos: all layers, from `tree`.
        calls: paths in the order in which the layers were called.
    """
    first = {path: i for i, path in reversed([*enumerate(calls)])}
    places = {info.path: info.place for info in infos}
    known = {info.path: list(info.parents) for info in infos if isinstance(info.layer, Module)}
    for path in list(first):
        for parent in known.get(path, ()):
            first[parent] = min(first.get(parent, len(calls)), first[path])

    def place(info: LayerInfo) -> tuple[tuple[int, int], ...]:
        return tuple(
            (first.get(path, len(calls)) if path in known else 0, places[path])
            for path in (*info.parents, info.path)
        )

    ordered = sorted(infos, key=place)
    return [replace(info, place=i) for i, info in enumerate(ordered)]


# Of PyTorch: what has others inside it and makes nothing of its own of them.
ROWS = ("Sequential", "ModuleList", "TorchModuleWrapper")


def is_convolution(info: LayerInfo) -> bool:
    """Whether a layer convolves over places (transposed, depthwise and separable too)."""
    import keras

    kinds = (
        *(keras.layers.Conv1D, keras.layers.Conv2D, keras.layers.Conv3D),
        *(keras.layers.DepthwiseConv1D, keras.layers.DepthwiseConv2D),
        *(keras.layers.SeparableConv1D, keras.layers.SeparableConv2D),
        *(keras.layers.Conv1DTranspose, keras.layers.Conv2DTranspose),
        keras.layers.Conv3DTranspose,
    )
    return isinstance(info.layer, kinds) or (
        isinstance(info.layer, Module) and "Conv" in info.kind and info.layer.leaf
    )


def is_attention(info: LayerInfo) -> bool:
    """Whether a layer is one of Keras's multi-head attentions."""
    import keras

    kinds = (keras.layers.MultiHeadAttention, keras.layers.GroupQueryAttention)
    inner = isinstance(info.layer, Module)
    return info.kind == "MultiHeadAttention" if inner else isinstance(info.layer, kinds)


def is_dense(info: LayerInfo) -> bool:
    """Whether a layer is a matrix."""
    import keras

    inner = isinstance(info.layer, Module)
    return info.kind == "Dense" if inner else isinstance(info.layer, keras.layers.Dense)


def spread(infos: Sequence[LayerInfo], most: int) -> list[LayerInfo]:
    """At most `most` of the layers, evenly over the depth, the first and the last among them."""
    if len(infos) <= most:
        return list(infos)
    step = (len(infos) - 1) / (most - 1)
    return [infos[round(i * step)] for i in range(most)]
