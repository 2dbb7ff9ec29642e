"""A detector on a grid: in each of 8 × 8 cells, is there a digit's middle, and which digit?

No class index says what a detector should be asked, so the target is a function of its outputs:
`best_box` is the score of each image's most certain cell. Any `outputs -> (N,) scores` will do.

What to look at: `grad_cam/…@best_box`, where the evidence for the box that the detector is surest
of lies, and the scalar `grad_cam/energy_on_object/…`, how much of it is on the object, beside
`grad_cam/energy_on_object/chance`, the object's share of the image. `boxes.png` in the run's folder
shows the boxes found after training.

    python -m pip install "kerasvis2[demo]"
    python examples/object_detection.py
    tensorboard --logdir runs
"""

import argparse
from pathlib import Path

import keras
import numpy as np
from keras import layers, ops
from PIL import Image, ImageDraw

import kerasvis2 as kv
from kerasvis2.demo.data import CLASS_NAMES, DIGIT_SIDE, story

CELL = 8  # pixels

parser = argparse.ArgumentParser()
parser.add_argument("--epochs", type=int, default=8)
parser.add_argument("--images", type=int, default=1600)
parser.add_argument("--log-dir", default="runs/object_detection")
args = parser.parse_args()
keras.utils.set_random_seed(0)


def cells(pictures):
    """What is to be learned: 1 in the cell of the digit's middle, in the channel of its class."""
    truth = np.zeros((len(pictures.images), 8, 8, len(CLASS_NAMES)), "float32")
    for grid, mask, label in zip(truth, pictures.masks, pictures.labels):
        row, column = (int(places.mean()) // CELL for places in np.nonzero(mask))
        grid[row, column, label] = 1
    return truth


pictures = story()
train, val = pictures["fixed"], pictures["fixed_val"]
x, y = train.images[: args.images], cells(train)[: args.images]

model = keras.Sequential(
    [
        keras.Input((64, 64, 1)),
        layers.Conv2D(16, 5, strides=2, padding="same", activation="relu", name="conv1"),
        layers.BatchNormalization(momentum=0.9),
        layers.Conv2D(32, 3, strides=2, padding="same", activation="relu", name="conv2"),
        layers.BatchNormalization(momentum=0.9),
        layers.Conv2D(64, 3, strides=2, padding="same", activation="relu", name="conv3"),
        layers.BatchNormalization(momentum=0.9),
        layers.Conv2D(64, 3, padding="same", activation="relu", name="conv4"),
        layers.Conv2D(len(CLASS_NAMES), 1, name="cells"),
    ]
)
model.compile(
    keras.optimizers.Adam(3e-3), keras.losses.BinaryFocalCrossentropy(from_logits=True, gamma=1)
)


def best_box(outputs):
    """The score of the cell that the detector is surest of, in each image."""
    return ops.max(outputs, axis=(1, 2, 3))


probe = kv.Probe(val.images[:8], display=(0, 1), masks=val.masks[:8])
views = [kv.Curves(), kv.GradCAM(layers=["conv3", "conv4"], target=best_box)]
model.fit(
    x,
    y,
    validation_data=(val.images, cells(val)),
    epochs=args.epochs,
    callbacks=[kv.Monitor(args.log_dir, probe, views)],
)

sheet = Image.new("RGB", (8 * 64, 64))
for i, scores in enumerate(model.predict(val.images[:8], verbose=0)):
    row, column, label = np.unravel_index(scores.argmax(), scores.shape)
    middle = CELL * column + CELL // 2 + 64 * i, CELL * row + CELL // 2
    pixels = (255 * val.images[i].repeat(3, axis=-1)).astype("uint8")
    sheet.paste(Image.fromarray(pixels), (64 * i, 0))
    draw, half = ImageDraw.Draw(sheet), DIGIT_SIDE // 2
    corners = [side + way * half for way in (-1, 1) for side in middle]
    draw.rectangle(corners, outline=(255, 120, 0))
    draw.text((64 * i + 2, 52), CLASS_NAMES[label], fill=(255, 200, 0))
sheet.save(Path(args.log_dir) / "boxes.png")
