"""Every architecture of keras.applications, and KerasHub's classifiers: maps of all of them.

Saliency must be the gradient that TensorFlow's own tape gives of the same network without its
softmax; class activation maps must be finite, where the layer's rows and columns are.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
from hub import HUB
from keras import layers

import kerasvis2 as kv

CLASSES = 7
# One of each family, with the least side of a picture that it takes.
FAMILIES = {
    "MobileNetV2": 32,
    "MobileNetV3Small": 32,
    "EfficientNetB0": 32,
    "ConvNeXtTiny": 32,
    "DenseNet121": 32,
    "EfficientNetV2B0": 32,
    "InceptionResNetV2": 75,
    "InceptionV3": 75,
    "MobileNet": 32,
    "MobileNetV3Large": 32,
    "NASNetMobile": 32,
    "ResNet50": 32,
    "ResNet50V2": 32,
    "VGG16": 32,
    "VGG19": 32,
    "Xception": 71,
}
SHORT = 3


def families() -> list[Any]:
    """The first few in the short form, the others as soaks."""
    return [
        pytest.param(name, marks=[] if i < SHORT else [pytest.mark.soak], id=name)
        for i, name in enumerate(FAMILIES)
    ]


def bare(name: str, activation: str | None = "softmax") -> Any:
    side = FAMILIES[name]
    build = getattr(keras.applications, name)
    return build(
        weights=None,
        input_shape=(side, side, 3),
        classes=CLASSES,
        classifier_activation=activation,
    )


def nested(name: str, activation: str | None = "softmax") -> Any:
    side = FAMILIES[name]
    build = getattr(keras.applications, name)
    base = build(weights=None, input_shape=(side, side, 3), include_top=False)
    parts = [keras.Input((side, side, 3)), layers.Rescaling(1.0), base]
    parts += [layers.GlobalAveragePooling2D(), layers.Dense(CLASSES, activation=activation)]
    return keras.Sequential(parts)


@pytest.mark.parametrize("way", [bare, nested])
@pytest.mark.parametrize("name", families())
def test_maps_of_an_architecture(name: str, way: Callable[..., Any]) -> None:
    keras.utils.clear_session()
    keras.utils.set_random_seed(3)
    model = way(name)
    side = FAMILIES[name]
    x = np.random.default_rng(0).random((2, side, side, 3), "float32") * 255
    probe = kv.Probe(x, [1, 4], display=(0, 255))
    assert_maps(model, probe)
    if keras.backend.backend() == "tensorflow":
        logits = way(name, None)
        logits.set_weights(model.get_weights())
        assert_is_the_gradient(kv.Saliency().compute(model, probe)["input"], logits, x, [1, 4])


def assert_maps(model: Any, probe: Any) -> None:
    maps = kv.GradCAM().compute(model, probe)
    assert maps
    size = probe.drawn.shape[1]
    for path, array in maps.items():
        assert array.ndim == 3, path
        assert len(array) == probe.size, path
        assert 1 <= array.shape[1] <= size, path
        assert np.isfinite(array).all(), path
        assert (array >= 0).all(), path
    found = kv.Saliency().compute(model, probe)["input"]
    assert found.shape == probe.drawn.shape[:3]
    assert np.isfinite(found).all()
    assert found.max() > 0


def assert_is_the_gradient(found: np.ndarray, logits: Any, x: np.ndarray, labels: Any) -> None:
    import tensorflow as tf

    images = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(images)
        chosen = tf.gather(logits(images, training=False), labels, batch_dims=1)
    expected = np.abs(tape.gradient(chosen, images)).max(axis=-1)
    np.testing.assert_allclose(found, expected, rtol=0, atol=2e-3 * expected.max())


@pytest.mark.parametrize("name", list(HUB))
def test_maps_of_a_hub_classifier(name: str) -> None:
    keras.utils.clear_session()
    keras.utils.set_random_seed(3)
    model = HUB[name]()
    x = np.random.default_rng(0).random((2, 32, 32, 3), "float32")
    assert_maps(model, kv.Probe(x, [1, 4], display=(0, 1)))
