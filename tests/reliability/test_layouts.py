"""Channels first, or flat: the same maps as with the channels last, only where they are moved."""

import keras
import numpy as np
import pytest
from keras import layers

import kerasvis2 as kv
from kerasvis2.attribution.superpixels import label_maps

SIZE, CHANNELS = (7, 10), 5
VIEWS = {
    "Saliency": {},
    "GradientTimesInput": {},
    "IntegratedGradients": {"points": 3, "baseline": "blur"},
    "GuidedGradCAM": {"layers": "conv"},
    "Occlusion": {"patch": 3, "stride": 2, "fill": "mean"},
    "RISE": {"masks": 12, "grid": 3},
    "LIME": {"samples": 20},
    "ScoreCAM": {"layers": "conv"},
    "ActivationMaximization": {"layers": "scores", "units": [1], "steps": 6},
}


def first(x):
    return np.moveaxis(x, -1, 1)


def last(x):
    return np.moveaxis(x.reshape(len(x), CHANNELS, *SIZE), 1, -1)


def shown(x):
    """As it is drawn: black is another value in each channel."""
    return x * np.float32([1, 0.5, 0.8, 1, 0.6]) + np.float32([0.1, 0.2, 0.05, 0.3, 0.15])


# From pictures (n, height, width, channels) to what the model takes, and what is drawn of it.
LAYOUTS = {
    "first": (first, lambda x: shown(last(x))),
    "first, three drawn": (first, lambda x: shown(last(x))[..., :3]),
    "flat": (lambda x: first(x).reshape(len(x), -1), lambda x: shown(last(x))),
}


def network(layout=""):
    keras.utils.set_random_seed(0)
    taken = LAYOUTS[layout][0](pictures()) if layout else pictures()
    x = image = keras.Input(taken.shape[1:])
    if layout == "flat":
        x = layers.Reshape((CHANNELS, *SIZE))(x)
    if layout:
        x = layers.Permute((2, 3, 1))(x)
    x = layers.Conv2D(4, 3, padding="same", activation="relu", name="conv")(x)
    return keras.Model(image, layers.Dense(3, name="scores")(layers.Flatten()(x)))


def pictures():
    shades = np.array([0.3, 0.6, 0.9, 0.2, 1.0], "float32")  # a mean of other values shows
    return np.random.default_rng(0).random((2, *SIZE, CHANNELS), "float32") * shades


@pytest.fixture(scope="module")
def plain():
    """What each view finds with the channels last."""
    probe = kv.Probe(pictures(), [0, 1], display=shown)
    session = kv.Session(network(), probe, progress=False)
    return {name: session.compute(getattr(kv, name)(**VIEWS[name])) for name in VIEWS}


BLACK = ("RISE", "ScoreCAM", "ActivationMaximization")  # and white, which all channels have to tell
CASES = [(name, layout) for name in VIEWS for layout in LAYOUTS]


@pytest.mark.parametrize(
    ("name", "layout"), [case for case in CASES if "three" not in case[1] or case[0] not in BLACK]
)
def test_a_layout_moves_what_is_found_and_changes_nothing(plain, layout, name):
    lower, display = LAYOUTS[layout]
    probe = kv.Probe(lower(pictures()), [0, 1], display=display)
    found = kv.Session(network(layout), probe, progress=False).compute(
        getattr(kv, name)(**VIEWS[name])
    )
    assert found.keys() == plain[name].keys()
    for key, expected in plain[name].items():
        values = found[key]
        if values.shape != expected.shape:
            assert values.shape[1:] == lower(pictures()).shape[1:]
            values = last(values)
        np.testing.assert_allclose(values, expected, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", [(1, 2), (1, 5), (2, 2), (3, 3), (5, 4), (9, 6)])
def test_a_small_picture_is_cut_into_several_parts_and_a_larger_one_not_into_pixels(size, channels):
    pictures = np.random.default_rng(0).random((3, *size, channels), "float32")
    for parts in label_maps(None, pictures):
        pixels = size[0] * size[1]
        assert 2 <= parts.max() + 1 <= (pixels if pixels < 12 else pixels // 2)
