"""What `Probe.check` finds in a probe that does not fit its model."""

import keras
import numpy as np
import pytest

from kerasvis2 import Probe

layers = keras.layers


def classifier(shape=(8, 8, 1), classes=10, activation="softmax", dtype="float32"):
    image = keras.Input(shape, dtype=dtype, name="image")
    x = layers.Flatten()(image)
    return keras.Model(image, layers.Dense(classes, activation=activation, name="scores")(x))


def two_in_two_out(as_dict):
    image, size = keras.Input((8, 8, 1), name="image"), keras.Input((2,), name="size")
    x = layers.Concatenate()([layers.Flatten()(image), size])
    digit = layers.Dense(10, name="digit")(x)
    even = layers.Dense(1, activation="sigmoid", name="even")(x)
    if as_dict:
        return keras.Model({"image": image, "size": size}, {"digit": digit, "even": even})
    return keras.Model([image, size], [digit, even])


def any_size():
    """A model of pictures of any size."""
    image = keras.Input((None, None, 1))
    x = layers.GlobalAveragePooling2D()(layers.Conv2D(4, 3)(image))
    return keras.Model(image, layers.Dense(10)(x))


class Subclassed(keras.Model):
    def __init__(self):
        super().__init__()
        self.flatten, self.dense = layers.Flatten(), layers.Dense(10)

    def call(self, x):
        return self.dense(self.flatten(x))


def test_what_fits_passes(digits, digits_model, digits_probe):
    digits_probe.check(digits_model)
    x, y = digits.x_test[:4], digits.y_test[:4]
    for labels in (y, y[:, None], y.astype("float32"), keras.utils.to_categorical(y, 10), None):
        Probe(x, labels).check(classifier())
    Probe((x * 255).astype("uint8"), y).check(classifier())
    Probe(x.astype("float16"), y).check(classifier())
    Probe(x[..., 0], y).check(classifier((8, 8)))
    Probe(x, y).check(any_size())
    Probe(x, y % 2).check(classifier(classes=1, activation="sigmoid"))
    Probe(x, y * 10.5).check(classifier(classes=1, activation="linear"))
    Probe(x, np.zeros((4, 5))).check(classifier(classes=5, activation="linear"))
    Probe(x, y).check(keras.Sequential([layers.Flatten(), layers.Dense(10)]))
    Probe(x, y + 100).check(Subclassed())


def test_a_model_built_by_a_call_has_no_fixed_batch(digits):
    model = keras.Sequential([layers.Flatten(), layers.Dense(10)])
    model(digits.x_test[:2])
    Probe(digits.x_test[:5], digits.y_test[:5]).check(model)
    with pytest.raises(ValueError, match="the model's input is"):
        Probe(digits.x_test[:5, :7]).check(model)


@pytest.mark.parametrize(
    ("given", "wanted", "message"),
    [
        ((28, 28, 1), (28, 28, 3), r"np\.repeat\(x, 3, axis=-1\)"),
        ((28, 28, 3), (28, 28, 1), r"keepdims=True"),
        ((28, 30, 3), (32, 32, 3), "Resize the images to 32×32"),
        ((28, 28, 1), (784,), r"x\.reshape\(-1, 784\).*display="),
        ((8, 8, 4), (8, 8, 7), "as the model takes them"),
    ],
)
def test_wrong_shape(given, wanted, message):
    with pytest.raises(ValueError, match=message):
        Probe(np.zeros((2, *given))).check(classifier(wanted))


def test_channels_first(digits):
    x = np.moveaxis(np.zeros((2, 8, 8, 3)), -1, 1)
    probe = Probe(x, display=lambda v: np.moveaxis(v, 1, -1))
    with pytest.raises(ValueError, match=r"np\.moveaxis\(x, 1, -1\)"):
        probe.check(classifier((8, 8, 3)))


def test_wrong_dtype(digits):
    model = classifier(dtype="uint8")
    Probe((digits.x_test[:2] * 255).astype("uint8")).check(model)
    with pytest.raises(ValueError, match=r"is float32, but the model.s input is uint8; give whole"):
        Probe(digits.x_test[:2]).check(model)
    words = Probe({"image": digits.x_test[:2], "size": np.array([["a"], ["b"]])}, image="image")
    with pytest.raises(ValueError, match=r"inputs\['size'\]"):
        words.check(two_in_two_out(True))


@pytest.mark.parametrize("as_dict", [True, False])
def test_several_inputs_and_outputs(digits, as_dict):
    model = two_in_two_out(as_dict)
    x, y, size = digits.x_test[:3], digits.y_test[:3], np.ones((3, 2))
    Probe({"image": x, "size": size}, {"digit": y, "even": y % 2}).check(model)
    Probe([x, size], [y, y[:, None] % 2]).check(model)
    Probe([x, size], y).check(model)
    with pytest.raises(ValueError, match=r"one array, but the model takes 2.*'image', 'size'"):
        Probe(x).check(model)
    with pytest.raises(ValueError, match="list of 3, but the model takes 2"):
        Probe([x, size, size]).check(model)
    with pytest.raises(ValueError, match=r"names \['image', 'width'\]"):
        Probe({"image": x, "width": size}).check(model)
    with pytest.raises(ValueError, match=r"inputs\[1\] has shape \(N, 3\)"):
        Probe([x, np.ones((3, 3))]).check(model)
    with pytest.raises(ValueError, match=r"labels\['odd'\]: the model's outputs are"):
        Probe([x, size], {"odd": y}).check(model)
    with pytest.raises(ValueError, match=r"labels\['digit'\] has class 12 \(image 0\)"):
        Probe([x, size], {"digit": y + 12 - y[0]}).check(model)
    with pytest.raises(ValueError, match=r"labels\[1\] run from .* one sigmoid output"):
        Probe([x, size], [y, y + 2]).check(model)
    with pytest.raises(ValueError, match="labels is a list of 3"):
        Probe([x, size], [y, y, y]).check(model)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([3, 10, 2], r"class 10 \(image 1\), out of range .* 10 classes, 0…9"),
        ([3, -1, 2], r"class -1 \(image 1\)"),
        (np.array([0.5, 1, 2]), "not whole numbers .the first is 0.5"),
        (np.eye(7)[:3], r"labels has shape \(N, 7\).*output is \(N, 10\).*class indices \(N,\)"),
        (np.zeros((3, 8, 8), int), r"labels has shape \(N, 8, 8\)"),
    ],
)
def test_wrong_labels(digits, labels, message):
    with pytest.raises(ValueError, match=message):
        Probe(digits.x_test[:3], labels).check(classifier())


def test_sigmoid_of_a_sequential_model(digits):
    model = keras.Sequential(
        [keras.Input((8, 8, 1)), layers.Flatten(), layers.Dense(1, activation="sigmoid")]
    )
    Probe(digits.x_test[:3], [0, 1, 1]).check(model)
    with pytest.raises(ValueError, match="from 0 to 2, out of range"):
        Probe(digits.x_test[:3], [0, 1, 2]).check(model)


@pytest.mark.parametrize("activation", ["softmax", "sigmoid", "linear"])
def test_a_loss_that_counts_classes_knows_one_of_one_unit(digits, activation):
    x, model = digits.x_test[:3], classifier(classes=1, activation=activation)
    model.compile("sgd", "sparse_categorical_crossentropy")
    Probe(x, [0, 0, 0]).check(model)
    for labels in ([0, 1, 1], np.ones((3, 1))):
        with pytest.raises(ValueError, match="has class 1 .*one sigmoid unit and binary_cross"):
            Probe(x, labels).check(model)
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(ignore_class=1))
    Probe(x, [0, 1, 1]).check(model)
    model.compile("sgd", "binary_crossentropy")
    Probe(x, [0, 1, 1]).check(model)


def test_label_maps(digits):
    image = keras.Input((8, 8, 1))
    model = keras.Model(image, layers.Conv2D(3, 1, activation="softmax")(image))
    maps = np.zeros((3, 8, 8), "uint8")
    maps[0, 0], maps[1, 0] = 2, 255
    Probe(digits.x_test[:3], maps).check(model)
    Probe(digits.x_test[:3], maps[..., None]).check(model)
    maps[2, 0] = 3
    with pytest.raises(ValueError, match=r"class 3 \(image 2\), out of range"):
        Probe(digits.x_test[:3], maps).check(model)
    with pytest.raises(ValueError, match=r"class indices \(N, 8, 8\)"):
        Probe(digits.x_test[:3], [0, 1, 2]).check(model)
