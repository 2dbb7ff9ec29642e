"""A view of one's own: which channels of a layer speak for the class, image by image.

A view says what it needs of the one pass that all views share, makes it small on the device, and
draws on a background thread. Everything else (when, where, captions, scales that stay) is there.

    python -m pip install "kerasvis2[demo]"
    python examples/own_view.py
    tensorboard --logdir runs
"""

import argparse

import keras
from keras import layers, ops
from sklearn.datasets import load_digits

import kerasvis2 as kv
from kerasvis2.render import bars_sheet

parser = argparse.ArgumentParser()
parser.add_argument("--epochs", type=int, default=10)
parser.add_argument("--log-dir", default="runs/own_view")
args = parser.parse_args()
keras.utils.set_random_seed(0)


class ChannelEvidence(kv.View):
    """Each channel's activation times its gradient, summed over space: its part of the logit."""

    title = "Channel evidence"

    def needs(self, model, probe):
        return kv.Request(
            outputs=True,
            gradients=True,
            targets=("label",),
            fits=lambda info: len(info.shape or ()) == 4,
            default=lambda infos: infos[-1:],
            what="layer with maps",
        )

    def reduce(self, seen):
        return {k: ops.sum(a * seen.gradients[k], axis=(1, 2)) for k, a in seen.activations.items()}

    def draw(self, arrays, about):
        drawing = kv.Drawing()
        for key, evidence in arrays.items():
            pixels, top = bars_sheet(
                None,
                evidence,
                names=[f"channel {i}" for i in range(evidence.shape[1])],
                previous=about.scales.get(key),  # the scale keeps still from epoch to epoch
                title=about.title(self.title, key),
                captions=about.captions(),
                wrong=about.wrong(),
                quantity="evidence (logit)",
            )
            drawing.pictures[key] = kv.Picture(pixels, top)
        return drawing


pixels, labels = load_digits(return_X_y=True)
images = (pixels / 16).astype("float32").reshape(-1, 8, 8, 1)

model = keras.Sequential(
    [
        keras.Input((8, 8, 1)),
        layers.Conv2D(16, 3, padding="same", activation="relu", name="conv1"),
        layers.Conv2D(32, 3, strides=2, activation="relu", name="conv2"),
        layers.GlobalAveragePooling2D(name="mean"),
        layers.Dense(10, activation="softmax", name="digit"),
    ]
)
model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])

probe = kv.Probe.from_dataset((images[1500:], labels[1500:]), size=10)
monitor = kv.Monitor(args.log_dir, probe, [kv.GradCAM(), ChannelEvidence()])
model.fit(images[:1500], labels[:1500], epochs=args.epochs, callbacks=[monitor])
