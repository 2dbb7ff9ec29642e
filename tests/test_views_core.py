"""Filters, curves and activation maximization: what they compute and what they draw."""

import keras
import networks
import numpy as np
import pytest
from keras import layers

import kerasvis2 as kv
from kerasvis2.observe.session import Session
from kerasvis2.views.base import About


@pytest.fixture(scope="module")
def every_kernel():
    """A model with one layer of each kind that has a kernel."""
    image = keras.Input((16, 12, 3))
    x = layers.Conv2D(4, 5, name="colour")(image)
    x = layers.DepthwiseConv2D(3, depth_multiplier=2, name="depthwise")(x)
    x = layers.SeparableConv2D(6, 3, name="separable")(x)
    x = layers.Conv2DTranspose(5, 2, name="transposed")(x)
    x = layers.Conv2D(70, 1, name="pointwise")(x)
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(image, layers.Dense(3, name="dense")(x))


def test_filters_are_the_kernels_as_stored(every_kernel):
    found = kv.Filters().compute(every_kernel)
    get = every_kernel.get_layer
    expected = {
        "colour": get("colour").kernel,
        "depthwise": get("depthwise").kernel,
        "separable": get("separable").depthwise_kernel,
        "separable/pointwise_kernel": get("separable").pointwise_kernel,
        "transposed": get("transposed").kernel,
        "pointwise": get("pointwise").kernel,
        "dense": get("dense").kernel,
    }
    assert list(found) == list(expected)
    for key, kernel in expected.items():
        np.testing.assert_array_equal(found[key], kernel.numpy())


def test_every_kernel_is_drawn_without_a_probe(every_kernel):
    pictures = kv.Filters().render(every_kernel)
    assert len(pictures) == 7
    assert "filters/01_colour" in pictures
    for picture in pictures.values():
        assert picture.dtype == np.uint8
        assert picture.ndim == 3
        assert picture.std() > 5


def test_a_first_layer_on_colour_is_drawn_in_colour(every_kernel):
    every_kernel.get_layer("colour").kernel.assign(
        np.broadcast_to(np.eye(3, 4, dtype="float32"), (5, 5, 3, 4))
    )
    picture = kv.Filters(layers="colour").render(every_kernel)["filters/01_colour"].astype(int)
    for channel in range(3):  # filter i answers to colour i alone: a tile of that colour
        others = [c for c in range(3) if c != channel]
        pure = picture[..., channel] - picture[..., others].max(-1) > 60
        assert pure.sum() > 400


def test_a_dense_layer_on_the_image_is_drawn_as_images():
    model = keras.Sequential([keras.Input((8, 8, 1)), layers.Flatten(), layers.Dense(10, name="d")])
    probe = kv.Probe(np.zeros((1, 8, 8, 1), "float32"), display=(0, 1))
    kernel = np.zeros((8, 8, 10), "float32")
    kernel[:4, :, 0] = 1  # unit 0 looks at the upper half
    model.get_layer("d").set_weights([kernel.reshape(64, 10), np.zeros(10)])
    (picture,) = kv.Filters().render(model, probe).values()
    red = (picture[..., 0].astype(int) - picture[..., 2]) > 40
    rows = np.flatnonzero(red[:, :70].sum(1) > 20)
    assert len(rows) > 20
    assert np.all(np.diff(rows) == 1)


def test_a_layer_without_kernel_is_an_error(every_kernel):
    with pytest.raises(ValueError, match="layer with a kernel is needed"):
        kv.Filters(layers=every_kernel.layers[-2]).compute(every_kernel)


def test_curves_draw_the_history_and_split_it_by_folder():
    about = About(
        step=1,
        history={
            "loss": [(0, 2.0), (1, 1.0)],
            "val_loss": [(0, 2.5), (1, 1.5)],
            "learning_rate": [(0, 0.1), (1, 0.01)],
        },
    )
    drawing = kv.Curves().draw({}, about)
    assert drawing.train == {"epoch_loss": 1.0, "epoch_learning_rate": 0.01}
    assert drawing.validation == {"epoch_loss": 1.5}
    assert drawing.pictures["metrics"].pixels.std() > 5


def test_curves_alone_have_nothing_to_show(every_kernel):
    assert kv.Curves().compute(every_kernel) == {}
    assert kv.Curves().render(every_kernel) == {}


# Activation maximization


@pytest.fixture(scope="module")
def ascent(digits_model, digits_probe):
    view = kv.ActivationMaximization(quality="fast")
    return view.compute(digits_model, digits_probe)


def test_the_ascent_raises_every_class_far_above_the_probe(ascent, digits_model, digits_probe):
    images = ascent["scores"]
    assert images.shape == (10, 8, 8, 1)
    assert images.min() >= 0
    assert images.max() <= 1
    said = digits_model.predict(images, verbose=0)
    np.testing.assert_allclose(ascent["scores/probability"], said[range(10), range(10)], atol=1e-4)
    assert (said.argmax(-1) == np.arange(10)).sum() >= 9


def test_the_score_is_the_logit_of_the_image(ascent, digits_model):
    features = keras.Model(digits_model.inputs, digits_model.get_layer("gap").output)
    kernel, bias = digits_model.get_layer("scores").get_weights()
    logits = features.predict(ascent["scores"], verbose=0) @ kernel + bias
    np.testing.assert_allclose(ascent["scores/score"], logits[range(10), range(10)], rtol=1e-3)


def test_the_same_seed_gives_the_same_images(ascent, digits_model, digits_probe):
    again = kv.ActivationMaximization(quality="fast").compute(digits_model, digits_probe)
    np.testing.assert_array_equal(again["scores"], ascent["scores"])
    other = kv.ActivationMaximization(quality="fast", seed=1).compute(digits_model, digits_probe)
    assert np.abs(other["scores"] - ascent["scores"]).max() > 0.01


def test_a_channel_of_a_hidden_layer(digits_model, digits_probe):
    view = kv.ActivationMaximization(layer="conv2", units=[3, 5], quality="fast")
    found = view.compute(digits_model, digits_probe)
    hidden = keras.Model(digits_model.inputs, digits_model.get_layer("conv2").output)
    mean = hidden.predict(found["conv2"], verbose=0).mean((1, 2))
    np.testing.assert_allclose(found["conv2/score"], mean[[0, 1], [3, 5]], rtol=1e-3)
    assert (found["conv2/score"] > hidden.predict(digits_probe.inputs, verbose=0).mean()).all()


def test_warm_starts_go_on_from_the_last_images_in_one_trace(digits_model, digits_probe):
    session = Session(digits_model, digits_probe)
    view = kv.ActivationMaximization(quality="fast", steps=24)
    plan = session.add(view, "am")
    scores = [session.look([plan.name]).arrays("am")["scores/score"].mean() for _ in range(3)]
    assert session.traces == 2  # the ascent, and the captions' forward pass
    cold = kv.ActivationMaximization(quality="fast", steps=24, warm_start=False)
    plan = session.add(cold, "cold")
    cold_scores = [session.look([plan.name]).arrays("cold")["scores/score"] for _ in range(2)]
    np.testing.assert_array_equal(*cold_scores)
    assert scores[1] >= 0.98 * scores[0]
    assert scores[2] >= 0.98 * scores[0]


def test_a_dead_unit_is_said_to_be_dead():
    model = networks.functional()
    kernel, bias = model.get_layer("conv1").get_weights()
    bias[2], kernel[..., 2] = -100, 0
    model.get_layer("conv1").set_weights([kernel, bias])
    probe = kv.Probe(networks.images(4), display=(0, 1))
    view = kv.ActivationMaximization(layer="conv1", units=[2, 3], quality="fast", steps=16)
    session = Session(model, probe)
    found = session.look([session.add(view, "am").name]).arrays("am")
    assert found["conv1/alive"].tolist() == [False, True]
    assert np.ptp(found["conv1"][0], axis=(0, 1)).max() < 1e-6  # blank, not noise
    assert np.ptp(found["conv1"][1]) > 0.05


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"quality": "great"}, "quality='great': give one of fast, good, best"),
        ({"steps": 0}, "steps=0: give a number of steps"),
        ({"units": "all"}, "units='all': give indices"),
    ],
)
def test_bad_settings_are_said_at_once(settings, words):
    with pytest.raises(ValueError, match=words):
        kv.ActivationMaximization(**settings)


def test_display_ranges_bound_the_images(digits_model):
    """The model's own units, whatever these are: here −1 … 1."""
    image = keras.Input((8, 8, 1))
    model = keras.Model(image, digits_model((image + 1) / 2))
    probe = kv.Probe(np.linspace(-1, 1, 128, dtype="float32").reshape(2, 8, 8, 1))
    found = kv.ActivationMaximization(quality="fast", steps=16, units=[3]).compute(model, probe)
    (images,) = (value for key, value in found.items() if value.ndim == 4)
    assert images.min() < -0.5
    assert images.min() >= -1
    assert images.max() <= 1
