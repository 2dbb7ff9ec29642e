"""A training loop of one's own on PyTorch, watched: `begin`, `look` after each epoch, `end`.

python -m pip install "kerasvis2[torch]" scikit-learn
KERAS_BACKEND=torch python examples/custom_loop_torch.py
tensorboard --logdir runs
"""

import argparse

import keras
import torch
from keras import layers
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset

import kerasvis2 as kv

parser = argparse.ArgumentParser()
parser.add_argument("--epochs", type=int, default=5)
parser.add_argument("--log-dir", default="runs/custom_loop_torch")
args = parser.parse_args()

pixels, labels = load_digits(return_X_y=True)
images = torch.tensor(pixels / 16, dtype=torch.float32).reshape(-1, 8, 8, 1)
digits = TensorDataset(images, torch.tensor(labels))
train = DataLoader(digits, batch_size=64, shuffle=True)

model = keras.Sequential(
    [
        keras.Input((8, 8, 1)),
        layers.Conv2D(16, 3, activation="relu", name="conv1"),
        layers.Conv2D(32, 3, activation="relu", name="conv2"),
        layers.GlobalAveragePooling2D(name="mean"),
        layers.Dense(10, name="digit"),
    ]
)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)

monitor = kv.Monitor(args.log_dir, kv.Probe.from_dataset(DataLoader(digits, 64), size=10))
monitor.begin(model)
for epoch in range(args.epochs):
    losses = []
    for x, y in train:
        loss = torch.nn.functional.cross_entropy(model(x, training=True), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    monitor.look(epoch, {"loss": sum(losses) / len(losses)})
monitor.end()
