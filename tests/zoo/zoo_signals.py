"""Signals, sound, series and volumes."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import truths
import zoo_data as data
from keras import layers
from programs import (
    ATTENTION,
    OF_ALL,
    PICTURES,
    SIGNALS,
    VECTORS,
    Program,
    compiled,
    program,
    training,
)

SHOWN = ("filters", "activations", "grad_cam")
TRUE = (truths.classes, truths.quiet)


@program
def ford_a() -> Program:
    """Time series from scratch: three normalised convolutions, an average, softmax."""
    x, y = data.signals(48, 1, 2)

    def make() -> Any:
        series = keras.Input((48, 1))
        h = series
        for _ in range(3):
            h = layers.Conv1D(8, 3, padding="same")(h)
            h = layers.ReLU()(layers.BatchNormalization()(h))
        h = layers.GlobalAveragePooling1D()(h)
        model = keras.Model(series, layers.Dense(2, activation="softmax")(h))
        metrics = ["sparse_categorical_accuracy"]
        return compiled(model, "sparse_categorical_crossentropy", metrics=metrics)

    probe = {"inputs": x[:6], "labels": y[:6], "class_names": ["sound", "faulty"]}
    fit = training(x, y, validation_split=0.25)
    return Program(make, fit, probe, views=SIGNALS, shows=SHOWN, truths=TRUE)


@program
def signal_transformer() -> Program:
    """Attention over 24 moments of one number each."""
    x, y = data.signals(24, 1, 2)

    def make() -> Any:
        series = keras.Input((24, 1))
        h = series
        for _ in range(2):
            a = layers.MultiHeadAttention(2, 4, dropout=0.1)(h, h)
            a = layers.LayerNormalization(epsilon=1e-6)(layers.Dropout(0.1)(a)) + h
            b = layers.Conv1D(4, 1, activation="relu")(a)
            b = layers.Conv1D(1, 1)(layers.Dropout(0.1)(b))
            h = layers.LayerNormalization(epsilon=1e-6)(b) + a
        h = layers.GlobalAveragePooling1D(data_format="channels_last")(h)
        h = layers.Dropout(0.2)(layers.Dense(8, activation="relu")(h))
        model = keras.Model(series, layers.Dense(2, activation="softmax")(h))
        return compiled(model, "sparse_categorical_crossentropy", metrics=["accuracy"])

    probe = {"inputs": x[:6], "labels": y[:6]}
    views = (*VECTORS, *ATTENTION)
    shows = ("filters", "activations")
    return Program(make, training(x, y), probe, views=views, shows=shows, truths=TRUE)


@program
def spectrogram() -> Program:
    """Wide low pictures of sound: (20, 12, 1), resized and normalised inside."""
    random = data.rng(2)
    y = np.arange(32) % 3
    x = random.random((32, 20, 12, 1), "float32")
    x[np.arange(32), :, y * 4] += 1.0

    def make() -> Any:
        normalize = layers.Normalization()
        normalize.adapt(x)
        parts = [
            keras.Input((20, 12, 1)),
            layers.Resizing(16, 16),
            normalize,
            layers.Conv2D(8, 3, activation="relu"),
            layers.Conv2D(8, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Dropout(0.25),
            layers.Flatten(),
            layers.Dense(3),
        ]
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        return compiled(keras.Sequential(parts), loss, metrics=["accuracy"])

    probe = {"inputs": x[:6], "labels": y[:6], "class_names": ["no", "go", "up"]}
    return Program(make, training(x, y), probe, views=PICTURES, truths=TRUE)


def sound_block(x: Any, width: int) -> Any:
    shortcut = layers.Conv1D(width, 1, padding="same")(x)
    for activation in ("relu", None):
        x = layers.Conv1D(width, 3, padding="same", activation=activation)(x)
    x = layers.Activation("relu")(layers.Add()([x, shortcut]))
    return layers.MaxPool1D(2, strides=2)(x)


@program
def raw_audio() -> Program:
    """Speaker recognition on the bare wave: residual convolutions over 400 samples."""
    x, y = data.signals(400, 1, 3)

    def make() -> Any:
        wave = keras.Input((400, 1), name="input")
        h = wave
        for width in (4, 8):
            h = sound_block(h, width)
        h = layers.Flatten()(layers.AveragePooling1D(3, strides=3)(h))
        h = layers.Dense(16, activation="relu")(h)
        model = keras.Model(wave, layers.Dense(3, activation="softmax", name="output")(h))
        return compiled(model, "sparse_categorical_crossentropy", metrics=["accuracy"])

    probe = {"inputs": x[:6], "labels": y[:6], "class_names": ["ann", "bob", "cleo"]}
    return Program(make, training(x, y), probe, views=SIGNALS, shows=SHOWN, truths=TRUE)


@program
def weather() -> Program:
    """An LSTM forecasts one number from twelve moments of four columns."""
    x, _ = data.signals(12, 4, 4, 40)
    y = x[:, -1, :1] * 5 + 15

    def make() -> Any:
        series = keras.Input((12, 4))
        model = keras.Model(series, layers.Dense(1)(layers.LSTM(8)(series)))
        return compiled(model, "mse")

    probe = {"inputs": x[:6], "labels": y[:6]}
    true = (truths.values, truths.quiet)
    fit = training(x, y)
    return Program(make, fit, probe, "regression", VECTORS, ("filters", "activations"), truths=true)


@program
def anomaly_detection() -> Program:
    """A convolutional autoencoder of signals: (24, 1) in and out."""
    x, _ = data.signals(24, 1, 1)

    def make() -> Any:
        parts = [
            keras.Input((24, 1)),
            layers.Conv1D(8, 7, padding="same", strides=2, activation="relu"),
            layers.Dropout(0.2),
            layers.Conv1D(4, 7, padding="same", strides=2, activation="relu"),
            layers.Conv1DTranspose(4, 7, padding="same", strides=2, activation="relu"),
            layers.Conv1DTranspose(8, 7, padding="same", strides=2, activation="relu"),
            layers.Conv1DTranspose(1, 7, padding="same"),
        ]
        return compiled(keras.Sequential(parts), "mse")

    probe = {"inputs": x[:6], "labels": x[:6]}
    true = (truths.no_classes, truths.quiet)
    return Program(make, training(x, x), probe, "", OF_ALL, ("filters", "activations"), truths=true)


@program
def volumes() -> Program:
    """Scans (8, 8, 8, 1) under three-dimensional convolutions, one sigmoid."""
    random = data.rng(4)
    x = random.random((24, 8, 8, 8, 1), "float32") * 0.5
    y = np.arange(24) % 2
    x[y == 1, 2:5, 2:5, 2:5] += 0.5

    def make() -> Any:
        scan = keras.Input((8, 8, 8, 1))
        h = layers.Conv3D(4, 3, activation="relu")(scan)
        h = layers.BatchNormalization()(layers.MaxPool3D(2)(h))
        h = layers.Dense(8, activation="relu")(layers.GlobalAveragePooling3D()(h))
        model = keras.Model(scan, layers.Dense(1, activation="sigmoid")(layers.Dropout(0.3)(h)))
        return compiled(model, "binary_crossentropy", metrics=["acc"])

    probe = {"inputs": x[:6], "labels": y[:6], "class_names": ["normal", "abnormal"]}
    shows = ("filters", "activations")
    return Program(make, training(x, y), probe, views=OF_ALL, shows=shows, truths=TRUE)


@program
def video() -> Program:
    """Frames (4, 10, 10, 3), each through a small network, then a GRU."""
    frames = [data.pictures((10, 10, 3), 3, seed=seed)[0] for seed in range(4)]
    x, y = np.stack(frames, axis=1), data.pictures((10, 10, 3), 3)[1]

    def make() -> Any:
        clip = keras.Input((4, 10, 10, 3))
        eye = keras.Sequential(
            [
                keras.Input((10, 10, 3)),
                layers.Conv2D(6, 3, activation="relu"),
                layers.GlobalAveragePooling2D(),
            ]
        )
        h = layers.GRU(8)(layers.TimeDistributed(eye)(clip))
        model = keras.Model(clip, layers.Dense(3, activation="softmax")(h))
        return compiled(model, "sparse_categorical_crossentropy", metrics=["accuracy"])

    probe = {"inputs": x[:6], "labels": y[:6]}
    return Program(make, training(x, y), probe, views=OF_ALL, shows=("filters",), truths=TRUE)
