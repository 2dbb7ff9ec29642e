"""Models small enough to work out by hand."""

from typing import Any

import keras
import numpy as np
from keras import layers

from kerasvis2 import Probe
from kerasvis2.synthesis.canvas import Canvas, measure


def one_conv() -> Any:
    """Two 3×3 sums over a 4×4 picture, biased by −50 and −75, a ReLU, and a signed sum of it."""
    image = keras.Input((4, 4, 1))
    x = layers.Conv2D(2, 3, name="conv1")(image)
    x = layers.ReLU(name="relu1")(x)
    x = layers.Flatten()(layers.Permute((3, 1, 2))(x))  # channel by channel
    model = keras.Model(image, layers.ReLU(name="relu2")(layers.Dense(4, name="fc1")(x)))
    signs = np.repeat([[1.0], [-1.0]], [5, 3], axis=0) * np.ones((8, 4))
    model.get_layer("conv1").set_weights([np.ones((3, 3, 1, 2)), np.array([-50.0, -75.0])])
    model.get_layer("fc1").set_weights([signs, np.zeros(4)])
    return model


def counting(start: int = 0) -> Probe:
    """The 4×4 picture start, start + 1, …, for `one_conv`."""
    picture = np.arange(start, start + 16, dtype="float32").reshape(1, 4, 4, 1)
    return Probe(picture, [0], display=(0, 255))


def pixels(*rows: Any, display: Any = (0, 1)) -> Probe:
    """Pictures of height 1, one a row, labelled 1, so that a single unit is not negated."""
    values = np.asarray(rows, "float32")[:, None, :, None]
    return Probe(values, np.ones(len(values), int), display=display)


def of_function(function: Any, shape: tuple[int, ...]) -> Any:
    """A model (N, *shape) → (N, 1) whose only output is `function` of its input."""
    image = keras.Input(shape)
    return keras.Model(image, layers.Lambda(function, output_shape=(1,))(image))


def linear(shape: tuple[int, ...], classes: int = 3, seed: int = 0, bias: bool = True) -> Any:
    """A single dense layer on a picture's values, weights of both signs."""
    keras.utils.set_random_seed(seed)
    image = keras.Input(shape)
    dense = layers.Dense(
        classes, use_bias=bias, bias_initializer="random_normal", activation="softmax", name="dense"
    )
    return keras.Model(image, dense(layers.Flatten()(image)))


def convolved(shape: tuple[int, ...], units: int, activation: Any = "softmax") -> Any:
    """A convolution, and a dense layer on all that it gives."""
    keras.utils.set_random_seed(0)
    image = keras.Input(shape)
    x = layers.Flatten()(layers.Conv2D(6, 3, activation="relu")(image))
    return keras.Model(image, layers.Dense(units, activation=activation, name="dense")(x))


def logits_of(model: Any, images: Any) -> np.ndarray:
    """What the last layer, a dense one, gives before its activation."""
    head = model.layers[-1]
    kernel, bias = head.get_weights()
    inputs = np.asarray(images, "float32")
    return np.asarray(keras.Model(model.input, head.input)(inputs)) @ kernel + bias


def near(found: Any, expected: Any, relative: float = 1e-5) -> None:
    """Equal to a fraction of the largest value."""
    found, expected = np.asarray(found), np.asarray(expected)
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=0, atol=relative * np.abs(expected).max())


def grey_canvas(shape: tuple[int, int, int], low: Any = 0.0, high: Any = 1.0) -> Canvas:
    """To paint on from mid grey, without a picture's colours or waves."""
    middle = (np.asarray(low, "float32") + np.asarray(high, "float32")) / 2
    return measure(np.broadcast_to(middle, (1, *shape)), low, high)
