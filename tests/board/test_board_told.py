"""What all runs answered, in one blob: every step in its place, and nothing that lies."""

from __future__ import annotations

import json

import numpy as np

from kerasvis2.board import told as packed
from kerasvis2.board.told import told
from kerasvis2.record.maps import pack, unpack
from kerasvis2.record.probed import answers_blob


def answers(images: int, seed: int, classes: int = 7) -> tuple[np.ndarray, bytes]:
    shares = np.random.default_rng(seed).dirichlet(np.ones(classes), images)
    return shares, answers_blob(shares, true=np.arange(images) % classes, guess=shares.argmax(1))


def test_every_step_of_every_run_is_in_its_place():
    logged = {run: [(step, answers(4, step)[1]) for step in (0, 5, 9)] for run in "ab"}
    header, arrays = unpack(told(logged))
    assert header["runs"] == [{"id": run, "images": 4} for run in "ab"]
    for place in range(2):
        assert arrays[f"{place}/steps"].tolist() == [0, 5, 9]
        for at, step in enumerate((0, 5, 9)):
            shares, _ = answers(4, step)
            order = np.argsort(-shares, axis=1)[:, :5]
            assert arrays[f"{place}/predicted"][at].tolist() == shares.argmax(1).tolist()
            assert arrays[f"{place}/top"][at].tolist() == order.tolist()
            assert np.allclose(arrays[f"{place}/truth"][at], shares[range(4), range(4)])
            assert np.allclose(
                arrays[f"{place}/shares"][at], np.take_along_axis(shares, order, axis=1)
            )


def test_what_a_step_did_not_tell_stands_as_nothing():
    two = np.array([[0.25], [0.75]])
    few = answers_blob(two, true=[0, 1], guess=[0, 1])
    other = answers(3, 0)[1]  # of another probe than the last step's
    words = answers_blob(None, words=["one", "two"], task="regression")
    header, arrays = unpack(told({"a": [(0, other), (1, b"no blob"), (2, words), (3, few)]}))
    assert header["runs"] == [{"id": "a", "images": 2}]
    assert arrays["0/predicted"].tolist() == [[-1, -1]] * 3 + [[0, 1]]
    assert np.isnan(arrays["0/margin"][:3]).all()
    assert arrays["0/top"][3, :, 2:].tolist() == [[-1] * 3] * 2, "of two classes no five"
    assert json.loads(arrays["0/words"].tobytes()) == [None, None, ["one", "two"], None]


def test_arrays_that_are_not_as_they_are_written_are_left_out():
    wrong = {
        "predicted": np.zeros((2, 2), "<i4"),
        "truth": np.zeros(2, "<i4"),
        "x": np.ones(2, "<f4"),
    }
    hostile = [
        pack({"words": [{"name": "img"}]}, wrong),
        pack({}, {"predicted": np.zeros(2**21, "<i4")}),
    ]
    header, arrays = unpack(told({"a": [*enumerate(hostile), (2**40, answers(2, 0)[1])]}))
    assert header["runs"] == [{"id": "a", "images": 0}]
    assert list(arrays) == ["0/steps"]


def test_of_more_than_a_blob_holds_the_last_steps_are_kept(monkeypatch):
    monkeypatch.setattr(packed, "_MOST", 3 * 2 * 4 * (3 + 10) * 2)
    logged = {run: [(step, answers(2, step)[1]) for step in range(9)] for run in "ab"}
    _, arrays = unpack(told(logged))
    assert arrays["0/steps"].tolist() == arrays["1/steps"].tolist() == [6, 7, 8]
