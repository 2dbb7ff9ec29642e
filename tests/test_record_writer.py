"""Event files as TensorBoard's own readers see them, also after a kill or a full disk."""

import contextlib
import math
import os
import resource
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.util import tensor_util

from kerasvis2.record import events, reader
from kerasvis2.record.writer import EventFile, foreign_writers


def accumulate(folder):
    accumulator = EventAccumulator(str(folder), size_guidance={"tensors": 0})
    return accumulator.Reload()


def points(folder, tag):
    return [
        (event.step, tensor_util.make_ndarray(event.tensor_proto).item())
        for event in accumulate(folder).Tensors(tag)
    ]


@pytest.fixture
def picture():
    return np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)


def test_scalar_image_and_text_arrive_at_their_dashboards(tmp_path, picture):
    values = [
        events.scalar("epoch_loss", 0.5, "the loss"),
        events.image("grad_cam/03_conv", picture, "scale: 0…0.5"),
        events.text("run", "# Run\\n**bold**"),
    ]
    EventFile(tmp_path).append(7, 123.5, values)

    seen = accumulate(tmp_path)
    tags = ("epoch_loss", "grad_cam/03_conv", "run")
    assert tuple(seen.Tags()["tensors"]) == tags
    plugins = [seen.SummaryMetadata(tag).plugin_data.plugin_name for tag in tags]
    assert plugins == ["scalars", "images", "text"]
    assert seen.SummaryMetadata("grad_cam/03_conv").summary_description == "scale: 0…0.5"

    [loss], [image], [text] = (seen.Tensors(tag) for tag in tags)
    assert (loss.step, loss.wall_time) == (7, 123.5)
    assert tensor_util.make_ndarray(loss.tensor_proto) == np.float32(0.5)
    width, height, png = tensor_util.make_ndarray(image.tensor_proto)
    assert (width, height) == (b"30", b"20")
    assert png.startswith(b"\x89PNG")
    assert tensor_util.make_ndarray(text.tensor_proto).item().startswith(b"# Run")


def test_odd_numbers_are_kept(tmp_path):
    file = EventFile(tmp_path)
    for step, value in enumerate([math.nan, -math.inf, 1e300]):
        file.append(step, 0.0, [events.scalar("x", value)])
    (_, first), (_, second), (_, third) = points(tmp_path, "x")
    assert math.isnan(first)
    assert (second, third) == (-math.inf, math.inf)


def test_picture_of_the_wrong_kind_names_the_tag():
    with pytest.raises(ValueError, match=r"'here'.*uint8.*\(H, W, 3\).*float64.*\(2, 2\)"):
        events.image("here", np.zeros((2, 2)))


def test_nothing_is_made_before_the_first_event(tmp_path):
    EventFile(tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_reopening_a_folder_makes_a_new_file_and_both_are_read(tmp_path):
    for step in range(3):
        EventFile(tmp_path).append(step, float(step), [events.scalar("x", step)])
    assert len(list(tmp_path.iterdir())) == 3
    assert points(tmp_path, "x") == [(0, 0.0), (1, 1.0), (2, 2.0)]


def test_tensorflow_reads_every_record(tmp_path):
    import tensorflow as tf

    file = EventFile(tmp_path)
    for size in (1, 3000, 50_000):
        file.append(size, 0.0, [events.text("x", "y" * size)])
    records = list(tf.data.TFRecordDataset(str(file.path)))
    assert len(records) == 4


def test_writing_ignores_another_callbacks_record_if(tmp_path):
    import tensorflow as tf

    with tf.summary.record_if(False):
        EventFile(tmp_path).append(0, 0.0, [events.scalar("x", 1.0)])
    assert points(tmp_path, "x") == [(0, 1.0)]


KILLED = """
import sys
from kerasvis2.record import events
from kerasvis2.record.writer import EventFile
file = EventFile(sys.argv[1])
value = events.text("x", "y" * 30_000_000)
for step in range(10_000):
    file.append(step, 0.0, [value])
    print(step, flush=True)
"""


def test_a_killed_process_leaves_whole_events_only(tmp_path):
    """Killed at six different moments, mostly inside a write; the next writer's file is read on."""
    for attempt in range(6):
        folder = tmp_path / str(attempt)
        process = subprocess.Popen(
            [sys.executable, "-c", KILLED, str(folder)], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(0.005 * attempt)
        process.send_signal(signal.SIGKILL)
        done = 1 + len(process.stdout.read().splitlines())
        process.stdout.close()
        process.wait()

        EventFile(folder).append(99, 0.0, [events.text("x", "after")])
        steps = [event.step for event in accumulate(folder).Tensors("x")]
        # The kill may fall between the write and the word of it.
        assert steps in ([*range(done), 99], [*range(done + 1), 99])


@contextlib.contextmanager
def full_disk(size):
    """A stand-in for one: writes past `size` fail half-way, as they do there.

    It holds for the test runner's own output too, so nothing else may happen inside.
    """
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


def test_a_failed_append_leaves_the_file_as_it_was(tmp_path):
    file = EventFile(tmp_path)
    file.append(0, 0.0, [events.text("x", "before")])
    size = file.path.stat().st_size
    with full_disk(size + 5000), pytest.raises(OSError, match="File too large"):
        file.append(1, 0.0, [events.text("x", "y" * 20_000)])
    assert file.path.stat().st_size == size
    file.append(2, 0.0, [events.text("x", "after")])
    assert [event.step for event in accumulate(tmp_path).Tensors("x")] == [0, 2]


@pytest.mark.parametrize("left", [10, 50_000])
def test_what_a_failed_append_left_is_written_over(tmp_path, left):
    """A disk that fails may refuse to take back what it holds of a record, too."""
    file = EventFile(tmp_path)
    file.append(0, 0.0, [events.text("x", "before")])
    with open(file.path, "ab") as rest:
        rest.write(b"y" * left)
    for step in (1, 2):
        file.append(step, 0.0, [events.text("x", "after" * 100)])
        assert [event.step for event in accumulate(tmp_path).Tensors("x")] == [*range(step + 1)]
        [run] = reader.runs(tmp_path).values()
        assert run.damage == []


def test_a_file_that_cannot_even_be_begun_leaves_nothing(tmp_path):
    file = EventFile(tmp_path)
    with full_disk(10), pytest.raises(OSError, match="File too large"):
        file.append(0, 0.0, [events.scalar("x", 1.0)])
    assert list(tmp_path.iterdir()) == []


def test_a_deleted_file_is_noticed_and_replaced(tmp_path):
    file = EventFile(tmp_path / "run")
    assert not file.vanished()
    file.append(0, 0.0, [events.scalar("x", 0.0)])
    assert not file.vanished()
    file.path.unlink()
    file.folder.rmdir()
    assert file.vanished()
    file.append(1, 0.0, [events.scalar("x", 1.0)])
    assert points(tmp_path / "run", "x") == [(1, 1.0)]


def test_foreign_writers(tmp_path):
    assert foreign_writers(tmp_path / "missing", 0.0) == []
    ours, other, old = EventFile(tmp_path), EventFile(tmp_path), EventFile(tmp_path)
    for file in (ours, other, old):
        file.append(0, 0.0, [events.scalar("x", 0.0)])
    (tmp_path / "notes.txt").write_text("not an event file")
    began = time.time() - 100
    os.utime(old.path, (began - 50, began - 50))
    assert foreign_writers(tmp_path, began) == [ours.path.name, other.path.name]
