"""Every CAM and gradient method on keras.applications, as arrays; as a script, into a file."""

import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import applications, layers
from kinds import GRADIENT_CAMS

import kerasvis2 as kv
from kerasvis2.layers import tree

# Name, smallest input, whether there is a ReLU.
ARCHITECTURES = {
    "MobileNetV2": (32, True),
    "ResNet50V2": (32, True),
    "EfficientNetB0": (32, False),
    "VGG16": (32, True),
    "DenseNet121": (32, True),
    "MobileNet": (32, True),
    "MobileNetV3Small": (32, True),
    "ConvNeXtTiny": (32, False),
    "ResNet50": (32, True),
    "EfficientNetV2B0": (32, False),
    "Xception": (71, True),
    "InceptionV3": (75, True),
}
WAYS = ("bare", "nested")
RULED = ("GuidedBackprop", "DeconvNet", "GuidedGradCAM")


def pictures(name: str) -> np.ndarray:
    side = max(64, ARCHITECTURES[name][0])  # at 32 the last layers of most are a single place
    return np.random.default_rng(0).uniform(-1, 1, (2, side, side, 3)).astype("float32")


def save(folder: Path, name: str, way: str) -> None:
    """Random weights, and statistics as after a training (with others maps fade away)."""
    keras.utils.set_random_seed(1)
    images = pictures(name)
    shape = images.shape[1:]
    make = getattr(applications, name)
    if way == "bare":
        model = make(weights=None, input_shape=shape, classes=7)
    else:
        backbone = make(weights=None, input_shape=shape, include_top=False)
        head = [layers.GlobalAveragePooling2D(), layers.Dropout(0.2), layers.Dense(7)]
        model = keras.Sequential([keras.Input(shape), backbone, *head])
    norms = [i.layer for i in tree(model) if isinstance(i.layer, layers.BatchNormalization)]
    before = [norm.momentum for norm in norms]
    for norm in norms:
        norm.momentum = 0.0  # one pass is enough
    model(images, training=True)
    for norm, momentum in zip(norms, before, strict=True):
        norm.momentum = momentum
    model.save(folder / f"{name}.{way}.keras")


def computed(folder: Path) -> dict[str, np.ndarray]:
    """Of every file in the folder, by "model/view/key"."""
    found = {}
    for file in sorted(folder.glob("*.keras")):
        name = file.name.split(".")[0]
        model: Any = keras.models.load_model(file)
        probe = kv.Probe(pictures(name), [0, 3], display=(-1, 1))
        session = kv.Session(model, probe, progress=False)
        views = [getattr(kv, each)() for each in (*GRADIENT_CAMS, "Saliency", "GradientTimesInput")]
        views += [kv.SmoothGrad(samples=3), kv.VarGrad(samples=3), kv.IntegratedGradients(points=4)]
        views += [getattr(kv, each)() for each in (RULED if ARCHITECTURES[name][1] else ())]
        for view in views:
            session.add(view, view.name, whole=True)
        look = session.look([view.name for view in views])
        for view in views:
            for key, array in look.arrays(view.name).items():
                found[f"{file.stem}/{view.name}/{key}"] = array
    return found


if __name__ == "__main__":
    given = Path(sys.argv[1])
    np.savez(given / "arrays.npz", **{k.replace("/", "|"): v for k, v in computed(given).items()})
