import math

import numpy as np
import pytest
from reading import says

from kerasvis2.render import curves_sheet
from kerasvis2.render.colour import NOT_A_NUMBER
from kerasvis2.render.curves import TRAIN, VALIDATION
from kerasvis2.render.plot import Axis, step_axis, step_ticks, ticks, value_axis

TITLE = "Curves · epoch 9"
PLOT = slice(-242, -32)  # the rows of a single panel, without its words


def curve(values):
    return list(enumerate(values))


def pixels(sheet, colour):
    return (sheet == colour).all(-1)


def test_train_and_validation_share_a_panel_and_the_best_is_marked():
    history = {"loss": curve([3, 2, 1.0]), "val_loss": curve([3, 1.5, 2])}
    sheet = curves_sheet(history, title=TITLE)
    alone = curves_sheet({"loss": history["loss"]}, title=TITLE)
    assert sheet.shape == alone.shape
    assert pixels(sheet, TRAIN).any()
    assert not pixels(alone, VALIDATION).any()
    assert _blob(pixels(sheet, VALIDATION)[PLOT]) == pytest.approx(348, abs=20)  # epoch 1


@pytest.mark.parametrize(
    ("name", "best"),
    [("accuracy", 2), ("loss", 0), ("mean_io_u", 2), ("mae", 0), ("mystery", None)],
)
def test_best_is_the_highest_or_the_lowest_by_the_metric(name, best):
    values = curve([0.1, 0.5, 0.9])
    dot = _blob(pixels(curves_sheet({f"val_{name}": values}, title=TITLE), VALIDATION)[PLOT])
    if best is None:
        assert dot is None
    else:
        assert dot == pytest.approx(80 if best == 0 else 610, abs=20)


def _blob(mask):
    """The column of what is as large as a marker, if there is one."""
    high = np.lib.stride_tricks.sliding_window_view(mask, (6, 6)).all((2, 3))
    return np.nonzero(high)[1].mean() if high.any() else None


def test_values_that_are_not_finite_leave_a_gap_and_are_marked():
    whole = curves_sheet({"loss": curve([1.0] * 9)}, title=TITLE)
    holes = [1.0] * 9
    holes[4] = math.nan
    broken = curves_sheet({"loss": curve(holes)}, title=TITLE)
    assert not pixels(whole, NOT_A_NUMBER).any()
    marks = pixels(broken, NOT_A_NUMBER)
    assert marks[-60:].any()  # on the axis
    assert marks[:-200].any()  # and where they are counted
    column = round(np.nonzero(marks[-60:])[1].mean())
    assert pixels(whole, TRAIN)[PLOT, column].any()
    assert not pixels(broken, TRAIN)[PLOT, column].any()


def test_nothing_finite_is_still_a_picture():
    sheet = curves_sheet({"loss": curve([math.nan, math.inf])}, title=TITLE)
    assert pixels(sheet, NOT_A_NUMBER).any()
    assert not pixels(sheet, TRAIN)[PLOT].any()


def test_one_point_is_visible():
    sheet = curves_sheet({"loss": [(0, 2.3)], "val_loss": [(0, 2.2)]}, title=TITLE)
    assert pixels(sheet, TRAIN)[PLOT].sum() > 10
    assert pixels(sheet, VALIDATION)[PLOT].sum() > 10


def test_a_lone_point_among_many_is_visible():
    values = [math.nan] * 40
    values[20] = 1.0
    assert pixels(curves_sheet({"loss": curve(values)}, title=TITLE), TRAIN)[PLOT].sum() > 10


def test_six_panels_at_most_and_the_learning_rate_comes_last():
    history = {"learning_rate": curve([0.1, 0.01])}
    history |= {name: curve([1.0, 2.0]) for name in "abcdef"}
    sheet = curves_sheet(history, title=TITLE)
    without = {name: history[name] for name in "abcdef"}
    assert sheet.shape[1] == 652
    extra = sheet.shape[0] - curves_sheet(without, title=TITLE).shape[0]
    assert extra == 20  # the line that names what is not drawn
    np.testing.assert_array_equal(sheet[-600:], curves_sheet(without, title=TITLE)[-600:])


def test_no_history_is_a_page_that_says_so():
    sheet = curves_sheet({}, title=TITLE)
    assert sheet.shape[1] == 652
    assert says(sheet, "nothing logged yet")


@pytest.mark.parametrize("start", [0, 7, 1000])
def test_any_first_step_and_long_histories(start):
    history = {"loss": [(start + i, 1 / (i + 1)) for i in range(2000)]}
    assert pixels(curves_sheet(history, title=TITLE, x_label="iteration"), TRAIN).sum() > 300


def test_axes_are_logarithmic_beyond_two_decades_of_positive_values():
    assert value_axis([1e-3, 1e-6], 100).log
    assert not value_axis([1, 0.02], 100).log
    assert not value_axis([0, 1000], 100).log
    assert not value_axis([-1, 1000], 100).log
    assert value_axis([1e-3, math.nan, 1e-6, math.inf], 100).log


def test_places_on_an_axis():
    assert Axis(0, 10, 200).at(2.5) == 50
    assert Axis(1e-4, 1, 400, log=True).at(1e-2) == pytest.approx(200)
    constant = value_axis([2.0, 2.0], 100)
    assert constant.low < 2 < constant.high


def test_ticks_are_round_and_inside():
    for low, high in [(0, 1), (0.03, 0.97), (-3, 250), (2.294, 2.305), (1e-9, 3e-9), (1e6, 2e6)]:
        axis = value_axis([low, high], 130)
        marks = ticks(axis, 6)
        assert 2 <= len(marks) <= 7
        assert all(axis.low <= value <= axis.high for value, _ in marks)
        assert len({label for _, label in marks}) == len(marks)


def test_log_ticks_are_powers_of_ten():
    marks = ticks(value_axis([1e-3, 1.6e-7], 130), 6)
    assert [label for _, label in marks] == ["1e-7", "1e-6", "1e-5", "0.0001", "0.001"]


def test_steps_are_whole_numbers():
    assert [label for _, label in step_ticks(step_axis([0, 1], 200), 5)] == ["0", "1", "2"]
    assert [value for value, _ in step_ticks(step_axis([0, 39], 200), 5)] == [0, 10, 20, 30, 40]
    assert [label for _, label in step_ticks(step_axis([7], 200), 5)] == ["7", "8", "9"]
