"""What there is on JAX only."""

import examples


def test_a_loop_of_ones_own(tmp_path, monkeypatch):
    examples.check_custom_loop("custom_loop_jax", tmp_path, monkeypatch)
