"""Maps lie where the network looked, also where it turns or cuts the picture, or are refused."""

import keras
import numpy as np
import pytest
from keras import layers as L
from keras import ops

import kerasvis2 as kv
from kerasvis2.task import task_of


def looked(body, images):
    """A network that asks for what is bright, behind `body`."""
    image = keras.Input(images.shape[1:])
    x = body(image)
    last = "channels_first" if x.shape[-1] != 2 and x.shape[1] == 2 else "channels_last"
    x = L.GlobalMaxPooling2D(data_format=last)(x)
    model = keras.Model(image, L.Dense(2, kernel_initializer="ones")(x))
    return kv.Session(model, kv.Probe(images, np.zeros(len(images), int), display=(0, 1)))


def conv(name):
    return L.Conv2D(2, 1, activation="relu", kernel_initializer="ones", name=name)


def spot(height, width):
    images = np.zeros((1, height, width, 1), "float32")
    images[0, 2:6, width - 6 : width - 2] = 1
    return images


def peak(found):
    return np.unravel_index(found[0].argmax(), found[0].shape)


def test_a_map_behind_channels_that_moved_first_lies_on_its_place():
    def first(x):
        x = L.Permute((3, 1, 2), name="first")(conv("conv")(x))
        return L.Activation("relu", name="act")(x)

    session = looked(first, spot(16, 16))
    for layer in ("conv", "first", "act"):
        found = session.compute(kv.GradCAM(layers=layer, target=0))[layer]
        assert found.shape == (1, 16, 16)
        assert peak(found) == (2, 10)


@pytest.mark.parametrize("size", [(16, 16), (16, 24)])
def test_rows_that_became_columns_are_no_map_of_the_picture(size):
    session = looked(lambda x: conv("conv")(L.Permute((2, 1, 3), name="turn")(x)), spot(*size))
    for layer in ("turn", "conv"):
        with pytest.raises(ValueError, match=f"layers='{layer}': this .* a map of the input"):
            session.compute(kv.GradCAM(layers=layer))


def test_a_convolution_that_grows_saw_something_else():
    session = looked(lambda x: conv("conv")(ops.transpose(x, (0, 2, 1, 3))), spot(16, 24))
    with pytest.raises(ValueError, match="layers='conv'"):
        session.compute(kv.GradCAM(layers="conv"))


def test_what_is_left_of_a_large_crop_does_not_stretch_over_the_picture():
    session = looked(lambda x: conv("conv")(L.Cropping2D(((0, 0), (8, 0)))(x)), spot(16, 24))
    with pytest.raises(ValueError, match="layers='conv'"):
        session.compute(kv.GradCAM(layers="conv"))
    session = looked(lambda x: conv("conv")(L.CenterCrop(14, 14)(x)), spot(16, 16))
    assert session.compute(kv.GradCAM(layers="conv"))["conv"].shape == (1, 14, 14)


@pytest.mark.parametrize("taken", [(12, 10, 3), (3, 12, 10)])
def test_a_label_map_with_its_channels_first_names_no_class(taken):
    inputs = np.zeros((2, *taken), "float32")
    labels = np.zeros((2, 12, 10), int)
    task = task_of(shape=(5, 12, 10), activation="softmax", labels=labels, inputs=inputs)
    assert task.kind == "unknown"
    assert "channels first" in task.why
    last = task_of(shape=(12, 10, 5), activation="softmax", labels=labels, inputs=inputs)
    assert last.kind == "mask"
