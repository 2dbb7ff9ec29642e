"""What a network makes of a convolution: behind its normalisation, activation, residual sum."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import keras

from kerasvis2.keys import as_key
from kerasvis2.layers import ROWS, LayerInfo, is_convolution
from kerasvis2.modules import Module

_PASSING = ("Dropout", "Noise", "Identity", "Cast", "StopGradient", "Copy")
_FOLLOWING = ("Normalization", "Activation", "ReLU", "ELU", *_PASSING)
BEFORE_RELU = "before a ReLU"  # in the code of a subclassed model, where there is no layer for it
_SCALING = (
    *("Rescaling", "AddConstant", "SubtractConstant", "MultiplyConstant"),
    *("DivideConstant", "TrueDivideConstant"),
)
_CLIPPING = ("MaximumConstant", "MinimumConstant", "Clip")  # a ReLU as it is written by hand
_SUMS = ("Add", "Average")


def settled(
    infos: Sequence[LayerInfo],
    edges: Sequence[tuple[str, str]],
    ends: Mapping[str, str] | None = None,
) -> dict[str, tuple[str, tuple[str, ...]]]:
    """For each convolution the layer where its output is settled, and what it went through.

    That is the last of the normalisations, activations and sums that alone read what is before
    them, layers or operations that are written out; a pool is passed where an activation follows
    it. Where there are none, it is the convolution itself. PyTorch's blocks have one ReLU for
    all their convolutions; where its call ends the block, that is the block. Dropout and its like
    are passed, but change nothing when a network is looked at: with and without them it is the
    same layer.

    Args:
        infos: all layers, with their shapes.
        edges: (from, to) keys of calls.
        ends: of what is made of several layers, the call whose output it hands on.
    """
    table = {info.path: info for info in infos}
    readers: dict[str, list[str]] = {}
    for before, after in edges:
        readers.setdefault(as_key(before).path, []).append(after)
    calls: dict[str, set[str]] = {}
    for after in (key for keys in readers.values() for key in keys):
        calls.setdefault(as_key(after).path, set()).add(after)
    shared = {path for path, each in calls.items() if len(each) > 1}
    blocks = {key: path for path, key in (ends or {}).items() if table[path].kind not in ROWS}
    found = {}
    for info in infos:
        if is_convolution(info):
            found[info.path] = _followed(info, table, readers, shared, blocks)
    return found


def _followed(
    start: LayerInfo,
    table: Mapping[str, LayerInfo],
    readers: Mapping[str, Sequence[str]],
    shared: set[str],
    blocks: Mapping[str, str],
) -> tuple[str, tuple[str, ...]]:
    last, words = start, [*_words(start)]
    found = start.path, tuple(words)
    active, pooled = _activates(start), False
    seen = {start.path}
    while True:
        keys = list(dict.fromkeys(readers.get(last.path, ())))
        after = list(dict.fromkeys(as_key(key).path for key in keys))
        reader = _gated(after, table, readers) or (table.get(after[0]) if len(after) == 1 else None)
        if reader is None or reader.path in seen:
            break
        pools = not active and _resizes(reader) != ""
        if not (pools or len(after) > 1 or _follows(reader) or _scales(reader)):
            break
        if reader.path in shared and isinstance(reader.layer, Module):
            if len(keys) == 1 and keys[0] in blocks:
                return blocks[keys[0]], (*words, *_words(reader))
            break
        if reader.shape is None or len(reader.shape) != len(last.shape or ()):
            break
        if not pools and reader.shape[1:] != (last.shape or ())[1:]:
            break
        if ends_the_model(reader):
            break
        last = reader
        seen |= {reader.path, *after}
        pooled = pooled or pools
        words += [_resizes(reader)] if pools else ["SiLU"] if len(after) > 1 else _words(reader)
        active = active or len(after) > 1 or _activates(reader)
        # A pool counts only where an activation is behind it; what scales, where anything is.
        if (active or not pooled) and not _passes(reader) and not _scales(reader):
            found = reader.path, tuple(words)
    return found


def _follows(info: LayerInfo) -> bool:
    named = any(word in info.kind for word in _FOLLOWING)
    return named or info.kind in _SUMS or _activates(info)


def _resizes(info: LayerInfo) -> str:
    """What changes the size of a map on the way to its activation, in a word; "" for others."""
    if "Pooling" in info.kind and "Global" not in info.kind:
        return "pool"
    return "upsampling" if "UpSampling" in info.kind else ""


def _scales(info: LayerInfo) -> bool:
    """Whether a layer multiplies by a constant or adds one."""
    return info.kind in _SCALING


def _activates(info: LayerInfo) -> bool:
    """Whether a layer is an activation, or ends in one."""
    known = "ReLU" in info.kind or "ELU" in info.kind or info.kind in _CLIPPING
    return known or bool(_function(info))


def _gated(
    after: Sequence[str], table: Mapping[str, LayerInfo], readers: Mapping[str, Sequence[str]]
) -> LayerInfo | None:
    """Of x·sigmoid(x), written out, the product: two read what is before, one of them the other."""
    if len(after) != 2:
        return None
    for gate, product in (after, after[::-1]):
        only = [as_key(key).path for key in readers.get(gate, ())] == [product]
        if not only or gate not in table or product not in table:
            continue
        if _function(table[gate]) == "sigmoid" and table[product].kind == "Multiply":
            return table[product]
    return None


def _function(info: LayerInfo) -> str:
    """The activation that a layer is or ends in, by its name; "" where there is none."""
    function = getattr(info.layer, "activation", None)
    if info.kind == "Lambda":  # of a function of Keras's or of a backend's, known by its name
        function = getattr(info.layer, "function", None)
        home = str(getattr(function, "__module__", "")).partition(".")[0]
        name = getattr(function, "__name__", "")
        known = home in ("keras", "tensorflow", "jax", "torch") and hasattr(keras.activations, name)
        return name if known and name != "linear" else ""
    name = getattr(function, "__name__", "linear")
    return "" if name == "linear" else str(name)


def ends_the_model(info: LayerInfo) -> bool:
    """Whether a layer ends in a softmax or a sigmoid, as an output does."""
    return info.kind == "Softmax" or _function(info) in ("softmax", "sigmoid", "log_softmax")


def _passes(info: LayerInfo) -> bool:
    """Whether a layer hands on what it gets, when nothing is trained."""
    return any(word in info.kind for word in _PASSING)


_SHORT = {"BatchNormalization": "BN", "LayerNormalization": "LN", "GroupNormalization": "GN"}


def _words(info: LayerInfo) -> list[str]:
    """What a picture calls a layer on the way."""
    kind = info.kind
    if _passes(info):
        return []
    activation = _function(info)
    named = {"relu": "ReLU", "relu6": "ReLU6", "gelu": "GELU", "silu": "SiLU", "swish": "SiLU"}
    act = [named.get(activation, activation)] if activation else []
    if kind in ("Activation", "Lambda"):
        return act
    if kind in _SUMS:
        return ["sum" if kind == "Add" else "mean"]
    if _scales(info):
        return ["scale"]
    if kind in _CLIPPING:
        return ["clip" if kind == "Clip" else kind[:3].lower()]
    if is_convolution(info):
        return ["conv", *act]
    if kind == "ReLU" and getattr(info.layer, "max_value", None) == 6:
        return ["ReLU6"]
    return [_SHORT.get(kind, kind), *act]
