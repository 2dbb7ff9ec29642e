"""Several inputs, several outputs, and outputs that are no class."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import truths
import zoo_data as data
from keras import layers, ops
from programs import PICTURES, RULES, Program, compiled, program, training

SHAPE = (16, 16, 3)


def body(image: Any) -> Any:
    h = layers.Conv2D(8, 3, activation="relu", padding="same", name="conv1")(image)
    h = layers.MaxPooling2D(2)(h)
    h = layers.Conv2D(12, 3, activation="relu", padding="same", name="conv2")(h)
    return layers.GlobalAveragePooling2D()(h)


@program
def age_and_gender() -> Program:
    """UTKFace: a number and one sigmoid, labels and losses by name."""
    x, y = data.pictures(SHAPE, 2)
    ages = 20 + 30 * x.mean(axis=(1, 2, 3))
    labels = {"age": ages.astype("float32"), "gender": y}

    def make() -> Any:
        image = keras.Input(SHAPE, name="face")
        h = body(image)
        age = layers.Dense(1, name="age")(layers.Dense(8, activation="relu")(h))
        gender = layers.Dense(1, activation="sigmoid", name="gender")(h)
        model = keras.Model(image, {"age": age, "gender": gender})
        losses = {"age": "mse", "gender": "binary_crossentropy"}
        metrics = {"age": ["mae"], "gender": ["accuracy"]}
        return compiled(model, losses, metrics=metrics, loss_weights={"age": 0.1, "gender": 1.0})

    probe = {
        "inputs": x[:6],
        "labels": {name: array[:6] for name, array in labels.items()},
        "class_names": ["man", "woman"],
    }
    return Program(make, training(x, labels), probe, truths=(truths.speaks_of("gender"),))


@program
def box_and_class() -> Program:
    """An object's box and its class: two outputs in a list, the box first."""
    x, _, boxes = data.shapes(16)
    y = (boxes[:, 2] - boxes[:, 0] > 0.35).astype("int64")

    def make() -> Any:
        image = keras.Input(SHAPE)
        h = body(image)
        box = layers.Dense(4, activation="sigmoid", name="box")(h)
        label = layers.Dense(2, activation="softmax", name="label")(h)
        model = keras.Model(image, [box, label])
        return compiled(model, ["mse", "sparse_categorical_crossentropy"])

    probe = {"inputs": x[:6], "labels": [boxes[:6], y[:6]], "class_names": ["narrow", "wide"]}
    return Program(make, training(x, [boxes, y]), probe, truths=(truths.speaks_of("label"),))


@program
def box_regression() -> Program:
    """keras.io's object detection by a transformer ends here: four numbers a picture."""
    x, _, boxes = data.shapes(16)

    def make() -> Any:
        image = keras.Input(SHAPE)
        return compiled(keras.Model(image, layers.Dense(4)(body(image))), "mse")

    probe = {"inputs": x[:6], "labels": boxes[:6]}
    true = (truths.no_classes, truths.quiet)
    return Program(make, training(x, boxes), probe, "regression", truths=true)


@program
def integer_regression() -> Program:
    """Counts as whole numbers under a squared loss: no classes, though they look like it."""
    x, y = data.pictures(SHAPE, 4)

    def make() -> Any:
        image = keras.Input(SHAPE)
        return compiled(keras.Model(image, layers.Dense(1)(body(image))), "mse", metrics=["mae"])

    probe = {"inputs": x[:6], "labels": y[:6]}
    true = (truths.values, truths.quiet)
    return Program(make, training(x, y), probe, "regression", truths=true)


@program
def multilabel() -> Program:
    """Several labels a picture: sigmoids and binary cross-entropy on 0s and 1s."""
    x, y = data.pictures(SHAPE, 3)
    labels = data.onehot(y, 3)
    labels[::2, 0] = 1

    def make() -> Any:
        image = keras.Input(SHAPE)
        model = keras.Model(image, layers.Dense(3, activation="sigmoid")(body(image)))
        return compiled(model, "binary_crossentropy", metrics=["binary_accuracy"])

    probe = {"inputs": x[:6], "labels": labels[:6], "class_names": ["sun", "sea", "sand"]}
    true = (truths.several_labels, truths.quiet)
    return Program(make, training(x, labels), probe, "multilabel", truths=true)


def embedding() -> Any:
    image = keras.Input((12, 12, 1))
    h = layers.BatchNormalization()(image)
    h = layers.Conv2D(4, 5, activation="tanh", name="conv")(h)
    h = layers.AveragePooling2D(2)(h)
    h = layers.Conv2D(8, 3, activation="tanh", name="conv_2")(h)
    return keras.Model(image, layers.Dense(5, activation="tanh")(layers.Flatten()(h)), name="twin")


def distance(pair: Any) -> Any:
    squares = ops.sum(ops.square(pair[0] - pair[1]), axis=1, keepdims=True)
    return ops.sqrt(ops.maximum(squares, 1e-7))


def contrastive(y: Any, guess: Any) -> Any:
    y = ops.cast(y, guess.dtype)
    return ops.mean((1 - y) * ops.square(guess) + y * ops.square(ops.maximum(1 - guess, 0)))


def pairs() -> tuple[list[np.ndarray], np.ndarray]:
    x, y = data.pictures((12, 12, 1), 3)
    order = data.rng(1).permutation(len(x))
    return [x, x[order]], (y != y[order]).astype("float32")


@program
def siamese() -> Program:
    """One network twice, on two pictures; a distance under a contrastive loss."""
    inputs, different = pairs()

    def make() -> Any:
        one, two = keras.Input((12, 12, 1)), keras.Input((12, 12, 1))
        twin = embedding()
        merged = layers.Lambda(distance, output_shape=(1,))([twin(one), twin(two)])
        merged = layers.BatchNormalization()(merged)
        model = keras.Model([one, two], layers.Dense(1, activation="sigmoid")(merged))
        return compiled(model, contrastive, "rmsprop", metrics=["accuracy"])

    probe = {"inputs": [each[:6] for each in inputs], "labels": different[:6], "image": 0}
    true = (truths.only_of_input(0), truths.quiet)
    views = tuple(view for view in PICTURES if view not in RULES)  # it has no ReLU
    return Program(make, training(inputs, different), probe, "", views, truths=true)


@program
def siamese_flat() -> Program:
    """The layers themselves shared, without a model around them; the second picture is drawn."""
    inputs, different = pairs()

    def make() -> Any:
        one = keras.Input((12, 12, 1), name="left")
        two = keras.Input((12, 12, 1), name="right")
        conv = layers.Conv2D(6, 3, activation="relu", name="conv")
        pool = layers.GlobalAveragePooling2D()
        merged = ops.abs(pool(conv(one)) - pool(conv(two)))
        model = keras.Model([one, two], layers.Dense(1, activation="sigmoid")(merged))
        return compiled(model, "binary_crossentropy", metrics=["accuracy"])

    fed = dict(zip(("left", "right"), inputs))
    probe = {
        "inputs": {name: each[:6] for name, each in fed.items()},
        "labels": different[:6].astype("int64"),
        "image": "right",
    }
    true = (truths.only_of_input("right"), truths.quiet)
    return Program(make, training(fed, different), probe, "", truths=true)


@program
def picture_and_table() -> Program:
    """A picture beside columns of numbers, by name."""
    x, y = data.pictures(SHAPE, 3)
    columns, _, _ = data.table(5, len(x))
    fed = {"photo": x, "facts": columns}

    def make() -> Any:
        photo, facts = keras.Input(SHAPE, name="photo"), keras.Input((5,), name="facts")
        h = layers.concatenate([body(photo), layers.Dense(4, activation="relu")(facts)])
        model = keras.Model({"photo": photo, "facts": facts}, layers.Dense(3)(h))
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        return compiled(model, loss, metrics=["accuracy"])

    probe = {"inputs": {name: each[:6] for name, each in fed.items()}, "labels": y[:6]}
    return Program(make, training(fed, y), probe, truths=(truths.classes, truths.quiet))
