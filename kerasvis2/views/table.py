"""A model's layers in words: Markdown tables, and the boxes of a diagram."""

from __future__ import annotations

from collections.abc import Sequence

from kerasvis2.facts import LayerFacts, Layers

_SMALL_LAYERS = ("Activation", "ReLU", "Dropout", "Normalization", "Softmax", "Padding", "Identity")


def layer_table(layers: Layers) -> str:
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
            f"{info.parameters:,}",
            trainable_words(info),
            info.dtype,
        )
        lines.append("| " + " | ".join(cells) + " |")
    weights = {w.serial: w for info in layers.values() for w in info.weights}
    total = sum(w.count for w in weights.values())
    open_ = sum(w.count for w in weights.values() if w.trainable)
    lines += ["", f"{total:,} parameters, {open_:,} of them trainable."]
    return "\n".join(lines)


def shape_words(shape: Sequence[int | None] | None) -> str:
    """`(None, 8, 8, 16)` → `8×8×16`."""
    return "×".join("?" if size is None else str(size) for size in (shape or ())[1:])


def trainable_words(info: LayerFacts) -> str:
    """Whether training changes a layer's weights."""
    if not info.weights:
        return "–"
    return "frozen" if info.frozen else "yes"


def is_small(info: LayerFacts) -> bool:
    """Whether a layer is drawn as a word in the box of the one before it."""
    return any(word in info.kind for word in _SMALL_LAYERS)


def short(count: int) -> str:
    """`3456` → `3.5k`."""
    for unit, word in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if count >= unit:
            return f"{count / unit:.3g}{word}"
    return str(count)
