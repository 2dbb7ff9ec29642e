"""A small network learns handwritten digits, and is watched while it does.

python -m pip install "kerasvis2[demo]"
python examples/quickstart.py
tensorboard --logdir runs
"""

import argparse

import keras
from keras import layers
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import kerasvis2 as kv

parser = argparse.ArgumentParser()
parser.add_argument("--epochs", type=int, default=10)
parser.add_argument("--log-dir", default="runs/quickstart")
args = parser.parse_args()
keras.utils.set_random_seed(0)

pixels, labels = load_digits(return_X_y=True)
images = (pixels / 16).astype("float32").reshape(-1, 8, 8, 1)
x, x_val, y, y_val = train_test_split(images, labels, test_size=300, random_state=0)

model = keras.Sequential(
    [
        keras.Input((8, 8, 1)),
        layers.Conv2D(16, 3, padding="same", activation="relu", name="conv1"),
        layers.Conv2D(32, 3, padding="same", activation="relu", name="conv2"),
        layers.MaxPooling2D(name="pool"),
        layers.Conv2D(64, 3, padding="same", activation="relu", name="conv3"),
        layers.GlobalAveragePooling2D(name="mean"),
        layers.Dense(10, activation="softmax", name="digit"),
    ]
)
model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])

# The same 20 images at every epoch, two of each digit.
probe = kv.Probe.from_dataset((x_val, y_val), size=20, class_names=[str(n) for n in range(10)])
model.fit(
    x,
    y,
    validation_data=(x_val, y_val),
    epochs=args.epochs,
    callbacks=[kv.Monitor(args.log_dir, probe)],
)
