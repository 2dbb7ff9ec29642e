"""The networks that the benchmarks look at, each with a probe of 16 images."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import layers

import kerasvis2 as kv


def cnn(side: int = 32) -> Any:
    """Six convolutions, as in a first tutorial."""
    model = keras.Sequential([keras.Input((side, side, 3))], name="cnn")
    for i, width in enumerate((32, 32, 64, 64, 128, 128)):
        model.add(layers.Conv2D(width, 3, padding="same", activation="relu", name=f"conv{i + 1}"))
        if i % 2:
            model.add(layers.MaxPooling2D(name=f"pool{i + 1}"))
    model.add(layers.GlobalAveragePooling2D(name="mean"))
    model.add(layers.Dense(10, activation="softmax", name="scores"))
    return model


def mobilenet(side: int = 96) -> Any:
    """A backbone inside a Sequential, as in transfer learning."""
    return keras.Sequential(
        [
            keras.Input((side, side, 3)),
            keras.applications.MobileNetV2((side, side, 3), include_top=False, weights=None),
            layers.GlobalAveragePooling2D(name="mean"),
            layers.Dense(10, activation="softmax", name="scores"),
        ],
        name="mobilenet_nested",
    )


def resnet(side: int = 224) -> Any:
    """A large functional model."""
    return keras.applications.ResNet50V2(
        input_shape=(side, side, 3), weights=None, classes=10, name="resnet50v2"
    )


NETWORKS = {"CNN 32×32": cnn, "MobileNetV2 nested 96×96": mobilenet, "ResNet50V2 224×224": resnet}


def probe_for(model: Any, count: int = 16) -> kv.Probe:
    """Random images: what is timed does not depend on what they show."""
    rng = np.random.default_rng(0)
    images = rng.random((count, *model.input_shape[1:]), "float32")
    return kv.Probe(images, np.arange(count) % 10, display=(0, 1))
