"""LIME against exact cases, scikit-learn's ridge and, where it is installed, the lime package."""

import builtins
from typing import Any

import keras
import numpy as np
import pytest
import toys
from sklearn.linear_model import Ridge

from kerasvis2 import LIME, Probe
from kerasvis2.attribution.local_fit import local_fit
from kerasvis2.attribution.superpixels import label_maps, mean_colours

SHAPE = (12, 10, 3)
BLOCKS = np.arange(4).repeat(3)[:, None] * 2 + np.arange(2).repeat(5)  # (12, 10), 8 parts


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    return np.random.default_rng(0).random((4, *SHAPE), "float32")


@pytest.fixture(scope="module")
def linear() -> Any:
    return toys.linear(SHAPE)


@pytest.fixture(scope="module")
def small() -> Any:
    return toys.convolved(SHAPE, 3)


@pytest.mark.parametrize("low", [0.0, -3.0])
def test_of_a_linear_model_it_is_the_part_s_weighted_difference(
    linear: Any, images: np.ndarray, low: float
) -> None:
    labels = [0, 1, 2, 1]
    x = images + low
    probe = Probe(x, labels, display=(low, low + 1))
    found = LIME(samples=2000, segments=BLOCKS).compute(linear, probe)
    weights = linear.layers[-1].get_weights()[0].reshape(*SHAPE, 3)
    for n, label in enumerate(labels):
        for part in range(8):
            here = part == BLOCKS
            away = x[n][here] - x[n][here].mean(0)
            expected = (weights[here][..., label] * away).sum()
            assert len(np.unique(found["input"][n][here])) == 1
            # The ridge shrinks it a little.
            np.testing.assert_allclose(found["input"][n][here][0], expected, rtol=0.01, atol=2e-3)
    assert found["fit"].min() > 0.999


def test_ridge_is_scikit_learn_s() -> None:
    rng = np.random.default_rng(0)
    visible = (rng.random((3, 300, 20)) < 0.5).astype("float32")
    visible[:, 0] = 1
    visible[2, :, 15:] = 0  # parts that this image does not have
    scores = 5 + rng.normal(size=(3, 300)).astype("float32") + 2 * visible[..., 1]
    found, fit = local_fit(visible, scores)
    for n in range(3):
        parts = 15 if n == 2 else 20
        inputs = visible[n, :, :parts]
        distance = 1 - np.sqrt(inputs.mean(1))
        weights = np.sqrt(np.exp(-(distance**2) / 0.25**2))
        ridge = Ridge(1.0).fit(inputs, scores[n], sample_weight=weights)
        np.testing.assert_allclose(found[n, :parts], ridge.coef_, atol=1e-5)
        np.testing.assert_array_equal(found[n, parts:], 0)
        rest = total = 0.0
        for fold in range(5):  # every fifth sample by a fit to the others
            held = np.arange(300) % 5 == fold
            others = Ridge(1.0).fit(inputs[~held], scores[n][~held], weights[~held])
            mean = np.average(scores[n][~held], weights=weights[~held])
            rest += (weights * (scores[n] - others.predict(inputs)) ** 2)[held].sum()
            total += (weights * (scores[n] - mean) ** 2)[held].sum()
        np.testing.assert_allclose(fit[n], 1 - rest / total, atol=1e-4)


@pytest.mark.parametrize("samples", [2, 20, 300])
def test_r_squared_of_a_score_that_no_part_explains_is_not_high(samples: int) -> None:
    rng = np.random.default_rng(0)
    visible = (rng.random((4, samples, 30)) < 0.5).astype("float32")
    visible[:, 0] = 1
    scores = rng.normal(size=(4, samples)).astype("float32")
    _, fit = local_fit(visible, scores)
    assert np.isfinite(fit).all()
    assert np.max(fit) < 0.2


def test_score_that_never_changes_is_explained_by_nothing() -> None:
    visible = (np.random.default_rng(0).random((1, 50, 4)) < 0.5).astype("float32")
    found, fit = local_fit(visible, np.zeros((1, 50), "float32"))
    np.testing.assert_array_equal(found, 0)
    np.testing.assert_array_equal(fit, 1)


def test_is_the_lime_package_s_on_the_same_parts(small: Any, images: np.ndarray) -> None:
    lime_image = pytest.importorskip("lime.lime_image")
    image = images[0].astype("float64")
    found = LIME(samples=4000, segments=BLOCKS, target=1).compute(
        small, Probe(images[:1], display=(0, 1))
    )
    theirs = lime_image.LimeImageExplainer(random_state=0).explain_instance(
        image,
        lambda batch: toys.logits_of(small, batch),
        labels=(1,),
        top_labels=None,
        num_samples=4000,
        segmentation_fn=lambda _: BLOCKS,
    )
    expected = np.zeros(8)
    for part, coefficient in theirs.local_exp[1]:
        expected[part] = coefficient
    ours = np.array([found["input"][0][part == BLOCKS][0] for part in range(8)])
    np.testing.assert_allclose(ours, expected, atol=0.03 * np.abs(expected).max())
    np.testing.assert_allclose(found["fit"][0], theirs.score, atol=0.02)


def test_same_seed_same_map_in_any_chunks_and_company(small: Any, images: np.ndarray) -> None:
    parts = np.stack([BLOCKS, BLOCKS // 2, BLOCKS * 0, np.arange(120).reshape(12, 10)])
    labels = [0, 1, 2, 1]
    view = LIME(samples=100, segments=parts, seed=2, targets=("label", 0))
    whole = view.compute(small, Probe(images, labels, display=(0, 1)))
    assert list(whole) == ["input@label", "fit@label", "input@0", "fit@0"]
    chunked = view.compute(small, Probe(images, labels, display=(0, 1)), batch_size=3)
    for key, values in whole.items():
        np.testing.assert_allclose(values, chunked[key], atol=1e-5)
    alone = LIME(samples=100, segments=parts[:1], seed=2).compute(
        small, Probe(images[:1], labels[:1], display=(0, 1))
    )
    np.testing.assert_allclose(alone["input"], whole["input@label"][:1], atol=1e-5)
    other = LIME(samples=100, segments=parts[:1], seed=3).compute(
        small, Probe(images[:1], labels[:1], display=(0, 1))
    )
    assert np.abs(alone["input"] - other["input"]).max() > 1e-4
    (first, _) = view.render(small, Probe(images, labels, display=(0, 1))).values()
    assert first.dtype == np.uint8


def test_finds_a_planted_patch(images: np.ndarray) -> None:
    layers = keras.layers
    planted = 0.3 * images
    planted[:, 6:9, 2:5] = 1
    brightest = keras.Sequential(
        [keras.Input(SHAPE), layers.AveragePooling2D(2, 1), layers.GlobalMaxPooling2D()]
    )
    probe = Probe(planted, display=(0, 1))
    found = LIME(samples=300, target=0).compute(brightest, probe)["input"]
    for one in found:
        row, column = np.unravel_index(one.argmax(), one.shape)
        assert 5 <= row <= 9
        assert 1 <= column <= 5


@pytest.mark.parametrize("shape", [(8, 8, 1), (12, 10, 3), (64, 96, 3)])
def test_default_parts_follow_the_picture(shape: Any) -> None:
    picture = np.zeros((1, *shape), "float32")
    picture[:, :, shape[1] // 2 :] = 1
    (parts,) = label_maps(None, picture)
    count = parts.max() + 1
    assert 6 <= count <= 70
    assert len(np.unique(parts)) == count
    colours = mean_colours(picture, parts[None])
    assert np.abs(colours - picture).mean() < 0.02  # no part lies across the edge


def test_segments_may_be_a_callable() -> None:
    pictures = np.random.default_rng(0).random((2, 4, 6, 1), "float32")
    parts = label_maps(lambda picture: (picture[..., 0] > 0.5) * 7, pictures)
    np.testing.assert_array_equal(parts, pictures[..., 0] > 0.5)
    grey = mean_colours(pictures[..., 0], parts)
    assert grey.shape == (2, 4, 6)
    np.testing.assert_allclose(grey[0][parts[0] == 1].mean(), pictures[0][parts[0] == 1].mean())


@pytest.mark.parametrize(
    ("segments", "words"),
    [
        (np.zeros((5, 5), int), r"int64 of shape \(5, 5\)"),
        (np.zeros((12, 10)), "float64"),
        (np.zeros((3, 12, 10), int), "3 label maps for 4 images"),
    ],
)
def test_bad_segments_are_named_before_any_pass(
    linear: Any, images: np.ndarray, segments: Any, words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        LIME(segments=segments).compute(linear, Probe(images, display=(0, 1)))


def test_without_scikit_image_it_says_what_to_install(
    images: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name.startswith("skimage"):
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ImportError, match=r"kerasvis2\[lime\]"):
        label_maps(None, images)
    assert label_maps(BLOCKS, images).shape == (4, 12, 10)


def test_bad_samples_are_named() -> None:
    with pytest.raises(ValueError, match="samples=1"):
        LIME(samples=1)
