"""Occlusion against exact cases and against one `predict` per window."""

from typing import Any

import keras
import numpy as np
import pytest
import toys
from toys import logits_of

from kerasvis2 import Occlusion, Probe
from kerasvis2.attribution.baseline import baseline_of, blurred
from kerasvis2.attribution.perturb import masked_scores, masks_at_once
from kerasvis2.attribution.windows import windows_of

SHAPE = (10, 13, 3)


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    return np.random.default_rng(0).random((5, *SHAPE), "float32")


@pytest.fixture(scope="module")
def linear() -> Any:
    return toys.linear(SHAPE, 4)


@pytest.fixture(scope="module")
def small() -> Any:
    return toys.convolved(SHAPE, 4)


@pytest.mark.parametrize("fill", ["black", "mean", "blur", 0.3, 1])
@pytest.mark.parametrize(("low", "high"), [(0, 1), (-1, 3)])
def test_of_a_linear_model_it_is_the_weighted_difference_in_the_window(
    linear: Any, images: np.ndarray, fill: Any, low: float, high: float
) -> None:
    x = low + images * (high - low)
    probe = Probe(x, [0, 1, 2, 3, 0], display=(low, high))
    found = Occlusion(patch=(4, 3), stride=(3, 4), fill=fill).compute(linear, probe)["input"]
    if fill == "mean":
        base = x.mean((1, 2), keepdims=True)
    elif fill == "blur":
        base = np.asarray(blurred(x))
    else:
        base = low + (0 if fill == "black" else fill) * (high - low)
    weights = linear.layers[-1].get_weights()[0].reshape(*SHAPE, 4)
    for n, label in enumerate([0, 1, 2, 3, 0]):
        parts = (weights[..., label] * (x - base)[n]).sum(-1)
        expected = [
            [parts[top : top + 4, left : left + 3].sum() for left in range(0, 13, 4)]
            for top in range(0, 9, 3)
        ]
        np.testing.assert_allclose(found[n], expected, rtol=1e-4, atol=1e-5)


def test_is_one_predict_per_window(small: Any, images: np.ndarray) -> None:
    probe = Probe(images, [0, 1, 2, 3, 0], display=(0, 1))
    found = Occlusion(patch=3, stride=2, fill="black").compute(small, probe)["input"]
    assert found.shape == (5, 5, 6)
    clean = logits_of(small, images)
    for row in range(5):
        for column in range(6):
            covered = images.copy()
            covered[:, 2 * row : 2 * row + 3, 2 * column : 2 * column + 3] = 0
            cost = (clean - logits_of(small, covered))[np.arange(5), [0, 1, 2, 3, 0]]
            np.testing.assert_allclose(found[:, row, column], cost, atol=1e-5)


def test_class_is_that_of_the_clean_image(linear: Any, images: np.ndarray) -> None:
    probe = Probe(images, display=(0, 1))
    predicted = logits_of(linear, images).argmax(-1)
    by_prediction = Occlusion(patch=5).compute(linear, probe)["input"]
    by_index = Occlusion(patch=5, target=list(predicted)).compute(linear, probe)["input"]
    np.testing.assert_array_equal(by_prediction, by_index)


def test_chunked_is_unchunked_and_targets_are_named(small: Any, images: np.ndarray) -> None:
    probe = Probe(images, [0, 1, 2, 3, 0], display=(0, 1))
    view = Occlusion(targets=("label", 2))
    whole, chunked = view.compute(small, probe), view.compute(small, probe, batch_size=2)
    assert list(whole) == ["input@label", "input@2"]
    for key, values in whole.items():
        np.testing.assert_allclose(values, chunked[key], atol=1e-6)
    assert np.abs(whole["input@label"] - whole["input@2"])[[0, 1, 3, 4]].max() > 1e-3


def test_finds_a_planted_patch(images: np.ndarray) -> None:
    layers = keras.layers
    brightest = keras.Sequential(
        [
            keras.Input(SHAPE),
            layers.AveragePooling2D(3, 1),
            layers.GlobalMaxPooling2D(),
            layers.Dense(1, kernel_initializer="ones"),
        ]
    )
    planted = 0.5 * images
    planted[:, 6:9, 2:5] = 1
    probe = Probe(planted, display=(0, 1))
    view = Occlusion(patch=3, stride=1, fill="black")
    found = view.compute(brightest, probe)["input"]
    for painted in windows_of(SHAPE[:2], 3, 1).paint(found):
        row, column = np.unravel_index(painted.argmax(), painted.shape)
        assert 6 <= row < 9
        assert 2 <= column < 5


def test_one_of_several_inputs_and_half_precision(images: np.ndarray) -> None:
    layers = keras.layers
    image = keras.Input(SHAPE, name="image", dtype="float32")
    other = keras.Input((2,), name="other")
    x = layers.GlobalAveragePooling2D()(layers.Conv2D(4, 3, dtype="mixed_float16")(image))
    out = layers.Dense(3, dtype="float32")(layers.Concatenate()([x, other]))
    model = keras.Model({"image": image, "other": other}, out)
    more = np.arange(10, dtype="float32").reshape(5, 2)
    probe = Probe({"image": images, "other": more}, [0, 1, 2, 0, 1], image="image", display=(0, 1))
    found = Occlusion(patch=(10, 13), fill="black").compute(model, probe)["input"]
    clean = model.predict({"image": images, "other": more}, verbose=0)
    black = model.predict({"image": 0 * images, "other": more}, verbose=0)
    expected = (clean - black)[np.arange(5), [0, 1, 2, 0, 1]]
    assert found.dtype == np.float32
    np.testing.assert_allclose(found[:, 0, 0], expected, atol=2e-3)


def test_grey_images_without_a_channel_axis() -> None:
    x = np.random.default_rng(1).random((2, 6, 8), "float32")
    model = keras.Sequential([keras.Input((6, 8)), keras.layers.Flatten(), keras.layers.Dense(2)])
    found = Occlusion(patch=2, stride=2).compute(model, Probe(x, [0, 1], display=(0, 1)))["input"]
    assert found.shape == (2, 3, 4)
    weights = model.layers[-1].get_weights()[0].reshape(6, 8, 2)
    parts = weights[..., 1] * (x[1] - x[1].mean())
    np.testing.assert_allclose(found[1], parts.reshape(3, 2, 4, 2).sum((1, 3)), atol=1e-5)


@pytest.mark.parametrize(
    ("image", "patch", "stride", "grid"),
    [
        ((16, 16), 8, 4, (3, 3)),  # 0, 4, 8: all of it is covered
        ((18, 16), 8, 4, (4, 3)),  # a last row that is cut off
        ((10, 10), 2, 5, (2, 2)),  # no empty window behind the edge
        ((8, 8), 8, None, (1, 1)),
        ((224, 224), None, None, (11, 11)),
        ((32, 64), None, None, (10, 21)),
        ((8, 8), None, None, (7, 7)),
        ((1, 5), None, None, (1, 5)),
    ],
)
def test_windows_cover_the_image(image: Any, patch: Any, stride: Any, grid: Any) -> None:
    windows = windows_of(image, patch, stride)
    assert windows.grid == grid
    masks = 1 - np.asarray(windows.masks(np.arange(grid[0] * grid[1])))[0]
    assert masks.sum((1, 2)).min() > 0
    if stride is None:
        assert masks.max(0).min() == 1
    values = np.random.default_rng(0).random((1, *grid), "float32")
    painted = windows.paint(values)[0]
    total = (masks * values.reshape(-1, 1, 1)).sum(0)
    np.testing.assert_allclose(painted * np.maximum(masks.sum(0), 1), total, rtol=1e-5)


def test_blur_keeps_constants_and_removes_detail() -> None:
    flat = np.full((1, 12, 20, 3), 0.7, "float32")
    np.testing.assert_allclose(blurred(flat), flat, rtol=1e-5)
    stripes = np.tile(np.arange(20) % 2, (1, 12, 1))[..., None].astype("float32")
    assert np.asarray(blurred(stripes))[:, :, 5:-5].std() < 0.01
    assert np.asarray(baseline_of("blur", stripes[..., 0], None)).shape == (1, 12, 20)


@pytest.mark.parametrize(("n", "count"), [(1, 7), (3, 1), (3, 1000), (300, 5)])
def test_every_mask_once_in_full_batches(n: int, count: int) -> None:
    sizes = []

    def score(images: Any, rows: np.ndarray) -> Any:
        sizes.append(images.shape[0])
        return images[:, 0, 0] + 10_000 * rows.astype("float32")

    def masks(indices: Any) -> Any:
        return keras.ops.cast(indices, "float32")[None, :, None, None] + np.zeros((1, 1, 2, 2))

    found = masked_scores(score, np.ones((n, 2, 2), "float32"), 0.0, masks, count)
    expected = np.arange(count)[None] + 10_000.0 * np.arange(n)[:, None]
    np.testing.assert_array_equal(found, expected)
    assert sizes[0] == n * masks_at_once(n, 4, count) <= max(n, 256)


@pytest.mark.parametrize(
    ("n", "side", "count", "at_once"),
    [
        (1, 224, 121, 61),  # 122 looks instead of the 128 of full batches
        (1, 32, 4000, 250),  # 16 steps without a look too many
        (16, 32, 100, 10),  # rather than 16, which would make 112
        (4, 224, 1, 1),
        (1, 8, 7, 7),
        (300, 8, 5, 1),
        (1, 224, 131, 44),  # a prime: one look too many in 3 steps
    ],
)
def test_as_few_looks_as_possible_fill_the_last_step(
    n: int, side: int, count: int, at_once: int
) -> None:
    assert masks_at_once(n, side * side, count) == at_once


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"fill": "grey"}, "fill='grey'"),
        ({"fill": 2.0}, "fill=2.0"),
        ({"patch": 0}, "patch=0"),
        ({"patch": (3, 14)}, "larger than the image of 10 × 13"),
        ({"stride": 1.5}, "stride=1.5"),
    ],
)
def test_bad_settings_are_named(
    linear: Any, images: np.ndarray, settings: dict[str, Any], words: str
) -> None:
    with pytest.raises(ValueError, match=words.replace("(", r"\(")):
        Occlusion(**settings).needs(linear, Probe(images, display=(0, 1)))


@pytest.mark.parametrize("side", [8, 28, 32, 64, 224, 333])
def test_default_windows_leave_no_thin_rests_between_them(side):
    windows = windows_of((side, side), None, None)
    values = np.random.default_rng(0).random((1, *windows.grid))
    edges = np.flatnonzero(np.diff(windows.paint(values)[0], axis=1).any(axis=0)) + 1
    pieces = np.diff([0, *edges, side])[:-1]  # what the image's end cuts off is what it is
    assert pieces.min() == pieces.max() == windows.stride[1]
