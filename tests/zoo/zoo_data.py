"""Small synthetic data with something to learn, the same each time."""

from __future__ import annotations

import numpy as np


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def pictures(
    shape: tuple[int, ...], classes: int, count: int = 32, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Noise with a bright square whose place along the rows is its class: x in 0…1, y ints."""
    random = rng(seed)
    x = random.random((count, *shape), "float32") * 0.4
    y = np.arange(count) % classes
    height, width = shape[0], shape[1]
    side = max(2, height // 4)
    for i, label in enumerate(y):
        top = int(label * (height - side) / max(classes - 1, 1))
        left = int(random.integers(0, width - side + 1))
        x[i, top : top + side, left : left + side] += 0.6
    return x, y.astype("int64")


def digits(count: int = 64) -> tuple[np.ndarray, np.ndarray]:
    """Scikit-learn's digits: (count, 8, 8) in 0…1 and ints."""
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    return (x[:count] / 16).astype("float32").reshape(-1, 8, 8), y[:count].astype("int64")


def shapes(side: int, count: int = 32, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A bright rectangle on noise: pictures (N, side, side, 3), its mask, its box in 0…1."""
    random = rng(seed)
    x = random.random((count, side, side, 3), "float32") * 0.4
    masks = np.zeros((count, side, side), "int64")
    boxes = np.zeros((count, 4), "float32")
    for i in range(count):
        top, left = random.integers(0, side // 2, 2)
        height, width = random.integers(side // 4, side // 2, 2)
        masks[i, top : top + height, left : left + width] = 1
        boxes[i] = np.array([left, top, left + width, top + height]) / side
    x[masks == 1] += 0.5
    return x, masks, boxes


def signals(
    length: int, channels: int, classes: int, count: int = 32, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Sines of a class's own frequency in noise: (N, length, channels) and ints."""
    random = rng(seed)
    y = np.arange(count) % classes
    time = np.linspace(0, 2 * np.pi, length, dtype="float32")[None, :, None]
    phase = random.random((count, 1, channels), "float32") * 6
    x = np.sin((y[:, None, None] + 1) * 2 * time + phase)
    return (x + random.normal(0, 0.2, x.shape)).astype("float32"), y.astype("int64")


def sentences(
    length: int, words: int, classes: int = 2, count: int = 32, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Word numbers 1 … words − 1, zeros behind the end; the class's own word stands in it."""
    random = rng(seed)
    x = random.integers(classes + 1, words, (count, length))
    y = np.arange(count) % classes
    for i, label in enumerate(y):
        end = random.integers(length // 2, length)
        x[i, end:] = 0
        x[i, random.integers(0, length // 2)] = label + 1
    return x.astype("int32"), y.astype("int64")


def table(
    features: int, count: int = 48, seed: int = 0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Columns (N, features), a linear function of them (N,), and whether that is positive."""
    random = rng(seed)
    x = random.normal(size=(count, features)).astype("float32")
    values = x @ random.normal(size=features).astype("float32") * 3 + 10
    return x, values.astype("float32"), (values > 10).astype("int64")


def onehot(y: np.ndarray, classes: int) -> np.ndarray:
    return np.eye(classes, dtype="float32")[y]
