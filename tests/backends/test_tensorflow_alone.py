"""What only TensorFlow has."""

import custom_loop


def test_a_loop_of_ones_own(tmp_path, monkeypatch):
    custom_loop.check("custom_loop_tensorflow", tmp_path, monkeypatch)
