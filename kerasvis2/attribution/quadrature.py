"""Integrals along a line, as weighted sums over points of it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from keras import ops

from kerasvis2.attribution.turns import copies_at_once, in_turns


def gauss_legendre(points: int) -> tuple[np.ndarray, np.ndarray]:
    """Nodes in (0, 1) and weights that sum to 1; exact for polynomials of degree 2·points − 1."""
    nodes, weights = np.polynomial.legendre.leggauss(points)
    return (nodes + 1) / 2, weights / 2


def mean_on_line(function: Callable[[Any, Any], Any], start: Any, end: Any, points: int) -> Any:
    """∫₀¹ function(start + t·(end − start)) dt, of the shape of `end`.

    Args:
        function: `function(batch (m, …), rows (m,))`, of the shape of the batch; rows says which
            line each point lies on. Called with a few points of every line at a time.
        start: of a shape that broadcasts to that of `end`.
        end: (N, …).
        points: of the Gauss-Legendre rule.
    """
    shape = tuple(end.shape)
    at_once = copies_at_once(shape, points)
    turns = math.ceil(points / at_once)
    spare = (0, turns * at_once - points)  # of weight 0
    nodes, weights = (np.pad(v, spare).astype("float32") for v in gauss_legendre(points))
    nodes, weights = (
        ops.convert_to_tensor(v.reshape(turns, at_once, *[1] * len(shape)))
        for v in (nodes, weights)
    )
    rows = np.tile(np.arange(shape[0], dtype="int32"), at_once)

    def step(i: Any, state: Any) -> tuple[Any]:
        (total,) = state
        batch = ops.reshape(start + nodes[i] * (end - start), (-1, *shape[1:]))
        found = ops.reshape(function(batch, rows), (at_once, *shape))
        return (total + ops.sum(weights[i] * found, axis=0),)

    return in_turns(step, turns, (ops.zeros_like(end),))[0]
