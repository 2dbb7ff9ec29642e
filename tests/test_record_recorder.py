"""The background thread: order, bounds, errors, and every way an interpreter can end."""

import json
import sys
import threading
import time

import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from kerasvis2.record import events
from kerasvis2.record.files import write_json
from kerasvis2.record.recorder import Recorder


def steps(folder, tag="x"):
    accumulator = EventAccumulator(str(folder), size_guidance={"tensors": 0}).Reload()
    return [event.step for event in accumulator.Tensors(tag)]


def scalars(folder="vis", tag="x"):
    return lambda: {folder: [events.scalar(tag, 1.0)]}


class Errors(list):
    def __call__(self, doing, error):
        self.append((doing, error))


@pytest.fixture
def errors():
    return Errors()


def test_each_folder_gets_its_events(tmp_path, errors):
    picture = np.zeros((4, 5, 3), np.uint8)
    recorder = Recorder(tmp_path / "run", on_error=errors)
    for step in range(3):
        values = {
            "train": [events.scalar("epoch_loss", step), events.scalar("epoch_accuracy", step)],
            "validation": [events.scalar("epoch_loss", step)],
            "vis": [events.image("filters/00_conv", picture)],
        }
        recorder.submit(step, lambda values=values: values, nbytes=100, wall_time=float(step))
    recorder.drain()
    assert steps(tmp_path / "run" / "train", "epoch_loss") == [0, 1, 2]
    assert steps(tmp_path / "run" / "train", "epoch_accuracy") == [0, 1, 2]
    assert steps(tmp_path / "run" / "validation", "epoch_loss") == [0, 1, 2]
    assert steps(tmp_path / "run" / "vis", "filters/00_conv") == [0, 1, 2]
    assert errors == []


def test_a_step_is_one_record_a_folder(tmp_path, errors):
    import tensorflow as tf

    recorder = Recorder(tmp_path, on_error=errors)
    many = [events.scalar(f"x{number}", number) for number in range(20)]
    recorder.submit(0, lambda: {"vis": many}, nbytes=0)
    recorder.drain()
    [path] = recorder.event_files()
    assert len(list(tf.data.TFRecordDataset(str(path)))) == 2  # the version, and the step


def test_a_second_fit_goes_on_in_the_same_file_and_close_ends_it(tmp_path, errors):
    recorder = Recorder(tmp_path, on_error=errors)
    for step in range(2):
        recorder.submit(step, scalars(), nbytes=0)
        recorder.drain()
    assert len(list((tmp_path / "vis").iterdir())) == 1
    recorder.close()
    recorder.submit(2, scalars(), nbytes=0)
    recorder.close()
    assert len(list((tmp_path / "vis").iterdir())) == 2
    assert steps(tmp_path / "vis") == [0, 1, 2]


def test_a_changed_directory_changes_nothing(tmp_path, errors, monkeypatch):
    monkeypatch.chdir(tmp_path)
    recorder = Recorder("run", on_error=errors)
    (tmp_path / "elsewhere").mkdir()
    for step in range(2):
        recorder.submit(step, scalars(), nbytes=0)
        recorder.drain()
        monkeypatch.chdir(tmp_path / "elsewhere")
    assert steps(tmp_path / "run" / "vis") == [0, 1]


def test_nothing_to_write_makes_no_folder(tmp_path, errors):
    recorder = Recorder(tmp_path / "run", on_error=errors)
    recorder.submit(0, lambda: {"vis": []}, nbytes=0)
    recorder.close()
    assert not (tmp_path / "run").exists()
    assert errors == []


def test_drawing_happens_elsewhere_and_no_idle_thread_stays(tmp_path, errors):
    seen = []

    def draw():
        seen.append(threading.current_thread())
        return {}

    recorder = Recorder(tmp_path, on_error=errors)
    recorder.submit(0, draw, nbytes=0)
    recorder.drain()
    assert seen[0] is not threading.current_thread()
    assert not seen[0].daemon
    seen[0].join(10)
    assert not seen[0].is_alive()


class Gate:
    """Draws that wait until they are let through, and count how much is alive at once."""

    def __init__(self):
        self.open = threading.Event()
        self.submitted = []

    def draw(self):
        assert self.open.wait(30)
        return {"vis": [events.scalar("x", 1.0)]}

    def submit_all(self, recorder, sizes):
        def work():
            for step, size in enumerate(sizes):
                recorder.submit(step, self.draw, size)
                self.submitted.append(step)

        thread = threading.Thread(target=work)
        thread.start()
        return thread

    def settled(self, count):
        """Waits until `count` are submitted, and a while longer to see that no more are."""
        deadline = time.monotonic() + 30
        while len(self.submitted) < count and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(0.1)
        return len(self.submitted) == count


@pytest.mark.parametrize(
    ("sizes", "let_in"),
    [
        ([40, 40, 40, 40], 2),  # 80 of 100 bytes; a third would be 120
        ([50, 50, 1], 2),
        ([500, 1, 1], 1),  # too large for the bound: alone
        ([1, 500, 1], 1),
    ],
)
def test_the_queue_is_bounded_in_bytes(tmp_path, errors, sizes, let_in):
    recorder = Recorder(tmp_path, max_bytes=100, on_error=errors)
    gate = Gate()
    thread = gate.submit_all(recorder, sizes)
    assert gate.settled(let_in)
    gate.open.set()
    thread.join(30)
    recorder.drain()
    assert steps(tmp_path / "vis") == list(range(len(sizes)))


def test_the_queue_is_bounded_in_steps_and_says_how_long_it_had_others_wait(tmp_path, errors):
    recorder = Recorder(tmp_path, max_jobs=3, on_error=errors)
    gate = Gate()
    thread = gate.submit_all(recorder, [0] * 5)
    assert gate.settled(3)
    assert recorder.waited < 0.05
    gate.open.set()
    thread.join(30)
    recorder.drain()
    assert steps(tmp_path / "vis") == list(range(5))
    assert recorder.waited > 0.05  # as long at least as the gate was seen to be shut
    recorder.begin(5)
    assert recorder.waited == 0  # of the training that begins


def test_arrays_are_freed_once_drawn(tmp_path, errors):
    import weakref

    class Arrays:
        pass

    arrays = Arrays()
    alive = weakref.ref(arrays)
    recorder = Recorder(tmp_path, on_error=errors)
    recorder.submit(0, lambda arrays=arrays: {}, nbytes=0)
    del arrays
    recorder.drain()
    for thread in threading.enumerate():
        if thread.name == "kerasvis2-recorder":
            thread.join(10)
    assert alive() is None


def test_errors_in_drawing_are_reported_once_each_and_the_rest_is_written(tmp_path, errors):
    def fail(message):
        raise ValueError(message)

    recorder = Recorder(tmp_path, on_error=errors)
    for step in range(4):
        recorder.submit(2 * step, scalars(), nbytes=0)
        recorder.submit(2 * step + 1, lambda step=step: fail("ab"[step // 2]), nbytes=0)
    recorder.drain()
    assert steps(tmp_path / "vis") == [0, 2, 4, 6]
    assert [(doing, str(error)) for doing, error in errors] == [
        ("drawing step 1", "a"),
        ("drawing step 5", "b"),
    ]
    assert errors[0][1].__traceback__ is not None


@pytest.mark.parametrize("drawn", [None, {"vis": 3}, {"vis": ["no value"]}, {"a\0b": "no value"}])
def test_what_is_no_drawing_is_reported_too(tmp_path, errors, drawn):
    recorder = Recorder(tmp_path, on_error=errors)
    recorder.submit(0, lambda: drawn, nbytes=0)
    recorder.submit(1, scalars(), nbytes=0)
    recorder.drain()
    assert len(errors) == 1
    assert steps(tmp_path / "vis") == [1]


def test_even_a_system_exit_in_drawing_is_only_reported(tmp_path, errors):
    recorder = Recorder(tmp_path, on_error=errors)
    recorder.submit(0, lambda: sys.exit("no"), nbytes=0)
    recorder.submit(1, scalars(), nbytes=0)
    recorder.drain()
    assert isinstance(errors[0][1], SystemExit)
    assert steps(tmp_path / "vis") == [1]


def test_on_error_that_raises_surfaces_in_the_callers_thread(tmp_path):
    def raise_it(doing, error):
        raise RuntimeError(doing) from error

    recorder = Recorder(tmp_path, on_error=raise_it)
    recorder.submit(3, lambda: 1 / 0, nbytes=0)
    with pytest.raises(RuntimeError, match="drawing step 3"):
        recorder.drain()
    recorder.submit(4, scalars(), nbytes=0)  # told once
    recorder.drain()
    assert steps(tmp_path / "vis") == [4]


def test_a_folder_that_is_a_file_is_reported_once_until_it_works_again(tmp_path, errors):
    (tmp_path / "vis").write_text("in the way")
    recorder = Recorder(tmp_path, on_error=errors)
    for step in range(3):
        recorder.submit(step, lambda: scalars()() | scalars("train")(), nbytes=0)
    recorder.drain()
    assert len(errors) == 1
    assert errors[0][0] == f"writing step 0 to {tmp_path / 'vis'}"
    assert isinstance(errors[0][1], OSError)
    assert steps(tmp_path / "train") == [0, 1, 2]

    (tmp_path / "vis").unlink()
    recorder.submit(3, scalars(), nbytes=0)
    recorder.drain()
    assert steps(tmp_path / "vis") == [3]


def test_a_folder_removed_midway_is_reported_once_and_made_again(tmp_path, errors):
    recorder = Recorder(tmp_path, on_error=errors)
    for step in range(3):
        recorder.submit(step, scalars(), nbytes=0)
        recorder.drain()
        if step < 2:
            [path] = recorder.event_files()
            path.unlink()
            path.parent.rmdir()
    assert steps(tmp_path / "vis") == [2]
    [(doing, error)] = errors
    assert "step 1" in doing
    assert "was deleted" in str(error)


def test_write_json_replaces_whole_files(tmp_path):
    folder = tmp_path / "run" / "vis"
    write_json(folder, "about.json", {"class_names": ["Katze", "犬", "\udc80"]})
    write_json(folder, "about.json", {"class_names": ["new", "\udc80"]})
    assert json.loads((folder / "about.json").read_text("utf-8"))["class_names"][0] == "new"
    with pytest.raises(TypeError):
        write_json(folder, "about.json", {"class_names": object()})
    assert [path.name for path in folder.iterdir()] == ["about.json"]
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        write_json(tmp_path / "file", "about.json", {})
