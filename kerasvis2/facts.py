"""What may be known of a layer away from the model: plain data, copied when it is looked at."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kerasvis2.layers import LayerInfo, children, kind_of
from kerasvis2.modules import Module, weights_of


@dataclass(frozen=True)
class WeightFacts:
    """One weight of a layer.

    Attributes:
        name: its name in the layer; a second one of that name is `name~2`.
        shape: its shape.
        trainable: whether training changes it.
        inner: whether it belongs to a layer inside this one.
        real: whether its values are floating-point numbers.
        serial: the same number for the same variable, wherever it is met.
    """

    name: str
    shape: tuple[int, ...]
    trainable: bool
    inner: bool
    real: bool
    serial: int

    @property
    def count(self) -> int:
        """How many numbers it holds."""
        total = 1
        for size in self.shape:
            total *= size
        return total


@dataclass(frozen=True)
class LayerFacts:
    """One layer of a model, as it was when it was looked at.

    Attributes:
        path: names from the model down, joined by "/".
        tag: the same for tags: a layer that was not named goes by its kind and its place among
            those of its kind, so that two builds of a model have the same tags.
        kind: the class name, such as "Conv2D".
        place: position in the whole tree, counted from 0.
        parents: paths of the layers around it, outermost first.
        shape: shape of its first output with the batch as None; None where not known.
        dtype: what it computes in.
        words: kind, kernel, strides and activation: "Conv2D 3×3 /2, relu".
        weights: all its weights, those of inner layers too.
        kernels: (part of the key, shape) of what the kernel sheet draws.
        convolves: whether it moves a kernel over space.
        learns: how many numbers training changes, or would if it was not frozen.
        trainable: whether training may change it.
        grid: its places along each axis of the drawn input, None where it is no map of that.
        channels_first: whether the channels come before the places.
        reads: what its output has been through, such as ("conv", "BN", "ReLU").
    """

    path: str
    tag: str
    kind: str
    place: int
    parents: tuple[str, ...] = ()
    shape: tuple[int | None, ...] | None = None
    dtype: str = "float32"
    words: str = ""
    weights: tuple[WeightFacts, ...] = ()
    kernels: tuple[tuple[str, tuple[int, ...]], ...] = ()
    convolves: bool = False
    learns: int = 0
    trainable: bool = True
    grid: tuple[int, ...] | None = None
    channels_first: bool = False
    reads: tuple[str, ...] = ()

    @property
    def parameters(self) -> int:
        """How many numbers its weights hold."""
        return sum(weight.count for weight in self.weights)

    @property
    def frozen(self) -> bool:
        """Whether it has weights, none of which training changes."""
        return bool(self.weights) and not any(weight.trainable for weight in self.weights)

    @property
    def own(self) -> list[WeightFacts]:
        """Its own weights of real numbers, not those of the layers inside it."""
        return [weight for weight in self.weights if weight.real and not weight.inner]


Layers = Mapping[str, LayerFacts]


def facts_of(
    infos: Sequence[LayerInfo], reads: Mapping[str, tuple[str, ...]] | None = None
) -> dict[str, LayerFacts]:
    """The facts of every layer, by path.

    Args:
        infos: the layers.
        reads: what the output of some of them has been through.
    """
    tags = _tags(infos)
    serials: dict[int, int] = {}
    return {
        info.path: _facts(info, tags[info.path], serials, (reads or {}).get(info.path, ()))
        for info in infos
    }


def parameters(layers: Layers) -> int:
    """How many numbers all weights hold, each of them once."""
    found = {weight.serial: weight.count for info in layers.values() for weight in info.weights}
    return sum(found.values())


def _facts(
    info: LayerInfo, tag: str, serials: dict[int, int], reads: tuple[str, ...]
) -> LayerFacts:
    layer = info.layer
    built = layer.built
    return LayerFacts(
        path=info.path,
        tag=tag,
        kind=info.kind,
        place=info.place,
        parents=info.parents,
        shape=info.shape,
        dtype=str(getattr(layer, "compute_dtype", "") or "–"),
        words=_words(layer),
        weights=tuple(_weights(layer, serials)) if built else (),
        kernels=tuple((part, tuple(k.shape)) for part, k in kernels(layer)) if built else (),
        convolves=convolves(layer),
        learns=count_weights(layer) if built else 0,
        trainable=bool(layer.trainable),
        grid=info.grid,
        channels_first=info.channels_first,
        reads=reads,
    )


def _weights(layer: Any, serials: dict[int, int]) -> Iterator[WeightFacts]:
    trainable = {id(weight) for weight in layer.trainable_weights}
    for name, weight, inner in named_weights(layer):
        yield WeightFacts(
            name,
            tuple(int(size) for size in weight.shape),
            id(weight) in trainable,
            inner,
            "float" in str(weight.dtype),
            serials.setdefault(id(weight), len(serials)),
        )


def named_weights(layer: Any) -> Iterator[tuple[str, Any, bool]]:
    """(name, variable, whether an inner layer's) of all of a layer's weights."""
    import keras

    if isinstance(layer, Module):
        yield from layer.named_weights()
        return
    if isinstance(layer, keras.layers.TorchModuleWrapper):
        yield from weights_of(layer)
        return
    within = {id(weight) for child in children(layer) for weight in child.weights}
    names: dict[str, int] = {}
    for weight in layer.weights:
        inner = id(weight) in within
        name = weight.path if inner else weight.name
        names[name] = names.get(name, 0) + 1
        yield name + (f"~{names[name]}" if names[name] > 1 else ""), weight, inner


def own_weights(layer: Any) -> list[tuple[int, Any]]:
    """(place in `layer.weights`, weight) of what training changes, of a layer frozen now too."""
    if kind_of(layer) == "Normalization":  # adapted to the data, never trained
        return []
    trainable = {id(weight) for weight in layer.trainable_weights}
    return [
        (i, weight)
        for i, weight in enumerate(layer.weights)
        if id(weight) in trainable
        or (not layer.trainable and "float" in str(weight.dtype) and "moving" not in weight.name)
    ]


def count_weights(layer: Any) -> int:
    """How many values its own weights have."""
    total = 0
    for _, weight in own_weights(layer):
        count = 1
        for size in weight.shape:
            count *= int(size)
        total += count
    return total


def kernels(layer: Any) -> Iterator[tuple[str, Any]]:
    """(part of the key, variable) of a layer's kernels."""
    if getattr(layer, "depthwise_kernel", None) is not None:
        yield "", layer.depthwise_kernel
        yield "pointwise_kernel", layer.pointwise_kernel
    elif getattr(layer, "kernel", None) is not None and len(layer.kernel.shape) > 1:
        yield "", layer.kernel


def convolves(layer: Any) -> bool:
    """Whether a layer moves a kernel over space."""
    if isinstance(layer, Module):
        return "Conv" in layer.kind
    return hasattr(layer, "kernel_size") and hasattr(layer, "strides")


def _words(layer: Any) -> str:
    words = kind_of(layer)
    kernel = getattr(layer, "kernel_size", None) or getattr(layer, "pool_size", None)
    if kernel is not None:
        words += " " + "×".join(str(size) for size in _tuple(kernel))
    strides = _tuple(getattr(layer, "strides", None) or 1)
    if getattr(layer, "kernel_size", None) and max(strides) > 1:
        words += f" /{max(strides)}"
    activation = getattr(getattr(layer, "activation", None), "__name__", "linear")
    return words if activation == "linear" else f"{words}, {activation}"


def _tuple(value: Any) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, (tuple, list)) else (int(value),)


def _tags(infos: Sequence[LayerInfo]) -> dict[str, str]:
    """For each path the one that its tags carry."""
    found: dict[str, str] = {}
    given = {info.path for info in infos}
    counts: dict[tuple[str, str], int] = {}
    taken: set[str] = set()
    for info in infos:
        above = info.parents[-1] if info.parents else ""
        name = info.path[len(above) + 1 :] if above else info.path
        kind = _auto_name(info.kind)
        prefix = f"{above}/{kind}" if above else kind
        automatic = re.fullmatch(re.escape(kind) + r"(_[1-9]\d*)?", info.layer.name)
        # Keras does not count from 0; who does has named the others too.
        if automatic and "~" not in name and f"{prefix}_0" not in given:
            number = counts.get((above, kind), 0)
            counts[above, kind] = number + 1
            name = kind if not number else f"{kind}_{number}"
        path = f"{found[above]}/{name}" if above else name
        while path in taken:  # somebody named a layer as Keras would have
            path += "~"
        taken.add(path)
        found[info.path] = path
    return found


def _auto_name(kind: str) -> str:
    """What Keras calls a layer of a kind that was not named: `"Conv2DTranspose"` →
    `"conv2d_transpose"`."""
    words = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", re.sub(r"\W+", "", kind))
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", words).lower()
