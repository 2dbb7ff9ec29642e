"""Integrals along a line, as weighted sums over points of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from keras import ops

from kerasvis2.attribution.turns import in_turns


def gauss_legendre(points: int) -> tuple[np.ndarray, np.ndarray]:
    """Nodes in (0, 1) and weights that sum to 1; exact for polynomials of degree 2·points − 1."""
    nodes, weights = np.polynomial.legendre.leggauss(points)
    return (nodes + 1) / 2, weights / 2


def mean_on_line(function: Callable[[Any], Any], start: Any, end: Any, points: int) -> Any:
    """∫₀¹ function(start + t·(end − start)) dt, of the shape of `end`.

    Args:
        function: a batch to one of the same shape; called with one point of the line at a time.
        start: of a shape that broadcasts to that of `end`.
        end: (N, …).
        points: of the Gauss-Legendre rule.
    """
    nodes, weights = (ops.convert_to_tensor(v, "float32") for v in gauss_legendre(points))

    def step(i: Any, state: Any) -> tuple[Any]:
        (total,) = state
        return (total + weights[i] * function(start + nodes[i] * (end - start)),)

    return in_turns(step, points, (ops.zeros_like(end),))[0]
