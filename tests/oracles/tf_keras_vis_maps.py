"""Computes tf-keras-vis's maps of the test network, rebuilt in Keras 2: folder with in.npz."""

import sys
from pathlib import Path

import numpy as np
import tensorflow as tf
from tf_keras_vis.gradcam import Gradcam
from tf_keras_vis.gradcam_plus_plus import GradcamPlusPlus
from tf_keras_vis.layercam import Layercam
from tf_keras_vis.saliency import Saliency
from tf_keras_vis.utils.scores import CategoricalScore

folder = Path(sys.argv[1])
given = dict(np.load(folder / "in.npz"))
layers = tf.keras.layers
image = tf.keras.Input(given["x"].shape[1:])
x = layers.Conv2D(6, 3, activation="relu", name="conv1")(image)
x = layers.BatchNormalization(name="norm")(x)
x = layers.Conv2D(8, 3, padding="same", name="conv2")(x)
x = layers.GlobalAveragePooling2D()(layers.ReLU()(x))
model = tf.keras.Model(image, layers.Dense(5, name="head")(x))
model.set_weights([given[f"w{i}"] for i in range(len(given) - 2)])

score = CategoricalScore([int(y) for y in given["y"]])
found = {}
raw = {"penultimate_layer": None, "seek_penultimate_conv_layer": False}
raw |= {"expand_cam": False, "normalize_cam": False}
for layer in ("conv1", "conv2"):
    for name, method in (
        ("GradCAM", Gradcam),
        ("GradCAMPlusPlus", GradcamPlusPlus),
        ("LayerCAM", Layercam),
    ):
        maps = method(model, clone=True)(score, given["x"], **raw | {"penultimate_layer": layer})
        found[f"{name}/{layer}"] = np.asarray(maps)
    both = tf.keras.Model(image, [model.get_layer(layer).output, model.output])
    with tf.GradientTape() as tape:
        a, logits = both(given["x"])
        scores = tf.gather(logits, given["y"], batch_dims=1)
    found[f"a/{layer}"], found[f"score/{layer}"] = a.numpy(), scores.numpy()
    found[f"g/{layer}"] = tape.gradient(scores, a).numpy()
found["Saliency/input"] = np.asarray(Saliency(model)(score, given["x"], normalize_map=False))
np.savez(folder / "out.npz", **found)
