"""What a network makes of a convolution: behind its normalisation, activation, residual sum."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kerasvis2.keys import as_key
from kerasvis2.layers import ROWS, LayerInfo, is_convolution
from kerasvis2.modules import Module

_FOLLOWING = ("Normalization", "Activation", "ReLU", "ELU", "Dropout", "Noise", "Identity")
_SUMS = ("Add", "Average")


def settled(
    infos: Sequence[LayerInfo],
    edges: Sequence[tuple[str, str]],
    ends: Mapping[str, str] | None = None,
) -> dict[str, tuple[str, tuple[str, ...]]]:
    """For each convolution the layer where its output is settled, and what it went through.

    That is the last of the normalisations, activations and sums that alone read what is before
    them. Where there are none, it is the convolution itself. PyTorch's blocks have one ReLU for
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
    found = start
    seen = {start.path}
    while True:
        keys = list(dict.fromkeys(readers.get(last.path, ())))
        after = list(dict.fromkeys(as_key(key).path for key in keys))
        if len(after) != 1 or after[0] not in table or after[0] in seen:
            break
        reader = table[after[0]]
        sums = reader.kind in _SUMS
        if not sums and not any(word in reader.kind for word in _FOLLOWING):
            break
        if reader.path in shared and isinstance(reader.layer, Module):
            if len(keys) == 1 and keys[0] in blocks:
                return blocks[keys[0]], (*words, *_words(reader))
            break
        if reader.shape is None or reader.shape[1:] != (last.shape or ())[1:]:
            break
        if ends_the_model(reader):
            break
        last = reader
        seen.add(reader.path)
        words += _words(reader)
        found = found if _passes(reader) else reader
    return found.path, tuple(words)


def ends_the_model(info: LayerInfo) -> bool:
    """Whether a layer ends in a softmax or a sigmoid, as an output does."""
    name = getattr(getattr(info.layer, "activation", None), "__name__", "")
    return info.kind == "Softmax" or name in ("softmax", "sigmoid", "log_softmax")


def _passes(info: LayerInfo) -> bool:
    """Whether a layer hands on what it gets, when nothing is trained."""
    return "Dropout" in info.kind or "Noise" in info.kind or info.kind == "Identity"


_SHORT = {"BatchNormalization": "BN", "LayerNormalization": "LN", "GroupNormalization": "GN"}


def _words(info: LayerInfo) -> list[str]:
    """What a picture calls a layer on the way."""
    kind = info.kind
    if _passes(info):
        return []
    activation = getattr(getattr(info.layer, "activation", None), "__name__", "linear")
    named = {"relu": "ReLU", "relu6": "ReLU6", "gelu": "GELU", "silu": "SiLU"}
    act = [] if activation == "linear" else [named.get(activation, activation)]
    if kind == "Activation":
        return act
    if kind in _SUMS:
        return ["sum"]
    if is_convolution(info):
        return ["conv", *act]
    if kind == "ReLU" and getattr(info.layer, "max_value", None) == 6:
        return ["ReLU6"]
    return [_SHORT.get(kind, kind), *act]
