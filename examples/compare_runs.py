"""Two trainings of one network, laid side by side in Python, with no browser and no notebook.

The second run trains with dropout. Which of them is better, where do their maps differ most, and do
their layers see the same things?

What to look at: what is printed, and in the folder `comparison.png` (Grad-CAM of both runs at three
epochs on one scale), `comparison.html` (the same to explore in a browser, and to mail), and
`similarity.png` (how alike the layers of both runs see the probe: bright is alike).

    python -m pip install "kerasvis2[demo]"
    python examples/compare_runs.py
"""

import argparse
from pathlib import Path

import keras
import numpy as np
from keras import layers
from PIL import Image
from sklearn.datasets import load_digits

import kerasvis2 as kv

parser = argparse.ArgumentParser()
parser.add_argument("--epochs", type=int, default=10)
parser.add_argument("--log-dir", default="runs/compare")
args = parser.parse_args()
folder = Path(args.log_dir)

pixels, labels = load_digits(return_X_y=True)
images = (pixels / 16).astype("float32").reshape(-1, 8, 8, 1)
x, y, x_val, y_val = images[:1500], labels[:1500], images[1500:], labels[1500:]
probe = kv.Probe.from_dataset((x_val, y_val), size=10, class_names=[str(n) for n in range(10)])


def train(name: str, dropout: float) -> None:
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(16, 3, padding="same", activation="relu", name="conv1"),
            layers.Conv2D(32, 3, padding="same", activation="relu", name="conv2"),
            layers.Dropout(dropout),
            layers.GlobalMaxPooling2D(),
            layers.Dense(10, activation="softmax", name="digit"),
        ]
    )
    model.compile(
        keras.optimizers.Adam(3e-3), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    monitor = kv.Monitor(folder / name, probe, [kv.Curves(), kv.GradCAM(), kv.Drift()])
    model.fit(
        x,
        y,
        validation_data=(x_val, y_val),
        epochs=args.epochs,
        verbose=0,
        callbacks=[monitor],
    )


train("plain", dropout=0.0)
train("dropout", dropout=0.5)

runs = kv.read(folder)
for name, run in runs.items():
    steps, accuracy = run.scalars("validation/epoch_accuracy")
    print(f"{name:8} validation accuracy {accuracy[-1]:.3f}, best {accuracy.max():.3f}", end=" ")
    print(f"after epoch {steps[accuracy.argmax()]}")

last = args.epochs - 1
comparison = kv.compare(runs, "grad_cam/*conv2", steps=sorted({0, last // 2, last}))
comparison.save(folder / "comparison.png")
comparison.save(folder / "comparison.html")

more = comparison.difference("dropout", "plain", last)  # (images, h, w), in logits
most = np.abs(more).mean(axis=(1, 2)).argsort()[::-1][:3]
print("maps differ most on the probe's images", ", ".join(f"{i} ({probe.labels[i]})" for i in most))

similarity = kv.similarity(runs["plain"], runs["dropout"])
Image.fromarray(similarity.sheet()).save(folder / "similarity.png")
print("alike, 0 to 1:")
for row, name in enumerate(similarity.rows):
    print(f"  {name:10} {similarity.values[row, row]:.2f}")
