"""The networks that the benchmarks look at, the same in every environment.

Each function is given the Keras to build with, Keras 3 or the legacy tf_keras of the peers.
"""

from __future__ import annotations

from typing import Any

import numpy as np

CLASSES = 10


def cnn(keras: Any, side: int = 32, channels: int = 3, depth: int = 6) -> Any:
    """Six convolutions, as in a first tutorial."""
    layers = keras.layers
    image = x = keras.Input((side, side, channels))
    for i in range(depth):
        width = 32 * 2 ** min(i // 2, 2)
        x = layers.Conv2D(width, 3, padding="same", activation="relu", name=f"conv{i + 1}")(x)
        if i % 2 and i < 6:
            x = layers.MaxPooling2D(name=f"pool{i + 1}")(x)
    x = layers.GlobalAveragePooling2D(name="mean")(x)
    scores = layers.Dense(CLASSES, activation="softmax", name="scores")(x)
    return keras.Model(image, scores, name="cnn")


def mnist_cnn(keras: Any) -> Any:
    """That of Keras's own first example on handwritten digits, 99 % right in fifteen epochs.

    https://keras.io/examples/vision/mnist_convnet/
    """
    layers = keras.layers
    image = x = keras.Input((28, 28, 1))
    x = layers.Conv2D(32, 3, activation="relu")(x)
    x = layers.MaxPooling2D()(x)
    x = layers.Conv2D(64, 3, activation="relu")(x)
    x = layers.MaxPooling2D()(x)
    x = layers.Dropout(0.5)(layers.Flatten()(x))
    return keras.Model(image, layers.Dense(CLASSES, activation="softmax")(x), name="digits")


def mobilenet_nested(keras: Any, side: int = 96) -> Any:
    """A backbone inside a Sequential, as in transfer learning."""
    return keras.Sequential(
        [
            keras.Input((side, side, 3)),
            keras.applications.MobileNetV2((side, side, 3), include_top=False, weights=None),
            keras.layers.GlobalAveragePooling2D(name="mean"),
            keras.layers.Dense(CLASSES, activation="softmax", name="scores"),
        ],
        name="mobilenet_nested",
    )


def mobilenet(keras: Any, side: int = 96) -> Any:
    """The same without nesting, which the peers cannot look into."""
    return keras.applications.MobileNetV2((side, side, 3), weights=None, classes=CLASSES)


def resnet(keras: Any, side: int = 224) -> Any:
    """A large functional model."""
    return keras.applications.ResNet50V2(
        input_shape=(side, side, 3), weights=None, classes=CLASSES, name="resnet50v2"
    )


NETWORKS = {
    "CNN 32×32": cnn,
    "MobileNetV2 nested 96×96": mobilenet_nested,
    "ResNet50V2 224×224": resnet,
}


def convolutions(model: Any) -> list[str]:
    """The names of a flat model's convolutions, depthwise ones too."""
    return [layer.name for layer in model.layers if "Conv2D" in type(layer).__name__]


def digits(path: str | None) -> tuple[Any, Any, str]:
    """8,000 digits from an .npz with x_train and y_train; without one, noise of their shape."""
    if path:
        with np.load(path) as found:
            x, y = found["x_train"][:8000], found["y_train"][:8000]
        return (x[..., None] / 255).astype("float32"), y.astype("int64"), "MNIST images"
    rng = np.random.default_rng(0)
    return rng.random((8000, 28, 28, 1), "float32"), np.arange(8000) % 10, "random 28×28 images"
