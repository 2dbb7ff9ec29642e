"""KerasHub's image classifiers that build without a download, small, where it is installed."""

import importlib.util
from collections.abc import Callable
from typing import Any

CLASSES, SHAPE = 5, (32, 32, 3)
HUB: dict[str, Callable[..., Any]] = {}
HERE = importlib.util.find_spec("keras_hub") is not None

if HERE:
    import keras_hub

    def hub(kind: str, **settings: Any) -> Callable[..., Any]:
        def build(classes: int = CLASSES, **more: Any) -> Any:
            backbone = getattr(keras_hub.models, kind + "Backbone")(**settings)
            classifier = getattr(keras_hub.models, kind + "ImageClassifier")
            return classifier(backbone=backbone, num_classes=classes, **more)

        return build

    HUB = {
        "ResNet": hub(
            "ResNet",
            input_conv_filters=[64],
            input_conv_kernel_sizes=[3],
            block_type="basic_block",
            stackwise_num_filters=[64, 64],
            stackwise_num_blocks=[1, 1],
            stackwise_num_strides=[1, 2],
            image_shape=SHAPE,
        ),
        "ViT": hub(
            "ViT",
            image_shape=SHAPE,
            patch_size=8,
            num_layers=2,
            num_heads=2,
            hidden_dim=8,
            mlp_dim=16,
        ),
        "DenseNet": hub("DenseNet", stackwise_num_repeats=[2, 2], growth_rate=8, image_shape=SHAPE),
        "VGG": hub(
            "VGG",
            stackwise_num_repeats=[1, 1],
            stackwise_num_filters=[8, 12],
            image_shape=SHAPE,
        ),
    }
