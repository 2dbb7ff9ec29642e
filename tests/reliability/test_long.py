"""A training of thousands of epochs: memory, files, threads and the time of an epoch stay flat."""

import os
import subprocess
import sys
from pathlib import Path

import fits
import numpy as np
import pytest

SCRIPT = Path(__file__).with_name("long_training.py")


def held(epochs, folder, timeout, every=1):
    """What the process holds at ten moments: see the script."""
    done = subprocess.run(
        [sys.executable, str(SCRIPT), str(epochs), str(folder), str(every)],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(fits.ROOT)},
        timeout=timeout,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert "kerasvis2:" not in done.stderr, done.stderr
    return fits.parsed(done.stdout.splitlines())


def assert_flat(found, megabytes):
    """From the second moment on, when all has been compiled and every buffer was used once."""
    assert len(found) == 10
    files, threads, memory = (
        np.array([each[name] for each in found[1:]]) for name in ("files", "threads", "megabytes")
    )
    assert files.max() <= files[0] + 1, files
    assert threads.max() <= threads[0], threads
    assert memory.max() <= memory[0] + megabytes, memory


def assert_holds(found, megabytes):
    """The same, and the last moments take no more of the processor an epoch than the first did."""
    assert_flat(found, megabytes)
    seconds = [each["processor"] for each in found[1:]]
    assert np.median(seconds[-3:]) < 1.5 * np.median(seconds[:3]), seconds


@pytest.mark.parametrize("name", ["files", "threads", "megabytes", "processor"])
def test_what_grows_would_be_seen(name):
    held = {"files": 6, "threads": 2, "megabytes": 500, "processor": 0.05}
    flat = [dict(held) for _ in range(10)]
    assert_holds(flat, 100)
    grown = [moment | {name: held[name] * (1 + 0.2 * i)} for i, moment in enumerate(flat)]
    with pytest.raises(AssertionError):
        assert_holds(grown, 100)


def test_thirty_epochs_of_every_view(tmp_path):
    """Memory tells of drawings that are kept; what is smaller is counted by its objects."""
    found = held(30, tmp_path, 500)
    assert_flat(found, 60)
    objects = [each["objects"] for each in found[1:]]
    assert max(objects) < objects[0] + len(objects), objects


@pytest.mark.soak
@pytest.mark.timeout(4 * 3600)
def test_five_thousand_epochs_of_every_view(tmp_path):
    found = held(5000, tmp_path, 4 * 3600, every=10)  # each view looks 5,000 times, and draws 500
    assert_holds(found, 150)
