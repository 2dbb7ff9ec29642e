"""Trainings over several devices: the same weights, one writer, the pictures of one device."""

import fits
import numpy as np
import pytest

MIRRORED = """
import json
import tensorflow as tf
tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0], [tf.config.LogicalDeviceConfiguration()] * 2
)
log_dir, watched = sys.argv[1], sys.argv[2] == "watched"
strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
assert strategy.num_replicas_in_sync == 2
with strategy.scope():
    model = small_model()
views = [*kv.default_views(), kv.Saliency(), kv.LayerHealth(gradients=True),
         kv.ScoreCAM(channels=2), kv.ModelGraph(), kv.Drift()]
monitors = [kv.Monitor(log_dir, probe, views)] if watched else []
history, weights = train(3, monitors, model=model)
alone = kv.GradCAM(layers="conv").compute(model, probe)["conv"]
one = small_model()
one.set_weights(model.get_weights())
single = kv.GradCAM(layers="conv").compute(one, probe)["conv"]
print(json.dumps({
    "history": history, "weights": [w.hex() for w in weights],
    "alone": alone.tolist(), "single": single.tolist(),
}))
"""


@pytest.mark.filterwarnings("ignore")
def test_mirrored_strategy(tmp_path):
    import kerasvis2 as kv

    found = {}
    for way in ("watched", "plain"):
        lines, err, status = fits.run(MIRRORED, tmp_path / way, way)
        assert status == 0, err[-3000:]
        assert not [line for line in lines if line.startswith("warning: kerasvis2")], lines
        (found[way],) = fits.parsed(lines)
    assert found["watched"]["history"] == found["plain"]["history"]
    assert found["watched"]["weights"] == found["plain"]["weights"]
    np.testing.assert_allclose(found["watched"]["alone"], found["watched"]["single"], atol=1e-6)
    (run,) = kv.read(tmp_path / "watched").values()
    (tag,) = [tag for tag in run.tags() if tag.startswith("grad_cam/")]
    assert run.steps(tag) == [0, 1, 2]
    truth = np.array(found["watched"]["single"])
    np.testing.assert_allclose(run.maps(tag, 2), truth, atol=truth.max() / 255 + 1e-7)
    assert len(run.tags()) > 8
    for folder in ("train", "vis"):  # one writer
        assert len(list((tmp_path / "watched" / folder).glob("events*"))) == 1
