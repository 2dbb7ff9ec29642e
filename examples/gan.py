"""A GAN with a `train_step` of its own learns to draw digits; the generator is watched.

The model has no `call`: it is two networks and a rule. `part="generator"` says which of them to
look at, and the probe holds latent vectors in place of pictures: always the same ones, so that each
picture can be followed from noise to digit.

What to look at: `predictions/00_images`, what the generator makes of the probe, epoch by epoch; and
the curves `epoch_d_loss` and `epoch_g_loss`, which say little about how good the pictures are.

    python -m pip install "kerasvis2[demo]"
    python examples/gan.py
    tensorboard --logdir runs
"""

import argparse

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from sklearn.datasets import load_digits

import kerasvis2 as kv

LATENT = 16

parser = argparse.ArgumentParser()
parser.add_argument("--epochs", type=int, default=60)
parser.add_argument("--log-dir", default="runs/gan")
args = parser.parse_args()
keras.utils.set_random_seed(0)


class GAN(keras.Model):
    """Two networks that train each other."""

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
        self.loss_of = keras.losses.BinaryCrossentropy(from_logits=True)
        self.d_loss, self.g_loss = (keras.metrics.Mean(name) for name in ("d_loss", "g_loss"))

    def compile(self, d_optimizer, g_optimizer):
        super().compile()
        self.d_optimizer, self.g_optimizer = d_optimizer, g_optimizer

    @property
    def metrics(self):
        return [self.d_loss, self.g_loss]

    def train_step(self, real):
        count = tf.shape(real)[0]
        ones, zeros = tf.ones((count, 1)), tf.zeros((count, 1))
        with tf.GradientTape() as tape:
            drawn = self.generator(tf.random.normal((count, LATENT)), training=True)
            d_loss = self.loss_of(0.9 * ones, self.discriminator(real, training=True))
            d_loss += self.loss_of(zeros, self.discriminator(drawn, training=True))
        weights = self.discriminator.trainable_weights
        self.d_optimizer.apply_gradients(zip(tape.gradient(d_loss, weights), weights))
        with tf.GradientTape() as tape:
            drawn = self.generator(tf.random.normal((count, LATENT)), training=True)
            g_loss = self.loss_of(ones, self.discriminator(drawn, training=True))
        weights = self.generator.trainable_weights
        self.g_optimizer.apply_gradients(zip(tape.gradient(g_loss, weights), weights))
        self.d_loss.update_state(d_loss)
        self.g_loss.update_state(g_loss)
        return {metric.name: metric.result() for metric in self.metrics}


pixels, _ = load_digits(return_X_y=True)
images = (pixels / 16).astype("float32").reshape(-1, 8, 8, 1)

model = GAN()
model.compile(keras.optimizers.Adam(1e-3, 0.5), keras.optimizers.Adam(1e-3, 0.5))
latent = np.random.default_rng(0).normal(size=(12, LATENT)).astype("float32")
monitor = kv.Monitor(args.log_dir, kv.Probe(latent), freq=kv.log_spaced(10), part="generator")
model.fit(images, batch_size=64, epochs=args.epochs, verbose=2, callbacks=[monitor])
