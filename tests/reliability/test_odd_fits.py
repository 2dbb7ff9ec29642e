"""Fits as they are seldom called: the training is what it is alone, and what it shows is right."""

import io
import logging
import os
import signal
import sys
import threading
import warnings

import keras
import numpy as np
import pytest
from keras import layers
from long_training import every_view
from test_company import EPOCHS, Bad, at_epochs, data, monitor, network, steps, train

import kerasvis2 as kv
from kerasvis2.record.events import scalar
from kerasvis2.record.recorder import Recorder


class Batches(keras.utils.PyDataset):
    """The training data from worker processes or threads."""

    def __len__(self):
        return 4

    def __getitem__(self, index):
        x, y = data()
        return x[8 * index : 8 * index + 8], y[8 * index : 8 * index + 8]


def failing_batches():
    x, y = data()
    while True:
        for i in range(0, 24, 8):
            yield x[i : i + 8], y[i : i + 8]
        if len(failing_batches.left) == 0:
            raise RuntimeError("theirs")
        failing_batches.left.pop()


def generated(model, callbacks):
    failing_batches.left = [1, 2]
    return model.fit(
        failing_batches(), epochs=EPOCHS, steps_per_epoch=3, verbose=0, callbacks=callbacks
    )


def arrays(**options):
    def fit(model, callbacks):
        x, y = data()
        return model.fit(x, y, **{"epochs": 3, "verbose": 0} | options, callbacks=callbacks)

    return fit


def from_batches(workers, processes):
    def fit(model, callbacks):
        given = Batches(workers=workers, use_multiprocessing=processes, max_queue_size=2)
        return model.fit(given, epochs=3, verbose=0, callbacks=callbacks)

    return fit


def exhausted(model, callbacks):
    x, y = data()
    given = ((x[i : i + 8], y[i : i + 8]) for i in range(0, 32, 8))
    return model.fit(given, epochs=3, steps_per_epoch=3, verbose=0, callbacks=callbacks)


def searched(model, callbacks):
    """As tuners do: fit after fit, with everything cleared between."""
    first = [network() for _ in range(2)]
    for each in first:
        keras.utils.clear_session()
        arrays(epochs=1)(each, callbacks)
    return arrays(epochs=2)(model, callbacks)


def nothing_at_all(model, callbacks):
    x, y = data()
    return model.fit(x[:0], y[:0], epochs=2, verbose=0, callbacks=callbacks)


def in_a_thread(model, callbacks):
    found = []
    thread = threading.Thread(target=lambda: found.append(arrays()(model, callbacks)))
    thread.start()
    thread.join(60)
    return found[0]


FITS = {
    "weights, a ragged last batch": (
        arrays(class_weight={0: 1.0, 1: 5.0, 2: 0.1}, batch_size=7),
        [0, 1, 2],
    ),
    "validation now and then": (
        arrays(validation_split=0.25, validation_freq=2, epochs=5),
        [0, 1, 2, 3, 4],
    ),
    "no epoch": (arrays(epochs=0), None),
    # Elsewhere Keras raises, watched or not.
    "no data": (nothing_at_all, [0, 1] if keras.backend.backend() == "tensorflow" else None),
    "an exhausted generator": (exhausted, [0, 1, 2]),
    "a generator that raises": (generated, [0, 1, 2]),
    "worker threads": (from_batches(2, False), [0, 1, 2]),
    "worker processes": (from_batches(2, True), [0, 1, 2]),
    "a search": (searched, [0, 1]),
    "a thread": (in_a_thread, [0, 1, 2]),
}


def left_by(fit, callbacks):
    """The history, or how it ended; and the weights."""
    model = network()
    keras.utils.set_random_seed(2)
    try:
        ended = str(fit(model, callbacks).history)
    except Exception as error:
        ended = type(error).__name__
    return ended, [value.tobytes() for value in model.get_weights()]


@pytest.mark.parametrize("name", FITS)
@pytest.mark.filterwarnings("ignore")
def test_it_is_what_it_is_alone(tmp_path, name):
    fit, shown = FITS[name]
    assert left_by(fit, [monitor(tmp_path)]) == left_by(fit, [])
    if shown is None:
        assert not list(tmp_path.glob("vis/events*"))
    else:
        assert steps(tmp_path) == shown


def test_two_monitors_of_one_folder_are_told_so_and_nothing_breaks(tmp_path):
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        watched = left_by(arrays(), [monitor(tmp_path), monitor(tmp_path)])
    assert watched == left_by(arrays(), [])
    assert [w for w in said if "writes to" in str(w.message)]
    assert steps(tmp_path) == [0, 1, 2]


def test_a_metric_called_as_one_of_ours_is_theirs(tmp_path):
    x, y = data()
    model = network()
    own = keras.metrics.MeanMetricWrapper(lambda y, p: 7.0 + 0 * p[:, 0], name="learning_rate")
    model.compile("adam", "sparse_categorical_crossentropy", metrics=[own], run_eagerly=True)
    model.fit(x, y, epochs=2, verbose=0, callbacks=[monitor(tmp_path)])
    (run,) = kv.read(tmp_path).values()
    np.testing.assert_allclose(run.scalars("train/epoch_learning_rate")[1], [7.0, 7.0])


def raising(*_, **__):
    raise ValueError("of somebody's own")


@pytest.mark.parametrize("how", ["showwarning", "stderr", "closed", "logging"])
def test_where_nothing_can_be_said_nothing_stops(tmp_path, monkeypatch, how):
    """Warnings whose handler raises; no stderr, as of a program with no console; a closed one."""
    alone = train([])
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.simplefilter("ignore", DeprecationWarning)  # of Keras itself, on JAX
        if how == "showwarning":
            monkeypatch.setattr(warnings, "showwarning", raising)
        elif how == "logging":

            class Raises(logging.Handler):
                emit = handle = raising

            logging.captureWarnings(True)
            logging.getLogger("py.warnings").addHandler(handler := Raises())
        else:
            gone = None if how == "stderr" else io.StringIO()
            if gone is not None:
                gone.close()
            monkeypatch.setattr(sys, "stderr", gone)
            monkeypatch.setattr(sys, "stdout", gone)
        try:
            watched = train([monitor(tmp_path, [Bad()])])
        finally:
            if how == "logging":
                logging.captureWarnings(False)
                logging.getLogger("py.warnings").removeHandler(handler)
    assert watched == alone
    assert steps(tmp_path) == list(range(EPOCHS))


@pytest.mark.parametrize("name", ["kerasvis2-recorder", "kerasvis2-signals"])
def test_an_interruption_as_the_thread_starts_costs_nothing(tmp_path, monkeypatch, name):
    """Ctrl-C comes where Python waits, and it waits for a thread to begin."""
    start, begun = threading.Thread.start, []

    def interrupted(thread):
        start(thread)
        if thread.name == name and not begun:
            begun.append(thread)
            raise KeyboardInterrupt

    monkeypatch.setattr(threading.Thread, "start", interrupted)
    mine, model = monitor(tmp_path), network()
    assert train([mine], model)[0] == "KeyboardInterrupt()"
    train([mine], model, initial_epoch=1)
    assert begun
    assert steps(tmp_path) == list(range(EPOCHS))


def test_an_interruption_as_the_thread_starts_leaves_it_the_only_one(tmp_path, monkeypatch):
    """It is at work yet as the next step comes: two would draw the same and lose the other."""
    start, started, begun, go = threading.Thread.start, [], threading.Event(), threading.Event()

    def interrupted(thread):
        start(thread)
        if thread.name == "kerasvis2-recorder":
            started.append(thread)
            if len(started) == 1:
                raise KeyboardInterrupt

    def draw():
        begun.set()
        go.wait(30)
        return {"vis": [scalar("x", 1.0)]}

    monkeypatch.setattr(threading.Thread, "start", interrupted)
    recorder = Recorder(tmp_path, on_error=print)
    with pytest.raises(KeyboardInterrupt):
        recorder.submit(0, draw, 0)
    assert begun.wait(30)
    recorder.submit(1, draw, 0)
    go.set()
    recorder.drain()
    assert len(started) == 1
    assert steps(tmp_path, "x") == [0, 1]


@pytest.mark.parametrize("name", ["kerasvis2-recorder", "kerasvis2-signals"])
def test_an_interruption_before_the_thread_starts_holds_up_nobody(tmp_path, monkeypatch, name):
    start, begun = threading.Thread.start, []

    def interrupted(thread):
        if thread.name == name and not begun:
            begun.append(thread)
            raise KeyboardInterrupt
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", interrupted)
    mine, model = monitor(tmp_path), network()
    assert train([mine], model)[0] == "KeyboardInterrupt()"
    ended = []
    fit_again = lambda: ended.append(train([mine], model, initial_epoch=1))  # noqa: E731
    again = threading.Thread(target=fit_again, daemon=True)
    again.start()
    again.join(60)
    assert ended
    assert steps(tmp_path) == list(range(EPOCHS))


def test_a_fork_leaves_the_files_of_a_training_alone(tmp_path):
    """One that goes on as if nothing was; where it trains itself, it has a writer of its own."""

    def fork(epoch, _):
        if epoch != 1:
            return
        child = os.fork()
        if child == 0:
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.alarm(20)  # ends it where it hangs
            mine.on_epoch_end(2, {"loss": 1.0})
            mine.on_train_end()
            before, given = mine._recorder, (mine.model, mine.params)
            mine._used_here()  # all of `on_train_begin` that does not ask TensorFlow, which hangs
            os._exit(mine._recorder is before or (mine.model, mine.params) != given)
        assert os.waitpid(child, 0)[1] == 0

    mine = monitor(tmp_path)
    assert train([mine, at_epochs(fork)]) == train([])
    assert steps(tmp_path) == list(range(EPOCHS))
    assert len(list(tmp_path.glob("vis/events*"))) == 1


def test_what_is_done_to_the_users_arrays_later_is_not_seen(tmp_path):
    x, y = data()
    mine, labels = x[:4].copy(), y[:4].copy()
    probe = kv.Probe(mine, labels, display=(-4, 4))

    def spoil(*_):
        mine[:], labels[:] = np.nan, 99

    views = [kv.GradientTimesInput(), kv.Predictions()]
    model = network()
    left = train([at_epochs(spoil), kv.Monitor(tmp_path, probe, views)], model)
    assert left == train([])
    truth = kv.GradientTimesInput().compute(model, kv.Probe(x[:4], y[:4], display=(-4, 4)))
    (run,) = kv.read(tmp_path).values()
    shown = run.maps("gradient_times_input/00_input", EPOCHS - 1)
    np.testing.assert_allclose(
        shown, truth["input"].reshape(shown.shape), atol=np.abs(truth["input"]).max() / 100
    )


@pytest.mark.parametrize("precision", ["float64", "float16"])
def test_in_another_precision(tmp_path, precision):
    """Set for all of Keras; what a view makes itself is float32 as ever."""
    x, y = data()

    def fit(callbacks):
        keras.utils.set_random_seed(0)
        image = keras.Input((8, 8, 1))
        h = layers.Conv2D(4, 3, activation="relu", name="conv")(image)
        h = layers.GlobalAveragePooling2D()(h)
        model = keras.Model(image, layers.Dense(3, activation="softmax")(h))
        model.compile("adam", "sparse_categorical_crossentropy", run_eagerly=True)
        model.fit(x.astype(precision), y, epochs=2, verbose=0, callbacks=callbacks)
        return [value.tobytes() for value in model.get_weights()]

    probe = kv.Probe(x[:4].astype(precision), y[:4], display=(-4, 4))
    given = keras.config.floatx()
    keras.config.set_floatx(precision)
    try:
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            watched = fit([kv.Monitor(tmp_path, probe, every_view())])
        assert watched == fit([])
    finally:
        keras.config.set_floatx(given)
    assert [str(w.message) for w in said if "kerasvis2" in str(w.message)] == []
    assert steps(tmp_path, "occlusion/00_input") == [0, 1]


def test_thousands_of_classes_and_names_that_no_text_holds(tmp_path):
    """Names with NUL and with half a character."""
    keras.utils.set_random_seed(0)
    x = np.random.default_rng(0).random((4, 6, 6, 1), "float32")
    names = ["a\0b", "\ud800", "line\nfeed", *map(str, range(19_997))]
    model = keras.Sequential(
        [keras.Input((6, 6, 1)), layers.Flatten(), layers.Dense(len(names), activation="softmax")]
    )
    model.compile("sgd", "sparse_categorical_crossentropy")
    y = np.array([0, 1, 2, 19_999])
    probe = kv.Probe(x, y, class_names=names, display=(0, 1))
    views = [kv.Curves(), kv.Predictions(), kv.Saliency(), kv.LayerHealth()]
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        mine = kv.Monitor(tmp_path, probe, views, hparams={"\udcff": "\udcff", "b": ["\udcff"]})
        tell = at_epochs(lambda epoch, logs: logs.update({"\udcff": 1.0}))
        model.fit(x, y, epochs=2, verbose=0, callbacks=[tell, mine])
    assert [str(w.message) for w in said if "kerasvis2" in str(w.message)] == []
    assert steps(tmp_path, "saliency/00_input") == [0, 1]
    assert steps(tmp_path, r"train/epoch_\udcff") == [0, 1]
