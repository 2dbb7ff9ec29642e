"""Contrastive learning: SimCLR and metric learning, with a `train_step` of their own."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import truths
import zoo_data as data
from keras import layers, ops
from programs import OF_ALL, VECTORS, Program, program, training
from zoo_steps import STEPPED, descend
from zoo_wrapped import CLASSES, SHAPE, network


class SimCLR(keras.Model):
    """Two augmenters, an encoder, a projection head and a linear probe; data in two parts."""

    def __init__(self) -> None:
        super().__init__()
        self.temperature = 0.1
        shape = (12, 12, 3)
        self.augmenter = keras.Sequential(
            [
                keras.Input(shape),
                layers.RandomFlip("horizontal"),
                layers.RandomTranslation(0.2, 0.2),
            ]
        )
        self.encoder = keras.Sequential(
            [
                keras.Input(shape),
                layers.Conv2D(8, 3, strides=2, activation="relu"),
                layers.Conv2D(8, 3, strides=2, activation="relu"),
                layers.Flatten(),
                layers.Dense(8, activation="relu"),
            ],
            name="encoder",
        )
        self.head = keras.Sequential(
            [keras.Input((8,)), layers.Dense(8, activation="relu"), layers.Dense(8)], name="head"
        )
        self.linear_probe = keras.Sequential([keras.Input((8,)), layers.Dense(4)], name="probe")

    def compile(self, contrastive_optimizer: Any, probe_optimizer: Any, **options: Any) -> None:
        super().compile(**options)
        self.contrastive_optimizer = contrastive_optimizer
        self.probe_optimizer = probe_optimizer
        self.probe_loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        self.c_loss = keras.metrics.Mean(name="c_loss")
        self.p_loss = keras.metrics.Mean(name="p_loss")
        self.p_acc = keras.metrics.SparseCategoricalAccuracy(name="p_acc")

    @property
    def metrics(self) -> list[Any]:
        return [self.c_loss, self.p_loss, self.p_acc]

    def contrast(self, images: Any) -> Any:
        views = [self.head(self.encoder(self.augmenter(images, training=True))) for _ in range(2)]
        one, two = (view / (ops.norm(view, axis=1, keepdims=True) + 1e-6) for view in views)
        similar = ops.matmul(one, ops.transpose(two)) / self.temperature
        places = ops.arange(ops.shape(similar)[0])
        losses = [
            keras.losses.sparse_categorical_crossentropy(places, each, from_logits=True)
            for each in (similar, ops.transpose(similar))
        ]
        return ops.mean(losses[0] + losses[1]) / 2

    def train_step(self, batch: Any) -> dict[str, Any]:
        images, labels = batch
        weights = self.encoder.trainable_weights + self.head.trainable_weights
        self.c_loss.update_state(
            descend(lambda: self.contrast(images), weights, self.contrastive_optimizer)
        )
        features = self.encoder(self.augmenter(images, training=True))
        weights = self.linear_probe.trainable_weights
        loss = descend(
            lambda: self.probe_loss(labels, self.linear_probe(features)),
            weights,
            self.probe_optimizer,
        )
        self.p_loss.update_state(loss)
        self.p_acc.update_state(labels, self.linear_probe(features))
        return {metric.name: metric.result() for metric in self.metrics}

    def test_step(self, batch: Any) -> dict[str, Any]:
        images, labels = batch
        scores = self.linear_probe(self.encoder(images, training=False), training=False)
        self.p_loss.update_state(self.probe_loss(labels, scores))
        self.p_acc.update_state(labels, scores)
        return {metric.name: metric.result() for metric in (self.p_loss, self.p_acc)}


def simclr_program(views: tuple[str, ...], shows: tuple[str, ...], **monitor: Any) -> Program:
    x, y = data.pictures((12, 12, 3), 4)

    def make() -> Any:
        model = SimCLR()
        model.compile(keras.optimizers.Adam(), keras.optimizers.Adam(), jit_compile=False)
        return model

    fit = training(x, y, validation_data=(x, y))
    probe = {"inputs": x[:6], "labels": y[:6]}
    return Program(make, fit, probe, "", views, shows, monitor, (truths.quiet,))


@program(backends=STEPPED)
def simclr() -> Program:
    return simclr_program(("Filters", "ModelGraph"), ("filters",))


@program(backends=STEPPED)
def simclr_encoder() -> Program:
    views = (*VECTORS, "GradCAM", "EigenCAM")
    return simclr_program(views, ("filters", "activations"), part="encoder")


class Embedder(keras.Model):
    """Metric learning: batches of pairs in `train_step`, single pictures in `call`."""

    def __init__(self, tower: Any) -> None:
        super().__init__()
        self.tower = tower
        self.mean_loss = keras.metrics.Mean(name="loss")

    @property
    def metrics(self) -> list[Any]:
        return [self.mean_loss]

    def call(self, x: Any) -> Any:
        h = self.tower(x)
        return h / (ops.norm(h, axis=-1, keepdims=True) + 1e-6)

    def train_step(self, batch: Any) -> dict[str, Any]:
        pairs = batch[0] if isinstance(batch, tuple) else batch

        def loss() -> Any:
            anchors = self(pairs[:, 0], training=True)
            positives = self(pairs[:, 1], training=True)
            similar = ops.matmul(anchors, ops.transpose(positives)) / 0.2
            places = ops.arange(ops.shape(similar)[0])
            return self.compute_loss(y=places, y_pred=similar)

        self.mean_loss.update_state(descend(loss, self.trainable_variables, self.optimizer))
        return {"loss": self.mean_loss.result()}


@program(backends=STEPPED)
def metric_learning() -> Program:
    """`fit` gets (N, 2, H, W, 1), the model takes (N, H, W, 1): the probe is the model's."""
    x, _ = data.pictures(SHAPE, CLASSES)
    pairs = np.stack([x, x[::-1]], axis=1)

    def make() -> Any:
        model = Embedder(network(4, "tower"))
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(keras.optimizers.Adam(), loss, jit_compile=False)
        return model

    probe = {"inputs": x[:6]}
    shows = ("filters", "activations")
    return Program(make, training(pairs), probe, "", OF_ALL, shows, truths=(truths.quiet,))
