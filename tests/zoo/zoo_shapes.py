"""Shapes, types and sizes that are rare: many classes, channels, points, films, strings."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import truths
import zoo_data as data
from keras import layers
from programs import OF_ALL, PICTURES, VECTORS, Program, compiled, program, training

SHOWN = ("filters", "activations")


@program
def many_classes() -> Program:
    """1,000 classes for six pictures in the probe."""
    x, y = data.pictures((12, 12, 3), 16)

    def make() -> Any:
        image = keras.Input((12, 12, 3))
        h = layers.GlobalAveragePooling2D()(layers.Conv2D(8, 3, activation="relu")(image))
        model = keras.Model(image, layers.Dense(1000, activation="softmax")(h))
        return compiled(model, "sparse_categorical_crossentropy", metrics=["accuracy"])

    probe = {"inputs": x[:6], "labels": y[:6] * 60}
    true = (truths.classes, truths.quiet)
    return Program(make, training(x, y * 60), probe, truths=true)


@program
def satellite() -> Program:
    """Thirteen channels, values about 0, wider than high."""
    x, y = data.pictures((10, 16, 13), 3)
    x = x * 6 - 3

    def make() -> Any:
        image = keras.Input((10, 16, 13))
        h = layers.Conv2D(8, 1, activation="relu")(image)
        h = layers.DepthwiseConv2D(3, activation="relu", padding="same")(h)
        h = layers.Flatten()(layers.MaxPooling2D(2)(h))
        model = keras.Model(image, layers.Dense(3, activation="softmax")(h))
        return compiled(model, "sparse_categorical_crossentropy", metrics=["accuracy"])

    probe = {"inputs": x[:6], "labels": y[:6], "display": (-3, 3)}
    true = (truths.classes, truths.quiet)
    return Program(make, training(x, y), probe, truths=true)


@program
def point_cloud() -> Program:
    """PointNet: 32 points of 3 numbers, moved by a small network inside, a regularizer on it."""
    random = data.rng(9)
    y = np.arange(32) % 2
    x = random.normal(size=(32, 32, 3)).astype("float32")
    x[y == 1, :, 2] *= 0.1

    def make() -> Any:
        points = keras.Input((32, 3))
        t = layers.GlobalMaxPooling1D()(layers.Conv1D(6, 1, activation="relu")(points))
        t = layers.Dense(9, activity_regularizer=keras.regularizers.L2(1e-3))(t)
        h = layers.Dot(axes=(2, 1))([points, layers.Reshape((3, 3))(t)])
        for width in (6, 8):
            h = layers.Conv1D(width, 1, padding="valid")(h)
            h = layers.Activation("relu")(layers.BatchNormalization(momentum=0.0)(h))
        h = layers.Dropout(0.3)(layers.Dense(8, "relu")(layers.GlobalMaxPooling1D()(h)))
        model = keras.Model(points, layers.Dense(2, activation="softmax")(h))
        metrics = ["sparse_categorical_accuracy"]
        return compiled(model, "sparse_categorical_crossentropy", metrics=metrics)

    probe = {"inputs": x[:6], "labels": y[:6]}
    true = (truths.classes, truths.quiet)
    return Program(make, training(x, y), probe, views=VECTORS, shows=SHOWN, truths=true)


@program
def frame_prediction() -> Program:
    """ConvLSTM: films in, the same films a frame later out."""
    x, _ = data.pictures((8, 8, 1), 3)
    films = np.stack([np.roll(x, i, axis=2) for i in range(5)], axis=1)

    def make() -> Any:
        film = keras.Input((None, 8, 8, 1))
        h = layers.ConvLSTM2D(4, 3, padding="same", return_sequences=True)(film)
        h = layers.ConvLSTM2D(4, 1, padding="same", return_sequences=True)(
            layers.BatchNormalization()(h)
        )
        h = layers.Conv3D(1, 3, activation="sigmoid", padding="same")(h)
        return compiled(keras.Model(film, h), "binary_crossentropy")

    probe = {"inputs": films[:6, :-1], "labels": films[:6, 1:]}
    fit = training(films[:, :-1], films[:, 1:])
    true = (truths.no_classes, truths.quiet)
    return Program(make, fit, probe, "", OF_ALL, ("filters",), truths=true)


@program
def half_precision_everywhere() -> Program:
    """float16 to the very end, softmax included."""
    x, y = data.pictures((12, 12, 3), 4)

    def make() -> Any:
        keras.config.set_dtype_policy("mixed_float16")
        try:
            image = keras.Input((12, 12, 3))
            h = layers.Conv2D(8, 3, activation="relu")(image)
            h = layers.GlobalAveragePooling2D()(layers.BatchNormalization()(h))
            model = keras.Model(image, layers.Dense(4, activation="softmax")(h))
            return compiled(model, "sparse_categorical_crossentropy", metrics=["accuracy"])
        finally:
            keras.config.set_dtype_policy("float32")

    probe = {"inputs": x[:6], "labels": y[:6]}
    true = (truths.classes, truths.quiet)
    return Program(make, training(x, y), probe, views=PICTURES, truths=true)


def sentences() -> tuple[Any, Any, Any, Any]:
    """Sentences, their labels, a model that takes them whole, and its training."""
    import tensorflow as tf

    texts = np.array([f"{'good' if i % 2 else 'bad'} film number {i}" for i in range(24)])
    y = np.arange(24) % 2

    def make() -> Any:
        vectorize = layers.TextVectorization(30, output_sequence_length=6)
        vectorize.adapt(texts)
        sentence = keras.Input((1,), dtype="string")
        h = layers.Embedding(30, 6)(vectorize(sentence))
        h = layers.GlobalAveragePooling1D()(layers.Conv1D(6, 3, activation="relu")(h))
        model = keras.Model(sentence, layers.Dense(1, activation="sigmoid")(h))
        return compiled(model, "binary_crossentropy", metrics=["accuracy"])

    def fit(model: Any, callbacks: list[Any]) -> list[Any]:
        source = tf.data.Dataset.from_tensor_slices((texts[:, None], y)).batch(8)
        return training(source, batch_size=None)(model, callbacks)

    return texts, y, make, fit


@program(backends=("tensorflow",))
def strings_in() -> Program:
    """Whole sentences go in: the vectorization is a layer of the model."""
    _, _, make, fit = sentences()
    return Program(make, fit, None, views=("Filters",), shows=("filters",), truths=())
