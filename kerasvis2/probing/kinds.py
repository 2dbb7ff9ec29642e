"""What kind of example a probe holds, and what is drawn of those that are no pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from kerasvis2.probing.arrays import Key, Structure, items, name_of
from kerasvis2.probing.guess import layout_of
from kerasvis2.tasks.forms import is_whole

KINDS = ("pictures", "volumes", "signals", "tokens", "tables", "latent", "text", "arrays")
PICTURED = ("pictures", "volumes")  # the kinds of which there are images


@dataclass(frozen=True)
class Shown:
    """What is drawn of a probe's examples; plain data.

    Attributes:
        kind: one of `KINDS`.
        values: signals (N, T, C) and tables (N, F) float32, token ids (N, T) int64, volumes
            (N, D, H, W, C) float32 in the model's units; None for pictures, text and others.
        names: of tables one name a feature, of signals one a channel; None where none are known.
        words: of tokens and text N lists of words; None where no vocabulary is known.
    """

    kind: str
    values: np.ndarray | None = None
    names: tuple[str, ...] | None = None
    words: tuple[tuple[str, ...], ...] | None = None


def kind_of(drawn: np.ndarray, *, callable_display: bool, tokens: bool, features: bool) -> str:
    """The kind of an input (N, …), by its shape and dtype and what the user said of it.

    (N, H, W) is a signal of W channels where W is less than 8, or at most 16 and no more than a
    quarter of H, unless it is square.
    """
    if drawn.dtype.kind in "US":
        return "text"
    if tokens:
        return "tokens"
    if callable_display:
        return "pictures"
    rank = drawn.ndim - 1
    if rank == 0 or (rank == 1 and features):
        return "tables"
    if rank == 1:
        if layout_of(drawn.shape[1:]) is not None:
            return "pictures"
        return "tokens" if drawn.dtype.kind in "iu" and drawn.dtype.itemsize > 1 else "tables"
    if rank == 2:
        length, width = drawn.shape[1:]
        narrow = width < 8 or (width <= 16 and length >= 4 * width)
        return "signals" if features or width == 1 or (length != width and narrow) else "pictures"
    return {3: "pictures", 4: "volumes"}.get(rank, "arrays")


def drawn_key(inputs: Structure, image: Key | None) -> tuple[Key | None, str | None]:
    """The key of the input to draw, and a note where it had to be chosen among several.

    It is the one named; else the only picture; else the first of what is most like one.
    """
    if isinstance(inputs, np.ndarray):
        if image is not None:
            raise ValueError(
                f"image={image!r} names one of several inputs, but inputs is one array."
            )
        return None, None
    keys = [key for key, _ in items(inputs)]
    if not keys:
        raise ValueError("inputs is empty; give at least one array.")
    if image is not None:
        if image not in keys:
            raise ValueError(f"image={image!r} is none of the inputs; they are {keys}.")
        return image, None
    ranks = {key: _rank(key, array) for key, array in items(inputs)}
    order = list(inputs) if isinstance(inputs, dict) else keys
    best = [key for key in order if ranks[key] == min(ranks.values())]
    if len(best) == 1:
        return best[0], None
    return best[0], (
        f"{name_of('inputs', best[0])} is the input that is drawn and explained; give image= for "
        f"another one of {best}."
    )


def _rank(key: Key | None, array: np.ndarray) -> tuple[int, bool]:
    """How unlike a picture an input is; masks and segment ids of token models come last."""
    kind = kind_of(array, callable_display=False, tokens=False, features=False)
    helper = any(part in str(key) for part in ("mask", "segment", "type", "pad", "position"))
    return (0 if array.ndim == 4 else 1 + KINDS.index(kind)), helper


def check_feature_names(names: Any, drawn: np.ndarray, kind: str) -> tuple[str, ...] | None:
    """The names as a tuple, one for each value of the last axis."""
    if names is None:
        return None
    listed = names.tolist() if hasattr(names, "tolist") else names  # a pandas Index, an array
    if isinstance(listed, str) or not isinstance(listed, Sequence):
        raise TypeError(f"feature_names={names!r}; give a list with one name for each feature.")
    found = tuple(str(name) for name in listed)
    count = drawn.shape[-1] if drawn.ndim > 1 else 1
    if len(found) != count:
        raise ValueError(
            f"feature_names has {len(found)} names, but the inputs {drawn.shape} have {count} "
            f"{'channels' if kind == 'signals' else 'features'}."
        )
    return found


def shown_of(
    drawn: np.ndarray, kind: str, names: tuple[str, ...] | None, tokens: Any = None
) -> Shown:
    """What is drawn of examples (N, …) of a kind."""
    if kind == "text":
        rows = drawn.reshape(len(drawn), -1)
        return Shown(kind, words=tuple(tuple(_text(word) for word in row) for row in rows))
    if kind == "tokens":
        from kerasvis2.probing.tokens import words_of

        if not is_whole(drawn) or np.abs(drawn.astype(np.float64)).max() >= 2**62:
            raise ValueError(f"tokens= names token ids, but the inputs {drawn.dtype} are none.")
        ids = drawn.reshape(len(drawn), -1).astype(np.int64)
        return Shown(kind, _locked(ids), words=None if tokens is None else words_of(ids, tokens))
    if kind in ("pictures", "arrays"):
        return Shown(kind)
    values = drawn.astype(np.float32)
    return Shown(kind, _locked(values[:, np.newaxis] if values.ndim == 1 else values), names=names)


def _text(word: Any) -> str:
    return word.decode("utf-8", "replace") if isinstance(word, bytes) else str(word)


def _locked(array: np.ndarray) -> np.ndarray:
    array = array.copy()
    array.setflags(write=False)
    return array
