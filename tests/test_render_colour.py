import subprocess
import sys
import warnings

import numpy as np
import pytest
from matplotlib import colormaps

from kerasvis2.render import decode, encode, paint
from kerasvis2.render.colour import NOT_A_NUMBER, paint_over


def luminance(colours):
    return colours @ np.array([0.2126, 0.7152, 0.0722])


def test_magnitudes_run_from_black_to_bright_without_turning_back():
    colours = paint(np.linspace(0, 1, 256), signed=False)
    assert (np.diff(luminance(colours)) > -0.5).all()
    np.testing.assert_array_equal(colours[0], [0, 0, 4])
    np.testing.assert_array_equal(
        colours[-1], np.round(np.array(colormaps["inferno"](1.0))[:3] * 255)
    )


def test_a_signed_zero_is_exactly_neutral_and_the_ends_mirror_each_other():
    colours = paint(np.array([-1, -0.5, 0, 0.5, 1]), signed=True).astype(int)
    assert len(set(colours[2])) == 1
    assert colours[0][2] > colours[0][0]  # blue below
    assert colours[4][0] > colours[4][2]  # red above
    assert abs(luminance(colours[1]) - luminance(colours[3])) < 30


def test_nan_has_a_colour_of_its_own():
    for signed in (False, True):
        values = np.linspace(-1 if signed else 0, 1, 1000)
        others = paint(values, signed).astype(int)
        nan = paint(np.array([np.nan]), signed)[0]
        np.testing.assert_array_equal(nan, NOT_A_NUMBER)
        assert (np.abs(others - nan).sum(-1) > 120).all()


@pytest.mark.parametrize("signed", [False, True])
def test_values_out_of_range_are_cut_and_never_wrap_around(signed):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        far = paint(np.array([300.0, 1e30, np.inf, -300.0, -np.inf]), signed)
    ends = paint(np.array([1.0, -1.0 if signed else 0.0]), signed)
    np.testing.assert_array_equal(far, ends[[0, 0, 0, 1, 1]])


def test_any_shape_is_painted():
    assert paint(np.zeros((2, 3, 4)), False).shape == (2, 3, 4, 3)
    assert paint(np.zeros((2, 3, 4)), False).dtype == np.uint8


@pytest.mark.parametrize("signed", [False, True])
def test_no_heat_is_all_picture_and_full_heat_is_all_colour(signed):
    grey = np.arange(256, dtype=np.uint8)
    none = paint_over(grey, np.zeros(256), signed)
    np.testing.assert_array_equal(none, np.repeat(grey[:, None], 3, axis=1))
    full = paint_over(grey, np.ones(256), signed)
    assert (full == full[0]).all()
    assert full[0].max() > full[0].min() + 60  # a colour, on white and black grounds alike


def test_more_heat_takes_more_from_the_picture():
    units = np.linspace(0, 1, 101)
    dark = paint_over(np.zeros(101, np.uint8), units, False).astype(int)
    light = paint_over(np.full(101, 255, np.uint8), units, False).astype(int)
    left = (light - dark).max(-1)
    assert (np.diff(left) <= 1).all()
    assert left[0] == 255
    assert left[-1] == 0


def test_nan_covers_the_picture():
    out = paint_over(np.array([0, 255], np.uint8), np.array([np.nan, np.nan]), False)
    np.testing.assert_array_equal(out, [NOT_A_NUMBER] * 2)


@pytest.mark.parametrize("shape", [(5, 7, 3), (5, 7)])
def test_png_there_and_back(shape):
    picture = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    data = encode(picture)
    assert data.startswith(b"\x89PNG")
    np.testing.assert_array_equal(decode(data), picture)


@pytest.mark.parametrize(
    "picture", [np.zeros((2, 2), np.float32), np.zeros((2, 2, 4), np.uint8), np.zeros(3, np.uint8)]
)
def test_png_refuses_what_is_no_picture(picture):
    with pytest.raises(ValueError, match="uint8"):
        encode(picture)


def test_importing_the_sheets_imports_neither_matplotlib_nor_tensorflow():
    code = "import sys, kerasvis2.render; print({'matplotlib', 'tensorflow'} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"
