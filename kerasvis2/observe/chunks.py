"""How a probe is divided, so that looking at it does not take too much memory."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import tensorflow as tf

if TYPE_CHECKING:
    from kerasvis2.probe import Probe

Chunk = tuple[Any, Any, int]  # inputs, their rows in the probe, how many of them are real

# The layer outputs that views read are kept until their gradients arrive. Beyond this many bytes
# of them the probe is looked at in turns: those of all of a ResNet50's layers, at 16 images, would
# take three times the memory of the pass itself.
KEPT_BYTES = 256 * 2**20


def at_once(size: int, shapes: Iterable[tuple[int | None, ...]]) -> int:
    """How many of `size` images to look at in one pass, so that all passes are about equal.

    Args:
        size: number of images.
        shapes: (None, …) of each output that is kept.
    """
    values = sum(math.prod(axis or 1 for axis in shape[1:]) for shape in shapes)
    most = max(1, KEPT_BYTES // (4 * max(1, values)))
    return math.ceil(size / math.ceil(size / most))


def chunks(probe: Probe, batch_size: int) -> Iterator[Chunk]:
    """(inputs, rows, how many are real) per chunk; the last one is filled up to full size."""
    size = min(batch_size, probe.size)
    for start in range(0, probe.size, size):
        rows = np.minimum(np.arange(start, start + size), probe.size - 1)
        inputs = tf.nest.map_structure(lambda x, rows=rows: tf.constant(x[rows]), probe.inputs)
        yield inputs, rows, min(size, probe.size - start)
