import subprocess
import sys
import warnings

import numpy as np
import pytest
from matplotlib import colormaps

from kerasvis2.render import decode, encode, paint
from kerasvis2.render.colour import NOT_A_NUMBER, paint_fine
from kerasvis2.render.overlay import overlay, paint_over


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


def test_around_black_a_value_is_as_bright_as_it_is_strong_whatever_its_sign():
    colours = paint_fine(np.linspace(-1, 1, 255), signed=True)
    less, more = (brightnesses(side)[-1] for side in (colours[127::-1], colours[127:]))
    for side in (less, more):  # relative luminance
        assert (np.diff(side) >= 0).all()
        assert side[0] < 0.01
        assert side[-1] > 0.6
    np.testing.assert_allclose(less, more, atol=0.01)
    far = np.abs(np.linspace(-1, 1, 255)) > 0.1
    blue, red = colours[..., 2].astype(int), colours[..., 0].astype(int)
    assert (np.sign(red - blue)[far] == np.sign(np.linspace(-1, 1, 255))[far]).all()
    np.testing.assert_array_equal(
        paint_fine(np.linspace(0, 1, 9), False), paint(np.linspace(0, 1, 9), False)
    )


def test_nan_has_a_colour_of_its_own():
    for signed in (False, True):
        values = np.linspace(-1 if signed else 0, 1, 1000)
        others = paint(values, signed).astype(int)
        nan = paint(np.array([np.nan]), signed)[0]
        np.testing.assert_array_equal(nan, NOT_A_NUMBER)
        assert (np.abs(others - nan).sum(-1) > 120).all()
        assert (np.abs(paint_fine(values, signed).astype(int) - nan).sum(-1) > 120).all()


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


def brightnesses(colours):
    """By luma (Rec. 601 and 709) and by relative luminance, in units of 255."""
    units = np.asarray(colours) / 255
    linear = np.where(units <= 0.04045, units / 12.92, ((units + 0.055) / 1.055) ** 2.4)
    rec709 = np.array([0.2126, 0.7152, 0.0722])
    return [units @ [0.299, 0.587, 0.114], units @ rec709, linear @ rec709]


def pairs(signed, apart):
    """1,000 random values and greys, the larger value `apart` of the scale above the other."""
    rng = np.random.default_rng(1)
    low = rng.uniform(-1 if signed else 0, 1 - apart, 1000)
    high = low + (apart or rng.uniform(0, 1 - low))
    first, second = rng.integers(0, 256, (2, 1000)).astype(np.uint8)
    first[:200], second[:200] = 255, 0  # the hardest: a weak value on white, a strong one on black
    return low, high, first, second


@pytest.mark.parametrize("signed", [False, True])
def test_over_the_same_grey_a_larger_value_is_never_darker(signed):
    low, high, grey, _ = pairs(signed, 0)
    below, above = paint_over(grey, low, signed), paint_over(grey, high, signed)
    for one, other in zip(brightnesses(below), brightnesses(above)):
        assert (other - one).min() > -1e-9


@pytest.mark.parametrize("signed", [False, True])
def test_values_a_quarter_of_the_scale_apart_keep_their_order_over_any_two_greys(signed):
    low, high, first, second = pairs(signed, 0.25)
    below, above = paint_over(first, low, signed), paint_over(second, high, signed)
    for one, other in zip(brightnesses(below), brightnesses(above)):
        assert (other - one).min() >= 0


@pytest.mark.parametrize("signed", [False, True])
def test_where_there_is_no_heat_the_photograph_can_be_told(signed):
    grey = np.arange(256, dtype=np.uint8)
    none = paint_over(grey, np.zeros(256), signed).astype(int)
    assert (np.ptp(none, axis=1) == 0).all()  # grey
    assert (np.diff(none[:, 0]) >= 0).all()
    assert np.ptp(none) >= 50
    full = paint_over(grey, np.ones(256), signed)
    assert (full == full[0]).all()
    assert np.ptp(full[0].astype(int)) > 60  # a colour


def test_lines_run_along_each_quarter_of_the_scale():
    units = np.tile(np.linspace(0, 1, 101, dtype=np.float32), (1, 60, 1))
    pictures = np.full((1, 60, 101, 3), 128, np.uint8)
    plain = paint_over(np.full((1, 60, 101), 128, np.uint8), units, False)
    lined = (overlay(pictures, units, False) != plain).any(-1)[0]
    np.testing.assert_array_equal(np.flatnonzero(lined.all(0)), [24, 49, 74])
    assert lined.any(0).sum() == 3
    flat = np.full((1, 60, 101), 0.25, np.float32)
    assert (overlay(pictures, flat, False) == paint_over(pictures[..., 0], flat, False)).all()


def test_where_lines_would_be_everywhere_there_are_none():
    pictures = np.full((1, 112, 112, 3), 128, np.uint8)
    noise = np.random.default_rng(0).random((1, 112, 112)).astype("float32")
    plain = paint_over(pictures[..., 0], noise, False)
    np.testing.assert_array_equal(overlay(pictures, noise, False), plain)
    coarse = np.kron(noise[:, :7, :7], np.ones((1, 16, 16), "float32"))
    assert (overlay(pictures, coarse, False) != paint_over(pictures[..., 0], coarse, False)).any()


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
