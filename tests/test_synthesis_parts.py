"""Views, colours, spectra, regularisers and objectives, each against what is known of it."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops
from toys import grey_canvas as plain

from kerasvis2.draws import Draws
from kerasvis2.synthesis import objectives, transforms
from kerasvis2.synthesis.canvas import measure
from kerasvis2.synthesis.parametrizations import parametrize
from kerasvis2.synthesis.presets import preset
from kerasvis2.synthesis.regularizers import lp_norm, total_variation


def picture(height: int = 9, width: int = 7, channels: int = 2, count: int = 1) -> np.ndarray:
    random = np.random.default_rng(3)
    return random.uniform(size=(count, height, width, channels)).astype("float32")


def matrix(cells: list[list[float]]) -> np.ndarray:
    return np.array([cells], "float32")


# Draws


def test_draws_change_with_the_step_inside_a_traced_loop_and_repeat_with_the_seed():
    @tf.function(autograph=False)
    def numbers(seed):
        def body(step, rows):
            row = Draws(seed, step).uniform((1, 3))
            return step + 1, ops.slice_update(rows, (step, 0), row)

        return ops.while_loop(lambda step, _: step < 4, body, (tf.constant(0), tf.zeros((4, 3))))[1]

    first, again, other = (np.asarray(numbers(tf.constant(seed))) for seed in (5, 5, 6))
    np.testing.assert_array_equal(first, again)
    assert len(np.unique(np.concatenate([first, other]))) == 24


def test_draws_read_and_move_no_global_random_state():
    def after(work):
        keras.utils.clear_session()  # Keras before 3.13 seeds its own generator only when made
        keras.utils.set_random_seed(0)
        work()
        return np.random.random(), keras.random.uniform((2,)).numpy().tolist()

    assert after(lambda: None) == after(lambda: Draws(1, 2).normal((3, 3)))


def test_units_share_their_draws():
    rows = np.asarray(Draws(0, 0, copies=3).normal((6, 4)))
    np.testing.assert_array_equal(rows[:3], rows[[0, 0, 0]])
    np.testing.assert_array_equal(rows[3:], rows[[3, 3, 3]])
    assert np.abs(rows[0] - rows[3]).max() > 0.01


# Views


def test_no_movement_leaves_the_image():
    x = picture()
    seen = transforms.resample(x, matrix([[1, 0, 0], [0, 1, 0]]))
    np.testing.assert_allclose(seen, x, atol=1e-6)


def test_a_whole_pixel_shift_is_exact_and_brings_in_background():
    x = picture()
    seen = np.asarray(transforms.resample(x, matrix([[1, 0, 2], [0, 1, -1]])))
    np.testing.assert_allclose(seen[:, 1:, :-2], x[:, :-1, 2:], atol=1e-6)
    assert (seen[:, 0] == 0).all()
    assert (seen[:, :, -2:] == 0).all()


def test_a_quarter_turn_is_exact():
    x = picture(8, 8)
    seen = transforms.resample(x, matrix([[0, -1, 0], [1, 0, 0]]))
    np.testing.assert_allclose(seen, np.rot90(x, 1, (1, 2)), atol=1e-5)


def test_far_outside_is_background():
    seen = transforms.resample(picture(), matrix([[1, 0, 500], [0, 1, -500]]))
    assert not np.asarray(seen).any()


def test_the_gradient_of_resampling_is_its_adjoint():
    x, y = tf.constant(picture()), picture()[:, ::-1].copy()
    move = matrix([[0.4, 0.1, 1.3], [-0.2, 0.5, -0.7]])
    with tf.GradientTape() as tape:
        tape.watch(x)
        seen = transforms.resample(x, move)
        product = tf.reduce_sum(seen * y)
    back = tape.gradient(product, x)
    # <Ax, y> = <x, Aᵀy>, for a linear A
    np.testing.assert_allclose(product, np.sum(x.numpy() * back.numpy()), rtol=1e-4)


def test_movements_in_one_warp_apply_in_order():
    x = picture(16, 16, 1)
    enlarge, shrink = transforms.scale(2.0, 2.0), transforms.scale(0.5, 0.5)
    draws = Draws(0, 0)
    np.testing.assert_allclose(transforms.warp(enlarge, shrink)(x, draws), x, atol=1e-5)


@pytest.mark.parametrize(
    "movement",
    [
        transforms.jitter(0.2),
        transforms.rotate(20),
        transforms.scale(0.7, 1.4),
        transforms.shear(0.3),
        transforms.crop(0.3, 0.8),
    ],
)
def test_movements_move_and_differ_by_step(movement):
    x = picture(10, 10, 1)
    first, later = (np.asarray(transforms.warp(movement)(x, Draws(0, step))) for step in (0, 1))
    assert np.abs(first - x).max() > 0.01
    assert np.abs(first - later).max() > 0.01


def test_a_crop_stays_within_the_image():
    ones = np.ones((1, 20, 20, 1), "float32")
    for step in range(5):
        seen = transforms.warp(transforms.crop(0.2, 0.5))(ones, Draws(0, step))
        np.testing.assert_allclose(seen, 1.0, atol=1e-5)


def test_noise_has_the_deviation_that_was_asked_for():
    seen = np.asarray(transforms.noise(0.25)(np.zeros((4, 32, 32, 1), "float32"), Draws(0, 0)))
    assert abs(seen.std() - 0.25) < 0.01


def test_compose_applies_in_order_and_none_does_nothing():
    x = picture()
    chain = transforms.compose(lambda x, _: x + 1, lambda x, _: x * 2)
    np.testing.assert_allclose(chain(x, None), (x + 1) * 2)
    np.testing.assert_array_equal(transforms.compose()(x, None), x)


# Canvas and parametrizations


def test_the_canvas_measures_colours_in_display_units():
    random = np.random.default_rng(0)
    mixing = np.array([[0.1, 0.05, 0.0], [0.0, 0.08, 0.02], [0.01, 0.0, 0.05]])
    colors = 0.5 + random.normal(size=(2, 64, 64, 3)) @ mixing
    canvas = measure((colors * 2 - 1).astype("float32"), -1.0, 1.0)
    np.testing.assert_allclose(canvas.mean, 0.5, atol=0.01)
    np.testing.assert_allclose(canvas.colors.T @ canvas.colors, mixing.T @ mixing, atol=5e-4)
    np.testing.assert_allclose(canvas.to_input(np.ones(3)), 1.0)


@pytest.mark.parametrize("channels", [1, 2, 6])
def test_any_number_of_channels(channels):
    canvas = measure(picture(9, 7, channels, count=3))
    for name in ("pixels", "fourier", "maco"):
        parametrization = parametrize(name, canvas)
        image = np.asarray(parametrization.image(parametrization.start(2, Draws(0, 0))))
        assert image.shape == (2, 9, 7, channels)
        assert np.isfinite(image).all()


def test_each_channel_has_its_own_range():
    canvas = plain((4, 4, 2), low=[-100, 0], high=[100, 1])
    np.testing.assert_allclose(canvas.blank()[0, 0], [0, 0.5])


def test_an_empty_range_or_no_images_is_refused():
    with pytest.raises(ValueError, match="high must lie above low"):
        plain((4, 4, 1), 1.0, 1.0)
    with pytest.raises(ValueError, match=r"got shape \(9, 7, 2\)"):
        measure(picture()[0])


@pytest.mark.parametrize("size", [(8, 8), (9, 7)])
def test_the_phases_alone_are_free_in_maco(size):
    """Before the sigmoid, the picture has the measured magnitude at every frequency."""
    canvas = measure(picture(*size, channels=1, count=4))
    parametrization = parametrize("maco", canvas)
    image = np.asarray(parametrization.image(parametrization.start(1, Draws(0, 0))), np.float64)
    middle = np.float64(canvas.mean[0])
    logit = np.log(image / (1 - image)) - np.log(middle / (1 - middle))
    plane = logit[0, ..., 0] * (middle * (1 - middle)) / np.float64(canvas.colors[0, 0])
    magnitude = np.abs(np.fft.fft2(plane, norm="ortho"))
    expected = canvas.spectrum[..., 0].copy()
    expected[0, 0] = 0
    np.testing.assert_allclose(magnitude, expected, atol=2e-2 * expected.max())


def test_fourier_waves_of_low_frequency_weigh_most():
    canvas = plain((16, 16, 1))
    parametrization = parametrize("fourier", canvas)
    slow, fast = np.zeros((2, 1, 16, 16, 1), "float32")
    slow[0, 1, 0], fast[0, 8, 8] = 1.0, 1.0
    contrasts = [np.asarray(parametrization.image(params)).std() for params in (slow, fast)]
    assert contrasts[0] > 5 * contrasts[1]


def test_an_unknown_name_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="pixels, fourier, maco, or a function .* 'wavelet'"):
        parametrize("wavelet", plain((4, 4, 1)))
    with pytest.raises(ValueError, match="fast, good, best, got 'great'"):
        preset("great", (4, 4, 1))


def test_presets_grow_with_quality_and_follow_the_size():
    for shape in ((8, 8, 1), (28, 28, 1), (32, 32, 3), (64, 64, 3), (224, 224, 3)):
        costs = [one.steps * one.views for one in (preset(q, shape) for q in QUALITIES)]
        assert costs == sorted(set(costs))
    assert preset("good", (28, 28, 1)).parametrization == "pixels"
    assert preset("good", (224, 224, 3)).parametrization == "fourier"
    assert preset("good", (28, 28, 1), "maco").parametrization == "maco"


QUALITIES = ("fast", "good", "best")


# Regularisers and objectives


def test_regularisers_of_a_step_edge():
    image = np.zeros((1, 6, 6, 1), "float32")
    image[:, :, 3:] = 0.5
    # Five rows count (the last has none below it), one edge of 0.5 each.
    np.testing.assert_allclose(total_variation(1.0)(image), 5 * 0.5, atol=0.05)
    np.testing.assert_allclose(lp_norm(1.0)(image), 18 * 0.5)
    np.testing.assert_allclose(lp_norm(3.0, 6)(image), 3 * 18 * 0.5**6 / 6, rtol=1e-5)
    np.testing.assert_allclose(lp_norm(1.0, 2)(image), 18 * 0.25 / 2, rtol=1e-6)


def test_log_odds_are_those_of_the_softmax():
    logits = np.random.default_rng(0).normal(size=(6, 5)).astype("float32")
    units = [4, 1, 0]
    p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    own = p[np.arange(6), [4, 1, 0, 4, 1, 0]]
    np.testing.assert_allclose(
        objectives.log_odds(logits, units), np.log(own / (1 - own)), rtol=1e-4
    )
    np.testing.assert_array_equal(objectives.log_odds(logits[:, :1], [0]), logits[:, 0])


def test_directions_are_averaged_over_space():
    maps = picture(5, 5, 3, count=4)
    np.testing.assert_allclose(
        objectives.direction(maps, [[1, -1, 0]]),
        maps[..., 0].mean((1, 2)) - maps[..., 1].mean((1, 2)),
        atol=1e-6,
    )
