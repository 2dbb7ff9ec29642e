"""A training loop of one's own on JAX, watched: `begin`, `look` after each epoch, `end`.

The step is a pure function of values; the model gets them back before it is looked at.

python -m pip install "kerasvis2[jax]" scikit-learn
KERAS_BACKEND=jax python examples/custom_loop_jax.py
tensorboard --logdir runs
"""

import argparse

import jax
import keras
import numpy as np
from keras import layers
from sklearn.datasets import load_digits

import kerasvis2 as kv

parser = argparse.ArgumentParser()
parser.add_argument("--epochs", type=int, default=5)
parser.add_argument("--log-dir", default="runs/custom_loop_jax")
args = parser.parse_args()

pixels, labels = load_digits(return_X_y=True)
images = (pixels / 16).astype("float32").reshape(-1, 8, 8, 1)

model = keras.Sequential(
    [
        keras.Input((8, 8, 1)),
        layers.Conv2D(16, 3, activation="relu", name="conv1"),
        layers.Conv2D(32, 3, activation="relu", name="conv2"),
        layers.GlobalAveragePooling2D(name="mean"),
        layers.Dense(10, name="digit"),
    ]
)
measure = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
optimizer = keras.optimizers.Adam(1e-2)
optimizer.build(model.trainable_variables)


def loss_of(weights, others, x, y):
    scores, others = model.stateless_call(weights, others, x, training=True)
    return measure(y, scores), others


@jax.jit
def step(weights, others, memory, x, y):
    (loss, others), slopes = jax.value_and_grad(loss_of, has_aux=True)(weights, others, x, y)
    weights, memory = optimizer.stateless_apply(memory, slopes, weights)
    return loss, weights, others, memory


variables = model.trainable_variables, model.non_trainable_variables
weights, others = ([v.value for v in each] for each in variables)
memory = [v.value for v in optimizer.variables]
rng = np.random.default_rng(0)

monitor = kv.Monitor(args.log_dir, kv.Probe.from_dataset((images, labels), size=10))
monitor.begin(model)
for epoch in range(args.epochs):
    losses = []
    for rows in np.array_split(rng.permutation(1792), 28):
        loss, weights, others, memory = step(weights, others, memory, images[rows], labels[rows])
        losses.append(loss)
    for each, values in zip(variables, (weights, others)):
        for variable, value in zip(each, values):
            variable.assign(value)
    monitor.look(epoch, {"loss": float(np.mean(losses))})
monitor.end()
