"""What an ascent climbs: scores of model outputs and layer outputs, unit by unit.

Each takes the output for N images, where image i is unit `i % U`'s, and the U units' indices, and
gives (N,) float32 scores.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from keras import ops


def log_odds(logits: Any, units: Sequence[int]) -> Any:
    """A class's logit minus the log of the summed exponentials of all others', (N, classes) → (N,).

    The right objective for a class among classes: a logit alone can be raised together with
    another's, and the log-probability of a sure class has no gradient left.

    A model of one output has no others: its logit.
    """
    chosen = ops.convert_to_tensor(_chosen(logits, units))
    if logits.shape[-1] == 1:
        return logits[:, 0]
    # Far below every logit, but finite: an infinity would make the gradient NaN.
    others = ops.logsumexp(logits - 1e9 * chosen, axis=-1)
    return ops.sum(logits * chosen, axis=-1) - others


def direction(outputs: Any, vectors: Any) -> Any:
    """Projection on a direction in channel space, averaged over space.

    Args:
        outputs: (N, …, C).
        vectors: (U, C), one direction a unit. Several units jointly are a direction of their own.
    """
    if len(outputs.shape) > 2:
        outputs = ops.mean(outputs, axis=tuple(range(1, len(outputs.shape) - 1)))
    vectors = np.asarray(vectors, np.float32)
    own = vectors[np.arange(outputs.shape[0]) % len(vectors)]
    return ops.sum(outputs * ops.convert_to_tensor(own), axis=-1)


def _chosen(outputs: Any, units: Sequence[int]) -> np.ndarray:
    """One-hot rows (N, C) of each image's own unit."""
    own = np.asarray(units)[np.arange(outputs.shape[0]) % len(units)]
    return np.eye(outputs.shape[-1], dtype=np.float32)[own]
