"""The same small network written in every way that Keras knows."""

from typing import Any

import keras
import numpy as np
from keras import layers

SHAPE, CLASSES = (12, 10, 3), 5


def parts(seed: int = 0) -> list[Any]:
    """Fresh layers: two convolutions, batch norm with moved statistics, pooling, softmax head."""
    keras.utils.set_random_seed(seed)
    return [
        layers.Conv2D(6, 3, activation="relu", name="conv1"),
        layers.BatchNormalization(name="norm"),
        layers.Conv2D(8, 3, padding="same", name="conv2"),
        layers.ReLU(name="relu2"),
        layers.GlobalAveragePooling2D(name="pool"),
        layers.Dense(CLASSES, activation="softmax", name="head"),
    ]


def functional(seed: int = 0) -> Any:
    image = keras.Input(SHAPE, name="image")
    x = image
    for layer in parts(seed):
        x = layer(x)
    return _settled(keras.Model(image, x))


def sequential(seed: int = 0) -> Any:
    return _settled(keras.Sequential([keras.Input(SHAPE), *parts(seed)]))


def nested(seed: int = 0) -> Any:
    """A functional backbone inside a Sequential, as in transfer learning."""
    *body, pool, head = parts(seed)
    image = keras.Input(SHAPE)
    x = image
    for layer in body:
        x = layer(x)
    backbone = keras.Model(image, x, name="backbone")
    return _settled(keras.Sequential([keras.Input(SHAPE), backbone, pool, head]))


class Subclassed(keras.Model):
    """A model with a call of its own, its layers in a list and in an attribute."""

    def __init__(self, seed: int = 0) -> None:
        super().__init__(name="subclassed")
        *self.body, self.pool, self.head = parts(seed)

    def call(self, x: Any, training: bool = False) -> Any:
        for layer in self.body:
            x = layer(x, training=training) if layer.name == "norm" else layer(x)
        return self.head(self.pool(x))


def subclassed(seed: int = 0) -> Any:
    model = Subclassed(seed)
    model(np.zeros((1, *SHAPE), "float32"))
    return _settled(model)


def _settled(model: Any) -> Any:
    """Statistics as after some training, so that a forgotten `training=False` shows."""
    rng = np.random.default_rng(7)
    for variable in model.non_trainable_variables:
        if variable.name == "moving_mean":
            variable.assign(rng.normal(0, 0.2, variable.shape))
        elif variable.name == "moving_variance":
            variable.assign(rng.uniform(0.2, 1.5, variable.shape))
    return model


def images(count: int = 7, seed: int = 3) -> np.ndarray:
    return np.random.default_rng(seed).random((count, *SHAPE), "float32")


def labels(count: int = 7) -> np.ndarray:
    return np.arange(count) % CLASSES


def without_activation(model: Any) -> Any:
    """A copy of the functional network whose head gives logits: the oracle's way to them."""
    copy = functional()
    copy.set_weights(model.get_weights())
    copy.get_layer("head").activation = keras.activations.linear
    return copy
