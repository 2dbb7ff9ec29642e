"""The ascent on functions whose best image is known, and on a trained network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops
from toys import grey_canvas as plain

import kerasvis2 as kv
from kerasvis2.observe.backend import backend
from kerasvis2.synthesis.ascent import ascend, begin
from kerasvis2.synthesis.canvas import Canvas, measure
from kerasvis2.synthesis.objectives import log_odds
from kerasvis2.synthesis.presets import Settings, preset
from kerasvis2.synthesis.regularizers import lp_norm
from kerasvis2.synthesis.transforms import jitter, noise, warp

SHAPE = (12, 12, 1)


def tracer(score: Callable[[Any], Any], canvas: Canvas, settings: Settings) -> Any:
    @tf.function(autograph=False)
    def run(start: Any, steps: Any, seed: Any) -> dict[str, Any]:
        return ascend(
            backend().differentiate,
            score,
            start,
            canvas=canvas,
            settings=settings,
            steps=steps,
            seed=seed,
        )

    return run


def climb(
    score: Callable[[Any], Any],
    canvas: Canvas,
    settings: Settings,
    units: int,
    steps: int = 60,
    seed: int = 0,
) -> dict[str, np.ndarray]:
    run = tracer(score, canvas, settings)
    result = run(begin(canvas, settings, units, seed), tf.constant(steps), tf.constant(seed))
    return {key: np.asarray(value) for key, value in result.items()}


def toward(targets: np.ndarray) -> Callable[[Any], Any]:
    """Minus the squared distance to each unit's own target (U, H, W, C)."""

    def score(images: Any) -> Any:
        own = targets[np.arange(images.shape[0]) % len(targets)]
        return -ops.sum(ops.square(images - own), axis=(1, 2, 3))

    return score


def half(rows: bool) -> np.ndarray:
    image = np.zeros(SHAPE, "float32")
    image[(slice(None, 6),) if rows else (slice(None), slice(None, 6))] = 1.0
    return image


TARGETS = np.stack([half(True), half(False), 1 - half(True)])


def test_each_unit_reaches_its_own_target():
    result = climb(toward(TARGETS), plain(SHAPE), Settings(), 3)
    np.testing.assert_allclose(result["images"], TARGETS, atol=0.05)
    assert result["alive"].all()


def test_the_score_is_that_of_the_images_returned():
    score = toward(TARGETS)
    settings = Settings(views=2, transforms=(warp(jitter(0.1)), noise(0.1)))
    result = climb(score, plain(SHAPE), settings, 3)
    np.testing.assert_allclose(result["score"], np.asarray(score(result["images"])), rtol=1e-4)


def test_the_best_image_is_kept_when_later_ones_are_worse():
    target = toward(np.full((1, *SHAPE), 0.5, "float32"))
    # Sparsity pulls away from the grey that scores best, which is also where the start is.
    settings = Settings(regularizers=(lp_norm(50.0),), learning_rate=0.3)
    canvas = replace(plain(SHAPE), background=np.zeros(1, "float32"))
    start = tf.fill((1, *SHAPE), 0.5)
    result = tracer(target, canvas, settings)(start, tf.constant(30), tf.constant(0))
    assert float(result["score"][0]) == 0.0
    np.testing.assert_array_equal(result["params"], start)


def test_a_units_result_does_not_depend_on_its_batch():
    settings = Settings(views=3, transforms=(warp(jitter(0.2)), noise(0.2)))
    together = climb(toward(TARGETS), plain(SHAPE), settings, 3)
    alone = climb(toward(TARGETS[1:2]), plain(SHAPE), settings, 1)
    np.testing.assert_allclose(together["images"][1], alone["images"][0], atol=1e-4)


def test_the_same_seed_repeats_and_another_does_not():
    settings = Settings(transforms=(noise(0.3),))
    first, again, other = (
        climb(toward(TARGETS), plain(SHAPE), settings, 3, steps=5, seed=seed)["images"]
        for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 1e-4


def test_one_trace_serves_cold_and_warm_starts_of_any_length():
    settings = Settings()
    canvas = plain(SHAPE)
    run = tracer(toward(TARGETS), canvas, settings)
    cold = run(begin(canvas, settings, 3, 0), tf.constant(40), tf.constant(0))
    warm = run(cold["params"], tf.constant(10), tf.constant(7))
    assert run.experimental_get_tracing_count() == 1
    assert (warm["score"].numpy() >= cold["score"].numpy()).all()


@pytest.mark.parametrize("parametrization", ["pixels", "fourier", "maco"])
def test_every_parametrization_climbs_and_stays_in_range(parametrization):
    random = np.random.default_rng(0)
    images = (random.normal(size=(4, 10, 14, 3)) * 20 + 100).astype("float32")
    canvas = measure(images, 0.0, 255.0)
    weights = random.normal(size=(2, 10, 14, 3)).astype("float32")

    def score(seen: Any) -> Any:
        own = weights[np.arange(seen.shape[0]) % 2]
        return ops.sum(seen * own, axis=(1, 2, 3)) / 255

    rate = 0.3 if parametrization == "maco" else 0.05
    settings = Settings(parametrization, learning_rate=rate)
    start = np.asarray(score(begin_images(canvas, settings)))
    result = climb(score, canvas, settings, 2, steps=40)
    assert result["images"].shape == (2, 10, 14, 3)
    assert result["images"].min() >= 0
    assert result["images"].max() <= 255
    assert (result["score"] > start + 1).all()


def begin_images(canvas: Canvas, settings: Settings) -> Any:
    from kerasvis2.synthesis.parametrizations import parametrize

    params = begin(canvas, settings, 2, 0)
    return canvas.to_input(parametrize(settings.parametrization, canvas).image(params))


def test_a_dead_unit_is_told_from_one_that_wakes():
    """Unit 0 never fires; unit 1 is a ReLU that needs more contrast than a start has; 2 fires."""
    ramp = np.linspace(-1, 1, 12, dtype="float32")[None, :, None, None] * np.ones(SHAPE, "float32")

    def score(images: Any) -> Any:
        drive = ops.sum((images - 0.5) * ramp, axis=(1, 2, 3))
        shift = np.array([-1e6, -0.6, 5.0], "float32")[np.arange(images.shape[0]) % 3]
        return ops.relu(drive + shift)

    canvas = plain(SHAPE)
    result = climb(score, canvas, Settings(), 3, steps=60)
    assert result["alive"].tolist() == [False, True, True]
    np.testing.assert_array_equal(result["images"][0], canvas.blank())
    assert result["score"][0] == 0
    assert result["score"][1] > 1


def test_digits_are_raised_to_their_classes(digits_model: Any, digits: Any):
    canvas = measure(digits.x_train[:16])
    settings = preset("good", canvas.shape)
    head = digits_model.layers[-1]
    features = keras.Model(digits_model.inputs, digits_model.layers[-2].output)

    def score(images: Any) -> Any:
        logits = ops.matmul(features(images, training=False), head.kernel) + head.bias
        return log_odds(logits, range(10))

    result = climb(score, canvas, settings, 10, steps=100)
    probabilities = np.asarray(digits_model(result["images"], training=False))
    assert (probabilities.argmax(axis=1) == np.arange(10)).all()
    # This network is never very sure, but of the pictures it is surer than of real digits.
    real = np.asarray(digits_model(digits.x_test, training=False))
    own = real[np.arange(len(real)), digits.y_test]
    assert np.diag(probabilities).mean() > own.mean() + 0.1


def test_a_layer_that_several_inputs_share_is_climbed_by_the_drawn_one() -> None:
    layers = keras.layers
    stack = [keras.Input((8, 8, 1)), layers.Conv2D(3, 3), layers.Flatten(), layers.Dense(2)]
    embed = keras.Sequential(stack, name="embed")
    stack[-1].name = "point"
    one, two = keras.Input((8, 8, 1), name="one"), keras.Input((8, 8, 1), name="two")
    apart = layers.Lambda(lambda both: keras.ops.sum((both[0] - both[1]) ** 2, -1, keepdims=True))
    model = keras.Model([one, two], apart([embed(one), embed(two)]))
    images = np.random.default_rng(0).random((2, 2, 8, 8, 1)).astype("float32")
    for drawn in (0, 1):
        probe = kv.Probe([*images], image=drawn, display=(0, 1))
        view = kv.ActivationMaximization("embed/point", steps=3, quality="fast")
        found = view.compute(model, probe)
        (pictures,) = (v for v in found.values() if v.ndim == 4)
        assert pictures.shape == (2, 8, 8, 1)
        assert pictures.std() > 0.01
