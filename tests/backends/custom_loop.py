"""Runs an example as a user does."""

import runpy
import sys
from pathlib import Path

import event_files
import numpy as np

EXAMPLES = Path(__file__).parents[2] / "examples"


def check(name, folder, monkeypatch):
    """It learns, and is looked at after each epoch, at weights that move."""
    monkeypatch.setattr(sys, "argv", [name, "--epochs", "3", "--log-dir", str(folder)])
    runpy.run_path(str(EXAMPLES / f"{name}.py"), run_name="__main__")
    losses = event_files.scalars(folder / "train", "epoch_loss")
    assert len(losses) == 3
    assert losses[-1] < losses[0]
    tags = [tag for tag in event_files.tags(folder / "vis", "images") if "grad_cam" in tag]
    pictures = event_files.pictures(folder / "vis", tags[0])
    assert event_files.steps(folder / "vis", tags[0]) == [0, 1, 2]
    assert not np.array_equal(pictures[0], pictures[2])
