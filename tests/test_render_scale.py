import math

import numpy as np
import pytest

from kerasvis2.render.captions import Said, place_said, reach, reasons, with_reach
from kerasvis2.render.scale import (
    Scale,
    check_mode,
    fit,
    fit_one,
    nice,
    number,
    overall,
    steady,
)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.2, 0.2),
        (0.1 + 0.2, 0.5),
        (float(np.float32(0.2)), 0.2),
        (0.5000001, 0.5),
        (0.501, 1.0),
        (1, 1.0),
        (2.1, 5.0),
        (9.99, 10.0),
        (4321, 5000.0),
        (1e-30, 1e-30),
        (1.5e-30, 2e-30),
        (1e30, 1e30),
        (7e30, 1e31),
        (5e-324, 5e-324),
        (1.7e308, 1.7976931348623157e308),
    ],
)
def test_nice_is_the_next_of_1_2_5(value, expected):
    assert nice(value) == expected


@pytest.mark.parametrize("value", [0, -1, math.nan, math.inf, -math.inf])
def test_nice_of_nothing_is_0(value):
    assert nice(value) == 0


def test_nice_holds_every_value_and_is_never_more_than_two_and_a_half_times_it():
    values = np.geomspace(1e-30, 1e30, 5001)
    tops = np.array([nice(value) for value in values])
    assert (tops >= values * (1 - 1e-6)).all()
    assert (tops <= values * 2.5 * (1 + 1e-6)).all()


def test_the_scale_holds_the_99th_percentile_and_no_more():
    values = np.full(1000, 0.4)
    values[:10] = 70  # 1 %: the 99th percentile is still 0.4
    assert fit(values, signed=False).top == 0.5
    values[:11] = 70
    assert fit(values, signed=False).top == 100


def test_clipped_is_the_share_of_finite_values_beyond_the_top():
    values = np.full(1002, 0.4, np.float32)
    values[:5] = 7
    values[5:7] = np.nan
    scale = fit(values, signed=False)
    assert (scale.top, scale.bad, scale.clipped) == (0.5, 2, 0.005)


def test_a_map_that_is_almost_all_zero_does_not_pass_for_zero():
    values = np.zeros((100, 100))
    values[3, 4] = 0.03
    assert fit(values, signed=False).top == 0.05


def test_signed_values_count_by_magnitude():
    scale = fit(np.array([-0.3, 0.1]), signed=True)
    assert scale.top == 0.5
    assert scale.range == "±0.5"
    np.testing.assert_allclose(scale.unit([-0.25, 0.25, -7]), [-0.5, 0.5, -1])


def test_unsigned_scales_cut_negative_values():
    np.testing.assert_allclose(Scale(2, False).unit([-1, 1, 5]), [0, 0.5, 1])


@pytest.mark.parametrize(
    ("top", "label"),
    [(0.5, "0…0.5"), (0.0005, "0…0.0005"), (2e-7, "0…2e-7"), (5000, "0…5000"), (1e6, "0…1e6")],
)
def test_labels_are_short(top, label):
    assert Scale(top, False).range == label


def test_what_is_not_finite_is_counted():
    assert fit([0.1, math.nan, math.inf, -math.inf], signed=False) == Scale(0.1, False, bad=3)


def test_all_zero_says_0_and_stays_zero():
    scale = fit(np.zeros((2, 3, 3)), signed=True)
    assert scale == Scale(0.0, True, zero=True)
    assert scale.range == "0"
    assert (scale.unit(np.zeros((2, 3, 3))) == 0).all()


def test_nothing_finite_gives_0_and_nan():
    scale = fit(np.full(5, np.nan), signed=False)
    assert (scale.top, scale.bad) == (0, 5)
    assert np.isnan(scale.unit(np.full(5, np.inf))).all()


def test_what_is_not_finite_becomes_nan_and_changes_nothing_else():
    units = Scale(2, False).unit([1, math.inf, -math.inf, math.nan])
    np.testing.assert_array_equal(units, [0.5, np.nan, np.nan, np.nan])


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.int32, bool])
def test_any_number_type(dtype):
    scale = fit(np.array([0, 1], dtype), signed=False)
    assert scale.top == 1
    np.testing.assert_array_equal(scale.unit(np.array([0, 1], dtype)), [0, 1])


@pytest.mark.parametrize("exponent", [-44, -40, -30, 0, 30, 38])
def test_extreme_float32_values_keep_their_proportions(exponent):
    values = np.array([0, 1, 2], np.float32) * np.float32(10.0**exponent)
    scale = fit(values, signed=False)
    units = scale.unit(values)
    assert units[0] == 0
    assert units[2] == pytest.approx(2 * units[1], rel=0.2)
    assert 0.4 <= units[2] <= 1


def test_per_image_scales_hold_each_maximum_and_say_so():
    images = np.array([[[0.1, 0.4]], [[3.0, np.nan]], [[0.0, 0.0]]])
    scales = fit(images, "image", signed=False)
    assert [scale.top for scale in scales] == [0.5, 5, 0]
    assert [scale.bad for scale in scales] == [0, 1, 0]
    assert [scale.range for scale in scales] == ["0…0.5", "0…5", "0"]
    assert overall(scales) == Scale(5, False, bad=1, per_image=True)


def test_run_takes_the_frozen_top_once_there_is_one():
    values = np.array([0.3, 40.0])
    assert fit(values, "run", signed=False).top == 50
    assert fit(values, "run", signed=False, frozen=0.5).top == 0.5
    assert fit(values, "run", signed=False, frozen=0.5).clipped == 0.5
    assert fit(values, "run", signed=False, frozen=0.0).top == 50  # an empty first picture


def test_a_number_is_the_scale():
    assert fit([0.3, 40.0], 0.37, signed=False) == Scale(0.37, False, clipped=0.5)


def test_one_image_has_one_scale_whatever_the_mode():
    assert fit_one(np.array([0.1, 3.0]), "image", signed=True) == Scale(5, True, per_image=True)
    assert fit_one(np.array([0.1, 3.0]), signed=True) == Scale(5, True)


@pytest.mark.parametrize("mode", ["nice", "image", "run", "98%", 1, 0.5, np.float32(2)])
def test_modes(mode):
    check_mode(mode)


@pytest.mark.parametrize("mode", ["minmax", "", "97%", 0, -1, math.nan, math.inf, None, True, [1]])
def test_unknown_modes_are_named(mode):
    with pytest.raises(ValueError, match=r"scale=.*nice.*image.*run.*number"):
        check_mode(mode)
    with pytest.raises(ValueError, match="scale="):
        fit([1.0], mode, signed=False)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (0.12345, "0.123"),
        (1234.4, "1234"),
        (123456, "1.23e5"),
        (-0.5, "−0.5"),
        (-2e-9, "−2e-9"),
        (math.nan, "NaN"),
        (math.inf, "∞"),
        (-math.inf, "−∞"),
    ],
)
def test_numbers_take_little_room(value, text):
    assert number(value) == text


def test_few_digits_are_enough_for_captions():
    values = (99.9, 0.126, 1234.0, 123456.0, -2e-9)
    assert [number(value, 2) for value in values] == ["100", "0.13", "1234", "1.2e5", "−2e-9"]


@pytest.mark.parametrize("signed", [False, True])
def test_98_per_cent_is_captum_s_threshold(signed):
    """As in `captum.attr.visualization`: the sorted magnitude at which the sum has reached 98 %."""
    rng = np.random.default_rng(0)
    maps = rng.normal(size=(3, 40, 30))
    scales = fit(maps, "98%", signed=signed)
    for scale, one in zip(scales, maps):
        ordered = np.sort(abs(one).ravel())
        threshold = ordered[np.where(np.cumsum(ordered) >= 0.98 * ordered.sum())[0][0]]
        assert scale.top == pytest.approx(threshold)
        assert scale.per_image
        assert scale.held == "98%"
        assert 0 < scale.clipped < 0.02


@pytest.mark.parametrize("mode", ["98%", "image"])
def test_per_image_scales_of_nothing_are_0(mode):
    scales = fit(np.stack([np.zeros((4, 4)), np.full((4, 4), np.nan)]), mode, signed=True)
    assert [(scale.top, scale.bad) for scale in scales] == [(0, 0), (0, 16)]


@pytest.mark.parametrize(
    ("previous", "value", "top"),
    [
        (None, 0.3, 0.5),
        (0.0, 0.3, 0.5),
        (0.5, 0.3, 0.5),
        (0.5, 0.52, 0.5),  # hardly beyond
        (0.5, 0.6, 1.0),
        (0.5, 0.19, 0.5),  # 0.2 would hold it, but only just
        (0.5, 0.15, 0.2),
        (0.5, 0.001, 0.001),
        (0.5, 0.0, 0.5),
        (0.37, 0.36, 0.37),  # a number that is no step
        (math.inf, 0.3, 0.5),
    ],
)
def test_a_scale_changes_only_when_the_values_clearly_leave_it(previous, value, top):
    assert steady(previous, value) == top


def test_values_that_wander_about_a_step_do_not_make_the_scale_flicker():
    rng = np.random.default_rng(0)
    tops, plain, top = [], [], None
    for _ in range(100):
        values = rng.random(1000) * rng.uniform(0.46, 0.54)
        top = fit(values, signed=False, previous=top).top
        tops.append(top)
        plain.append(fit(values, signed=False).top)
    assert len(set(plain)) > 1
    assert len(set(tops)) == 1


def test_fit_agrees_with_steady_and_says_what_the_scale_was():
    rng = np.random.default_rng(0)
    for _ in range(50):
        values = rng.random(200) * 10 ** rng.uniform(-1, 1)
        held = np.sort(values)[-3]  # 2 of 200 may lie beyond
        previous = float(rng.choice([0.1, 0.5, 1, 5]))
        found = fit(values, signed=False, previous=previous)
        assert found.top == steady(previous, held)
        assert found.was == (previous if found.top != previous else None)
    dead = fit(np.zeros(9), signed=False, previous=0.5)
    assert (dead.top, dead.zero) == (0.5, True)


def test_fine_maps_are_seen_though_few_of_their_pixels_are_strong():
    from kerasvis2.render.scale import FINE

    values = np.random.default_rng(0).laplace(scale=0.05, size=(4, 100, 100))
    usual, fine = (fit(values, signed=True, slack=slack) for slack in (1.0, FINE))
    assert (usual.top, fine.top) == (0.5, 0.2), "the 99th percentile is 0.23"
    assert 0.01 < fine.clipped < 0.03
    assert fit(values * 1.05, signed=True, slack=FINE, previous=0.2).top == 0.2
    tops = [fit(values * (1.3 + 0.05 * (-1) ** i), signed=True, slack=FINE).top for i in range(2)]
    assert tops == [0.5, 0.2], "about a step,"
    for previous in tops:
        for i in range(2):
            factor = 1.3 + 0.05 * (-1) ** i
            steady = fit(values * factor, signed=True, slack=FINE, previous=previous)
            assert steady.top == previous, "a scale does not flicker"
    assert fit(values * 3, signed=True, slack=FINE, previous=0.2).top == 0.5


def test_each_image_says_how_far_its_own_values_go():
    scale = Scale(0.5, False)
    assert reach(np.array([0, 0.4321, np.nan]), scale) == "max 0.43 of 0.5"
    assert reach(np.array([0.1, -0.4321]), Scale(0.5, True)) == "peak −0.43 of 0.5"
    assert reach(np.zeros(3), scale) == "0 everywhere"
    assert reach(np.array([np.nan, np.inf]), scale) == "NaN/inf only"
    values = np.array([[0.0], [1.0]])
    words = with_reach([("a",)], values, [scale, Scale(1, False)])
    assert words == [("a", "0 everywhere"), ("max 1 of 1",)]
    assert reasons(values, ["off", "on"]) == ["0 everywhere: off"]
    assert reasons(values, "off") == ["0 everywhere: off"]
    assert reasons(values[1:], "off") == []


def test_the_prediction_is_the_line_that_states_it():
    assert place_said(["true cat", Said("dog 0.9"), "R² 0.8", "max 1 of 1"]) == 1
    assert place_said(["true cat", "pred dog 0.9", "max 1 of 1"]) == 1
    assert place_said(["true cat", "max 1 of 1"]) == -1
