"""A GAN with a `train_step` of its own learns to draw digits; the generator is watched.

The model has no `call`: it is two networks and a rule. `part="generator"` says which of them to
look at, and the probe holds latent vectors in place of pictures: always the same ones, so that each
picture can be followed from noise to digit.

What to look at: `predictions/00_images`, what the generator makes of the probe, epoch by epoch; and
the curves `epoch_d_loss` and `epoch_g_loss`, which say little about how good the pictures are.

    python -m pip install "kerasvis2[demo]"
    python examples/gan.py     # or KERAS_BACKEND=torch, or jax: each has a `train_step` below
    tensorboard --logdir runs
"""

import argparse

import keras
import numpy as np
from keras import layers, ops
from sklearn.datasets import load_digits

import kerasvis2 as kv

LATENT = 16

parser = argparse.ArgumentParser()
parser.add_argument("--epochs", type=int, default=60)
parser.add_argument("--log-dir", default="runs/gan")
args = parser.parse_args()
keras.utils.set_random_seed(0)


class GAN(keras.Model):
    """Two networks that train each other, by the same optimizer."""

    def __init__(self):
        super().__init__()
        self.generator = keras.Sequential(
            [
                keras.Input((LATENT,)),
                layers.Dense(4 * 4 * 32, activation="relu"),
                layers.Reshape((4, 4, 32)),
                layers.Conv2DTranspose(32, 4, strides=2, padding="same", activation="relu"),
                layers.Conv2D(1, 3, padding="same", activation="sigmoid"),
            ],
            name="generator",
        )
        self.discriminator = keras.Sequential(
            [
                keras.Input((8, 8, 1)),
                layers.Conv2D(32, 3, strides=2, padding="same"),
                layers.LeakyReLU(0.2),
                layers.Conv2D(64, 3, strides=2, padding="same"),
                layers.LeakyReLU(0.2),
                layers.Flatten(),
                layers.Dropout(0.3),
                layers.Dense(1),
            ],
            name="discriminator",
        )
        self.noise = keras.random.SeedGenerator(1)
        self.loss_of = keras.losses.BinaryCrossentropy(from_logits=True)
        self.d_loss, self.g_loss = (keras.metrics.Mean(name) for name in ("d_loss", "g_loss"))
        self.built = True  # there is no `call` to build it by

    @property
    def metrics(self):
        return [self.d_loss, self.g_loss]

    def losses_of(self, pictures):
        """That of the discriminator, and that of the generator."""
        latent = keras.random.normal((ops.shape(pictures)[0], LATENT), seed=self.noise)
        drawn = self.generator(latent, training=True)
        said = self.discriminator(drawn, training=True)
        ones, zeros = ops.ones_like(said), ops.zeros_like(said)
        on_real = self.loss_of(0.9 * ones, self.discriminator(pictures, training=True))
        return on_real + self.loss_of(zeros, said), self.loss_of(ones, said)

    def seen(self, losses):
        for metric, loss in zip(self.metrics, losses):
            metric.update_state(loss)
        return {metric.name: metric.result() for metric in self.metrics}


def real(data):
    """The pictures of what `fit` hands on."""
    return keras.utils.unpack_x_y_sample_weight(data)[0]


class OnTensorFlow(GAN):
    def train_step(self, data):
        import tensorflow as tf

        with tf.GradientTape(persistent=True) as tape:
            d_loss, g_loss = self.losses_of(real(data))
        d, g = (part.trainable_variables for part in (self.discriminator, self.generator))
        gradients = tape.gradient(d_loss, d) + tape.gradient(g_loss, g)
        self.optimizer.apply(gradients, d + g)
        return self.seen((d_loss, g_loss))


class OnPyTorch(GAN):
    def train_step(self, data):
        import torch

        d_loss, g_loss = self.losses_of(real(data))
        d, g = (part.trainable_variables for part in (self.discriminator, self.generator))
        gradients = torch.autograd.grad(d_loss, [v.value for v in d], retain_graph=True)
        gradients += torch.autograd.grad(g_loss, [v.value for v in g])
        with torch.no_grad():
            self.optimizer.apply(gradients, d + g)
        return self.seen((d_loss.detach(), g_loss.detach()))


class OnJAX(GAN):
    def train_step(self, state, data):
        import jax

        trained, others, optimizer, metrics = state

        def loss(trained, which):
            with keras.StatelessScope(
                state_mapping=[
                    *zip(self.trainable_variables, trained),
                    *zip(self.non_trainable_variables, others),
                ]
            ) as scope:
                losses = self.losses_of(real(data))
            moved = [scope.get_current_value(v) for v in self.non_trainable_variables]
            return losses[which], (losses, moved)

        d, (losses, others) = jax.grad(lambda values: loss(values, 0), has_aux=True)(trained)
        g, _ = jax.grad(lambda values: loss(values, 1), has_aux=True)(trained)
        ours = {id(v) for v in self.generator.trainable_variables}
        which = [id(v) in ours for v in self.trainable_variables]
        gradients = [b if drawing else a for a, b, drawing in zip(d, g, which)]
        trained, optimizer = self.optimizer.stateless_apply(optimizer, gradients, trained)
        with keras.StatelessScope(state_mapping=[*zip(self.metrics_variables, metrics)]) as scope:
            said = self.seen(losses)
        metrics = [scope.get_current_value(v) for v in self.metrics_variables]
        return said, (trained, others, optimizer, metrics)


pixels, _ = load_digits(return_X_y=True)
images = (pixels / 16).astype("float32").reshape(-1, 8, 8, 1)

kinds = {"tensorflow": OnTensorFlow, "torch": OnPyTorch, "jax": OnJAX}
model = kinds[keras.backend.backend()]()
model.compile(keras.optimizers.Adam(1e-3, 0.5))
latent = np.random.default_rng(0).normal(size=(12, LATENT)).astype("float32")
monitor = kv.Monitor(args.log_dir, kv.Probe(latent), freq=kv.log_spaced(10), part="generator")
model.fit(images, batch_size=64, epochs=args.epochs, verbose=2, callbacks=[monitor])
