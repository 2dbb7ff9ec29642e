"""One small convolutional network, trained in every way that Keras has."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import truths
import zoo_data as data
from keras import layers, ops
from programs import ASCENT, GRADIENTS, PICTURES, RULES, Program, compiled, program, training

SHAPE, CLASSES = (12, 12, 3), 4
TRUE = (truths.classes, truths.quiet)


def parts() -> list[Any]:
    return [
        layers.Conv2D(8, 3, activation="relu", padding="same"),
        layers.BatchNormalization(),
        layers.Conv2D(12, 3, strides=2, activation="relu"),
        layers.Dropout(0.3),
        layers.GlobalAveragePooling2D(),
        layers.Dense(CLASSES, activation="softmax"),
    ]


def network(**options: Any) -> Any:
    model = keras.Sequential([keras.Input(SHAPE), *parts()])
    return compiled(model, "sparse_categorical_crossentropy", metrics=["accuracy"], **options)


@contextlib.contextmanager
def with_xla() -> Iterator[None]:
    """Keras leaves XLA out where TensorFlow is told to be deterministic, as these tests do."""
    if keras.backend.backend() != "tensorflow":
        yield
        return
    from tensorflow.python.framework import config

    before = config.is_op_determinism_enabled()
    config.disable_op_determinism()
    try:
        yield
    finally:
        if before:
            config.enable_op_determinism()


def network_with_xla() -> Any:
    with with_xla():
        return network(jit_compile="auto")


def training_with_xla(*data: Any) -> Any:
    def fit(model: Any, callbacks: list[Any]) -> list[Any]:
        with with_xla():
            return training(*data)(model, callbacks)

    return fit


def as_program(make: Any, fit: Any = None, views: tuple[str, ...] = PICTURES) -> Program:
    x, y = data.pictures(SHAPE, CLASSES)
    probe = {"inputs": x[:6], "labels": y[:6]}
    return Program(make, fit or training(x, y), probe, views=views, truths=TRUE)


@program
def python_generator() -> Program:
    """Batches from a generator without an end; `steps_per_epoch` says where an epoch ends."""
    x, y = data.pictures(SHAPE, CLASSES)

    def batches() -> Iterator[Any]:
        random = data.rng(5)
        while True:
            chosen = random.integers(0, len(x), 8)
            yield x[chosen], y[chosen]

    def fit(model: Any, callbacks: list[Any]) -> list[Any]:
        history = model.fit(batches(), steps_per_epoch=3, epochs=2, callbacks=callbacks, verbose=0)
        return [history.history]

    return as_program(network, fit)


class Batches(keras.utils.PyDataset):
    """Batches by number, drawn anew each epoch."""

    def __init__(self) -> None:
        super().__init__(workers=1)
        self.x, self.y = data.pictures(SHAPE, CLASSES)
        self.random = data.rng(3)
        self.order = np.arange(len(self.x))

    def __len__(self) -> int:
        return 4

    def __getitem__(self, index: int) -> Any:
        chosen = self.order[index * 8 : index * 8 + 8]
        return self.x[chosen], self.y[chosen]

    def on_epoch_end(self) -> None:
        self.order = self.random.permutation(self.order)


@program
def py_dataset() -> Program:
    def fit(model: Any, callbacks: list[Any]) -> list[Any]:
        return training(Batches(), batch_size=None)(model, callbacks)

    return as_program(network, fit)


@program
def run_eagerly() -> Program:
    return as_program(lambda: network(run_eagerly=True))


@program
def compiled_by_xla() -> Program:
    fit = training_with_xla(*data.pictures(SHAPE, CLASSES))
    return as_program(network_with_xla, fit)


@program
def steps_per_execution() -> Program:
    return as_program(lambda: network(steps_per_execution=3))


@program
def weighted_classes() -> Program:
    x, y = data.pictures(SHAPE, CLASSES)
    weights = {0: 1.0, 1: 2.0, 2: 0.5, 3: 1.0}
    fit = training(x, y, class_weight=weights, validation_data=(x, y, np.ones(len(x))))
    return as_program(lambda: network(weighted_metrics=["accuracy"]), fit)


@program
def unbuilt_sequential() -> Program:
    """No `Input`: the model is built by the first batch."""

    def make() -> Any:
        return compiled(
            keras.Sequential(parts()), "sparse_categorical_crossentropy", metrics=["accuracy"]
        )

    return as_program(make)


class Noisy(keras.Model):
    """A subclassed model that draws numbers in `call`, in training and outside of it."""

    def __init__(self) -> None:
        super().__init__()
        self.body = parts()
        self.seeds = keras.random.SeedGenerator(11)

    def call(self, x: Any, training: bool = False) -> Any:
        x = x + 0.05 * keras.random.normal(ops.shape(x), seed=self.seeds)
        for layer in self.body:
            x = layer(x)
        return x


@program
def random_in_call() -> Program:
    """Unbuilt, with a `SeedGenerator` in `call`: building it draws a number."""

    def make() -> Any:
        return compiled(Noisy(), "sparse_categorical_crossentropy", metrics=["accuracy"])

    x, y = data.pictures(SHAPE, CLASSES)
    probe = {"inputs": x[:6], "labels": y[:6]}
    return Program(make, training(x, y), probe, truths=(truths.quiet,))


@program
def channels_first() -> Program:
    """(3, 12, 12) pictures; the display moves the channels behind."""
    x, y = data.pictures(SHAPE, CLASSES)
    x = np.ascontiguousarray(np.moveaxis(x, -1, 1))

    def make() -> Any:
        first = {"data_format": "channels_first"}
        image = keras.Input((3, 12, 12))
        h = layers.Conv2D(8, 3, activation="relu", padding="same", **first)(image)
        h = layers.BatchNormalization(axis=1)(h)
        h = layers.Conv2D(12, 3, activation="relu", padding="same", **first)(h)
        h = layers.GlobalAveragePooling2D(**first)(h)
        model = keras.Model(image, layers.Dense(CLASSES, activation="softmax")(h))
        # TensorFlow has these gradients on a CPU in XLA only.
        options = {"metrics": ["accuracy"], "jit_compile": keras.backend.backend() != "torch"}
        with with_xla():
            return compiled(model, "sparse_categorical_crossentropy", **options)

    probe = {
        "inputs": x[:6],
        "labels": y[:6],
        "display": lambda batch: np.moveaxis(batch, 1, -1),
    }
    shows = ("filters", "activations", "grad_cam")
    views = tuple(view for view in PICTURES if view != "ActivationMaximization")
    return Program(make, training_with_xla(x, y), probe, views=views, shows=shows, truths=TRUE)


@program
def mixed_precision() -> Program:
    """float16 inside, float32 at the end; the optimizer scales the loss."""

    def make() -> Any:
        layered = [
            layers.Conv2D(8, 3, activation="relu", dtype="mixed_float16"),
            layers.BatchNormalization(dtype="mixed_float16"),
            layers.Conv2D(12, 3, activation="relu", dtype="mixed_float16"),
            layers.GlobalAveragePooling2D(dtype="mixed_float16"),
            layers.Dense(CLASSES, dtype="mixed_float16"),
            layers.Activation("softmax", dtype="float32"),
        ]
        model = keras.Sequential([keras.Input(SHAPE), *layered])
        optimizer = keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam())
        return compiled(model, "sparse_categorical_crossentropy", optimizer, metrics=["accuracy"])

    return as_program(make)


@program
def lambdas_and_operations() -> Program:
    """A functional graph of Lambda layers and bare `keras.ops`."""

    def make() -> Any:
        image = keras.Input(SHAPE)
        h = layers.Lambda(lambda t: t * 2 - 1)(image)
        h = layers.Conv2D(8, 3, padding="same")(h)
        h = ops.maximum(h, 0.1 * h)
        h = ops.concatenate([h, ops.flip(h, axis=2)], axis=-1)
        h = layers.Conv2D(12, 3, activation="relu")(h)
        h = ops.mean(h, axis=(1, 2))
        h = h / (ops.norm(h, axis=-1, keepdims=True) + 1e-6)
        model = keras.Model(image, ops.softmax(layers.Dense(CLASSES)(h)))
        return compiled(model, "sparse_categorical_crossentropy", metrics=["accuracy"])

    return as_program(make)


@program
def integer_pictures() -> Program:
    """uint8 pictures, as they come from files; the model scales them."""
    x, y = data.pictures(SHAPE, CLASSES)
    x = (x * 255).clip(0, 255).astype("uint8")

    def make() -> Any:
        image = keras.Input(SHAPE, dtype="uint8")
        h = layers.Rescaling(1 / 255)(image)
        for layer in parts():
            h = layer(h)
        model = keras.Model(image, h)
        return compiled(model, "sparse_categorical_crossentropy", metrics=["accuracy"])

    probe = {"inputs": x[:6], "labels": y[:6]}
    # Keras casts to whole numbers, through which no gradient goes.
    none = (*GRADIENTS, *RULES, *ASCENT)
    views = tuple(view for view in PICTURES if view not in none)
    shows = ("filters", "activations", "grad_cam")
    return Program(make, training(x, y), probe, views=views, shows=shows, truths=TRUE)
