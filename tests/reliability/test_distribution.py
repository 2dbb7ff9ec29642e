"""Trainings over several devices: the same weights, one writer, the pictures of one device."""

import contextlib
import socket

import fits
import numpy as np
import pytest

MIRRORED = """
import contextlib
import json
import tensorflow as tf
tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0], [tf.config.LogicalDeviceConfiguration()] * 2
)
log_dir, way = sys.argv[1:]
strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
assert strategy.num_replicas_in_sync == 2
with strategy.scope():
    keras.utils.set_random_seed(0)
    model = keras.Sequential([
        keras.Input((8, 8, 1)),
        keras.layers.RandomFlip(),
        keras.layers.Conv2D(4, 3, name="conv"),
        keras.layers.BatchNormalization(),
        keras.layers.ReLU(),
        keras.layers.GlobalAveragePooling2D(),
        keras.layers.Dropout(0.3),
        keras.layers.Dense(3, activation="softmax", name="scores"),
    ])
    model.compile("adam", "sparse_categorical_crossentropy")
views = [*kv.default_views(), kv.Saliency(), kv.LayerHealth(gradients=True),
         kv.ScoreCAM(channels=2), kv.ModelGraph(), kv.Drift()]
monitors = [] if way == "plain" else [kv.Monitor(log_dir, probe, views)]
with strategy.scope() if way == "inside" else contextlib.nullcontext():
    history, weights = train(3, monitors, model=model)
(alone,) = kv.GradCAM().compute(model, probe).values()
one = keras.models.clone_model(model)
one.set_weights(model.get_weights())
copies = [
    [copy.numpy().tobytes().hex() for copy in strategy.experimental_local_results(weight.value)]
    for weight in model.weights
]
(single,) = kv.GradCAM().compute(one, probe).values()
print(json.dumps({
    "history": history, "weights": [w.hex() for w in weights],
    "alone": alone.tolist(), "single": single.tolist(), "copies": copies,
}))
"""


@pytest.mark.filterwarnings("ignore")
def test_mirrored_strategy(tmp_path):
    import kerasvis2 as kv

    found = {}
    for way in ("outside", "inside", "plain"):  # of the strategy's scope: both are usual
        lines, err, status = fits.run(MIRRORED, tmp_path / way, way)
        assert status == 0, err[-3000:]
        assert not [line for line in lines if line.startswith("warning:")], lines
        (found[way],) = fits.parsed(lines)
    plain = found.pop("plain")
    for way, watched in found.items():
        for left in ("history", "weights", "copies"):
            assert watched[left] == plain[left], (way, left)
        assert {len(copies) for copies in watched["copies"]} == {2}
        np.testing.assert_allclose(watched["alone"], watched["single"], atol=1e-6)
        (run,) = kv.read(tmp_path / way).values()
        (tag,) = [tag for tag in run.tags() if tag.startswith("grad_cam/")]
        assert run.steps(tag) == [0, 1, 2]
        truth = np.array(watched["single"])
        np.testing.assert_allclose(run.maps(tag, 2), truth, atol=truth.max() / 255 + 1e-7)
        assert len(run.tags()) > 8
        for folder in ("train", "vis"):  # one writer
            assert len(list((tmp_path / way / folder).glob("events*"))) == 1


SEVERAL_WORKERS = """
import json
rank, ports = int(sys.argv[2]), sys.argv[3:]
os.environ["TF_CONFIG"] = json.dumps({
    "cluster": {"worker": [f"localhost:{port}" for port in ports]},
    "task": {"type": "worker", "index": rank},
})
import tensorflow as tf
strategy = tf.distribute.MultiWorkerMirroredStrategy()
with strategy.scope():
    model = small_model()
try:
    train(2, [kv.Monitor(sys.argv[1], probe, views())] if rank == 0 else [], model=model)
    print("trained", flush=True)
except Exception as error:
    print(type(error).__name__, str(error).partition(":")[0], flush=True)
os._exit(0)  # TensorFlow's servers would wait for each other
"""


def test_keras_refuses_several_workers_itself(tmp_path):
    """Keras's `fit` fails under MultiWorkerMirroredStrategy (keras#20585), with nobody watching."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(2)]
        for each in sockets:
            each.bind(("localhost", 0))
        ports = [each.getsockname()[1] for each in sockets]
    workers = [fits.start(SEVERAL_WORKERS, tmp_path / "run", rank, *ports) for rank in range(2)]
    try:
        said = [worker.communicate(timeout=300)[0] for worker in workers]
    finally:
        for worker in workers:
            worker.kill()
    words = "ValueError Attempt to convert a value (PerReplica"
    assert [words in each for each in said] == [True, True], said
