"""A training loop of one's own on TensorFlow, watched: `begin`, `look` after each epoch, `end`.

python -m pip install "kerasvis2[tensorflow]" scikit-learn
python examples/custom_loop_tensorflow.py
tensorboard --logdir runs
"""

import argparse

import keras
import tensorflow as tf
from keras import layers
from sklearn.datasets import load_digits

import kerasvis2 as kv

parser = argparse.ArgumentParser()
parser.add_argument("--epochs", type=int, default=5)
parser.add_argument("--log-dir", default="runs/custom_loop_tensorflow")
args = parser.parse_args()
keras.utils.set_random_seed(0)

pixels, labels = load_digits(return_X_y=True)
images = (pixels / 16).astype("float32").reshape(-1, 8, 8, 1)
train = tf.data.Dataset.from_tensor_slices((images, labels)).shuffle(2000).batch(64)

model = keras.Sequential(
    [
        keras.Input((8, 8, 1)),
        layers.Conv2D(16, 3, activation="relu", name="conv1"),
        layers.Conv2D(32, 3, activation="relu", name="conv2"),
        layers.GlobalAveragePooling2D(name="mean"),
        layers.Dense(10, name="digit"),
    ]
)
optimizer = keras.optimizers.Adam(1e-2)
wrong = keras.losses.SparseCategoricalCrossentropy(from_logits=True)


@tf.function
def step(x, y):
    with tf.GradientTape() as tape:
        loss = wrong(y, model(x, training=True))
    gradients = tape.gradient(loss, model.trainable_variables)
    optimizer.apply_gradients(zip(gradients, model.trainable_variables))
    return loss


monitor = kv.Monitor(args.log_dir, kv.Probe.from_dataset((images, labels), size=10))
monitor.begin(model)
for epoch in range(args.epochs):
    losses = [float(step(x, y)) for x, y in train]
    monitor.look(epoch, {"loss": sum(losses) / len(losses)})
monitor.end()
