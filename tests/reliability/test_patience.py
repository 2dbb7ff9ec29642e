"""Training waits for drawing and disks no longer than it says, and hears what came of it."""

import threading
import time

import pytest

from kerasvis2.record import events
from kerasvis2.record.reader import runs
from kerasvis2.record.recorder import Recorder


class Slow:
    """Draws that take as long as they are told, or until they are let go."""

    def __init__(self, seconds=None):
        self.seconds = seconds
        self.go, self.begun = threading.Event(), threading.Event()

    def __call__(self):
        self.begun.set()
        self.go.wait(30 if self.seconds is None else self.seconds)
        return {"vis": [events.scalar("x", 1.0)]}


@pytest.fixture
def said():
    return []


def recorder(folder, said, **options):
    return Recorder(folder, on_error=print, on_notice=said.append, **options)


def test_a_drawing_that_hangs_costs_the_patience_once(tmp_path, said):
    slow = Slow()
    recording = recorder(tmp_path, said, max_jobs=2, patience=0.3)
    begun = time.monotonic()
    taken = [recording.submit(step, slow, 0) for step in range(50)]
    waited = time.monotonic() - begun
    assert 0.25 < waited < 1.0
    assert taken == [True] * 2 + [False] * 48
    assert recording.dropped == list(range(2, 50))
    assert len(said) == 1
    assert "step 2" in said[0]
    assert "0.3 seconds" in said[0]
    slow.go.set()
    recording.drain()
    assert "48 steps were dropped" in said[1]
    assert "steps 2…49" in said[1]
    [run] = runs(tmp_path).values()
    assert run.steps("x") == [0, 1]
    recording.drain()
    assert len(said) == 2  # told once


def test_after_something_was_written_it_is_waited_for_again(tmp_path, said):
    slow = Slow(0.2)
    recording = recorder(tmp_path, said, max_jobs=1, patience=5.0)
    assert all(recording.submit(step, slow, 0) for step in range(4))
    recording.drain()
    assert said == []
    assert recording.waited > 0.4


def test_as_soon_as_something_was_written_it_is_waited_for(tmp_path, said):
    """Though what was written has not made room enough: a large step waits for several."""
    first, second = Slow(), Slow(0.2)
    recording = recorder(tmp_path, said, max_bytes=2, patience=1.0)
    assert recording.submit(0, first, 1)
    assert recording.submit(1, second, 1)
    assert not recording.submit(2, Slow(0), 2)
    first.go.set()
    assert second.begun.wait(10)
    assert recording.submit(3, Slow(0), 2)
    recording.drain()
    [run] = runs(tmp_path).values()
    assert run.steps("x") == [0, 1, 3]


def test_what_is_light_takes_no_room(tmp_path, said):
    slow = Slow()
    recording = recorder(tmp_path, said, max_jobs=1, patience=0.0)
    for step in range(3):
        assert recording.submit(step, slow, 0, light=True)
    assert recording.submit(3, slow, 0)
    assert not recording.submit(4, slow, 0)
    slow.go.set()
    recording.drain()
    [run] = runs(tmp_path).values()
    assert run.steps("x") == [0, 1, 2, 3]


def test_what_is_light_is_never_dropped(tmp_path, said):
    slow = Slow()
    recording = recorder(tmp_path, said, max_jobs=1, patience=0.0)
    recording.submit(0, slow, 0)
    curve = {"train": [events.scalar("epoch_loss", 0.5)]}
    for step in range(100):
        assert recording.submit(step, lambda: curve, 0, light=True)
        assert not recording.submit(step, slow, 0)
    slow.go.set()
    recording.drain()
    [run] = runs(tmp_path).values()
    assert run.steps("epoch_loss") == list(range(100))
    assert run.steps("x") == [0]


def test_waiting_has_an_end(tmp_path, said):
    slow = Slow()
    recording = recorder(tmp_path, said)
    recording.submit(0, slow, 0)
    begun = time.monotonic()
    assert not recording.wait(0.1)
    assert time.monotonic() - begun < 1
    slow.go.set()
    assert recording.wait(10)
