"""The demo's small CNN."""

from __future__ import annotations

from typing import Any

from kerasvis2.demo.data import DIGITS, SIDE


def build(seed: int = 0) -> Any:
    """A compiled CNN of five convolutions for (64, 64, 1) images in [0, 1]."""
    import keras

    keras.utils.set_random_seed(seed)
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((SIDE, SIDE, 1)),
            layers.Conv2D(16, 5, padding="same", activation="relu", name="conv1"),
            layers.BatchNormalization(momentum=0.9, name="norm1"),
            layers.MaxPooling2D(name="pool1"),
            layers.Conv2D(32, 3, padding="same", activation="relu", name="conv2"),
            layers.Conv2D(32, 3, padding="same", activation="relu", name="conv3"),
            layers.MaxPooling2D(name="pool2"),
            layers.Conv2D(64, 3, padding="same", activation="relu", name="conv4"),
            layers.Conv2D(64, 3, padding="same", activation="relu", name="conv5"),
            # The largest answer rather than the mean one: a digit covers little of the image.
            layers.GlobalMaxPooling2D(name="pool"),
            layers.Dense(len(DIGITS), activation="softmax", name="digit"),
        ],
        name="digits_on_textures",
    )
    model.compile(
        keras.optimizers.Adam(2e-3), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    return model
