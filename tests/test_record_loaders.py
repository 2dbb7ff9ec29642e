"""What both of TensorBoard's loaders, the Python and the Rust one, make of our files."""

import numpy as np
import pytest
from record_loaders import LOADERS
from runs_on_disk import picture

from kerasvis2.record import events
from kerasvis2.record.recorder import Recorder
from kerasvis2.record.writer import EventFile


@pytest.fixture(params=LOADERS)
def load(request, tmp_path):
    return request.param(tmp_path)


def test_pictures_and_curves_while_they_are_written(load, tmp_path):
    recorder = Recorder(tmp_path / "run", on_error=print)
    for last in (3, 6):
        for step in range(last - 3, last):
            values = {
                "vis": [events.image("grad_cam/03_conv", picture(step))],
                "train": [events.scalar("epoch_loss", step / 4)],
            }
            recorder.submit(step, lambda values=values: values, 0)
        recorder.drain()
        loss = load.steps("scalars", "run/train", "epoch_loss", list(range(last)))
        assert [datum.value for datum in loss] == [step / 4 for step in range(last)]
        pictures = load.pictures("run/vis", "grad_cam/03_conv", list(range(last)))
        assert np.array_equal(pictures, [picture(step) for step in range(last)])


def test_a_cut_last_record_hides_nothing_else(load, tmp_path):
    """As after a kill in the middle of a write, and a training that goes on from a checkpoint."""
    first = EventFile(tmp_path / "run")
    for step in range(3):
        first.append(step, 100.0 + step, [events.image("x", picture(step))])
    data = first.path.read_bytes()
    first.path.write_bytes(data[:-1000])
    load.steps("blob_sequences", "run", "x", [0, 1])

    second = EventFile(tmp_path / "run")
    for step in range(2, 5):
        second.append(step, 200.0 + step, [events.image("x", picture(step))])
    load.steps("blob_sequences", "run", "x", [0, 1, 2, 3, 4])
