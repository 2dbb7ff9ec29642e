"""Trainings that are taken up again: steps go on, nothing is doubled, nothing stale is shown."""

import signal
import warnings

import fits
import keras
import numpy as np
import pytest
from record_loaders import LOADERS

import kerasvis2 as kv
from kerasvis2.record.reader import runs

BACKED_UP = """
class Slower(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        time.sleep(float(sys.argv[3]))

backup = keras.callbacks.BackupAndRestore(sys.argv[2])
fit(sys.argv[1], 8, more=[backup, Slower()])
"""


def check(folder, epochs):
    """The same steps, each once, for our reader and both of TensorBoard's loaders."""
    [run] = runs(folder).values()
    assert run.steps("saliency/00_input") == epochs
    assert run.steps("grad_cam/00_conv") == [epoch for epoch in epochs if epoch % 2 == 0]
    for part in ("train", "validation"):
        assert run.steps(f"{part}/epoch_loss") == epochs
    for loader in LOADERS:
        load = loader(folder)
        for tag in run.tags():
            steps = run.steps(tag)
            for step, shown in zip(steps, load.pictures("run/vis", tag, steps)):
                assert np.array_equal(shown, run.picture(tag, step)), (loader, tag, step)
        for part in ("train", "validation"):
            load.steps("scalars", f"run/{part}", "epoch_loss", epochs)


def test_backup_and_restore_after_a_kill(tmp_path):
    process = fits.start(BACKED_UP, tmp_path / "run", tmp_path / "backup", 0.3)
    fits.wait_for(process, "epoch 4")
    process.send_signal(signal.SIGKILL)
    process.communicate()
    lines, err, status = fits.run(BACKED_UP, tmp_path / "run", tmp_path / "backup", 0)
    assert status == 0, err
    first = next(line for line in lines if line.startswith("epoch"))
    assert first in ("epoch 4", "epoch 5")
    assert not [line for line in lines if line.startswith("warning: kerasvis2")]
    check(tmp_path, list(range(8)))


@pytest.fixture
def fit(tmp_path):
    """Trains a small model as `fits` does, in this process."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(32, 8, 8, 1)).astype("float32")
    y = rng.integers(0, 3, 32)
    probe = kv.Probe(x[:4], y[:4], display=(-4, 4))

    def train(epochs, initial_epoch=0, monitor=None, log_dir=tmp_path / "run"):
        keras.utils.set_random_seed(epochs)
        model = keras.Sequential(
            [
                keras.Input((8, 8, 1)),
                keras.layers.Conv2D(4, 3, activation="relu", name="conv"),
                keras.layers.GlobalAveragePooling2D(name="gap"),
                keras.layers.Dense(3, activation="softmax", name="scores"),
            ]
        )
        model.compile("adam", "sparse_categorical_crossentropy")
        views = [kv.Curves(), kv.Saliency(), kv.GradCAM(layers="conv", freq=2)]
        monitor = monitor or kv.Monitor(log_dir, probe, views)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            model.fit(
                x,
                y,
                validation_split=0.25,
                epochs=epochs,
                initial_epoch=initial_epoch,
                verbose=0,
                callbacks=[monitor],
            )
        said = [str(each.message) for each in caught]
        return monitor, [words for words in said if words.startswith("kerasvis2")]

    return train


def test_going_on_where_it_ended(tmp_path, fit):
    monitor, _ = fit(2)
    assert fit(4, 2, monitor)[1] == []
    assert fit(6, 4)[1] == []  # as another process would, that ends before
    check(tmp_path, list(range(6)))


def test_going_on_from_before(tmp_path, fit):
    fit(6)
    assert fit(5, 3)[1] == []
    check(tmp_path, list(range(5)))


@pytest.mark.parametrize("again", [True, False])
def test_beginning_anew_says_what_to_do_and_shows_the_new(tmp_path, fit, again):
    monitor, _ = fit(4)
    [words] = fit(3, 0, monitor if again else None)[1]
    assert "initial_epoch=" in words
    assert "another log_dir" in words
    check(tmp_path, list(range(3)))


def test_a_training_into_a_store(fit):
    url = "memory://fits/runs"
    fit(2, log_dir=f"{url}/run")
    assert fit(3, 2, log_dir=f"{url}/run")[1] == []
    [run] = runs(url).values()
    assert run.steps("saliency/00_input") == [0, 1, 2]
    assert run.about["versions"]["keras"]
