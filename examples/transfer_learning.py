"""A backbone of keras.applications inside a Sequential: first frozen, then fine-tuned.

One monitor watches both trainings: the second `fit` goes on counting with `initial_epoch`.
With `--weights imagenet` Keras downloads trained weights; by default it starts from random ones,
so that the example runs without a network, though it then learns little while frozen.

    python -m pip install "kerasvis2[demo]"
    python examples/transfer_learning.py --weights imagenet
    tensorboard --logdir runs
"""

import argparse

import keras
import numpy as np
from keras import layers
from skimage import data

import kerasvis2 as kv

SIDE = 96
CLASSES = ["brick", "grass", "gravel"]

parser = argparse.ArgumentParser()
parser.add_argument("--epochs", type=int, default=3, help="of each of the two trainings")
parser.add_argument("--images", type=int, default=240)
parser.add_argument("--weights", default=None, choices=["imagenet"])
parser.add_argument("--log-dir", default="runs/transfer_learning")
args = parser.parse_args()
keras.utils.set_random_seed(0)


def crops(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Random crops of three photographs of textures, in colour, 0 to 255."""
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % len(CLASSES)
    images = np.empty((count, SIDE, SIDE, 3), "float32")
    for image, label in zip(images, labels):
        photograph = getattr(data, CLASSES[label])()
        top, left = rng.integers(0, photograph.shape[0] - SIDE, 2)
        image[:] = photograph[top : top + SIDE, left : left + SIDE, None]
    return images, labels


x, y = crops(args.images, seed=0)
x_val, y_val = crops(args.images // 4, seed=1)

backbone = keras.applications.MobileNetV2(
    input_shape=(SIDE, SIDE, 3), include_top=False, weights=args.weights
)
model = keras.Sequential(
    [
        keras.Input((SIDE, SIDE, 3)),
        layers.Rescaling(1 / 127.5, offset=-1, name="to_unit_range"),
        backbone,
        layers.GlobalAveragePooling2D(name="mean"),
        layers.Dense(len(CLASSES), activation="softmax", name="texture"),
    ]
)

probe = kv.Probe.from_dataset((x_val, y_val), size=9, class_names=CLASSES, display=(0, 255))
monitor = kv.Monitor(
    args.log_dir,
    probe,
    [
        kv.Curves(),
        kv.Filters(layers="Conv1"),
        # Paths reach into the backbone; a name that is unique is enough.
        kv.GradCAM(layers=["block_6_expand", "block_13_expand", "Conv_1"]),
        kv.ActivationMaximization(units="probe", quality="fast", steps=16),
    ],
)

backbone.trainable = False
model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(x, y, validation_data=(x_val, y_val), epochs=args.epochs, callbacks=[monitor])

backbone.trainable = True
model.compile(keras.optimizers.Adam(1e-4), "sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(
    x,
    y,
    validation_data=(x_val, y_val),
    initial_epoch=args.epochs,
    epochs=2 * args.epochs,
    callbacks=[monitor],
)
