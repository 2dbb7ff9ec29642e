"""A small vision transformer learns to read digits that lie somewhere on a page.

What to look at, epoch by epoch: `attention/…`, what the class token takes from each patch, head by
head: some heads learn to find the digit. `attention_rollout/00_input` follows that through both
layers. `grad_cam/…` is of the tokens, folded back onto the page. The scalar
`attention_rollout/energy_on_object/input` is the share of the rollout on the digit; its chance
level, the digit's share of the page, stands beside it.

    python -m pip install "kerasvis2[demo]"
    python examples/vision_transformer.py
    tensorboard --logdir runs
"""

import argparse

import keras
import numpy as np
from keras import layers, ops
from PIL import Image
from sklearn.datasets import load_digits

import kerasvis2 as kv

PAGE, PATCH, DIGIT, WIDTH = 28, 4, 16, 48

parser = argparse.ArgumentParser()
parser.add_argument("--epochs", type=int, default=12)
parser.add_argument("--images", type=int, default=3000)
parser.add_argument("--log-dir", default="runs/vision_transformer")
args = parser.parse_args()
keras.utils.set_random_seed(0)


def pages(pixels: np.ndarray, count: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Noisy pages with a digit somewhere: images, which of `pixels` it is, where it is."""
    rng = np.random.default_rng(seed)
    chosen = rng.integers(0, len(pixels), count)
    images = rng.normal(0, 0.1, (count, PAGE, PAGE, 1)).astype("float32")
    masks = np.zeros((count, PAGE, PAGE), bool)
    for image, mask, digit in zip(images, masks, pixels[chosen]):
        small = Image.fromarray((digit.reshape(8, 8) / 16).astype("float32"))
        top, left = PATCH * rng.integers(0, (PAGE - DIGIT) // PATCH + 1, 2)
        place = slice(top, top + DIGIT), slice(left, left + DIGIT)
        image[(*place, 0)] += np.asarray(small.resize((DIGIT, DIGIT), Image.Resampling.BICUBIC))
        mask[place] = True
    return np.clip(images, 0, 1), chosen, masks


class Tokens(layers.Layer):
    """Puts a class token before the patches, and tells each token where it is."""

    def build(self, shape):
        _, count, width = shape
        self.first = self.add_weight(shape=(1, 1, width), name="first")
        self.place = self.add_weight(
            shape=(1, count + 1, width), initializer="random_normal", name="place"
        )

    def call(self, patches):
        first = ops.broadcast_to(self.first, (ops.shape(patches)[0], 1, patches.shape[-1]))
        return ops.concatenate([first, patches], axis=1) + self.place


pixels, labels = load_digits(n_class=5, return_X_y=True)
images, chosen, _ = pages(pixels[:-150], args.images, seed=0)
images_val, chosen_val, masks_val = pages(pixels[-150:], 200, seed=1)
y, y_val = labels[:-150][chosen], labels[-150:][chosen_val]

page = keras.Input((PAGE, PAGE, 1))
h = layers.Conv2D(WIDTH, PATCH, strides=PATCH, activation="relu", name="patches")(page)
h = Tokens(name="tokens")(layers.Reshape(((PAGE // PATCH) ** 2, WIDTH))(h))
for block in (1, 2):
    normed = layers.LayerNormalization(name=f"norm{block}")(h)
    attend = layers.MultiHeadAttention(4, WIDTH // 4, name=f"attention{block}")
    h = layers.Add()([h, attend(normed, normed)])
    normed = layers.LayerNormalization()(h)
    h = layers.Add()([h, layers.Dense(WIDTH)(layers.Dense(2 * WIDTH, activation="gelu")(normed))])
h = layers.LayerNormalization(name="norm")(h)
model = keras.Model(page, layers.Dense(5, activation="softmax", name="digit")(h[:, 0]))
model.compile(keras.optimizers.Adam(3e-3), "sparse_categorical_crossentropy", metrics=["accuracy"])

probe = kv.Probe(images_val[:8], y_val[:8], display=(0, 1), masks=masks_val[:8])
views = [kv.Curves(), kv.Predictions(), kv.Attention(), kv.AttentionRollout(), kv.GradCAM()]
model.fit(
    images,
    y,
    validation_data=(images_val, y_val),
    batch_size=64,
    epochs=args.epochs,
    callbacks=[kv.Monitor(args.log_dir, probe, views)],
)
