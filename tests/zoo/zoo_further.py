"""Further programs: several parts, several kinds of input, words and pictures together."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import truths
import zoo_data as data
from keras import layers, ops
from programs import (
    ATTENTION,
    OF_ALL,
    PICTURES,
    SIGNALS,
    TOKENS,
    VECTORS,
    Program,
    compiled,
    program,
    training,
)
from zoo_shapes import sentences
from zoo_steps import STEPPED, descend

TRUE = (truths.classes, truths.quiet)
QUIET = (truths.quiet,)
SHOWN = ("filters", "activations")


class ConditionalGAN(keras.Model):
    """The generator takes a latent vector and a class, tanh at its end; no `call`."""

    def __init__(self) -> None:
        super().__init__()
        latent, kind = keras.Input((5,), name="latent"), keras.Input((10,), name="kind")
        h = layers.Dense(4 * 4 * 8)(layers.Concatenate()([latent, kind]))
        h = layers.Reshape((4, 4, 8))(layers.LeakyReLU(negative_slope=0.2)(h))
        h = layers.Conv2DTranspose(8, 4, strides=2, padding="same")(h)
        h = layers.LeakyReLU(negative_slope=0.2)(h)
        out = layers.Conv2D(1, 3, padding="same", activation="tanh")(h)
        self.generator = keras.Model([latent, kind], out, name="generator")
        image = keras.Input((8, 8, 1))
        h = layers.Conv2D(6, 3, strides=2, padding="same")(image)
        h = layers.GlobalMaxPooling2D()(layers.LeakyReLU(negative_slope=0.2)(h))
        self.critic = keras.Model(image, layers.Dense(1)(h), name="critic")
        self.seeds = keras.random.SeedGenerator(3)
        self.loss_tracker = keras.metrics.Mean(name="g_loss")

    @property
    def metrics(self) -> list[Any]:
        return [self.loss_tracker]

    def train_step(self, batch: Any) -> dict[str, Any]:
        images, kinds = batch
        noise = keras.random.normal((ops.shape(images)[0], 5), seed=self.seeds)
        kinds = ops.one_hot(kinds, 10)

        def worse() -> Any:
            made = self.generator([noise, kinds])
            return ops.mean(self.critic(made)) - ops.mean(self.critic(images))

        descend(worse, self.critic.trainable_weights, self.optimizer)

        def better() -> Any:
            return -ops.mean(self.critic(self.generator([noise, kinds])))

        loss = descend(better, self.generator.trainable_weights, self.g_optimizer)
        self.loss_tracker.update_state(loss)
        return {"g_loss": self.loss_tracker.result()}

    def compile(self, **options: Any) -> None:
        super().compile(optimizer=keras.optimizers.RMSprop(1e-3), **options)
        self.g_optimizer = keras.optimizers.RMSprop(1e-3)


@program(backends=STEPPED)
def conditional_gan() -> Program:
    """Samples of every class, from latent vectors that stay the same."""
    x, y = data.digits()

    def make() -> Any:
        model = ConditionalGAN()
        model.compile(jit_compile=False)
        return model

    latent = data.rng(1).normal(size=(10, 5)).astype("float32")
    probe = {"inputs": [latent, np.eye(10, dtype="float32")], "image": 0}
    fit = training(x[..., None] * 2 - 1, y)
    shows = (*SHOWN, "predictions")
    return Program(make, fit, probe, "", OF_ALL, shows, {"part": "generator"}, QUIET)


@program
def image_captioning() -> Program:
    """A picture and the words so far go in, the next word at every place comes out."""
    x, _ = data.pictures((12, 12, 3), 4)
    words, _ = data.sentences(7, 20)

    def make() -> Any:
        image = keras.Input((12, 12, 3), name="image")
        so_far = keras.Input((6,), dtype="int32", name="words")
        h = layers.Conv2D(8, 3, strides=2, activation="relu")(image)
        h = layers.Reshape((25, 8))(h)
        t = layers.Embedding(20, 8, mask_zero=True)(so_far)
        t = t + layers.MultiHeadAttention(2, 4, name="reads_words")(t, t, use_causal_mask=True)
        t = t + layers.MultiHeadAttention(2, 4, name="reads_picture")(t, h)
        out = layers.Dense(20, activation="softmax")(layers.LayerNormalization()(t))
        return compiled(keras.Model([image, so_far], out), "sparse_categorical_crossentropy")

    fed = {"image": x, "words": words[:, :-1]}
    probe = {"inputs": {k: v[:6] for k, v in fed.items()}, "labels": words[:6, 1:]}
    views = (*OF_ALL, *ATTENTION, "Saliency")
    fit = training(fed, words[:, 1:])
    return Program(make, fit, probe, "", views, SHOWN, truths=QUIET)


@program
def films() -> Program:
    """A film classifier: the same convolutions on every frame, a GRU over the frames."""
    x, y = data.pictures((8, 8, 3), 3)
    x = np.stack([np.roll(x, i, axis=2) for i in range(4)], axis=1)

    def make() -> Any:
        film = keras.Input((4, 8, 8, 3))
        h = layers.TimeDistributed(layers.Conv2D(6, 3, activation="relu"))(film)
        h = layers.TimeDistributed(layers.GlobalAveragePooling2D())(h)
        h = layers.Dropout(0.2)(layers.GRU(6)(h))
        model = keras.Model(film, layers.Dense(3, activation="softmax")(h))
        return compiled(model, "sparse_categorical_crossentropy", metrics=["accuracy"])

    probe = {"inputs": x[:6], "labels": y[:6], "class_names": ["run", "walk", "sit"]}
    views = (*OF_ALL, "Saliency", "GradientTimesInput")
    return Program(make, training(x, y), probe, views=views, shows=SHOWN, truths=TRUE)


@program
def keypoints() -> Program:
    """Two points of every picture, (N, 2, 2) numbers out of a sigmoid."""
    x, _, boxes = data.shapes(16)
    points = boxes.reshape(-1, 2, 2)

    def make() -> Any:
        image = keras.Input((16, 16, 3))
        h = layers.SeparableConv2D(8, 3, strides=2, activation="relu")(image)
        h = layers.SeparableConv2D(8, 3, strides=2, activation="relu")(h)
        h = layers.Dense(4, activation="sigmoid")(layers.Flatten()(h))
        return compiled(keras.Model(image, layers.Reshape((2, 2))(h)), "mse", metrics=["mae"])

    probe = {"inputs": x[:6], "labels": points[:6]}
    views = tuple(view for view in PICTURES if view != "ActivationMaximization")
    shows = (*SHOWN, "grad_cam", "predictions")
    return Program(make, training(x, points), probe, "", views, shows, truths=QUIET)


@program
def vector_quantized() -> Program:
    """VQ-VAE: the nearest code stands for each place, the gradient goes straight through."""

    class Quantizer(layers.Layer):
        def build(self, shape: Any) -> None:
            self.codes = self.add_weight(shape=(8, shape[-1]), initializer="uniform", name="codes")

        def call(self, x: Any) -> Any:
            distance = ops.sum((x[..., None, :] - self.codes) ** 2, axis=-1)
            chosen = ops.take(self.codes, ops.argmin(distance, axis=-1), axis=0)
            self.add_loss(ops.mean((ops.stop_gradient(chosen) - x) ** 2))
            self.add_loss(ops.mean((chosen - ops.stop_gradient(x)) ** 2))
            return x + ops.stop_gradient(chosen - x)

    x, _ = data.digits(32)

    def make() -> Any:
        image = keras.Input((8, 8, 1))
        h = layers.Conv2D(8, 3, strides=2, activation="relu", padding="same")(image)
        h = Quantizer(name="quantizer")(layers.Conv2D(4, 1)(h))
        h = layers.Conv2DTranspose(8, 3, strides=2, activation="relu", padding="same")(h)
        return compiled(keras.Model(image, layers.Conv2D(1, 3, padding="same")(h)), "mse")

    probe = {"inputs": x[:6, ..., None], "labels": x[:6, ..., None]}
    views = (*OF_ALL, "Saliency", "GradCAM", "Occlusion")
    shows = (*SHOWN, "predictions")
    true = (truths.no_classes, truths.quiet)
    return Program(
        make, training(x[..., None], x[..., None]), probe, "image", views, shows, {}, true
    )


@program
def windows_of_attention() -> Program:
    """Swin: attention within windows, then patches are merged; built of a subclassed layer."""

    class Window(layers.Layer):
        def __init__(self, size: int, width: int, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.size, self.width = size, width
            self.attend = layers.MultiHeadAttention(2, width // 2)
            self.normalize = layers.LayerNormalization()

        def build(self, shape: Any) -> None:
            self.attend.build((None, self.size**2, self.width), (None, self.size**2, self.width))
            self.normalize.build((None, self.size**2, self.width))

        def call(self, x: Any) -> Any:
            _, height, width, channels = x.shape
            s = self.size
            h = ops.reshape(x, (-1, height // s, s, width // s, s, channels))
            h = ops.reshape(ops.transpose(h, (0, 1, 3, 2, 4, 5)), (-1, s * s, channels))
            h = self.normalize(h + self.attend(h, h))
            h = ops.reshape(h, (-1, height // s, width // s, s, s, channels))
            return ops.reshape(ops.transpose(h, (0, 1, 3, 2, 4, 5)), (-1, height, width, channels))

    x, y = data.pictures((16, 16, 3), 4)

    def make() -> Any:
        image = keras.Input((16, 16, 3))
        h = layers.Conv2D(8, 2, strides=2, name="patches")(image)
        h = Window(4, 8, name="window_1")(h)
        h = layers.Conv2D(12, 2, strides=2, name="merged")(h)
        h = Window(2, 12, name="window_2")(h)
        h = layers.Dense(4)(layers.GlobalAveragePooling2D()(h))
        loss = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1)
        return compiled(keras.Model(image, h), loss, metrics=["accuracy"])

    probe = {"inputs": x[:6], "labels": y[:6]}
    views = (*OF_ALL, "Saliency", "GradCAM", "LayerCAM", "EigenCAM", "Occlusion", "RISE")
    grids = truths.maps_are_grids((16, 16), (8, 8), (4, 4))
    fit = training(x, data.onehot(y, 4))
    return Program(make, fit, probe, views=views, truths=(*TRUE, grids))


@program
def translation() -> Program:
    """Two sentences go in by name, one of them shifted; the decoder reads the encoder."""
    source, _ = data.sentences(8, 20)
    target, _ = data.sentences(7, 24, seed=1)

    def make() -> Any:
        encoded = keras.Input((8,), dtype="int64", name="encoder_inputs")
        h = layers.Embedding(20, 8)(encoded)
        h = layers.LayerNormalization()(h + layers.MultiHeadAttention(2, 4)(h, h))
        so_far = keras.Input((6,), dtype="int64", name="decoder_inputs")
        t = layers.Embedding(24, 8)(so_far)
        t = layers.LayerNormalization()(
            t + layers.MultiHeadAttention(2, 4)(t, t, use_causal_mask=True)
        )
        t = layers.LayerNormalization()(t + layers.MultiHeadAttention(2, 4)(t, h))
        out = layers.Dense(24, activation="softmax", name="words")(t)
        model = keras.Model([encoded, so_far], out)
        return compiled(model, "sparse_categorical_crossentropy", "rmsprop", metrics=["accuracy"])

    fed = {"encoder_inputs": source, "decoder_inputs": target[:, :-1]}
    probe = {
        "inputs": {name: each[:6] for name, each in fed.items()},
        "labels": target[:6, 1:],
        "image": "encoder_inputs",
        "tokens": [f"w{i}" for i in range(20)],
    }
    views = (*TOKENS, *ATTENTION)
    return Program(
        make, training(fed, target[:, 1:]), probe, "", views, ("activations",), truths=QUIET
    )


@program
def traffic() -> Program:
    """A graph over time: (N, steps, roads, 1) in, the next steps of every road out."""
    random = data.rng(4)
    x = random.random((32, 6, 5, 1)).astype("float32")
    y = x[:, -3:, :, 0] * 0.5
    adjacent = (random.random((5, 5)) < 0.5).astype("float32")

    def make() -> Any:
        history = keras.Input((6, 5, 1))
        h = ops.einsum("ij,ntjc->ntic", ops.convert_to_tensor(adjacent), history)
        h = layers.Dense(4, activation="relu")(h)
        h = layers.Reshape((6, 20))(h)
        h = layers.LSTM(8)(h)
        h = layers.Reshape((3, 5))(layers.Dense(15)(h))
        return compiled(keras.Model(history, h), "mse", "rmsprop")

    probe = {"inputs": x[:6], "labels": y[:6]}
    views = (*OF_ALL, "Saliency", "GradientTimesInput")
    return Program(make, training(x, y), probe, "", views, SHOWN, truths=QUIET)


@program
def low_rank_tuning() -> Program:
    """A trained body, frozen, whose Dense layers learn by LoRA."""
    x, y = data.signals(16, 2, 3)

    def make() -> Any:
        signal = keras.Input((16, 2))
        h = layers.Conv1D(8, 3, activation="relu")(signal)
        h = layers.Dense(8, activation="relu", name="deep")(layers.GlobalAveragePooling1D()(h))
        model = keras.Model(signal, layers.Dense(3, activation="softmax")(h))
        model.layers[1].trainable = False
        model.get_layer("deep").enable_lora(2)
        return compiled(model, "sparse_categorical_crossentropy", metrics=["accuracy"])

    probe = {"inputs": x[:6], "labels": y[:6]}
    shows = (*SHOWN, "grad_cam", "predictions")
    return Program(make, training(x, y), probe, views=SIGNALS, shows=shows, truths=TRUE)


@program(backends=("tensorflow",))
def words_and_numbers() -> Program:
    """Structured data by name: strings through StringLookup, numbers through Normalization."""
    x, _, y = data.table(2)
    colours = np.array(["red", "blue", "green"])[np.arange(len(x)) % 3]

    def make() -> Any:
        colour = keras.Input((1,), dtype="string", name="colour")
        age = keras.Input((2,), name="numbers")
        looked = layers.StringLookup(vocabulary=["red", "blue", "green"], output_mode="one_hot")
        normal = layers.Normalization(mean=[0.0, 0.0], variance=[1.0, 1.0])
        h = layers.Concatenate()([looked(colour), normal(age)])
        h = layers.Dense(1, activation="sigmoid")(layers.Dense(8, activation="relu")(h))
        model = keras.Model({"colour": colour, "numbers": age}, h)
        return compiled(model, "binary_crossentropy", metrics=["accuracy"])

    def fit(model: Any, callbacks: list[Any]) -> list[Any]:
        import tensorflow as tf

        fed = {"colour": colours[:, None], "numbers": x}
        source = tf.data.Dataset.from_tensor_slices((fed, y)).batch(8)
        return training(source, batch_size=None)(model, callbacks)

    inputs = {"colour": colours[:6, None], "numbers": x[:6]}
    probe = {"inputs": inputs, "labels": y[:6], "image": "numbers"}
    return Program(make, fit, probe, views=OF_ALL, shows=SHOWN, truths=QUIET)


@program(backends=("tensorflow",))
def sentences_in() -> Program:
    """Whole sentences go in, and they are the probe."""
    texts, y, make, fit = sentences()
    probe = {"inputs": texts[:6, None], "labels": y[:6], "class_names": ["bad", "good"]}
    return Program(make, fit, probe, views=OF_ALL, shows=(*SHOWN, "predictions"), truths=QUIET)


@program(backends=("tensorflow",))
def mirrored() -> Program:
    """Built and trained under a MirroredStrategy."""
    x, y = data.pictures((12, 12, 3), 3)

    def make() -> Any:
        import tensorflow as tf

        strategy = tf.distribute.MirroredStrategy(["/cpu:0"])
        with strategy.scope():
            image = keras.Input((12, 12, 3))
            h = layers.Conv2D(8, 3, activation="relu")(image)
            h = layers.BatchNormalization()(h)
            h = layers.GlobalAveragePooling2D()(layers.Conv2D(8, 3, activation="relu")(h))
            model = keras.Model(image, layers.Dense(3, activation="softmax")(h))
            return compiled(model, "sparse_categorical_crossentropy", metrics=["accuracy"])

    probe = {"inputs": x[:6], "labels": y[:6]}
    return Program(make, training(x, y), probe, views=VECTORS, truths=TRUE)
