"""Programs beyond the examples: what else people write."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import truths
import zoo_data as data
from keras import layers, ops
from programs import CAMS, OF_ALL, Program, compiled, program, training
from zoo_steps import STEPPED, descend

SHOWN = ("filters", "activations")
QUIET = (truths.quiet,)


@program
def deep_lab() -> Program:
    """Dilated convolutions side by side, resized and joined; masks of 4 classes, logits."""
    x, masks, _ = data.shapes(16)
    masks = masks * (1 + np.arange(len(masks)) % 3)[:, None, None]

    def make() -> Any:
        image = keras.Input((16, 16, 3))
        low = layers.Conv2D(8, 3, strides=2, padding="same", activation="relu")(image)
        h = layers.Conv2D(8, 3, strides=2, padding="same", activation="relu")(low)
        ways = [layers.AveragePooling2D((4, 4))(h)]
        ways = [layers.UpSampling2D(4, interpolation="bilinear")(ways[0])]
        for rate in (1, 2):
            ways.append(layers.Conv2D(6, 3, dilation_rate=rate, padding="same")(h))
        h = layers.Concatenate(axis=-1)(ways)
        h = layers.UpSampling2D(2, interpolation="bilinear")(layers.BatchNormalization()(h))
        h = layers.Conv2D(8, 3, padding="same")(layers.Concatenate()([h, low]))
        h = layers.UpSampling2D(2, interpolation="bilinear")(h)
        model = keras.Model(image, layers.Conv2D(4, 1)(h))
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        return compiled(model, loss, metrics=["accuracy"])

    probe = {"inputs": x[:6], "labels": masks[:6]}
    true = (truths.label_maps, truths.quiet)
    views = (*OF_ALL, *CAMS, "Saliency")
    return Program(make, training(x, masks), probe, "mask", views, SHOWN, truths=true)


def denoiser() -> Any:
    noisy, variance = keras.Input((8, 8, 1)), keras.Input((1, 1, 1))
    e = layers.UpSampling2D(8, interpolation="nearest")(ops.sin(3 * variance))
    h = layers.Concatenate()([layers.Conv2D(6, 1)(noisy), e])
    h = layers.Conv2D(6, 3, padding="same", activation="swish")(h)
    out = layers.Conv2D(1, 1, kernel_initializer="zeros")(h)
    return keras.Model([noisy, variance], out, name="network")


class Diffusion(keras.Model):
    """keras.io's DDIM: a network, its average, a normalizer inside; no `call`."""

    def __init__(self) -> None:
        super().__init__()
        self.normalizer = layers.Normalization()
        self.network = denoiser()
        self.ema_network = keras.models.clone_model(self.network)
        self.noise_loss = keras.metrics.Mean(name="n_loss")
        self.seeds = keras.random.SeedGenerator(5)

    @property
    def metrics(self) -> list[Any]:
        return [self.noise_loss]

    def noised(self, images: Any) -> Any:
        noise = keras.random.normal(ops.shape(images), seed=self.seeds)
        times = keras.random.uniform((ops.shape(images)[0], 1, 1, 1), seed=self.seeds)
        return noise, ops.cos(times) * images + ops.sin(times) * noise, times**2

    def train_step(self, batch: Any) -> dict[str, Any]:
        images = batch[0] if isinstance(batch, tuple) else batch
        images = self.normalizer(images)
        noise, noisy, variances = self.noised(images)

        def loss() -> Any:
            return ops.mean((self.network([noisy, variances], training=True) - noise) ** 2)

        weights = self.network.trainable_weights
        self.noise_loss.update_state(descend(loss, weights, self.optimizer))
        for one, mean in zip(self.network.weights, self.ema_network.weights):
            mean.assign(0.9 * mean + 0.1 * one)
        return {"n_loss": self.noise_loss.result()}


def diffusion_program(
    probe: Any, views: tuple[str, ...], shows: tuple[str, ...], **monitor: Any
) -> Any:
    x, _ = data.digits()

    def make() -> Any:
        model = Diffusion()
        model.normalizer.adapt(x[..., None])
        model.compile(optimizer=keras.optimizers.AdamW(1e-3), jit_compile=False)
        return model

    fit = training(x[..., None])
    return Program(make, fit, probe, "", views, shows, monitor, QUIET, rounding=True)


@program(backends=STEPPED)
def diffusion() -> Program:
    x, _ = data.digits()
    return diffusion_program({"inputs": x[:6, ..., None]}, ("Filters", "ModelGraph"), ("filters",))


@program(backends=STEPPED)
def diffusion_network() -> Program:
    x, _ = data.digits()
    inputs = [x[:6, ..., None], np.full((6, 1, 1, 1), 0.5, "float32")]
    probe = {"inputs": inputs, "image": 0}
    return diffusion_program(probe, OF_ALL, SHOWN, part="ema_network")


class Ending(layers.Layer):
    """The loss is a layer: `compile` gets none, the labels are an input."""

    def call(self, labels: Any, guess: Any) -> Any:
        error = keras.losses.sparse_categorical_crossentropy(labels, guess)
        self.add_loss(ops.mean(error))
        return guess


@program
def loss_in_a_layer() -> Program:
    """As keras.io reads captchas: two inputs, no loss, a recurrent reading of columns."""
    x, y = data.pictures((12, 16, 1), 3)
    labels = np.stack([y, (y + 1) % 3, y, y], axis=1)
    fed = {"image": x, "label": labels}

    def make() -> Any:
        image = keras.Input((12, 16, 1), name="image")
        label = keras.Input((4,), name="label", dtype="int64")
        h = layers.Conv2D(6, 3, activation="relu", padding="same")(image)
        h = layers.MaxPooling2D((3, 4))(h)
        h = layers.Reshape((4, 24))(layers.Permute((2, 1, 3))(h))
        h = layers.Bidirectional(layers.LSTM(6, return_sequences=True))(h)
        h = Ending()(label, layers.Dense(3, activation="softmax")(h))
        model = keras.Model({"image": image, "label": label}, h)
        model.compile("adam", jit_compile=False)
        return model

    probe = {"inputs": {name: each[:6] for name, each in fed.items()}, "image": "image"}
    return Program(make, training(fed), probe, "", OF_ALL, SHOWN, truths=QUIET)


@program
def node_numbers() -> Program:
    """A graph network: each example is one whole number, of rank 1; the graph is a constant."""
    random = data.rng(8)
    features = random.normal(size=(20, 6)).astype("float32")
    edges = (random.random((20, 20)) < 0.2).astype("float32")
    x = np.arange(40) % 20
    y = (features[x, 0] > 0).astype("int64")

    class Graph(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.before, self.out = layers.Dense(8, "gelu"), layers.Dense(2)
            self.mix = layers.Dense(8)
            self.drop = layers.Dropout(0.2)

        def call(self, nodes: Any, training: bool = False) -> Any:
            h = self.before(ops.convert_to_tensor(features))
            h = h + self.drop(self.mix(ops.matmul(ops.convert_to_tensor(edges), h)))
            return self.out(ops.take(h, ops.reshape(nodes, (-1,)), axis=0))

    def make() -> Any:
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        return compiled(Graph(), loss, metrics=["acc"])

    probe = {"inputs": x[:6], "labels": y[:6]}
    views = ("Filters", "ModelGraph", "Predictions")
    return Program(make, training(x, y), probe, views=views, shows=("filters",), truths=QUIET)


@program
def bags_of_pictures() -> Program:
    """Multiple instances: three inputs under shared layers, attention weights as an output."""
    pictures = [data.pictures((8, 8), 2, seed=seed)[0] for seed in range(3)]
    y = data.pictures((8, 8), 2)[1]

    def make() -> Any:
        inputs = [keras.Input((8, 8)) for _ in range(3)]
        flat, one, two = layers.Flatten(), layers.Dense(8, "relu"), layers.Dense(8, "relu")
        embedded = [two(one(flat(each))) for each in inputs]
        score = layers.Dense(1, name="score")
        weights = ops.softmax(ops.stack([score(each) for each in embedded], axis=0), axis=0)
        joined = layers.concatenate([e * weights[i] for i, e in enumerate(embedded)])
        out = layers.Dense(2, activation="softmax", name="bag")(joined)
        model = keras.Model(inputs, [out, ops.transpose(weights, (1, 0, 2))])
        return compiled(model, ["sparse_categorical_crossentropy", None])

    def fit(model: Any, callbacks: list[Any]) -> list[Any]:
        return training(pictures, [y, np.zeros((len(y), 3, 1), "float32")])(model, callbacks)

    probe = {"inputs": [each[:6] for each in pictures], "image": 1}
    return Program(make, fit, probe, "", OF_ALL, SHOWN, truths=QUIET)


@program
def nested_structures() -> Program:
    """Inputs and outputs as dicts in dicts; one output is an input."""
    x, y = data.pictures((12, 12, 3), 3)
    facts, _, _ = data.table(4, len(x))
    fed = {"seen": {"photo": x}, "known": [facts]}

    class Deep(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.conv = layers.Conv2D(6, 3, activation="relu")
            self.pool = layers.GlobalAveragePooling2D()
            self.out = layers.Dense(3, activation="softmax")

        def call(self, inputs: Any) -> Any:
            h = self.pool(self.conv(inputs["seen"]["photo"]))
            return self.out(ops.concatenate([h, inputs["known"][0]], axis=-1))

    def make() -> Any:
        return compiled(Deep(), "sparse_categorical_crossentropy")

    return Program(make, training(fed, y), None, views=("Filters",), shows=("filters",))
