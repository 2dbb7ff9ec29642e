"""Measures of explanations: exact cases, SciPy's ranks, and what is known of real methods."""

from typing import Any

import networks
import numpy as np
import pytest
from scipy.stats import spearmanr

import kerasvis2 as kv
from kerasvis2 import metrics


def brightness(images: np.ndarray, rows: np.ndarray) -> np.ndarray:
    return images.sum((1, 2))


def test_deletion_of_pixels_one_by_one() -> None:
    image = np.array([[[4.0, 1.0], [3.0, 2.0]]])
    curve = metrics.replacement_curve(brightness, image, 0.0, image)
    np.testing.assert_array_equal(curve, [[10, 6, 3, 1, 0]])
    np.testing.assert_allclose(metrics.deletion(brightness, image, image), 15 / 4)
    np.testing.assert_allclose(metrics.deletion(brightness, image, -image), 25 / 4)


def test_insertion_is_deletion_from_the_other_end() -> None:
    rng = np.random.default_rng(0)
    images, maps = rng.random((3, 5, 4, 2)), rng.random((3, 5, 4, 2))

    def score(mixed: np.ndarray, rows: np.ndarray) -> np.ndarray:
        return mixed.sum((1, 2, 3)) * (1 + rows)

    found = metrics.insertion(score, images, maps, baseline=0.5, steps=7)
    expected = metrics.replacement_curve(score, np.full((3, 5, 4, 2), 0.5), images, maps, 7)
    assert expected.shape == (3, 8)
    np.testing.assert_allclose(expected[:, 0], 20 * np.arange(1, 4))
    np.testing.assert_allclose(expected[:, -1], images.sum((1, 2, 3)) * np.arange(1, 4), rtol=1e-6)
    areas = (expected.sum(1) - (expected[:, 0] + expected[:, -1]) / 2) / 7
    np.testing.assert_allclose(found, areas)


def test_insertion_starts_from_the_image_out_of_focus() -> None:
    images = np.random.default_rng(0).random((2, 12, 12)).astype("float32")
    seen = []

    def score(mixed: np.ndarray, rows: np.ndarray) -> np.ndarray:
        seen.append(mixed[0])
        return np.zeros(len(mixed))

    metrics.insertion(score, images, images, steps=3)
    assert 0 < seen[0].std() < 0.3 * images[0].std()
    np.testing.assert_allclose(seen[0].mean(), images[0].mean(), atol=0.05)


def test_pixels_of_one_value_are_taken_in_no_direction() -> None:
    image = np.tile(np.arange(20.0), (1, 20, 1))  # brighter to the right
    curve = metrics.replacement_curve(brightness, image, 0.0, np.zeros((1, 20, 20)), steps=20)
    np.testing.assert_allclose(curve[0], np.linspace(image.sum(), 0, 21), atol=0.05 * image.sum())


def test_pointing_games() -> None:
    masks = np.zeros((4, 6, 8), bool)
    masks[:, 1:3, 2:4] = True
    maps = np.zeros((4, 6, 8))
    maps[0, 1, 2], maps[0, 5, 5] = 2, 1  # on the object
    maps[1, 4, 2] = 1  # two pixels below it
    maps[2, 2, 2], maps[2, 0, 7], maps[2, 5, 7] = 3, -9, 1
    np.testing.assert_array_equal(metrics.pointing_game(maps, masks), [True, False, True, False])
    assert metrics.pointing_accuracy(maps, masks) == 0.5
    assert metrics.pointing_accuracy(maps, masks, tolerance=2) == 0.75
    found = metrics.energy_pointing_game(maps, masks)
    np.testing.assert_allclose(found, [2 / 3, 0, 3 / 4, 0])
    np.testing.assert_allclose(metrics.energy_pointing_game(maps + 1e6, masks), 4 / 48, rtol=1e-3)


def test_coarse_maps_are_enlarged() -> None:
    masks = np.zeros((1, 8, 8), bool)
    masks[:, :4, 4:] = True
    maps = np.array([[[0.0, 1.0], [0.0, 0.0]]])
    assert metrics.pointing_game(maps, masks).all()
    assert metrics.energy_pointing_game(maps, masks) > 0.5


@pytest.mark.parametrize("levels", [3, 20, None])
def test_spearman_is_scipy_s(levels: int | None) -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 4, 7, 9))
    b += a
    if levels is not None:  # ties
        a, b = np.round(a * levels / 4), np.round(b * levels / 4)
    expected = [spearmanr(x.ravel(), y.ravel()).statistic for x, y in zip(a, b)]
    np.testing.assert_allclose(metrics.spearman(a, b), expected, rtol=1e-12)
    np.testing.assert_allclose(metrics.spearman(a, a), 1)
    np.testing.assert_allclose(metrics.spearman(a, -a), -1)
    assert np.isnan(metrics.spearman(a, np.zeros_like(a))).all()


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda x: metrics.deletion(brightness, x, x[:1]), "each of 2 images"),
        (lambda x: metrics.deletion(brightness, x, x * np.nan), "NaN"),
        (lambda x: metrics.deletion(brightness, x, x, steps=0), "steps=0"),
        (lambda x: metrics.pointing_game(x, x[0]), "masks of shape"),
        (lambda x: metrics.spearman(x, x[:1]), "one shape"),
    ],
)
def test_bad_arguments_are_named(call: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        call(np.ones((2, 3, 3)))


def test_grad_cam_beats_random_maps(digits_model: Any, digits: Any) -> None:
    x, y = digits.x_test[:100], digits.y_test[:100]
    maps = kv.GradCAM(layers="conv2").compute(digits_model, kv.Probe(x, y))["conv2"]
    score = metrics.probability(digits_model, y)
    strokes = x[..., 0] > 0.5

    def measured(maps: np.ndarray) -> np.ndarray:
        return np.array(
            [
                metrics.insertion(score, x, maps, steps=16).mean(),
                -metrics.deletion(score, x, maps, steps=16).mean(),
                metrics.pointing_accuracy(maps, strokes),
                metrics.energy_pointing_game(maps, strokes).mean(),
            ]
        )

    rng = np.random.default_rng(0)
    by_chance = np.stack([measured(rng.random(x.shape[:3])) for _ in range(3)])
    ahead = measured(maps) - by_chance.max(0)
    assert (ahead > [0.01, 0.01, 0.2, 0.05]).all(), ahead


def test_cascade_tells_what_depends_on_the_weights(digits_model: Any, digits: Any) -> None:
    probe = kv.Probe(digits.x_test[:24], digits.y_test[:24])
    before = [weight.copy() for weight in digits_model.get_weights()]

    def last(view: Any) -> dict[str, float]:
        steps = metrics.randomization_cascade(view, digits_model, probe, seed=1)
        assert list(steps) == ["scores", "conv3", "norm2", "conv2", "conv1"]
        assert all(values.shape == (24,) for step in steps.values() for values in step.values())
        return {key: float(np.nanmean(values)) for key, values in steps["conv1"].items()}

    assert last(kv.Saliency())["input"] < 0.35
    cams = last(kv.GradCAM(layers=["conv1", "conv3"]))
    assert list(cams) == ["conv1", "conv3"]
    assert max(cams.values()) < 0.35
    assert last(kv.GuidedBackprop())["input"] > 0.55
    for now, then in zip(digits_model.get_weights(), before):
        np.testing.assert_array_equal(now, then)


def test_cascade_leaves_out_what_is_no_map(digits_model: Any, digits: Any) -> None:
    probe = kv.Probe(digits.x_test[:3], digits.y_test[:3])
    view = kv.IntegratedGradients(points=4)
    assert view.compute(digits_model, probe).keys() == {"input", "input/gap"}
    for step in metrics.randomization_cascade(view, digits_model, probe).values():
        assert step.keys() == {"input"}


def test_cascade_on_a_model_that_cannot_be_copied() -> None:
    model = networks.subclassed()
    probe = kv.Probe(networks.images(3), [0, 1, 2], display=(0, 1))
    with pytest.raises(ValueError, match="copy="):
        metrics.randomization_cascade(kv.Saliency(), model, probe)
    before = model.get_weights()
    steps = metrics.randomization_cascade(
        kv.Saliency(), model, probe, copy=networks.subclassed(seed=5)
    )
    assert next(iter(steps)) == "head"
    assert steps["conv1"]["input"].max() < 0.9
    for now, then in zip(model.get_weights(), before):
        np.testing.assert_array_equal(now, then)
