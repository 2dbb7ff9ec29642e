"""Examples that say what is to be written on each backend."""

import runpy
import sys

import custom_loop
import event_files
import numpy as np


def test_a_gan_learns_and_its_pictures_are_followed(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["gan", "--epochs", "2", "--log-dir", str(tmp_path)])
    left = runpy.run_path(str(custom_loop.EXAMPLES / "gan.py"), run_name="__main__")
    losses = event_files.scalars(tmp_path / "train", "epoch_d_loss")
    assert len(losses) == 2
    assert np.isfinite(losses).all()
    assert losses[1] < 1.4  # 2 log 2 knows nothing
    pictures = event_files.pictures(tmp_path / "vis", "predictions/00_images")
    assert event_files.steps(tmp_path / "vis", "predictions/00_images") == [0, 1]
    assert not np.array_equal(pictures[0], pictures[1])
    assert int(left["model"].optimizer.iterations) == 2 * 29
