"""What an ascent is made of, replaced by functions of one's own, as the page on it shows."""

import re
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import ops

import kerasvis2 as kv
from kerasvis2 import synthesis

PAGE = Path(__file__).parents[1] / "docs" / "synthesis.md"


@pytest.fixture(scope="module")
def page(digits_model, digits_probe):
    """The names that the page's example leaves behind."""
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    names = {"model": digits_model, "probe": digits_probe}
    exec(code, names)
    return names


def compute(digits_model, digits_probe, **parts):
    view = kv.ActivationMaximization(units=[0, 3], quality="fast", steps=20, **parts)
    (path, *_) = found = view.compute(digits_model, digits_probe)
    return found[path]


def test_the_pages_example_draws(page):
    (picture,) = page["pictures"].values()
    assert picture.std() > 10


def test_a_parametrization_of_ones_own(page, digits_model, digits_probe):
    images = compute(digits_model, digits_probe, parametrization=page["symmetric"])
    np.testing.assert_allclose(images, images[:, :, ::-1], atol=1e-6)
    plain = compute(digits_model, digits_probe, parametrization="pixels")
    assert np.abs(plain - plain[:, :, ::-1]).max() > 0.1


def test_a_regulariser_of_ones_own_is_added_to_another(page, digits_model, digits_probe):
    both = [synthesis.total_variation(0.3), page["outside"]]
    free, paid = (
        compute(digits_model, digits_probe, regularizers=given)[:, [0, 0, -1, -1], [0, -1, 0, -1]]
        for given in ([], both)
    )
    background = np.median(digits_probe.inputs)
    assert np.abs(paid - background).mean() < 0.01 < 0.1 < np.abs(free - background).mean()


def test_a_transform_of_ones_own_comes_after_another(digits_model, digits_probe):
    seen = []

    def upper_half(images, draws):
        seen.append(tuple(images.shape))
        rows = np.arange(images.shape[1])[:, None, None] < images.shape[1] // 2
        return images * rows.astype("float32")

    views = [synthesis.noise(0.1), upper_half]
    start, end = (
        compute(digits_model, digits_probe, transforms=views, regularizers=[], warm_start=False)
        for _ in range(2)
    )
    np.testing.assert_array_equal(start, end)
    assert seen[0][1:] == digits_probe.inputs.shape[1:]
    lower = start[:, 5:] - np.median(digits_probe.inputs)
    assert np.abs(lower).max() < 0.1 < np.abs(start[:, :4]).max()  # nothing pulls at what is unseen


def test_what_was_replaced_is_said(page, digits_model, digits_probe):
    view = kv.ActivationMaximization(transforms=[], parametrization="maco")
    assert "own transforms and parametrization" in view._how()
    assert "own" not in kv.ActivationMaximization()._how()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"transforms": synthesis.noise(0.1)}, r"transforms=.*give a list of functions, such as"),
        ({"regularizers": [0.3]}, r"regularizers=\[0.3\]: give a list of functions"),
        ({"parametrization": "wavelet"}, "pixels, fourier, maco, or a function of the canvas"),
    ],
)
def test_what_is_none_is_refused_at_once(given, message):
    with pytest.raises(ValueError, match=message):
        kv.ActivationMaximization(**given)


def test_composed_transforms_are_one(digits_probe):
    draws = synthesis.Draws(0, 0)
    chain = synthesis.compose(lambda x, _: x + 1, lambda x, _: x * 2)
    x = ops.convert_to_tensor(digits_probe.inputs)
    np.testing.assert_allclose(chain(x, draws), (digits_probe.inputs + 1) * 2)
    assert set(synthesis.__all__) <= set(dir(synthesis))
    assert keras.ops.is_tensor(synthesis.warp(synthesis.jitter(0.1))(x, draws))
