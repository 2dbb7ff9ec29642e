"""What lies beside the event files: the error log, the scales' history, the writer's note."""

import json
import os
import socket
import subprocess
import sys
import time

import pytest

from kerasvis2.record import events, lease, reader
from kerasvis2.record.frames import peek_bytes, records
from kerasvis2.record.lease import Lease
from kerasvis2.record.log import log_error
from kerasvis2.record.recorder import Recorder
from kerasvis2.record.scales import Scales, read_scales

TAG = "grad_cam/03_conv <ü>"


def test_all_of_it_sorts_before_event_files():
    from kerasvis2.record import card, log, scales

    names = [card.CARD, lease.NAME, log.NAME, scales.NAME]
    assert max(names) < "events.out.tfevents.1"


def failure(message):
    try:
        raise ValueError(message)
    except ValueError as error:
        return error


def test_errors_are_logged_with_their_tracebacks(tmp_path):
    for step in range(2):
        words = log_error(tmp_path / "run", f"drawing step {step}", failure("über \udc80"))
        assert words == f"The traceback is in {tmp_path / 'run' / 'errors.log'}"
    text = (tmp_path / "run" / "errors.log").read_text("utf-8")
    assert text.count("raise ValueError(message)") == 2
    assert "drawing step 1" in text


def test_the_error_log_stays_small(tmp_path):
    for _ in range(5):
        log_error(tmp_path, "drawing", failure("x" * 300_000))
    assert (tmp_path / "errors.log").stat().st_size < 2**20


def test_where_nothing_can_be_logged_the_traceback_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    assert "raise ValueError(message)" in log_error(tmp_path / "file", "drawing", failure("x"))


def test_scales_hold_from_their_step_on_and_over_a_resume(tmp_path):
    scales = Scales(tmp_path)
    assert scales.at(TAG, 3) is None
    assert [
        scales.set(TAG, step, top) for step, top in [(0, 0.5), (2, 0.5), (4, 1.0), (9, 2.0)]
    ] == [True, False, True, True]
    scales.save()
    resumed = Scales(tmp_path)
    assert [resumed.at(TAG, step) for step in (-1, 0, 3, 4, 8, 9, 99)] == [
        None,
        0.5,
        0.5,
        1,
        1,
        2,
        2,
    ]
    assert not resumed.set(TAG, 6, 1.0)  # taken up at 6: what was said of 9 is void
    assert resumed.history(TAG) == [(0, 0.5), (4, 1.0)]
    resumed.save()
    assert read_scales(tmp_path) == {TAG: [(0, 0.5), (4, 1.0)]}


def test_scales_are_written_only_where_they_change(tmp_path):
    scales = Scales(tmp_path)
    scales.save()
    assert not list(tmp_path.iterdir())
    scales.set(TAG, 0, 1.0)
    scales.save()
    [path] = tmp_path.iterdir()
    path.unlink()
    scales.set(TAG, 1, 1.0)
    scales.save()
    assert not list(tmp_path.iterdir())


def test_scales_that_could_not_be_written_are_written_later(tmp_path):
    (tmp_path / "run").write_text("in the way")
    scales = Scales(tmp_path / "run")
    scales.set(TAG, 0, 1.0)
    with pytest.raises(OSError, match="run"):
        scales.save()
    (tmp_path / "run").unlink()
    scales.save()
    assert read_scales(tmp_path / "run") == {TAG: [(0, 1.0)]}


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        "[" * 100_000,
        '{"scales": 3}',
        '{"scales": {"a": 1, "b": [1, [2], [0, NaN], ["0", 1]]}}',
    ],
)
def test_a_history_that_is_none_is_empty(tmp_path, content):
    (tmp_path / "about.scales.json").write_text(content)
    assert read_scales(tmp_path) == {}


def test_a_run_tells_its_scales(tmp_path):
    recorder = Recorder(tmp_path, on_error=print)
    recorder.submit(0, lambda: {"vis": [events.scalar("x", 1.0)]}, 0)
    recorder.close()
    scales = Scales(tmp_path)
    scales.set(TAG, 0, 1.0)
    scales.save()
    [run] = reader.runs(tmp_path).values()
    assert run.scales == {TAG: [(0, 1.0)]}


HOLDS = """
import sys
from kerasvis2.record.recorder import Recorder
recorder = Recorder(sys.argv[1], on_error=print)
recorder.begin(0)
print("begun", flush=True)
sys.stdin.read()
"""


def begin(folder, step=0):
    """What a recorder says as it begins."""
    said = []
    recorder = Recorder(folder, on_error=print, on_notice=said.append)
    recorder.begin(step)
    return recorder, said


def test_a_second_live_process_says_so_and_drops_nothing_of_the_first(tmp_path):
    with subprocess.Popen(
        [sys.executable, "-c", HOLDS, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout.readline() == "begun\n"
        old = Recorder(tmp_path, on_error=print)  # stands for what the first has written long ago
        old.submit(0, lambda: {"vis": [events.scalar("x", 1.0)]}, 0)
        old.drain()
        for path in (tmp_path / "vis").iterdir():
            os.utime(path, (0, 0))
        try:
            recorder, said = begin(tmp_path)
        finally:
            process.kill()
    assert len(said) == 1
    assert f"pid {process.pid}" in said[0]
    assert str(tmp_path) in said[0]
    recorder.submit(0, lambda: {"vis": [events.scalar("x", 2.0)]}, 0)
    recorder.end()
    data = max((tmp_path / "vis").iterdir()).read_bytes()
    # The version and the step: no Events that tell TensorBoard to drop what the first has written.
    assert len(list(records(peek_bytes(data, 0), len(data)))) == 2


def test_a_killed_process_holds_nothing(tmp_path):
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    note = {"host": socket.gethostname(), "pid": process.pid, "began": time.time()}
    (tmp_path / lease.NAME).write_text(json.dumps(note))
    assert begin(tmp_path)[1] == []


def test_a_number_that_another_process_has_by_now_is_nobody(tmp_path):
    note = {"host": socket.gethostname(), "pid": 1, "began": 1000.0}
    (tmp_path / lease.NAME).write_text(json.dumps(note))
    assert begin(tmp_path)[1] == []


def test_a_number_that_no_process_can_have_is_nobody(tmp_path):
    note = {"host": socket.gethostname(), "pid": 10**30, "began": time.time()}
    (tmp_path / lease.NAME).write_text(json.dumps(note))
    assert begin(tmp_path)[1] == []


def test_somebody_elses_process_lives(tmp_path, monkeypatch):
    """It may not even be asked by who is not root."""

    def denied(pid, number):
        raise PermissionError

    monkeypatch.setattr(os, "kill", denied)
    note = {"host": socket.gethostname(), "pid": os.getppid(), "began": time.time()}
    (tmp_path / lease.NAME).write_text(json.dumps(note))
    [words] = begin(tmp_path)[1]
    assert f"pid {os.getppid()}" in words


def test_another_machines_event_files_are_signs_of_life(tmp_path):
    first = Recorder(tmp_path, on_error=print)
    first.submit(4, lambda: {"vis": [events.scalar("x", 1.0)]}, 0)
    first.close()
    path = tmp_path / lease.NAME
    path.write_text(json.dumps({"host": "elsewhere", "pid": 3, "began": 0}))
    os.utime(path, (time.time() - 7200,) * 2)
    [words] = begin(tmp_path, 5)[1]
    assert "elsewhere" in words


@pytest.mark.parametrize(("age", "said"), [(10, 1), (7200, 0)])
def test_another_machines_process_is_known_by_what_it_wrote_last(tmp_path, age, said):
    path = tmp_path / lease.NAME
    path.write_text(json.dumps({"host": "elsewhere", "pid": 3, "began": 0}))
    os.utime(path, (time.time() - age,) * 2)
    words = begin(tmp_path)[1]
    assert len(words) == said
    assert all("elsewhere" in each for each in words)


@pytest.mark.parametrize("note", ["", "[]", "{}", '{"pid": "x"}', '{"pid": 1e400}', "[" * 99_999])
def test_a_note_that_is_none_is_nobodys(tmp_path, note):
    (tmp_path / lease.NAME).write_text(note)
    assert begin(tmp_path)[1] == []


def test_the_note_goes_with_the_end_and_only_ones_own(tmp_path):
    recorder, _ = begin(tmp_path)
    assert (tmp_path / lease.NAME).exists()
    recorder.end()
    assert not (tmp_path / lease.NAME).exists()
    Lease(tmp_path).take()
    other = {"host": "elsewhere", "pid": 3, "began": time.time()}
    (tmp_path / lease.NAME).write_text(json.dumps(other))
    Lease(tmp_path).give_back()
    assert (tmp_path / lease.NAME).exists()


@pytest.mark.parametrize("part", ["train", "vis"])
def test_beginning_anew_where_an_earlier_training_lies_says_what_to_do(tmp_path, part):
    first = Recorder(tmp_path, on_error=print)
    for step in range(4):
        first.submit(step, lambda: {part: [events.scalar("epoch_loss", 1.0)]}, 0)
    first.close()
    [words] = begin(tmp_path)[1]
    assert "up to step 3" in words
    assert "initial_epoch=" in words
    assert "another log_dir" in words
    assert begin(tmp_path, 4)[1] == []
    assert begin(tmp_path / "new")[1] == []
