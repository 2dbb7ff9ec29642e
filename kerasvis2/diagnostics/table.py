"""A model's layers in words: Markdown tables, and the boxes of a diagram."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kerasvis2.layers import LayerInfo

_SMALL_LAYERS = ("Activation", "ReLU", "Dropout", "Normalization", "Softmax", "Padding", "Identity")


def layer_table(layers: Mapping[str, LayerInfo]) -> str:
    """Path, type, output shape, parameters, trainable and dtype of every layer, and the sums."""
    lines = [
        "| Layer | Type | Output | Parameters | Trainable | dtype |",
        "|---|---|---|--:|---|---|",
    ]
    for path, info in layers.items():
        indent = "&nbsp;" * 4 * len(info.parents)
        cells = (
            f"{indent}`{path}`",
            info.kind,
            shape_words(info.shape) or "–",
            f"{parameters(info.layer):,}",
            trainable_words(info.layer),
            str(info.layer.compute_dtype),
        )
        lines.append("| " + " | ".join(cells) + " |")
    weights = {id(w): w for info in layers.values() for w in info.layer.weights}
    learnt = {id(w): w for info in layers.values() for w in info.layer.trainable_weights}
    total, open_ = (sum(_count(w) for w in group.values()) for group in (weights, learnt))
    lines += ["", f"{total:,} parameters, {open_:,} of them trainable."]
    return "\n".join(lines)


def shape_words(shape: Sequence[int | None] | None) -> str:
    """`(None, 8, 8, 16)` → `8×8×16`."""
    return "×".join("?" if size is None else str(size) for size in (shape or ())[1:])


def trainable_words(layer: Any) -> str:
    """Whether training changes a layer's weights."""
    if not layer.weights:
        return "–"
    return "yes" if layer.trainable_weights else "frozen"


def kind_words(layer: Any) -> str:
    """The type and what matters most of it: `Conv2D 3×3 /2, relu`."""
    words = type(layer).__name__
    kernel = getattr(layer, "kernel_size", None) or getattr(layer, "pool_size", None)
    if kernel is not None:
        words += " " + "×".join(str(size) for size in _tuple(kernel))
    strides = _tuple(getattr(layer, "strides", None) or 1)
    if getattr(layer, "kernel_size", None) and max(strides) > 1:
        words += f" /{max(strides)}"
    activation = getattr(getattr(layer, "activation", None), "__name__", "linear")
    return words if activation == "linear" else f"{words}, {activation}"


def is_small(info: LayerInfo) -> bool:
    """Whether a layer is drawn as a word in the box of the one before it."""
    return any(word in info.kind for word in _SMALL_LAYERS)


def short(count: int) -> str:
    """`3456` → `3.5k`."""
    for unit, word in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if count >= unit:
            return f"{count / unit:.3g}{word}"
    return str(count)


def _tuple(value: Any) -> tuple[int, ...]:
    return tuple(value) if isinstance(value, (tuple, list)) else (int(value),)


def parameters(layer: Any) -> int:
    """How many numbers a layer's weights hold."""
    return sum(_count(weight) for weight in layer.weights)


def _count(weight: Any) -> int:
    count = 1
    for size in weight.shape:
        count *= int(size)
    return count
