"""A model with a call of its own and two inputs: a picture, and where it was taken.

The picture is a handwritten digit; the second input says whether it may be above four. The
monitor needs no layer names or sub-models: it looks at the model as it is called.

    python -m pip install "kerasvis2[demo]"
    python examples/custom_model.py
    tensorboard --logdir runs
"""

import argparse

import keras
import numpy as np
from keras import layers, ops
from sklearn.datasets import load_digits

import kerasvis2 as kv

parser = argparse.ArgumentParser()
parser.add_argument("--epochs", type=int, default=10)
parser.add_argument("--log-dir", default="runs/custom_model")
args = parser.parse_args()
keras.utils.set_random_seed(0)


class DigitWithHint(keras.Model):
    """Convolutions see the picture; the hint joins them before the last layer."""

    def __init__(self):
        super().__init__(name="digit_with_hint")
        self.convolutions = [
            layers.Conv2D(16, 3, padding="same", activation="relu", name="conv1"),
            layers.Conv2D(32, 3, padding="same", activation="relu", name="conv2"),
            layers.Conv2D(32, 3, strides=2, activation="relu", name="conv3"),
        ]
        self.pool = layers.GlobalMaxPooling2D(name="pool")
        self.score = layers.Dense(10, name="digit")

    def call(self, inputs):
        x = inputs["picture"]
        for convolution in self.convolutions:
            x = convolution(x)
        joined = ops.concatenate([self.pool(x), inputs["hint"]], axis=-1)
        return self.score(joined)


pixels, y = load_digits(return_X_y=True)
x = {
    "picture": (pixels / 16).astype("float32").reshape(-1, 8, 8, 1),
    "hint": (y > 4).astype("float32")[:, None],
}
train, test = slice(0, 1500), slice(1500, None)

model = DigitWithHint()
model.compile(
    "adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"]
)
first = np.arange(1500, 1516)
probe = kv.Probe(
    {name: values[first] for name, values in x.items()},
    y[first],
    image="picture",
    class_names=[str(n) for n in range(10)],
)
model.fit(
    {name: values[train] for name, values in x.items()},
    y[train],
    validation_data=({name: values[test] for name, values in x.items()}, y[test]),
    epochs=args.epochs,
    callbacks=[kv.Monitor(args.log_dir, probe, kv.default_views() + [kv.Saliency()])],
)
