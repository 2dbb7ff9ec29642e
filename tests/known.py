"""What the pages and docstrings take for granted: a small trained network, a probe, data and a run.

Their code begins where a user's does: with `model`, `x`, `y`, `x_val`, `y_val` and `probe`.
"""

from functools import cache
from pathlib import Path
from typing import Any

import keras
import numpy as np
from PIL import Image

import kerasvis2 as kv

SIDE = 24
CLASS_NAMES = ["cat", "dog", "leopard"]


def pictures(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Colour pictures in 0…1: noise, with a square in the colour of its class."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(0, 0.5, (count, SIDE, SIDE, 3)).astype("float32")
    y = np.arange(count) % 3
    for image, label in zip(x, y):
        top, left = rng.integers(0, SIDE - 8, 2)
        image[top : top + 8, left : left + 8, label] = 1
    return x, y


def network() -> Any:
    keras.utils.set_random_seed(1)
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((SIDE, SIDE, 3), name="image"),
            layers.Conv2D(8, 3, padding="same", activation="relu", name="conv1"),
            layers.MaxPooling2D(name="pool1"),
            layers.Conv2D(12, 3, padding="same", activation="relu", name="conv2"),
            layers.GlobalMaxPooling2D(name="pool2"),
            layers.Dense(3, activation="softmax", name="animal"),
        ],
        name="animals",
    )


def compiled(model: Any) -> Any:
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


@cache
def weights() -> Any:
    """As after a short training."""
    model = compiled(network())
    model.optimizer.learning_rate = 0.02
    x, y = pictures(96, seed=0)
    model.fit(x, y, epochs=6, batch_size=16, verbose=0)
    return model.get_weights()


@cache
def transformer() -> Any:
    """A vision transformer with two blocks of attention over 6 × 6 patches."""
    keras.utils.set_random_seed(2)
    layers = keras.layers
    image = keras.Input((SIDE, SIDE, 3))
    x = layers.Conv2D(16, 4, strides=4, name="patches")(image)
    x = layers.Reshape((36, 16), name="tokens")(x)
    for i in range(2):
        y = layers.LayerNormalization(name=f"norm{i}")(x)
        x = x + layers.MultiHeadAttention(2, 8, name=f"attention{i}")(y, y)
    x = layers.GlobalAveragePooling1D(name="mean")(x)
    return keras.Model(image, layers.Dense(3, activation="softmax", name="animal")(x))


def known() -> dict[str, Any]:
    """The names that every page and docstring may use."""
    model = compiled(network())
    model.set_weights(weights())
    x, y = pictures(48, seed=3)
    x_val, y_val = pictures(24, seed=4)
    probe = kv.Probe(x_val[:8], y_val[:8], class_names=CLASS_NAMES, display=(0, 1))
    return {
        **{"kv": kv, "keras": keras, "np": np, "model": model, "probe": probe},
        **{"x": x, "y": y, "x_val": x_val, "y_val": y_val, "vit": transformer()},
    }


def runs(folder: Path) -> None:
    """Two runs under `folder`, "plain" and "augmented", of two epochs each."""
    x, y = pictures(48, seed=3)
    probe = kv.Probe(x[:8], y[:8], class_names=CLASS_NAMES, display=(0, 1))
    for name in ("plain", "augmented"):
        monitor = kv.Monitor(folder / name, probe, [kv.Curves(), kv.GradCAM(), kv.Drift()])
        compiled(network()).fit(x, y, epochs=2, callbacks=[monitor], verbose=0)


def photographs(folder: Path) -> None:
    """Two photographs of each class, in folders of their names, and one beside them."""
    x, y = pictures(6, seed=5)
    for i, (image, label) in enumerate(zip(x, y)):
        (folder / "photos" / CLASS_NAMES[label]).mkdir(parents=True, exist_ok=True)
        file = Image.fromarray((image * 255).astype("uint8"))
        file.save(folder / "photos" / CLASS_NAMES[label] / f"{i}.jpg")
        file.save(folder / "photo.jpg")
