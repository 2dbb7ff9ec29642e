"""What one look at the probe brought home."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import ops, tree

from kerasvis2.drawing import Wiring
from kerasvis2.facts import LayerFacts
from kerasvis2.observe.targets import Target
from kerasvis2.task import Task

OUTPUTS = "outputs"  # the session's own entry in what a pass returns, beside the views'


@dataclass(frozen=True)
class Look:
    """Results that are not yet fetched from the device, and facts that were copied then.

    Attributes:
        chunks: per chunk of the probe, entry name → structure of tensors.
        valid: how many images of each chunk are real; the last one is filled up.
        per_image: entry names whose arrays have the image as their first axis.
        nbytes: size of all of it.
        layers: every layer by path.
        tasks: what each output is.
        spoken: which output captions speak of.
        labels: that output's labels, or None.
        targets: of each entry what is explained, by the names in its keys.
        wiring: which layer feeds which, or None.
    """

    chunks: list[dict[str, Any]]
    valid: list[int]
    per_image: Mapping[str, bool]
    nbytes: int
    layers: Mapping[str, LayerFacts]
    tasks: list[Task]
    spoken: int
    labels: np.ndarray | None
    targets: Mapping[str, Mapping[str, Target]]
    wiring: Wiring | None

    def entry(self, name: str) -> Any:
        """One entry's arrays in its structure, the chunks joined. Waits for the device."""
        parts = [chunk[name] for chunk in self.chunks if name in chunk]
        if not parts:
            return {}
        if not self.per_image[name]:
            return tree.map_structure(_host, parts[0])

        def joined(*pieces: Any) -> np.ndarray:
            if not len(pieces[0].shape):
                return _host(pieces[-1])
            real = [_host(piece)[:n] for piece, n in zip(pieces, self.valid)]
            return real[0] if len(real) == 1 else np.concatenate(real)

        return tree.map_structure(joined, *parts)

    def arrays(self, name: str) -> dict[str, np.ndarray]:
        """What a view's `reduce` returned."""
        found: dict[str, np.ndarray] = self.entry(name).get("arrays", {})
        return found


def _host(tensor: Any) -> np.ndarray:
    array = np.asarray(ops.convert_to_numpy(tensor))
    known = array.dtype.kind in "biuf" and array.dtype.kind != "f"
    return array if known else array.astype("float32")


def nbytes(structure: Any) -> int:
    """The size of all tensors of a structure."""
    return sum(
        math.prod(tensor.shape) * _itemsize(tensor.dtype) for tensor in tree.flatten(structure)
    )


def _itemsize(dtype: Any) -> int:
    name = keras.backend.standardize_dtype(dtype)
    return 2 if name == "bfloat16" else np.dtype(name).itemsize
