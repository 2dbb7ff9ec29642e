"""KerasHub's classifiers, with and without a preprocessor, where it is installed."""

from __future__ import annotations

import importlib.util
from typing import Any

import keras
import truths
import zoo_data as data
from programs import ATTENTION, PICTURES, SMOOTH, Program, program, training

if importlib.util.find_spec("keras_hub") is not None:
    import keras_hub

    SHAPE, CLASSES = (32, 32, 3), 3

    def resnet(preprocessor: Any) -> Any:
        backbone = keras_hub.models.ResNetBackbone(
            input_conv_filters=[64],
            input_conv_kernel_sizes=[3],
            stackwise_num_filters=[64, 64],
            stackwise_num_blocks=[1, 1],
            stackwise_num_strides=[1, 2],
            block_type="basic_block",
            image_shape=SHAPE,
        )
        model = keras_hub.models.ImageClassifier(
            backbone=backbone, num_classes=CLASSES, preprocessor=preprocessor
        )
        model.compile(
            "adam",
            keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            metrics=["accuracy"],
            jit_compile=False,
        )
        return model

    def hub_program(make: Any, views: tuple[str, ...] = PICTURES) -> Program:
        x, y = data.pictures(SHAPE, CLASSES)
        x = (x * 255).astype("float32")
        probe = {"inputs": x[:6], "labels": y[:6]}
        true = (truths.classes, truths.quiet)
        return Program(make, training(x, y), probe, views=views, truths=true)

    @program
    def hub_bare() -> Program:
        return hub_program(lambda: resnet(None))

    @program
    def hub_preprocessed() -> Program:
        """`fit` and `predict` scale the pictures, `call` does not."""

        def make() -> Any:
            converter = keras_hub.layers.ImageConverter(
                image_size=SHAPE[:2], scale=1 / 255, offset=-0.5
            )
            kind = keras_hub.models.ResNetImageClassifierPreprocessor
            return resnet(kind(image_converter=converter))

        return hub_program(make)

    @program
    def hub_vit() -> Program:
        def make() -> Any:
            backbone = keras_hub.models.ViTBackbone(
                image_shape=SHAPE,
                patch_size=8,
                num_layers=2,
                num_heads=2,
                hidden_dim=8,
                mlp_dim=16,
            )
            model = keras_hub.models.ViTImageClassifier(backbone=backbone, num_classes=CLASSES)
            loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
            model.compile("adam", loss, metrics=["accuracy"], jit_compile=False)
            return model

        return hub_program(make, (*SMOOTH, *ATTENTION))
