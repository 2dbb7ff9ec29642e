"""Runs in a store instead of a folder: written, read, followed by TensorBoard; and a flaky one."""

import itertools
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import ClassVar

import fsspec
import keras
import numpy as np
import pytest
from fsspec.implementations.memory import MemoryFileSystem
from runs_on_disk import picture

import kerasvis2 as kv
from kerasvis2.cli import main
from kerasvis2.compare import compare, read
from kerasvis2.record import events
from kerasvis2.record.files import event_files, place, write_json
from kerasvis2.record.lease import NAME as NOTE
from kerasvis2.record.log import log_error
from kerasvis2.record.recorder import Recorder
from kerasvis2.record.scales import NAME as SCALES
from kerasvis2.record.scales import Scales, read_scales

TAG = "grad_cam/03_conv"
numbers = itertools.count()


@pytest.fixture
def root():
    return f"memory://bucket{next(numbers)}/runs"


class Flaky(MemoryFileSystem):
    """A store that refuses what it is told to refuse, or takes its time."""

    protocol = "flaky"
    store: ClassVar = {}
    pseudo_dirs: ClassVar = [""]
    listed: ClassVar = {}
    refuse = frozenset()
    delay = 0.0
    puts = 0

    def ls(self, path, detail=True, **kwargs):
        """Keeps what it listed, as gcsfs and s3fs do."""
        found = self.listed.get(path)
        if found is None:
            found = self.listed[path] = super().ls(path, detail=True)
        return found if detail else [each["name"] for each in found]

    def invalidate_cache(self, path=None):
        self.listed.clear()

    def pipe_file(self, path, value, **kwargs):
        Flaky.puts += 1
        time.sleep(self.delay)
        if Flaky.puts in self.refuse:
            raise OSError("503 Slow Down")
        return super().pipe_file(path, value, **kwargs)


@pytest.fixture
def flaky(monkeypatch):
    fsspec.register_implementation("flaky", Flaky, clobber=True)
    for name, value in {"store": {}, "pseudo_dirs": [""], "listed": {}, "puts": 0}.items():
        monkeypatch.setattr(Flaky, name, value)
    return monkeypatch


def log(recorder, *steps, session=0):
    for step in steps:
        image = events.image(TAG, picture(step + 100 * session))
        values = {"vis": [image], "train": [events.scalar("epoch_loss", step / 4)]}
        wall_time = 1000.0 * session + step
        recorder.submit(step, lambda values=values: values, 0, wall_time)
        recorder.drain()


def strict(folder, **options):
    def raise_it(doing, error):
        raise error

    return Recorder(folder, on_error=raise_it, **options)


def test_a_run_is_written_and_read_back(root, capsys):
    recorder = strict(f"{root}/a")
    recorder.begin(0)
    write_json(f"{root}/a/vis", "about.json", {"probe": {"fingerprint": "abc"}})
    log(recorder, *range(5))
    recorder.end()
    write_json(f"{root}/b/vis", "about.json", {})
    log(strict(f"{root}/b"), 0)

    runs = read(root)
    assert list(runs) == ["a", "b"]
    assert runs["a"].steps(TAG) == [0, 1, 2, 3, 4]
    assert np.array_equal(runs["a"].picture(TAG, 3), picture(3))
    assert runs["a"].scalars("epoch_loss")[1].tolist() == [0, 0.25, 0.5, 0.75, 1]
    assert runs["a"].about == {"probe": {"fingerprint": "abc"}}
    assert list(read(f"{root}/a")) == ["a"]
    assert compare([f"{root}/a", f"{root}/b"], TAG).steps == [0, 1, 2, 3, 4]
    assert main(["list", root]) == 0
    assert f"a  ({root}/a)" in capsys.readouterr().out
    with pytest.raises(FileNotFoundError, match="nowhere"):
        read(f"{root}/nowhere")


def test_nothing_of_it_lies_on_the_disk(root, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    recorder = strict(root)
    recorder.begin(0)
    log(recorder, 0)
    log_error(root, "drawing", ValueError("x"))
    scales = Scales(root)
    scales.set(TAG, 0, 1.0)
    scales.save()
    recorder.close()
    assert read_scales(root) == {TAG: [(0, 1.0)]}
    assert not list(tmp_path.iterdir())
    store = place(root).store
    assert {path.rpartition("/")[2] for path in store.ls(place(root).path, detail=False)} == {
        "about.scales.json",
        "errors.log",
        "train",
        "vis",
    }


def test_large_runs_are_cut_into_objects_and_each_byte_is_sent_a_few_times(flaky):
    """An object can only be put again whole: of one file, epoch by epoch, it would be quadratic."""
    sent = 0
    put = Flaky.pipe_file

    def counted(self, path, value, *args, **kwargs):
        nonlocal sent
        sent += len(value)
        return put(self, path, value, *args, **kwargs)

    flaky.setattr(Flaky, "pipe_file", counted)
    recorder = strict("flaky://bucket/run")
    noise = np.random.default_rng(0).bytes(10**6)
    for step in range(40):
        recorder.submit(step, lambda: {"vis": [events.text("x", noise.hex())]}, 0)
        recorder.drain()
    written = 40 * 2e6
    assert sent < 3 * written
    [run] = read("flaky://bucket").values()
    assert run.steps("x") == list(range(40))
    assert run.damage == []


def test_a_resumed_training_replaces_what_it_repeats(root):
    log(strict(f"{root}/run"), *range(5))
    time.sleep(0.01)
    log(strict(f"{root}/run"), 3, session=1)
    [run] = read(root).values()
    assert run.steps(TAG) == [0, 1, 2, 3]
    assert np.array_equal(run.picture(TAG, 3), picture(103))


def test_beginning_anew_says_so(root):
    log(strict(root), 0, 1)
    said = []
    recorder = strict(root, on_notice=said.append)
    recorder.begin(0)
    recorder.end()
    assert len(said) == 1
    assert root in said[0]


def test_what_others_have_written_meanwhile_is_seen(flaky):
    """A store's listing is kept by fsspec until it is told that it may have changed."""
    root = "flaky://bucket/runs"

    def elsewhere(folder):
        """Written by another process, which empties no listing of this one."""
        kept = dict(Flaky.listed)
        log(strict(folder), 0)
        flaky.setattr(Flaky, "listed", kept)

    log(strict(f"{root}/a"), 0)
    assert list(read(root)) == ["a"]
    elsewhere(f"{root}/b")
    assert list(read(root)) == ["a", "b"]
    folder = place(f"{root}/a/vis")
    assert len(event_files(folder)) == 1
    elsewhere(f"{root}/a")
    assert len(event_files(folder)) == 2


def test_a_flaky_store_loses_what_it_refused_and_no_more(flaky):
    """Three puts are refused, two of them one after the other."""
    errors, said = [], []
    flaky.setattr(Flaky, "refuse", frozenset([5, 12, 13]))
    recorder = Recorder(
        "flaky://bucket/run", on_error=lambda *what: errors.append(what), on_notice=said.append
    )
    log(recorder, *range(10))
    [run] = read("flaky://bucket").values()
    assert run.damage == []
    kept = {"train/epoch_loss": run.steps("train/epoch_loss"), TAG: run.steps(TAG)}
    lost = {tag: sorted({*range(10)} - {*steps}) for tag, steps in kept.items()}
    assert sum(map(len, lost.values())) == 3
    assert all("503 Slow Down" in str(error) for _, error in errors)
    for steps in lost.values():
        for step in steps:
            assert any(f"step {step}" in words for words in said), (lost, said)
    for step in kept[TAG]:
        assert np.array_equal(run.picture(TAG, step), picture(step))


def test_what_a_store_took_though_it_said_no_is_only_added_to(flaky):
    """Who follows an object has read it to its end, and goes on from there."""
    held, spoilt, put = {}, [], Flaky.pipe_file

    def timed_out(self, path, value, *args, **kwargs):
        if not value.startswith(held.get(path, b"")):
            spoilt.append(path)
        held[path] = value
        put(self, path, value, *args, **kwargs)
        if Flaky.puts == 5:
            raise OSError("timed out")

    flaky.setattr(Flaky, "pipe_file", timed_out)
    errors = []
    recorder = Recorder("flaky://bucket/run", on_error=lambda *what: errors.append(what))
    with pytest.warns(UserWarning, match="lacks step 2"):
        log(recorder, *range(6))
    assert len(errors) == 1
    assert spoilt == []
    [run] = read("flaky://bucket").values()
    assert run.damage == []
    assert run.steps(TAG) == [0, 1, 2, 3, 4, 5]


class HttpError(Exception):
    """What `gcsfs` raises, which is no `OSError`."""


def test_what_a_store_raises_costs_what_it_refused_whatever_its_kind(flaky):
    """Here the history of scales, and no picture."""
    put = Flaky.pipe_file

    def refused(self, path, value, *args, **kwargs):
        if path.endswith(SCALES):
            raise HttpError("503")
        return put(self, path, value, *args, **kwargs)

    flaky.setattr(Flaky, "pipe_file", refused)
    keras.utils.set_random_seed(0)
    rng = np.random.default_rng(0)
    x, y = rng.random((8, 8, 8, 1), "float32"), np.arange(8) % 2
    layers = [keras.layers.Flatten(), keras.layers.Dense(2, activation="softmax")]
    model = keras.Sequential([keras.Input((8, 8, 1)), *layers])
    model.compile("sgd", "sparse_categorical_crossentropy")
    probe = kv.Probe(x[:2], y[:2], display=(0, 1))
    monitor = kv.Monitor("flaky://bucket/run", probe, [kv.Saliency()])
    with pytest.warns(UserWarning, match="history of scales"):
        model.fit(x, y, epochs=3, verbose=0, callbacks=[monitor])
    [run] = read("flaky://bucket").values()
    assert run.steps("saliency/00_input") == [0, 1, 2]


def test_a_store_that_takes_nothing_away_keeps_the_writers_note(flaky):
    def kept(self, path):
        raise PermissionError(path)

    flaky.setattr(Flaky, "rm_file", kept)
    recorder = strict("flaky://bucket/run")
    recorder.begin(0)
    recorder.end()
    assert any(path.endswith(NOTE) for path in Flaky.store)


def test_a_store_that_does_not_say_when_it_was_written_to_is_written_to(flaky):
    def unknown(self, path):
        raise NotImplementedError

    flaky.setattr(Flaky, "modified", unknown)
    log(strict("flaky://bucket/run"), 0, 1, 2)
    log(strict("flaky://bucket/run"), 1, session=1)
    [run] = read("flaky://bucket").values()
    assert run.steps(TAG) == [0, 1]


def test_a_store_that_refuses_everything_is_told_once_and_at_the_end(flaky):
    errors, said = [], []
    flaky.setattr(Flaky, "refuse", frozenset(range(1000)))
    recorder = Recorder(
        "flaky://bucket/run", on_error=lambda *what: errors.append(what), on_notice=said.append
    )
    recorder.begin(0)
    for step in range(5):
        recorder.submit(step, lambda: {"vis": [events.scalar("x", 1.0)]}, 0)
    recorder.end()
    assert [doing for doing, _ in errors] == [
        "looking into flaky://bucket/run",
        "writing step 0 to flaky://bucket/run/vis",
    ]
    assert len(said) == 1
    assert "steps 0…4" in said[0]


def test_a_slow_store_holds_up_training_no_longer_than_stated(flaky):
    flaky.setattr(Flaky, "delay", 0.3)
    said = []
    recorder = strict("flaky://bucket/run", max_jobs=2, patience=0.1, on_notice=said.append)
    begun = time.monotonic()
    taken = [
        recorder.submit(step, lambda: {"vis": [events.scalar("x", 1.0)]}, 0) for step in range(20)
    ]
    assert time.monotonic() - begun < 0.6
    recorder.drain()
    [run] = read("flaky://bucket").values()
    assert run.steps("x") == [step for step, there in enumerate(taken) if there]
    assert len(said) == 2
    assert f"{taken.count(False)} steps were dropped" in said[1]


def test_tensorboard_follows_it_and_no_backend_is_needed():
    """TensorBoard reads stores by fsspec where there is no TensorFlow."""
    script = """
    import sys
    for name in ("tensorflow", "torch", "jax", "keras"):
        sys.modules[name] = None  # importing it raises
    from tensorboard.backend.event_processing.plugin_event_accumulator import EventAccumulator
    from kerasvis2.record import events
    from kerasvis2.record.recorder import Recorder
    for session, steps in enumerate([(0, 1, 2), (1, 2, 3)]):
        recorder = Recorder("memory://bucket/run", on_error=print)
        recorder.begin(steps[0])
        for step in steps:
            value = events.scalar("x", step + 10.0 * session)
            recorder.submit(step, lambda: {"vis": [value]}, 0)
            recorder.drain()
            found = EventAccumulator("memory://bucket/run/vis").Reload()
            print([event.step for event in found.Tensors("x")])
        recorder.end()
    """
    result = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True
    )
    assert result.stdout.splitlines() == [
        "[0]",
        "[0, 1]",
        "[0, 1, 2]",
        "[0, 1]",
        "[0, 1, 2]",
        "[0, 1, 2, 3]",
    ], result.stderr


@pytest.mark.parametrize("path", [Path("gs://bucket/run"), "s3:/bucket/run"])
def test_a_url_that_lost_a_slash_is_refused_by_name(path):
    with pytest.raises(ValueError, match="give it as a string"):
        place(path)


def test_a_store_whose_part_is_not_installed_says_what_to_install():
    with pytest.raises(ImportError, match=r"cloud"):
        place("abfs://bucket/run")


def test_a_file_url_is_a_path(tmp_path):
    assert place(f"file://{tmp_path}/a%20b") == tmp_path / "a b"
