"""Models with a `train_step` of their own, most of them without a `call`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import truths
import zoo_data as data
from keras import layers, ops
from programs import OF_ALL, PICTURES, Program, program, training

STEPPED = ("tensorflow", "torch")  # JAX's train step has another signature


def descend(loss: Callable[[], Any], variables: list[Any], optimizer: Any) -> Any:
    """One step down the gradient, in the backend's own words."""
    if keras.backend.backend() == "torch":
        import torch

        for variable in variables:
            variable.value.grad = None
        value = loss()
        value.backward()
        gradients = [variable.value.grad for variable in variables]
        with torch.no_grad():
            optimizer.apply(gradients, variables)
        return value.detach()
    import tensorflow as tf

    with tf.GradientTape() as tape:
        value = loss()
    optimizer.apply_gradients(zip(tape.gradient(value, variables), variables))
    return value


class Sampling(layers.Layer):
    """A draw from the Gaussian that the encoder names."""

    def __init__(self) -> None:
        super().__init__()
        self.seed_generator = keras.random.SeedGenerator(1337)

    def call(self, inputs: Any) -> Any:
        mean, log_variance = inputs
        noise = keras.random.normal(ops.shape(mean), seed=self.seed_generator)
        return mean + ops.exp(0.5 * log_variance) * noise


def vae_encoder() -> Any:
    image = keras.Input((8, 8, 1))
    h = layers.Conv2D(6, 3, activation="relu", strides=2, padding="same")(image)
    h = layers.Conv2D(8, 3, activation="relu", padding="same")(h)
    h = layers.Dense(8, activation="relu")(layers.Flatten()(h))
    mean = layers.Dense(2, name="z_mean")(h)
    log_variance = layers.Dense(2, name="z_log_var")(h)
    z = Sampling()([mean, log_variance])
    return keras.Model(image, [mean, log_variance, z], name="encoder")


def vae_decoder() -> Any:
    latent = keras.Input((2,))
    h = layers.Dense(4 * 4 * 8, activation="relu")(latent)
    h = layers.Reshape((4, 4, 8))(h)
    h = layers.Conv2DTranspose(8, 3, activation="relu", strides=2, padding="same")(h)
    h = layers.Conv2DTranspose(1, 3, activation="sigmoid", padding="same")(h)
    return keras.Model(latent, h, name="decoder")


class VAE(keras.Model):
    """No `call`: encoder and decoder are only met in `train_step`."""

    def __init__(self, encoder: Any, decoder: Any) -> None:
        super().__init__()
        self.encoder, self.decoder = encoder, decoder
        self.total_loss_tracker = keras.metrics.Mean(name="total_loss")
        self.kl_loss_tracker = keras.metrics.Mean(name="kl_loss")

    @property
    def metrics(self) -> list[Any]:
        return [self.total_loss_tracker, self.kl_loss_tracker]

    def train_step(self, batch: Any) -> dict[str, Any]:
        kept = {}

        def loss() -> Any:
            mean, log_variance, z = self.encoder(batch)
            error = ops.sum(keras.losses.binary_crossentropy(batch, self.decoder(z)), (1, 2))
            divergence = 1 + log_variance - ops.square(mean) - ops.exp(log_variance)
            kept["kl"] = ops.mean(ops.sum(-0.5 * divergence, axis=1))
            return ops.mean(error) + kept["kl"]

        total = descend(loss, self.trainable_weights, self.optimizer)
        self.total_loss_tracker.update_state(total)
        self.kl_loss_tracker.update_state(kept["kl"])
        return {metric.name: metric.result() for metric in self.metrics}


def make_vae() -> Any:
    model = VAE(vae_encoder(), vae_decoder())
    model.compile(optimizer=keras.optimizers.Adam(), jit_compile=False)
    return model


def vae_program(probe: Any, views: tuple[str, ...], shows: tuple[str, ...], **monitor: Any) -> Any:
    x, _ = data.digits()

    def fit(model: Any, callbacks: list[Any]) -> list[Any]:
        # The train step takes bare batches, as `fit(x)` gives them on TensorFlow.
        if keras.backend.backend() == "torch":
            model.train_step = lambda batch: VAE.train_step(model, batch[0])
        return training(x[..., None])(model, callbacks)

    true = (truths.quiet,)
    return Program(make_vae, fit, probe, "", views, shows, monitor, true, rounding=True)


@program(backends=STEPPED)
def vae() -> Program:
    """A variational autoencoder as it stands, the probe its pictures."""
    x, y = data.digits()
    probe = {"inputs": x[:6, ..., None], "labels": y[:6]}
    return vae_program(probe, ("Filters", "ModelGraph"), ("filters",))


@program(backends=STEPPED)
def vae_decoder_watched() -> Program:
    """`part="decoder"`: what a fixed grid of latent vectors decodes to."""
    grid = np.stack(np.meshgrid([-1.0, 0, 1], [-1.0, 1]), -1).reshape(-1, 2).astype("float32")
    return vae_program({"inputs": grid}, OF_ALL, ("filters", "activations"), part="decoder")


@program(backends=STEPPED)
def vae_encoder_watched() -> Program:
    """A callable for `part`: the encoder up to the mean."""
    x, _ = data.digits()
    shows = ("filters", "activations")
    return vae_program(
        {"inputs": x[:6, ..., None]}, OF_ALL, shows, part=lambda model: model.encoder
    )


def discriminator() -> Any:
    parts = [keras.Input((8, 8, 1))]
    for width in (6, 8):
        parts += [layers.Conv2D(width, 4, strides=2, padding="same"), layers.LeakyReLU(0.2)]
    parts += [layers.Flatten(), layers.Dropout(0.2), layers.Dense(1, activation="sigmoid")]
    return keras.Sequential(parts, name="discriminator")


def generator() -> Any:
    parts = [keras.Input((5,)), layers.Dense(2 * 2 * 5), layers.Reshape((2, 2, 5))]
    for width in (8, 6):
        parts += [
            layers.Conv2DTranspose(width, 4, strides=2, padding="same"),
            layers.LeakyReLU(0.2),
        ]
    parts += [layers.Conv2D(1, 5, padding="same", activation="sigmoid")]
    return keras.Sequential(parts, name="generator")


class GAN(keras.Model):
    """Two networks, two optimizers, a `compile` of its own, no `call`."""

    def __init__(self) -> None:
        super().__init__()
        self.discriminator, self.generator = discriminator(), generator()
        self.seed_generator = keras.random.SeedGenerator(1337)

    def compile(self, d_optimizer: Any, g_optimizer: Any, loss_fn: Any) -> None:
        super().compile(jit_compile=False)
        self.d_optimizer, self.g_optimizer, self.loss_fn = d_optimizer, g_optimizer, loss_fn
        self.d_loss_metric = keras.metrics.Mean(name="d_loss")
        self.g_loss_metric = keras.metrics.Mean(name="g_loss")

    @property
    def metrics(self) -> list[Any]:
        return [self.d_loss_metric, self.g_loss_metric]

    def train_step(self, batch: Any) -> dict[str, Any]:
        real = batch[0] if isinstance(batch, tuple) else batch
        count = ops.shape(real)[0]
        noise = keras.random.normal((count, 5), seed=self.seed_generator)
        images = ops.concatenate([self.generator(noise), real], axis=0)
        labels = ops.concatenate([ops.ones((count, 1)), ops.zeros((count, 1))], axis=0)
        labels += 0.05 * keras.random.uniform(ops.shape(labels), seed=self.seed_generator)
        d_loss = descend(
            lambda: self.loss_fn(labels, self.discriminator(images)),
            self.discriminator.trainable_weights,
            self.d_optimizer,
        )
        noise = keras.random.normal((count, 5), seed=self.seed_generator)
        g_loss = descend(
            lambda: self.loss_fn(ops.zeros((count, 1)), self.discriminator(self.generator(noise))),
            self.generator.trainable_weights,
            self.g_optimizer,
        )
        self.d_loss_metric.update_state(d_loss)
        self.g_loss_metric.update_state(g_loss)
        return {"d_loss": self.d_loss_metric.result(), "g_loss": self.g_loss_metric.result()}


def make_gan() -> Any:
    model = GAN()
    model.compile(
        keras.optimizers.Adam(1e-3), keras.optimizers.Adam(1e-3), keras.losses.BinaryCrossentropy()
    )
    return model


def gan_program(probe: Any, views: tuple[str, ...], shows: tuple[str, ...], **monitor: Any) -> Any:
    x, _ = data.digits()
    fit = training(x[..., None])
    return Program(make_gan, fit, probe, "", views, shows, monitor, (truths.quiet,))


@program(backends=STEPPED)
def dcgan() -> Program:
    """The whole of it, with no probe that would fit."""
    return gan_program(None, ("Filters", "ModelGraph"), ("filters",))


@program(backends=STEPPED)
def dcgan_generator() -> Program:
    """Samples of the generator on fixed latent vectors: the picture everybody wants."""
    latent = data.rng(1).normal(size=(6, 5)).astype("float32")
    shows = ("filters", "activations", "predictions")
    return gan_program({"inputs": latent}, OF_ALL, shows, part="generator")


@program(backends=STEPPED)
def dcgan_discriminator() -> Program:
    """The other part: a picture classifier of one sigmoid."""
    x, _ = data.digits()
    probe = {"inputs": x[:6, ..., None], "labels": np.zeros(6, "int64")}
    views = tuple(view for view in PICTURES if view not in ("RISE", "LIME", "ScoreCAM"))
    return gan_program(probe, views, ("filters", "grad_cam"), part="discriminator")
