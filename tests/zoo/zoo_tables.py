"""Tables: columns of numbers and of categories."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import truths
import zoo_data as data
from keras import layers, ops
from programs import OF_ALL, VECTORS, Program, compiled, program, training

SHOWN = ("filters", "activations")


@program
def house_prices() -> Program:
    """A table of numbers, two Dense layers, a price."""
    x, values, _ = data.table(7)

    def make() -> Any:
        normalize = layers.Normalization()
        normalize.adapt(x)
        parts = [keras.Input((7,)), normalize, layers.Dense(12, activation="relu"), layers.Dense(1)]
        return compiled(keras.Sequential(parts), "mse", "rmsprop", metrics=["mae"])

    names = ["rooms", "age", "tax", "noise", "light", "shops", "view"]
    probe = {"inputs": x[:6], "labels": values[:6], "feature_names": names}
    true = (truths.values, truths.quiet)
    return Program(make, training(x, values), probe, "regression", VECTORS, SHOWN, truths=true)


@program
def plain_table() -> Program:
    """The same without names, two classes, some of them weighted: the imbalanced fraud."""
    x, _, y = data.table(12)

    def make() -> Any:
        parts = [keras.Input((12,))]
        for _ in range(2):
            parts += [layers.Dense(12, activation="relu"), layers.Dropout(0.3)]
        parts += [layers.Dense(1, activation="sigmoid")]
        metrics = [keras.metrics.FalseNegatives(name="fn"), keras.metrics.Precision(name="p")]
        return compiled(keras.Sequential(parts), "binary_crossentropy", metrics=metrics)

    probe = {"inputs": x[:6], "labels": y[:6]}
    fit = training(x, y[:, None], class_weight={0: 1.0, 1: 4.0})
    true = (truths.classes, truths.quiet)
    return Program(make, fit, probe, "classes", VECTORS, SHOWN, truths=true)


@program
def structured_data() -> Program:
    """One input a column, by name: numbers normalised, categories encoded in the model."""
    x, _, y = data.table(3)
    kinds = (np.arange(len(x)) * 7 % 5).astype("int32")
    columns = {
        "age": x[:, :1],
        "chol": x[:, 1:2],
        "slope": x[:, 2:],
        "thal": kinds[:, None],
    }

    def make() -> Any:
        inputs = {name: keras.Input((1,), name=name) for name in ("age", "chol", "slope")}
        inputs["thal"] = keras.Input((1,), name="thal", dtype="int32")
        encoded = []
        for name in ("age", "chol"):
            normalize = layers.Normalization()
            normalize.adapt(columns[name])
            encoded.append(normalize(inputs[name]))
        encoded.append(layers.Rescaling(0.5)(inputs["slope"]))
        encoded.append(layers.CategoryEncoding(5, output_mode="one_hot")(inputs["thal"]))
        h = layers.Dense(8, activation="relu")(layers.concatenate(encoded))
        model = keras.Model(inputs, layers.Dense(1, activation="sigmoid")(layers.Dropout(0.5)(h)))
        return compiled(model, "binary_crossentropy", metrics=["accuracy"])

    probe = {
        "inputs": {name: column[:6] for name, column in columns.items()},
        "labels": y[:6],
        "image": "age",
    }
    fit = training(columns, y)
    return Program(
        make, fit, probe, "classes", OF_ALL, SHOWN, truths=(truths.classes, truths.quiet)
    )


@program
def wide_and_deep() -> Program:
    """Embedded categories beside numbers, a short way and a long one."""
    x, _, y = data.table(4)
    kinds = (np.arange(len(x)) * 3 % 6).astype("int32")[:, None]

    def make() -> Any:
        numbers, kind = keras.Input((4,), name="numbers"), keras.Input((1,), dtype="int32")
        embedded = layers.Flatten()(layers.Embedding(6, 3)(kind))
        wide = layers.BatchNormalization()(layers.concatenate([numbers, embedded]))
        deep = wide
        for width in (12, 8):
            deep = layers.ReLU()(layers.BatchNormalization()(layers.Dense(width)(deep)))
            deep = layers.Dropout(0.1)(deep)
        merged = layers.concatenate([wide, deep])
        model = keras.Model([numbers, kind], layers.Dense(2, activation="softmax")(merged))
        return compiled(model, "sparse_categorical_crossentropy", metrics=["accuracy"])

    probe = {"inputs": [x[:6], kinds[:6]], "labels": y[:6], "image": 0}
    fit = training([x, kinds], y)
    return Program(
        make, fit, probe, "classes", OF_ALL, SHOWN, truths=(truths.classes, truths.quiet)
    )


class Recommender(keras.Model):
    """Users and films embedded; two numbers a row, unbuilt."""

    def __init__(self) -> None:
        super().__init__()
        self.users, self.films = layers.Embedding(10, 4), layers.Embedding(8, 4)
        self.user_bias, self.film_bias = layers.Embedding(10, 1), layers.Embedding(8, 1)

    def call(self, rows: Any) -> Any:
        user, film = self.users(rows[:, 0]), self.films(rows[:, 1])
        both = ops.sum(user * film, axis=1, keepdims=True)
        return ops.sigmoid(both + self.user_bias(rows[:, 0]) + self.film_bias(rows[:, 1]))


@program
def recommender() -> Program:
    random = data.rng(6)
    rows = np.stack([random.integers(0, 10, 48), random.integers(0, 8, 48)], axis=1)
    ratings = random.random(48).astype("float32")

    def make() -> Any:
        return compiled(Recommender(), keras.losses.BinaryCrossentropy())

    probe = {"inputs": rows[:6], "labels": ratings[:6]}
    views = ("LayerHealth", "Predictions", "ModelGraph")
    return Program(
        make, training(rows, ratings), probe, "", views, ("curves",), truths=(truths.quiet,)
    )


@program
def multilabel_text() -> Program:
    """Bags of words (N, 40) to several tags: floats in 0…1, sigmoids."""
    random = data.rng(7)
    x = (random.random((40, 40)) < 0.2).astype("float32")
    y = np.stack([x[:, 0], x[:, 1], np.maximum(x[:, 2], x[:, 3])], axis=1)

    def make() -> Any:
        parts = [keras.Input((40,)), layers.Dense(16, activation="relu")]
        parts += [layers.Dropout(0.3), layers.Dense(3, activation="sigmoid")]
        return compiled(keras.Sequential(parts), "binary_crossentropy", metrics=["binary_accuracy"])

    probe = {"inputs": x[:6], "labels": y[:6], "class_names": ["cs.CV", "cs.LG", "stat.ML"]}
    true = (truths.several_labels, truths.quiet)
    return Program(make, training(x, y), probe, "multilabel", VECTORS, SHOWN, truths=true)
