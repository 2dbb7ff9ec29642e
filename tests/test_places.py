"""Maps lie where the network looked, also where it turns or cuts the picture, or are refused."""

import keras
import numpy as np
import pytest
from keras import layers as L
from keras import ops

import kerasvis2 as kv
from kerasvis2.task import task_of


@pytest.fixture(autouse=True)
def seeded():
    """A unit that no picture wakes answers nowhere, and so tells nothing."""
    keras.utils.set_random_seed(0)


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


class Own(L.Layer):
    """A layer whose code is its user's."""

    def __init__(self, function, **options):
        super().__init__(**options)
        self.function = function

    def call(self, x):
        return self.function(x)


class OwnBlock(L.Layer):
    def __init__(self, between, **options):
        super().__init__(**options)
        self.first, self.second = conv("first"), conv("second")
        self.between = between

    def call(self, x):
        return self.second(self.between(self.first(x)))


def upside_down(x):
    return ops.flip(x, 1)


MOVED = {
    "flip": lambda x: conv("last")(upside_down(x)),
    "mirror": lambda x: conv("last")(x[:, :, ::-1]),
    "turn": lambda x: conv("last")(ops.rot90(x, axes=(1, 2))),
    "roll": lambda x: conv("last")(ops.roll(x, 6, 2)),
    "swap": lambda x: conv("last")(ops.swapaxes(x, 1, 2)),
    "regroup": lambda x: conv("last")(ops.reshape(x, (-1, 8, 8, 4))),
    "lambda": lambda x: conv("last")(L.Lambda(upside_down)(x)),
    "own layer": lambda x: conv("last")(Own(upside_down)(x)),
    "own block": lambda x: OwnBlock(upside_down, name="last")(x),
    "deep": lambda x: conv("last")(
        L.Conv2D(2, 3, padding="same", kernel_initializer="ones")(conv("mid")(upside_down(x)))
    ),
    "twice, one above the other": lambda x: conv("last")(ops.concatenate([x, x], 1)),
    "four times": lambda x: conv("last")(
        L.Concatenate(axis=2)([y := L.Concatenate(axis=1)([x, x]), y])
    ),
    "squeezed and mirrored": lambda x: conv("last")(
        ops.matmul(x[..., 0], np.eye(16, dtype="float32")[::-1].copy())[..., None]
    ),
    "cut to proportions": lambda x: conv("last")(L.Resizing(32, 16, crop_to_aspect_ratio=True)(x)),
    "learned": lambda x: conv("last")(L.Reshape((16, 16, 2))(L.Dense(512)(L.Flatten()(x)))),
}
KEPT = {
    "flip twice": lambda x: conv("last")(upside_down(conv("mid")(upside_down(x)))),
    "roll twice": lambda x: conv("last")(ops.roll(conv("mid")(ops.roll(x, 6, 1)), -6, 1)),
    "channels first and last": lambda x: conv("last")(
        ops.transpose(ops.transpose(x, (0, 3, 1, 2)), (0, 2, 3, 1))
    ),
    "windows": lambda x: conv("last")(
        ops.reshape(
            ops.transpose(ops.reshape(x, (-1, 4, 4, 4, 4, 1)), (0, 1, 2, 3, 4, 5)), (-1, 16, 16, 1)
        )
    ),
    "own layer": lambda x: conv("last")(Own(lambda x: 2 * x - 1)(x)),
    "own block": lambda x: OwnBlock(ops.relu, name="last")(x),
    "down and up": lambda x: conv("last")(
        L.UpSampling2D(4)(
            L.Conv2D(2, 5, padding="same", kernel_initializer="ones")(
                L.AveragePooling2D(4)(Own(ops.relu)(x))
            )
        )
    ),
    "squeezed": lambda x: conv("last")(x * ops.sigmoid(ops.mean(x, axis=(1, 2), keepdims=True))),
}


def noise(*shape):
    return np.random.default_rng(0).random(shape, "float32")


@pytest.mark.parametrize("how", MOVED)
def test_what_moves_the_picture_is_found_out_and_refused(how):
    session = looked(lambda x: MOVED[how](conv("conv")(x)[..., :1]), noise(2, 16, 16, 1))
    with pytest.raises(ValueError, match="layers='last'"):
        session.compute(kv.GradCAM(layers="last"))
    assert list(session.compute(kv.GradCAM()))[-1].split("/")[-1] in ("conv", "get_item")


@pytest.mark.parametrize("how", KEPT)
def test_what_puts_it_back_is_a_map_of_it(how):
    session = looked(lambda x: KEPT[how](conv("conv")(x)[..., :1]), noise(2, 16, 16, 1))
    assert session.compute(kv.GradCAM(layers="last"))["last"].shape == (2, 16, 16)


def test_code_between_the_layers_of_a_subclassed_model_is_tried_out():
    class Model(keras.Model):
        def __init__(self):
            super().__init__()
            self.first, self.second = conv("first"), conv("second")
            self.head = L.Dense(2)

        def call(self, x):
            x = ops.flip(self.first(x), 2)
            return self.head(ops.max(self.second(x), axis=(1, 2)))

    session = kv.Session(Model(), kv.Probe(noise(2, 16, 16, 1), [0, 1], display=(0, 1)))
    assert session.compute(kv.GradCAM(layers="first"))["first"].shape == (2, 16, 16)
    with pytest.raises(ValueError, match="layers='second'"):
        session.compute(kv.GradCAM(layers="second"))


def test_a_signal_that_was_reversed_is_refused_too():
    signal = keras.Input((60, 2))
    x = L.Lambda(lambda x: x[:, ::-1])(L.Conv1D(4, 3, padding="same", name="before")(signal))
    x = L.Conv1D(4, 3, padding="same", name="behind")(x)
    model = keras.Model(signal, L.Dense(2)(L.GlobalMaxPooling1D()(x)))
    session = kv.Session(model, kv.Probe(noise(2, 60, 2), [0, 1]))
    assert session.compute(kv.GradCAM(layers="before"))["before"].shape == (2, 60)
    with pytest.raises(ValueError, match="layers='behind'"):
        session.compute(kv.GradCAM(layers="behind"))


def test_a_model_that_cannot_be_tried_is_refused_behind_what_is_known_to_move():
    image = keras.Input(batch_shape=(2, 16, 16, 1))
    x = conv("behind")(upside_down(conv("before")(image)))
    x = L.LSTM(3, stateful=True)(L.Reshape((16, 32))(x))
    model = keras.Model(image, L.Dense(2)(x))
    session = kv.Session(model, kv.Probe(noise(2, 16, 16, 1), [0, 1], display=(0, 1)))
    assert "before" in session.compute(kv.GradCAM(layers="before"))
    with pytest.raises(ValueError, match="layers='behind'"):
        session.compute(kv.GradCAM(layers="behind"))


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

    def little_by_little(x):
        return conv("conv")(L.Cropping2D(1, name="more")(conv("first")(L.Cropping2D(1)(x))))

    session = looked(little_by_little, spot(16, 16))
    assert session.compute(kv.GradCAM(layers="first"))["first"].shape == (1, 14, 14)
    for layer in ("more", "conv"):
        with pytest.raises(ValueError, match=f"layers='{layer}'"):
            session.compute(kv.GradCAM(layers=layer))


@pytest.mark.parametrize("taken", [(12, 10, 3), (3, 12, 10)])
def test_a_label_map_with_its_channels_first_names_no_class(taken):
    inputs = np.zeros((2, *taken), "float32")
    labels = np.zeros((2, 12, 10), int)
    task = task_of(shape=(5, 12, 10), activation="softmax", labels=labels, inputs=inputs)
    assert task.kind == "unknown"
    assert "channels first" in task.why
    last = task_of(shape=(12, 10, 5), activation="softmax", labels=labels, inputs=inputs)
    assert last.kind == "mask"
