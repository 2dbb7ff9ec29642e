"""A training taken up from an earlier step: both of TensorBoard's loaders and our reader agree."""

import os
import time

import keras
import numpy as np
import pytest
from record_loaders import LOADERS
from runs_on_disk import picture
from tensorboard.backend.event_processing.event_file_loader import LegacyEventFileLoader
from tensorboard.backend.event_processing.plugin_event_accumulator import EventAccumulator
from tensorboard.compat.proto import event_pb2, graph_pb2
from tensorboard.summary.writer.event_file_writer import EventFileWriter

import kerasvis2 as kv
from kerasvis2.record import events, reader, resume
from kerasvis2.record.recorder import Recorder
from kerasvis2.record.writer import EventFile

TAG = "grad_cam/03_conv"


def write(file, *steps, tag=TAG, session=0):
    """Pictures that tell their step and session."""
    for step in steps:
        value = events.image(tag, picture(step + 100 * session))
        file.append(step, 1000.0 * session + step, [value])


def accumulate(folder):
    """What the Python loader has, nothing sampled away."""
    return EventAccumulator(str(folder), size_guidance={"tensors": 0}).Reload()


def steps(folder, tag=TAG):
    return [event.step for event in accumulate(folder).Tensors(tag)]


def is_restart(folder):
    """Whether the newest file in a folder tells TensorBoard to drop what is older."""
    path = max(path for path in folder.iterdir() if "tfevents" in path.name)
    found = list(LegacyEventFileLoader(str(path)).Load())
    logs = [event.session_log.status for event in found if event.HasField("session_log")]
    assert logs in [[event_pb2.SessionLog.START] * times for times in (0, 2, 4)]
    return bool(logs)


@pytest.mark.parametrize("loader", LOADERS)
def test_repeated_steps_show_what_was_logged_last(loader, tmp_path):
    write(EventFile(tmp_path / "run"), *range(10))
    write(EventFile(tmp_path / "run"), *range(6, 8), session=1)
    write(EventFile(tmp_path / "run"), 7, 8, session=2)
    expected = {step: picture(step) for step in range(6)}
    expected |= {6: picture(106), 7: picture(207), 8: picture(208)}

    load = loader(tmp_path)
    found = load.pictures("run", TAG, list(expected))
    assert np.array_equal(found, list(expected.values()))
    [run] = reader.runs(tmp_path).values()
    assert run.steps(TAG) == list(expected)
    assert all(np.array_equal(run.picture(TAG, step), expected[step]) for step in expected)


@pytest.mark.parametrize("loader", LOADERS)
def test_a_resumption_is_followed_while_tensorboard_runs(loader, tmp_path):
    load = loader(tmp_path)
    write(EventFile(tmp_path / "run"), *range(5))
    load.pictures("run", TAG, [0, 1, 2, 3, 4])
    again = EventFile(tmp_path / "run")
    write(again, 2, session=1)
    load.pictures("run", TAG, [0, 1, 2])
    write(again, 3, session=1)
    assert np.array_equal(load.pictures("run", TAG, [0, 1, 2, 3])[2:], [picture(102), picture(103)])


def test_a_resumed_fit_replaces_what_it_repeats(tmp_path, digits, digits_probe):
    keras.utils.set_random_seed(0)
    for first in (0, 2):
        model = keras.Sequential(
            [
                keras.Input((8, 8, 1)),
                keras.layers.Conv2D(4, 3, activation="relu", name="conv"),
                keras.layers.GlobalAveragePooling2D(),
                keras.layers.Dense(10, activation="softmax", name="scores"),
            ]
        )
        model.compile("sgd", "sparse_categorical_crossentropy")
        monitor = kv.Monitor(tmp_path, digits_probe, kv.default_views(), hparams={"lr": 0.01})
        model.fit(
            digits.x_train[:32],
            digits.y_train[:32],
            validation_split=0.5,
            initial_epoch=first,
            epochs=4 if first == 0 else 3,
            verbose=0,
            callbacks=[monitor],
        )
    assert {part: is_restart(tmp_path / part) for part in ("train", "validation", "vis")} == {
        "train": True,
        "validation": True,
        "vis": True,
    }
    [run] = reader.runs(tmp_path).values()
    for tag in run.tags():
        assert run.steps(tag) == steps(tmp_path / "vis", tag) == [0, 1, 2]
    for part in ("train", "validation"):
        assert steps(tmp_path / part, "epoch_loss") == [0, 1, 2]


def test_a_second_fit_that_goes_on_drops_nothing(tmp_path):
    write(EventFile(tmp_path), 0, 1, 2)
    write(EventFile(tmp_path), 3, 4)
    assert not is_restart(tmp_path)
    assert steps(tmp_path) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("loader", LOADERS)
def test_what_is_not_written_again_at_once_is_kept(loader, tmp_path):
    """A film is drawn at the end only; TensorBoard's tabs fail on a tag without any picture."""
    first = EventFile(tmp_path / "run")
    write(first, 0, 1, 2, 3)
    write(first, 3, tag="film")
    again = EventFile(tmp_path / "run")
    write(again, 1, 2, session=1)
    assert is_restart(tmp_path / "run")
    load = loader(tmp_path)
    assert np.array_equal(load.pictures("run", "film", [3])[0], picture(3))
    load.pictures("run", TAG, [0, 1, 2])
    write(again, 3, session=1)
    write(again, 3, tag="film", session=1)
    load = loader(tmp_path)
    assert np.array_equal(load.pictures("run", "film", [3])[0], picture(103))
    assert np.array_equal(load.pictures("run", TAG, [0, 1, 2, 3])[3], picture(103))
    [run] = reader.runs(tmp_path).values()
    assert run.steps("film") == [3]
    assert np.array_equal(run.picture("film", 3), picture(103))


@pytest.mark.parametrize("loader", LOADERS)
def test_views_of_different_frequency_are_neither_doubled_nor_lost(loader, tmp_path):
    """Killed at step 8, taken up at step 5, where the rarer one is not due."""
    for session, first in enumerate((0, 5)):
        file = EventFile(tmp_path / "run")
        for step in range(first, 9):
            due = [TAG] + ["rare"] * (step % 4 == 0)
            values = [events.image(tag, picture(step + 100 * session)) for tag in due]
            file.append(step, 1000.0 * session + step, values)
    load = loader(tmp_path)
    shown = load.pictures("run", "rare", [0, 4, 8])
    assert np.array_equal(shown, [picture(0), picture(4), picture(108)])
    shown = load.pictures("run", TAG, list(range(9)))
    assert np.array_equal(shown[4:6], [picture(4), picture(105)])


@pytest.mark.parametrize("loader", LOADERS)
def test_a_second_fit_on_the_same_recorder_begins_anew(loader, tmp_path):
    recorder = Recorder(tmp_path / "run", on_error=print)
    for session in range(2):
        recorder.begin(0)
        for step in range(3 - session):
            value = events.image(TAG, picture(step + 100 * session))
            recorder.submit(step, lambda value=value: {"vis": [value]}, 0, 10.0 * session + step)
        recorder.drain()
    shown = loader(tmp_path).pictures("run/vis", TAG, [0, 1])
    assert np.array_equal(shown, [picture(100), picture(101)])


@pytest.mark.parametrize("loader", LOADERS)
def test_epochs_and_batches_may_be_counted_in_one_folder(loader, tmp_path):
    file = EventFile(tmp_path / "run")
    for epoch in range(3):
        for batch in range(10):
            write(file, 10 * epoch + batch)
        write(file, epoch, tag="by epoch")
    load = loader(tmp_path)
    load.steps("blob_sequences", "run", TAG, list(range(30)))
    load.steps("blob_sequences", "run", "by epoch", [0, 1, 2])


def test_a_graph_is_kept_until_it_is_written_again(tmp_path):
    node = graph_pb2.GraphDef(node=[{"name": "conv"}]).SerializeToString()
    values = [events.graph(node), events.scalar("x", 1.0)]
    EventFile(tmp_path).append(0, 0.0, values)
    for wall_time in (1.0, 2.0):
        EventFile(tmp_path).append(0, wall_time, values[1:])
        assert is_restart(tmp_path)
        assert accumulate(tmp_path).Graph() is not None
        [run] = reader.runs(tmp_path).values()
        assert run.tags(None) == ["__run_graph__", "x"]
    EventFile(tmp_path).append(0, 3.0, values)
    assert accumulate(tmp_path).Graph() is not None
    assert steps(tmp_path, "x") == [0]


def test_more_than_can_be_written_anew_is_left_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(resume, "_MOST", 1000)
    first = EventFile(tmp_path)
    write(first, 0, 1, 2, 3)
    write(first, 3, tag="film")
    write(EventFile(tmp_path), 1, session=1)
    assert not is_restart(tmp_path)
    assert steps(tmp_path, "film") == [3]


def test_another_writers_data_are_kept(tmp_path):
    """`keras.callbacks.TensorBoard` counts some of its curves in batches, in the same folder."""
    write(EventFile(tmp_path), 0, 1, 2, 3)
    other = EventFile(tmp_path)
    other.append(0, 0.0, [events.scalar("evaluation_loss_vs_iterations", 0.5)])
    other.append(500, 1.0, [events.scalar("evaluation_loss_vs_iterations", 0.4)])
    other.path.rename(other.path.with_suffix(".v2"))
    write(EventFile(tmp_path), 1, 2, session=1)
    assert not is_restart(tmp_path)
    assert steps(tmp_path, "evaluation_loss_vs_iterations") == [0, 500]


def test_of_two_monitors_in_one_training_neither_drops_the_others_data(tmp_path):
    one, other = (Recorder(tmp_path, on_error=print) for _ in range(2))
    for step in range(3):
        for recorder in (one, other):
            recorder.submit(step, lambda: {"vis": [events.scalar("x", 1.0)]}, 0)
            recorder.drain()
    assert not is_restart(tmp_path / "vis")
    assert len(steps(tmp_path / "vis", "x")) == 6


def test_a_recorder_begins_anew_after_its_end(tmp_path):
    recorder = Recorder(tmp_path, on_error=print)
    for _ in range(2):
        for step in range(3):
            recorder.submit(step, lambda: {"vis": [events.scalar("x", 1.0)]}, 0)
        recorder.close()
    assert is_restart(tmp_path / "vis")
    assert steps(tmp_path / "vis", "x") == [0, 1, 2]


@pytest.mark.parametrize("seconds", [".0f", ".6f"])  # as they are named now, and as they were
def test_a_clock_put_back_does_not_put_the_new_file_first(tmp_path, seconds):
    old = EventFile(tmp_path)
    write(old, 0, 1, 2, 3)
    ahead = tmp_path / f"events.out.tfevents.{time.time() + 86_400:{seconds}}.host.1.0.kerasvis"
    old.path.rename(ahead)
    os.utime(ahead, (0, 0))
    write(EventFile(tmp_path), 1, 2, session=1)
    assert max(tmp_path.iterdir()) != ahead
    write(EventFile(tmp_path), 2, 3, session=2)
    assert steps(tmp_path) == [0, 1, 2, 3]


def test_a_damaged_file_is_no_obstacle(tmp_path):
    old = EventFile(tmp_path)
    write(old, 0, 1, 2, 3)
    data = old.path.read_bytes()
    old.path.write_bytes(data[:-100])
    os.utime(old.path, (0, 0))
    write(EventFile(tmp_path), 1, 2, session=1)
    assert is_restart(tmp_path)
    assert steps(tmp_path) == [0, 1, 2]


def test_damage_in_what_would_be_written_anew_leaves_all_as_it_is(tmp_path):
    """A picture is read to its end, and so found damaged, only where it is to be kept."""
    noise = np.random.default_rng(0).integers(0, 256, (60, 60, 3)).astype(np.uint8)
    old = EventFile(tmp_path)
    write(old, 0, 1)
    old.append(1, 1.0, [events.image("film", noise)])
    data = bytearray(old.path.read_bytes())
    data[-500] ^= 1
    old.path.write_bytes(data)
    os.utime(old.path, (0, 0))
    write(EventFile(tmp_path), 1, session=1)
    assert not is_restart(tmp_path)
    [run] = reader.runs(tmp_path).values()
    assert np.array_equal(run.picture(TAG, 1), picture(101))
    assert run.steps("film") == [1]


def test_a_start_of_somebody_elses_session_is_heeded_as_tensorboard_does(tmp_path):
    """TensorFlow's supervisor may write some summaries before the first start."""
    start = event_pb2.SessionLog(status=event_pb2.SessionLog.START)
    writer = EventFileWriter(str(tmp_path))
    for step, is_start in [(0, False), (1, False), (1, True), (2, False), (1, True), (5, False)]:
        event = event_pb2.Event(step=step, wall_time=float(step))
        if is_start:
            event.session_log.CopyFrom(start)
        else:
            event.summary.value.append(events.scalar("x", 1.0))
        writer.add_event(event)
    writer.close()
    [run] = reader.runs(tmp_path).values()
    assert run.steps("x") == steps(tmp_path, "x") == [0, 5]
