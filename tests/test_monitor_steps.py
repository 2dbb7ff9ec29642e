"""When a view is due: frequencies of its own, schedules, batches, and the end of the training."""

import sys
import threading
import time
import traceback
import warnings

import event_files
import keras
import numpy as np
import pytest
from keras import layers

import kerasvis2 as kv


class Tick(kv.View):
    """Logs the optimizer's iterations as it is looked at."""

    def __init__(self, name="tick", at_end=False, **common):
        super().__init__(**common)
        self.label, self.at_end = name, at_end

    @property
    def name(self):
        return self.label

    def needs(self, model, probe):
        return kv.Request()

    def reduce(self, seen):
        return {"iterations": seen.chunk.iterations}

    def draw(self, arrays, about):
        return kv.Drawing(scalars={"iterations": float(arrays["iterations"])})


def fit(folder, digits, probe, views, epochs=3, images=40, execution=1, **options):
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Flatten(),
            layers.Dense(10, activation="softmax", name="scores"),
        ]
    )
    model.compile("sgd", "sparse_categorical_crossentropy", steps_per_execution=execution)
    monitor = kv.Monitor(folder, probe, views, on_error="raise", **options)
    data = digits.x_train[:images], digits.y_train[:images]
    model.fit(*data, batch_size=8, epochs=epochs, verbose=0, callbacks=[monitor])
    return model, monitor


def logged(folder, name="tick"):
    """(steps, iterations) of a view."""
    tag = f"{name}/iterations"
    return event_files.steps(folder / "vis", tag), event_files.scalars(folder / "vis", tag)


def test_each_view_has_its_own_frequency(tmp_path, digits, digits_probe):
    views = [
        Tick("always", freq=1),
        Tick("third", freq=3),
        Tick("never", freq=0),
        Tick("common"),
        Tick("spaced", freq=kv.log_spaced(2)),
        Tick("own", freq=lambda step: step in (1, 6)),
    ]
    fit(tmp_path, digits, digits_probe, views, epochs=8, images=8, freq=2)
    steps = {view.name: logged(tmp_path, view.name)[0] for view in views if view.name != "never"}
    assert steps == {
        "always": list(range(8)),
        "third": [0, 3, 6],
        "common": [0, 2, 4, 6],
        "spaced": [0, 2],
        "own": [1, 6],
    }
    assert not any(tag.startswith("never") for tag in event_files.tags(tmp_path / "vis", "scalars"))


def test_batches_are_counted_over_the_whole_training(tmp_path, digits, digits_probe):
    views = [Tick("all", freq=1), Tick("fourth", freq=4), Tick("spaced", freq=kv.log_spaced(3))]
    fit(tmp_path, digits, digits_probe, views, unit="batch")
    steps, iterations = logged(tmp_path, "all")
    assert steps == list(range(1, 16)) == iterations
    assert logged(tmp_path, "fourth") == ([4, 8, 12], [4, 8, 12])
    schedule = kv.log_spaced(3)
    assert logged(tmp_path, "spaced")[0] == [step for step in range(1, 16) if schedule(step)]


def test_a_second_fit_goes_on_counting_batches(tmp_path, digits, digits_probe):
    model, monitor = fit(tmp_path, digits, digits_probe, [Tick(freq=5)], epochs=1, unit="batch")
    model.fit(
        digits.x_train[:40],
        digits.y_train[:40],
        batch_size=8,
        initial_epoch=1,
        epochs=3,
        verbose=0,
        callbacks=[monitor],
    )
    assert logged(tmp_path)[0] == [5, 10, 15]


def test_several_steps_at_once_are_looked_at_after_the_last(tmp_path, digits, digits_probe):
    fit(tmp_path, digits, digits_probe, [Tick(freq=3)], epochs=2, execution=5, unit="batch")
    # 3 and 9 fall inside executions of five, which end at 5 and 10.
    assert logged(tmp_path) == ([5, 10], [5, 10])


def test_curves_stay_with_epochs(tmp_path, digits, digits_probe):
    fit(tmp_path, digits, digits_probe, [kv.Curves(), Tick(freq=7)], epochs=2, unit="batch")
    assert event_files.steps(tmp_path / "train", "epoch_loss") == [0, 1]
    assert logged(tmp_path)[0] == [7]


@pytest.mark.parametrize(
    ("unit", "freq", "steps"),
    [
        ("epoch", 4, [0, 4]),
        ("epoch", 3, [0, 3, 4]),
        ("epoch", 0, None),
        ("batch", 12, [12, 24, 25]),
    ],
)
def test_a_view_of_the_whole_training_is_looked_at_when_it_ends(
    tmp_path, digits, digits_probe, unit, freq, steps
):
    views = [Tick("end", at_end=True, freq=freq), Tick("other", freq=1)]
    fit(tmp_path, digits, digits_probe, views, epochs=5, unit=unit)
    tags = event_files.tags(tmp_path / "vis", "scalars")
    assert ("end/iterations" in tags) == (steps is not None)
    if steps is not None:
        assert logged(tmp_path, "end")[0] == steps


def test_the_batches_of_health_are_its_steps(tmp_path, digits, digits_probe):
    fit(tmp_path, digits, digits_probe, [kv.LayerHealth(freq=5)], unit="batch")
    ratios = event_files.scalars(tmp_path / "vis", "layer_health/update_ratio/scores")
    assert event_files.steps(tmp_path / "vis", "layer_health/update_ratio/scores") == [5, 10, 15]
    assert np.isfinite(ratios).all()
    assert "batch 15" in event_files.texts(tmp_path / "vis", "layer_health/report")[-1]


class Slow(Tick):
    """The first drawing takes until training has waited for it, however fast the machine is."""

    trainer = 0

    def draw(self, arrays, about):
        while about.step == 1 and not self._is_waited_for():
            time.sleep(0.01)
        if about.step == 1:
            time.sleep(0.2)
        return super().draw(arrays, about)

    def _is_waited_for(self):
        stack = traceback.walk_stack(sys._current_frames()[self.trainer])
        names = [frame.f_code.co_name for frame, _ in stack]
        return names[0] == "wait" and "_wait_for_room" in names


@pytest.mark.parametrize(
    ("patience", "share", "told"),
    [(0.1, 0.0, 1), (1000, 0.0, 0), (0.1, 1.0, 0)],
    ids=["long", "not long", "not a large share"],
)
@pytest.mark.timeout(120)
def test_where_training_waits_for_the_drawing_it_is_said_once(
    tmp_path, digits, digits_probe, monkeypatch, patience, share, told
):
    monkeypatch.setattr("kerasvis2.monitor.PATIENCE", patience)
    monkeypatch.setattr("kerasvis2.monitor.SHARE", share)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        slow = Slow()
        slow.trainer = threading.get_ident()
        fit(tmp_path, digits, digits_probe, [slow], epochs=12, unit="batch")
    said = [str(w.message) for w in caught if "kerasvis2" in str(w.message)]
    assert len(said) == told
    assert all("training waits" in words and "freq=5" in words for words in said)
    assert logged(tmp_path)[0] == list(range(1, 61))  # and nothing is lost
