"""JAX: `keras.distribution` over four devices, and over two processes of two devices each."""

import numpy as np
import pytest
import several


@pytest.mark.parametrize("how", ["data", "moved", "model"])
def test_over_four_devices(tmp_path, how):
    (watched,) = several.run(how, tmp_path / "watched", "first", 1)
    (plain,) = several.run(how, tmp_path / "plain", "none", 1)
    assert watched["said"] == []
    # Where each has the weights whole, one of them looks, and what is compiled stays.
    assert watched["devices"] == (4 if how == "model" else 1)
    assert how == "moved" or watched["traces"] == 2
    assert watched["losses"] == plain["losses"]
    assert watched["weights"] == plain["weights"]
    weights = tmp_path / "watched-0.npz"
    truth = several.on_one_device(weights)
    np.testing.assert_allclose(watched["maps"], truth, atol=1e-6 * np.abs(truth).max())
    several.assert_one_writer_and_the_maps_of_one_device(tmp_path / "watched", weights)


def test_over_two_processes(tmp_path):
    several.assert_one_of_two_processes_looks(tmp_path)


def test_weights_that_no_process_has_whole(tmp_path):
    """Nobody may look alone, nor wait for others, who may have no monitor: it is said."""
    plain = several.run("spread", tmp_path / "plain", "none", 2)
    assert plain[0]["losses"] == plain[1]["losses"]
    watched = several.run("spread", tmp_path / "first", "first", 2)
    for mine, his in zip(watched, plain):
        assert mine["losses"] == his["losses"]
        assert mine["weights"] == his["weights"]
    (said,) = watched[0]["said"]
    assert "spread over several processes" in said
    assert "spread over several processes" in watched[0]["refused"]
    assert watched[1]["said"] == []
    assert not list((tmp_path / "first").rglob("events*"))
