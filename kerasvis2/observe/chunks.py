"""How a probe is divided, so that looking at it does not take too much memory."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from keras import ops, tree

if TYPE_CHECKING:
    from kerasvis2.probe import Probe

# The layer outputs that views read are kept until their gradients arrive. Beyond this many bytes
# of them the probe is looked at in turns: those of all of a ResNet50's layers, at 16 images, would
# take three times the memory of the pass itself.
KEPT_BYTES = 256 * 2**20


@dataclass(frozen=True)
class Part:
    """Some of the probe's images, looked at together.

    Attributes:
        inputs: what the model is called with, or None without a probe.
        rows: (n,) which images of the probe these are.
        valid: how many of them are real; the last part is filled up to full size.
    """

    inputs: Any = None
    rows: np.ndarray | None = None
    valid: int = 0


@dataclass(frozen=True)
class Chunk:
    """Where in the training and in the probe a pass is; tensors.

    Attributes:
        inputs: the batch, in the structure the model is called with.
        labels: its labels in the model's own form, where the loss is asked for.
        first: bool, whether this is the first chunk of the probe.
        share: float, how much of the probe the real images of this chunk are; 1 without chunks.
        real: (n,) float weights of mean 1 that are 0 for the images a chunk was filled up with;
            None where no chunk is.
        iterations: int, how many steps the optimizer has made.
        rows: (n,) int, which images of the probe these are; None without a probe.
    """

    inputs: Any
    labels: Any
    first: Any
    share: Any
    real: Any
    iterations: Any
    rows: Any


def at_once(size: int, shapes: Iterable[tuple[int | None, ...]]) -> int:
    """How many of `size` images to look at in one pass, so that all passes are about equal.

    Args:
        size: number of images.
        shapes: (None, …) of each output that is kept.
    """
    values = sum(math.prod(axis or 1 for axis in shape[1:]) for shape in shapes)
    most = max(1, KEPT_BYTES // (4 * max(1, values)))
    return math.ceil(size / math.ceil(size / most))


def divided(probe: Probe, batch_size: int) -> Iterator[Part]:
    """The probe's parts of so many images, the last one filled up."""
    for start in range(0, probe.size, batch_size):
        rows = np.minimum(np.arange(start, start + batch_size), probe.size - 1)
        inputs = tree.map_structure(
            lambda x, rows=rows: ops.convert_to_tensor(x[rows]), probe.inputs
        )
        yield Part(inputs, rows, min(batch_size, probe.size - start))
