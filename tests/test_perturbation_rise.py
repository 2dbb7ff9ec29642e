"""RISE against masks written out, and the probabilities that it sums."""

from typing import Any

import keras
import numpy as np
import pytest
from skimage.transform import resize
from toys import convolved

from kerasvis2 import RISE, Probe
from kerasvis2.attribution.random_masks import RandomMasks
from kerasvis2.draws import Draws

SHAPE = (10, 13, 3)


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    return np.random.default_rng(0).random((5, *SHAPE), "float32")


def explicit_masks(count: int, grid: int, keep: float, seed: int) -> np.ndarray:
    """The masks as the paper describes them: enlarge a grid, crop it at the drawn place."""
    numbers = np.asarray(Draws(seed, 0).uniform((count, grid * grid + 2)))
    cells = [-(-side // grid) for side in SHAPE[:2]]
    masks = []
    for row in numbers:
        coarse = (row[:-2] < keep).astype("float64").reshape(grid, grid)
        whole = [(grid + 1) * cell for cell in cells]
        large = resize(coarse, whole, order=1, mode="edge", anti_aliasing=False)
        top, left = (int(share * cell) for share, cell in zip(row[-2:], cells))
        masks.append(large[top : top + SHAPE[0], left : left + SHAPE[1]])
    return np.stack(masks)


@pytest.mark.parametrize("display", [(0, 1), (-2, 1)])
def test_is_the_sum_over_explicit_masks(images: np.ndarray, display: Any) -> None:
    model, labels = convolved(SHAPE, 4), [0, 1, 2, 3, 0]
    found = RISE(masks=301, grid=3, keep=0.4, seed=5).compute(
        model, Probe(images, labels, display=display)
    )["input"]
    masks = explicit_masks(301, 3, 0.4, 5)[..., None]
    black = display[0]
    for n, label in enumerate(labels):
        answers = model.predict(black + masks * (images[n] - black), verbose=0)[:, label]
        expected = (answers[:, None, None] * masks[..., 0]).sum(0) / (301 * 0.4)
        np.testing.assert_allclose(found[n], expected, rtol=1e-4)


def test_masks_are_soft_and_keep_their_share() -> None:
    masks = RandomMasks(2000, 7, 0.3, SHAPE[:2], 0).draw()
    drawn = np.asarray(masks(np.arange(2000)))[0]
    assert drawn.min() >= 0
    assert drawn.max() <= 1
    assert ((drawn > 0.05) & (drawn < 0.95)).mean() > 0.3
    np.testing.assert_allclose(drawn.mean(0), 0.3, atol=0.04)
    np.testing.assert_allclose(masks(np.arange(900, 950))[0], drawn[900:950], atol=1e-6)


def test_same_seed_same_map_in_any_chunks(images: np.ndarray) -> None:
    model = convolved(SHAPE, 4)
    probe = Probe(images, [0, 1, 2, 3, 0], display=(0, 1))
    view = RISE(masks=200, grid=4, seed=3)
    whole = view.compute(model, probe)["input"]
    np.testing.assert_array_equal(whole, view.compute(model, probe)["input"])
    chunked = view.compute(model, probe, batch_size=2)["input"]
    np.testing.assert_allclose(whole, chunked, rtol=1e-5)
    other = RISE(masks=200, grid=4, seed=4).compute(model, probe)["input"]
    assert np.abs(whole - other).max() > 1e-3


@pytest.mark.parametrize(
    ("units", "activation", "labels"),
    [
        (1, "sigmoid", [0, 1, 0, 1, 1]),
        (3, "sigmoid", [0, 1, 2, 2, 1]),
        (3, None, [0, 1, 2, 2, 1]),
        (1, None, None),
    ],
)
def test_takes_one_softmax_or_sigmoid_of_the_logits(
    images: np.ndarray, units: int, activation: Any, labels: Any
) -> None:
    model = convolved(SHAPE, units, activation)
    probe = Probe(images, labels, display=(0, 1))
    found = RISE(masks=40, grid=3, seed=1).compute(model, probe)["input"]
    masks = explicit_masks(40, 3, 0.5, 1)[..., None]
    for n in range(5):
        answers = model.predict(masks * images[n], verbose=0)
        if activation is None and labels is not None:
            answers = np.exp(answers) / np.exp(answers).sum(1, keepdims=True)
        if units > 1:
            answers = answers[:, labels[n] : labels[n] + 1]
        elif labels is not None and labels[n] == 0:
            answers = 1 - answers
        expected = (answers[..., None, None] * masks[:, None, ..., 0]).sum((0, 1)) / 20
        np.testing.assert_allclose(found[n], expected, rtol=1e-4, atol=1e-6)


def test_finds_a_planted_patch(images: np.ndarray) -> None:
    layers = keras.layers
    brightest = keras.Sequential(
        [keras.Input(SHAPE), layers.AveragePooling2D(3, 1), layers.GlobalMaxPooling2D()]
    )
    planted = 0.3 * images
    planted[:, 6:9, 2:5] = 1
    view = RISE(masks=1000, grid=5, target=0)
    found = view.compute(brightest, Probe(planted, display=(0, 1)))["input"]
    for one in found:
        row, column = np.unravel_index(one.argmax(), one.shape)
        assert 5 <= row <= 9
        assert 1 <= column <= 5


def test_draws_what_is_above_and_below_the_mean(images: np.ndarray) -> None:
    from kerasvis2.observe.session import Session

    model = convolved(SHAPE, 4)
    session = Session(model, Probe(images, [0, 1, 2, 3, 0], display=(0, 1)))
    view = RISE(masks=100, grid=3)
    drawn = session.look([session.add(view, "drawn").name]).arrays("drawn")["input"]
    raw = session.look([session.add(view, "raw", whole=True).name]).arrays("raw")["input"]
    assert drawn.min() < 0 < drawn.max()
    masks = explicit_masks(100, 3, 0.5, 0)
    shared = (raw - drawn) / (masks.sum(0) / 50)
    np.testing.assert_allclose(shared, shared[:, :1, :1] + 0 * shared, rtol=1e-4)
    (picture,) = view.render(model, Probe(images, display=(0, 1))).values()
    assert picture.dtype == np.uint8


@pytest.mark.parametrize(
    ("settings", "words"),
    [({"masks": 0}, "masks=0"), ({"grid": 1}, "grid=1"), ({"keep": 1.0}, "keep=1.0")],
)
def test_bad_settings_are_named(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        RISE(**settings)
