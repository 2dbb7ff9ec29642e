"""Score-CAM against one `predict` per channel."""

from typing import Any

import keras
import numpy as np
import pytest

from kerasvis2 import Probe, ScoreCAM
from kerasvis2.attribution.upsample import from_0_to_1, upsampled


def slow(model: Any, layer: str, images: np.ndarray, labels: Any, black: float) -> np.ndarray:
    """(N, h, w) written out channel by channel."""
    inner = keras.Model(model.inputs, model.get_layer(layer).output)
    maps = inner.predict(images, verbose=0)
    rows, size = np.arange(len(images)), images.shape[1:3]
    nothing = model.predict(np.full_like(images, black), verbose=0)[rows, labels]
    total = np.zeros(maps.shape[:3])
    for k in range(maps.shape[-1]):
        large = np.array(keras.ops.image.resize(maps[..., k : k + 1], size, "bilinear"))
        for n in rows:
            span = np.ptp(large[n])
            large[n] = (large[n] - large[n].min()) / span if span > 1e-6 else 0
        answers = model.predict(black + large * (images - black), verbose=0)[rows, labels]
        total += (answers - nothing)[:, None, None] * maps[..., k]
    return np.maximum(total, 0)


@pytest.mark.parametrize("black", [0.0, -1.0])
def test_is_one_predict_per_channel(digits_model: Any, digits: Any, black: float) -> None:
    images, labels = digits.x_test[:6], digits.y_test[:6]
    probe = Probe(images, labels, display=(black, 1))
    found = ScoreCAM(layers=["conv2", "relu2", "conv3"]).compute(digits_model, probe)
    assert [maps.shape for maps in found.values()] == [(6, 8, 8), (6, 8, 8), (6, 4, 4)]
    for layer, maps in found.items():
        expected = slow(digits_model, layer, images, labels, black)
        assert expected.max() > 0.1
        np.testing.assert_allclose(maps, expected, atol=1e-4 * expected.max())


def test_default_is_the_last_convolution(digits_model: Any, digits_probe: Any) -> None:
    view = ScoreCAM(targets=("label", 3))
    whole = view.compute(digits_model, digits_probe)
    assert list(whole) == ["conv3@label", "conv3@3"]
    chunked = view.compute(digits_model, digits_probe, batch_size=7)
    for key, maps in whole.items():
        np.testing.assert_allclose(maps, chunked[key], atol=1e-4 * maps.max())


class Residual(keras.layers.Layer):
    """A sum in its own code behind its only layer."""

    def __init__(self) -> None:
        super().__init__(name="residual")
        self.conv = keras.layers.Conv2D(2, 3, padding="same")

    def call(self, x: Any) -> Any:
        return keras.ops.relu(x + self.conv(x))


def plain() -> list[Any]:
    layers = keras.layers
    return [layers.Conv2D(2, 3), layers.BatchNormalization(), layers.ReLU(name="relu")]


DEEPEST = {
    "relu": lambda: [*plain(), keras.layers.MaxPooling2D()],
    "body/relu": lambda: [keras.Sequential([keras.Input((6, 6, 1)), *plain()], name="body")],
    "residual": lambda: [*plain(), Residual()],
    "body/residual": lambda: [keras.Sequential([*plain(), Residual()], name="body")],
}


@pytest.mark.parametrize("path", DEEPEST)
def test_default_is_behind_the_last_activation(path: str) -> None:
    layers = keras.layers
    head = [layers.GlobalAveragePooling2D(), layers.Dense(3)]
    model = keras.Sequential([keras.Input((6, 6, 1)), *DEEPEST[path](), *head])
    probe = Probe(np.random.default_rng(0).random((2, 6, 6, 1), "float32"), display=(0, 1))
    assert list(ScoreCAM().compute(model, probe)) == [path]


def test_takes_the_channels_that_vary_most(digits_model: Any, digits_probe: Any) -> None:
    def compute(channels: int | None) -> np.ndarray:
        return ScoreCAM(channels, layers="conv3").compute(digits_model, digits_probe)["conv3"]

    every = compute(None)
    np.testing.assert_allclose(compute(32), every, atol=1e-4 * every.max())
    np.testing.assert_array_equal(compute(100), every)
    inner = keras.Model(digits_model.inputs, digits_model.get_layer("conv3").output)
    maps = inner.predict(digits_probe.inputs, verbose=0)
    best = maps.std((1, 2)).argmax(-1)
    alone = compute(1)
    for n, k in enumerate(best):  # the one channel, times its weight
        channel = maps[n, ..., k]
        weight = alone[n].sum() / channel.sum()
        np.testing.assert_allclose(alone[n], max(weight, 0) * channel, atol=1e-4)
    assert alone.max() > 0


def test_channels_that_are_flat_have_no_weight() -> None:
    layers = keras.layers
    image = keras.Input((6, 6, 1))
    bias = keras.initializers.Constant([0.3, 0.0, 7.7])
    x = layers.Conv2D(3, 1, kernel_initializer="zeros", bias_initializer=bias, name="flat")(image)
    x = layers.Concatenate()([x, image])
    model = keras.Model(image, layers.Dense(2, activation="softmax")(layers.Flatten()(x)))
    images = np.random.default_rng(0).random((2, 6, 6, 1), "float32")
    found = ScoreCAM(layers="flat").compute(model, Probe(images, [0, 1], display=(0, 1)))["flat"]
    np.testing.assert_array_equal(found, 0)


@pytest.mark.parametrize("size", [(8, 8), (10, 13), (4, 3), (3, 20)])
def test_enlarging_is_bilinear_with_centres_in_line(size: tuple[int, int]) -> None:
    maps = np.random.default_rng(0).random((2, 4, 3, 5), "float32")
    expected = keras.ops.image.resize(maps, size, "bilinear", data_format="channels_last")
    found = np.moveaxis(np.asarray(upsampled(maps, *size)), 1, -1)
    if size[0] >= 4:
        np.testing.assert_allclose(found, expected, atol=1e-6)
    scaled = np.asarray(from_0_to_1(np.moveaxis(found, -1, 1)))
    np.testing.assert_allclose(scaled.min((2, 3)), 0, atol=1e-6)
    np.testing.assert_allclose(scaled.max((2, 3)), 1, atol=1e-6)


def test_bad_channels_are_named() -> None:
    with pytest.raises(ValueError, match="channels=0"):
        ScoreCAM(channels=0)
