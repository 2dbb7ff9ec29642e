"""How alike two representations of the same images are; NumPy."""

from __future__ import annotations

import numpy as np


def linear_cka(x: np.ndarray, y: np.ndarray) -> float:
    """Debiased linear centred kernel alignment of two representations of the same images.

    HSIC(K, L) / √(HSIC(K, K)·HSIC(L, L)) with K = XXᵀ, L = YYᵀ and Song's unbiased HSIC, so that
    few images and many channels do not look alike by chance. 1 for a rotated or scaled copy,
    about 0 for what has nothing in common; it may be a little below 0.

    Kornblith et al., "Similarity of Neural Network Representations Revisited", ICML 2019,
    https://arxiv.org/abs/1905.00414; debiased as in Nguyen et al., "Do Wide and Deep Networks
    Learn the Same Things?", ICLR 2021, https://arxiv.org/abs/2010.15327.

    Args:
        x: (N, C), N at least 4.
        y: (N, D).

    Returns:
        The similarity; NaN where one of the two is the same for all images, or not finite.

    Raises:
        ValueError: where N differs or is below 4.
    """
    return gram_cka(gram(x), gram(y))


def gram(features: np.ndarray) -> np.ndarray:
    """The inner products of the images' features, less their common mean and in a common unit.

    Args:
        features: (N, C).

    Returns:
        (N, N); all 0 where float32 features are the same for all images.
    """
    features = np.asarray(features, np.float64)
    with np.errstate(invalid="ignore"):
        centred = features - features.mean(axis=0)
        size = np.abs(centred).max()
        if size <= 1e-6 * np.abs(features).max():
            return np.zeros((len(features), len(features)))
        return (centred / size) @ (centred / size).T


def gram_cka(a: np.ndarray, b: np.ndarray) -> float:
    """`linear_cka` from the two Gram matrices (N, N)."""
    if a.shape != b.shape or len(a) < 4:
        raise ValueError(
            "CKA compares two representations of the same images, 4 or more; "
            f"got {len(a)} and {len(b)} images."
        )
    scale = _hsic(a, a) * _hsic(b, b)
    if not (_hsic(a, a) > 0 and scale > 0 and np.isfinite(scale)):
        return float("nan")
    return float(_hsic(a, b) / np.sqrt(scale))


def _hsic(a: np.ndarray, b: np.ndarray) -> float:
    """Song et al., "Feature Selection via Dependence Maximization", JMLR 2012, equation 4."""
    count = len(a)
    a, b = (matrix - np.diag(np.diag(matrix)) for matrix in (a, b))
    found = np.sum(a * b)
    found += a.sum() * b.sum() / ((count - 1) * (count - 2))
    found -= 2 * (a.sum(axis=0) @ b.sum(axis=0)) / (count - 2)
    return float(found / (count * (count - 3)))
