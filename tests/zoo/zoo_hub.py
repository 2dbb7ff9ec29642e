"""KerasHub's classifiers, with and without a preprocessor, where it is installed."""

from __future__ import annotations

from typing import Any

import keras
import truths
import zoo_data as data
from hub import HERE, HUB, SHAPE
from programs import ATTENTION, PICTURES, SMOOTH, Program, program, training

if HERE:
    import keras_hub

    CLASSES = 3

    def hub_model(kind: str, **settings: Any) -> Any:
        model = HUB[kind](CLASSES, **settings)
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile("adam", loss, metrics=["accuracy"], jit_compile=False)
        return model

    def hub_program(make: Any, views: tuple[str, ...] = PICTURES) -> Program:
        x, y = data.pictures(SHAPE, CLASSES)
        x = (x * 255).astype("float32")
        probe = {"inputs": x[:6], "labels": y[:6]}
        true = (truths.classes, truths.quiet)
        return Program(make, training(x, y), probe, views=views, truths=true)

    @program
    def hub_bare() -> Program:
        return hub_program(lambda: hub_model("ResNet"))

    @program
    def hub_preprocessed() -> Program:
        """`fit` and `predict` scale the pictures, `call` does not."""

        def make() -> Any:
            converter = keras_hub.layers.ImageConverter(
                image_size=SHAPE[:2], scale=1 / 255, offset=-0.5
            )
            kind = keras_hub.models.ResNetImageClassifierPreprocessor
            return hub_model("ResNet", preprocessor=kind(image_converter=converter))

        return hub_program(make)

    @program
    def hub_vit() -> Program:
        return hub_program(lambda: hub_model("ViT"), (*SMOOTH, *ATTENTION))
