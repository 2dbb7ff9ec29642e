"""A small U-Net finds handwritten digits on photographs: one label a pixel.

What to look at: `predictions/00_images`, the label map of each image beside the true one, epoch by
epoch. `grad_cam/…@digit` asks where a layer's evidence for *all pixels predicted as digit* lies;
`occlusion/00_input@digit` what happens to them when a part of the photograph is covered: a digit is
missed where it is covered, and hardly anywhere else.

    python -m pip install "kerasvis2[demo]"
    python examples/segmentation.py
    tensorboard --logdir runs
"""

import argparse

import keras
from keras import layers

import kerasvis2 as kv
from kerasvis2.demo.data import story

parser = argparse.ArgumentParser()
parser.add_argument("--epochs", type=int, default=5)
parser.add_argument("--images", type=int, default=1600)
parser.add_argument("--log-dir", default="runs/segmentation")
args = parser.parse_args()
keras.utils.set_random_seed(0)

pictures = story()
x, y = (values[: args.images] for values in (pictures["fixed"].images, pictures["fixed"].masks))
x_val, y_val = pictures["fixed_val"].images[:100], pictures["fixed_val"].masks[:100]
y, y_val = y.astype("int32"), y_val.astype("int32")  # 0: photograph, 1: digit


def block(inputs, filters, name):
    h = layers.Conv2D(filters, 3, padding="same", activation="relu", name=f"{name}_conv")(inputs)
    return layers.BatchNormalization(momentum=0.9, name=f"{name}_norm")(h)


photograph = keras.Input((64, 64, 1))
down1 = block(photograph, 16, "down1")
down2 = block(layers.MaxPooling2D()(down1), 32, "down2")
bottom = block(layers.MaxPooling2D()(down2), 64, "bottom")
up2 = block(layers.Concatenate()([layers.UpSampling2D()(bottom), down2]), 32, "up2")
up1 = block(layers.Concatenate()([layers.UpSampling2D()(up2), down1]), 16, "up1")
model = keras.Model(photograph, layers.Conv2D(2, 1, activation="softmax", name="label")(up1))
model.compile(keras.optimizers.Adam(2e-3), "sparse_categorical_crossentropy", metrics=["accuracy"])


def digit(logits):
    """The evidence for digits: their logit, summed over the pixels of which it is the larger."""
    found = keras.ops.cast(logits[..., 1] > logits[..., 0], "float32")
    return keras.ops.sum(logits[..., 1] * found, axis=(1, 2))


probe = kv.Probe(x_val[:6], y_val[:6], class_names=["photograph", "digit"], display=(0, 1))
views = [
    kv.Curves(),
    kv.Predictions(),
    kv.GradCAM(layers=["bottom_conv", "up1_conv"], target=digit),
    kv.Occlusion(target=digit, patch=16, stride=8, freq=lambda step: step == args.epochs - 1),
]
model.fit(
    x,
    y,
    validation_data=(x_val, y_val),
    epochs=args.epochs,
    callbacks=[kv.Monitor(args.log_dir, probe, views)],
)
