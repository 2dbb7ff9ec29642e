"""Where the channels of pictures are: as the model has them, as labels tell, or guessed."""

import keras
import numpy as np
import pytest

import kerasvis2 as kv


def in_order(order, shape):
    """A model of pictures in that order, and what it is asked to draw."""
    image = keras.Input(shape)
    conv = keras.layers.Conv2D(2, 3, padding="same", data_format=order, name="conv")
    pool = keras.layers.GlobalMaxPooling2D(data_format=order)
    return keras.Model(image, keras.layers.Dense(2)(pool(conv(image))))


@pytest.mark.parametrize(
    ("order", "shape", "size"),
    [
        ("channels_first", (3, 16, 12), (16, 12)),
        ("channels_last", (3, 16, 12), (3, 16)),
        ("channels_first", (4, 9, 11), (9, 11)),
        ("channels_first", (1, 6, 10), (6, 10)),
        ("channels_last", (3, 20, 20), (3, 20)),
        ("channels_first", (8, 8, 8), (8, 8)),
    ],
)
@pytest.mark.parametrize("display", ["auto", (0, 1)])
@pytest.mark.filterwarnings("ignore:display")
def test_the_models_own_layers_say_where_the_channels_are(order, shape, size, display):
    x = np.random.default_rng(0).random((2, *shape), "float32")
    model = in_order(order, shape)
    found = kv.Probe(x, [0, 1], display=display).prepared(model)
    first = order == "channels_first"
    expected = np.moveaxis(x, 1, -1) if first else x
    assert found.channels_first is first
    assert found.images.shape[1:3] == size
    if expected.shape[-1] != 2:
        count = 3 if expected.shape[-1] > 2 else 1
        np.testing.assert_allclose(found.images, expected[..., :count], atol=1e-6)
    session = kv.Session(model, kv.Probe(x, [0, 1], display=display))
    assert session.survey.facts["conv"].grid == size
    assert session.survey.facts["conv"].channels_first is first


def test_what_lies_over_pictures_says_where_their_channels_are():
    x = np.random.default_rng(0).random((2, 5, 16, 12), "float32")
    assert kv.Probe(x, display=(0, 1)).images.shape == (2, 5, 16, 3)
    labelled = kv.Probe(x, np.zeros((2, 16, 12), int), display=(0, 1))
    masked = kv.Probe(x, display=(0, 1), masks=np.ones((2, 16, 12), bool))
    for probe in (labelled, masked):
        assert probe.channels_first
        assert probe.images.shape == (2, 16, 12, 3)
    assert kv.Probe(x, display=(0, 1), masks=np.ones((2, 5, 16), bool)).images.shape[1:3] == (5, 16)


def test_three_channels_first_are_guessed_and_said():
    with pytest.warns(UserWarning, match="drawn as 16×12×3"):
        probe = kv.Probe(np.random.default_rng(0).random((2, 3, 16, 12), "float32"))
    assert probe.images.shape == (2, 16, 12, 3)
