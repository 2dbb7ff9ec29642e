"""Schedules: which steps a frequency makes due."""

import pickle

import numpy as np
import pytest

from kerasvis2 import log_spaced
from kerasvis2.schedule import check_freq, due


def test_int_frequencies():
    assert [step for step in range(7) if due(1, step)] == list(range(7))
    assert [step for step in range(7) if due(np.int64(3), step)] == [0, 3, 6]
    assert not any(due(0, step) for step in range(7))


def test_callable_frequencies():
    assert [step for step in range(7) if due(lambda step: step > 4, step)] == [5, 6]
    assert due(lambda step: np.bool_(True), 0) is True


@pytest.mark.parametrize("freq", [1.5, "epoch", None, True])
def test_wrong_type(freq):
    with pytest.raises(TypeError, match="freq=.*give an int"):
        check_freq(freq)
    with pytest.raises(TypeError, match="freq="):
        due(freq, 0)


def test_negative():
    with pytest.raises(ValueError, match="freq=-1 is negative; give 0"):
        check_freq(-1)


@pytest.mark.parametrize("n", [1, 3, 10, 17])
def test_log_spaced_is_the_rounded_powers(n):
    schedule = log_spaced(n)
    found = [step for step in range(10_000) if schedule(step)]
    assert found == sorted({round(10 ** (k / n)) - 1 for k in range(4 * n + 1)})
    assert len([step for step in found if 999 <= step < 9_999]) == n


def test_log_spaced_starts_dense():
    found = [step for step in range(130) if log_spaced(10)(step)]
    assert found == [0, 1, 2, 3, 4, 5, 7, 9, 12, 15, 19, 24, 31, 39, 49, 62, 78, 99, 125]
    assert log_spaced()(9)


def test_log_spaced_pickles_and_prints():
    again = pickle.loads(pickle.dumps(log_spaced(5)))
    assert [again(step) for step in range(99)] == [log_spaced(5)(step) for step in range(99)]
    assert repr(log_spaced(5)) == "log_spaced(5)"


def test_log_spaced_bad_arguments():
    with pytest.raises(ValueError, match=r"log_spaced\(n=0\)"):
        log_spaced(0)
    with pytest.raises(TypeError, match="an int"):
        log_spaced(2.5)
