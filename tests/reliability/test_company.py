"""Among callbacks, threads, processes and folders of all kinds: a training is what it is alone."""

import copy
import os
import pickle
import signal
import threading
import warnings

import keras
import numpy as np
import pytest
from keras import layers

import kerasvis2 as kv

CALLBACKS = keras.callbacks
EPOCHS = 4


def data():
    rng = np.random.default_rng(0)
    return rng.normal(size=(32, 8, 8, 1)).astype("float32"), rng.integers(0, 3, 32)


def network():
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(4, 3, activation="relu", name="conv"),
            layers.Dropout(0.2, name="drop"),
            layers.GlobalAveragePooling2D(name="pool"),
            layers.Dense(3, activation="softmax", name="scores"),
        ]
    )
    # Eagerly, as tracing a training takes longer than one of a few steps.
    model.compile("adam", "sparse_categorical_crossentropy", run_eagerly=True)
    return model


def monitor(folder, more=(), **options):
    x, y = data()
    probe = kv.Probe(x[:4], y[:4], display=(-4, 4))
    views = [kv.Curves(), kv.Saliency(), *more]
    return kv.Monitor(folder, probe, views, **options)


def train(callbacks, model=None, **options):
    """The history, or how it ended; the weights, and what Keras drew at random."""
    model = model or network()
    x, y = data()
    options = {"epochs": EPOCHS, "validation_split": 0.25} | options
    try:
        ended = model.fit(x, y, verbose=0, callbacks=callbacks, **options).history
    except BaseException as error:
        ended = repr(error)
    return str(ended), [value.tobytes() for value in model.get_weights()]


def steps(folder, tag="saliency/00_input"):
    (run,) = kv.read(folder).values()
    assert run.damage == []
    return run.steps(tag)


@pytest.fixture(scope="module")
def plain():
    """The training that is not watched."""
    return train([])


def at_epochs(act, hook="on_epoch_end"):
    return CALLBACKS.LambdaCallback(**{hook: act})


class Stop(CALLBACKS.Callback):
    """Raises at the third call of a hook."""

    def __init__(self, hook, error):
        super().__init__()
        self.called = 0
        self.error = error
        setattr(self, hook, self.count)

    def count(self, *_, **__):
        self.called += 1
        if self.called == 3:
            raise self.error


class Unfreezing(CALLBACKS.Callback):
    """What a schedule of fine-tuning does to a model while it trains."""

    def on_epoch_end(self, epoch, logs=None):
        if epoch == 0:
            self.model.layers[0].activation = keras.activations.tanh
        if epoch == 1:
            self.model.layers[0].trainable = False
        self.model.optimizer.learning_rate = 0.1 / (epoch + 1)


class Hyper(CALLBACKS.Callback):
    """Fills the logs with what is no number."""

    def on_epoch_end(self, epoch, logs=None):
        logs |= {"said": "words", "none": None, "huge": 10**400, "kind": object, "both": 1 + 2j}
        logs |= {"each": np.arange(3.0), "image": np.zeros((4, 4)), "one": np.ones(1), 7: 3.0}


COMPANY = {
    "best weights": lambda _: [
        CALLBACKS.EarlyStopping("loss", min_delta=9, start_from_epoch=1, restore_best_weights=True)
    ],
    "plateau": lambda _: [CALLBACKS.ReduceLROnPlateau("loss", patience=1, min_delta=9)],
    "checkpoints": lambda at: [CALLBACKS.ModelCheckpoint(str(at / "{epoch}.keras"))],
    "clearing": lambda _: [at_epochs(lambda *_: keras.utils.clear_session())],
    "seeding": lambda _: [
        at_epochs(lambda epoch, _: keras.utils.set_random_seed(epoch), "on_epoch_begin")
    ],
    "unfreezing": lambda _: [Unfreezing()],
    "logging words": lambda _: [Hyper()],
}
if keras.backend.backend() == "jax":
    del COMPANY["unfreezing"]  # Keras loses the variables, watched or not


@pytest.mark.parametrize("name", COMPANY)
def test_other_callbacks_do_what_they_do_alone(tmp_path, name):
    before, behind = monitor(tmp_path / "before"), monitor(tmp_path / "behind")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        watched = train([before, *COMPANY[name](tmp_path), behind])
    assert [str(w.message) for w in caught if "kerasvis2" in str(w.message)] == []
    assert watched == train(COMPANY[name](tmp_path))
    for run in ("before", "behind"):
        assert steps(tmp_path / run) == list(range(3 if name == "best weights" else EPOCHS))


@pytest.mark.parametrize(
    ("hook", "error"),
    [
        ("on_epoch_begin", KeyboardInterrupt("now")),
        ("on_train_batch_end", SystemExit(3)),
        ("on_test_begin", RuntimeError("theirs")),
    ],
)
def test_what_others_raise_ends_a_training_as_it_would_and_it_goes_on(tmp_path, hook, error):
    model, alone, mine = network(), network(), monitor(tmp_path)
    keras.utils.set_random_seed(1)
    ended = train([mine, Stop(hook, error)], model), train([mine], model, initial_epoch=2)
    keras.utils.set_random_seed(1)
    assert ended == (train([Stop(hook, error)], alone), train([], alone, initial_epoch=2))
    assert ended[0][0] == repr(error)
    saved = steps(tmp_path)
    assert saved[-2:] == [2, 3]


def test_a_metric_of_each_class_has_a_curve_of_each_class(tmp_path):
    x, y = data()
    model = network()
    f1 = keras.metrics.F1Score(average=None, name="f1")
    model.compile("adam", "categorical_crossentropy", metrics=[f1], run_eagerly=True)
    fitted = model.fit(
        x, np.eye(3)[y], epochs=2, verbose=0, validation_split=0.25, callbacks=[monitor(tmp_path)]
    )
    (run,) = kv.read(tmp_path).values()
    for number in range(3):
        _, values = run.scalars(f"validation/epoch_f1_{number}")
        np.testing.assert_allclose(values, np.stack(fitted.history["val_f1"])[:, number])


COPIES = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "pickle": lambda mine: pickle.loads(pickle.dumps(mine)),
}


@pytest.mark.parametrize(("way", "unit"), list(zip(COPIES, ("batch", "epoch", "batch"))))
def test_a_copy_has_the_settings_and_begins_anew(tmp_path, plain, way, unit):
    """As tuners make one for each trial."""
    first = monitor(tmp_path / "run", unit=unit, freq=2)
    train([first])
    (tmp_path / "run").rename(tmp_path / "first")
    second = COPIES[way](first)
    assert second is not first
    assert train([second]) == plain
    assert steps(tmp_path / "run") == steps(tmp_path / "first")
    assert "model" not in repr(second.__getstate__().keys())
    assert (second.freq, second.unit, list(second.views)) == (2, unit, list(first.views))


def test_a_copy_looks_at_the_very_layers_that_were_asked_for(tmp_path, plain):
    model = network()
    mine = copy.deepcopy(monitor(tmp_path, [kv.HiResCAM(layers=model.layers[0])]))
    assert train([mine], model) == plain
    assert steps(tmp_path, "hi_res_cam/00_conv") == list(range(EPOCHS))


def broken_at_two(step):
    if step == 2:
        raise ZeroDivisionError("of the user's")
    return True


SETTINGS = {
    "freq": {"freq": broken_at_two},
    "view": {"more": [kv.Filters(freq=broken_at_two)]},
    "pictures": {"pictures": broken_at_two},
    "no bool": {"freq": lambda step: np.ones(2)},
}


@pytest.mark.parametrize("name", SETTINGS)
def test_settings_that_raise_while_it_trains_are_told_once(tmp_path, plain, name):
    mine = monitor(tmp_path, **SETTINGS[name])
    with pytest.warns(UserWarning, match=r"training goes on") as said:
        watched = train([mine])
    assert watched == plain
    told = [str(w.message) for w in said if "kerasvis2" in str(w.message)]
    assert len(told) == (2 if name == "pictures" else 1), told  # there by each view
    if name in ("freq", "view"):
        lost = [2] if name == "freq" else []
        assert steps(tmp_path) == [step for step in range(EPOCHS) if step not in lost]


class Bad(kv.Saliency):
    """Fails at both ends."""

    name = "bad"

    def draw(self, arrays, about):
        raise RuntimeError("on purpose")


class BadPass(kv.Saliency):
    name = "bad_pass"

    def reduce(self, seen):
        raise RuntimeError("on purpose")


def test_where_warnings_are_errors_it_is_said_on_stderr(tmp_path, plain, capfd):
    mine = monitor(tmp_path, [Bad(), BadPass()])
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        watched = train([mine])
    assert watched == plain
    said = capfd.readouterr().err
    assert said.count("'bad'") == said.count("'bad_pass'") == 1
    assert steps(tmp_path) == list(range(EPOCHS))


def test_where_no_thread_can_be_started_its_steps_are_lost_and_told(tmp_path, plain):
    def starve(epoch, _):
        threading.stack_size(2**46 if epoch == 1 else 0)

    try:
        with pytest.warns(UserWarning, match=r"starting a thread to draw step 1"):
            watched = train([at_epochs(starve, "on_epoch_begin"), monitor(tmp_path)])
    finally:
        threading.stack_size(0)
    assert watched == plain
    assert steps(tmp_path) == [0, 2, 3]


def test_a_relative_folder_is_that_of_the_beginning(tmp_path, plain, monkeypatch):
    (tmp_path / "here").mkdir()
    (tmp_path / "there").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    mine = monitor("runs/one", [Bad()])
    with pytest.warns(UserWarning, match=r"'bad'"):
        watched = train([mine, at_epochs(lambda *_: os.chdir(tmp_path / "there"))])
    os.rmdir(tmp_path / "there")
    train([mine], initial_epoch=EPOCHS, epochs=6)
    assert watched == plain
    assert os.listdir(tmp_path) == ["here"]
    assert steps(tmp_path / "here" / "runs") == list(range(6))
    beside = {path.name for path in (tmp_path / "here/runs/one").iterdir()}
    assert {"errors.log", "about.scales.json"} <= beside


FOLDERS = {
    "a link": lambda at: (at / "real").mkdir() or (at / "link").symlink_to("real") or at / "link",
    "any script": lambda at: at / "Größe 猫 \udcff\nx %s {0} #?&",
    "deep": lambda at: at.joinpath(*["a" * 200] * 17),
}
REFUSED = {
    "a file": lambda at: (at / "file").touch() or at / "file",
    "a link to nowhere": lambda at: (at / "link").symlink_to("nowhere") or at / "link",
    "a name that is too long": lambda at: at / ("a" * 300),
    "a path that is too long": lambda at: at.joinpath(*["a" * 200] * 21),
}


@pytest.mark.parametrize("name", FOLDERS)
def test_folders_of_all_kinds(tmp_path, plain, name):
    folder = FOLDERS[name](tmp_path)
    assert train([monitor(folder)]) == plain
    assert steps(folder) == list(range(EPOCHS))


@pytest.mark.parametrize("name", REFUSED)
def test_folders_that_cannot_be_are_refused_before_training(tmp_path, name):
    mine = monitor(REFUSED[name](tmp_path))
    with pytest.raises(OSError, match="Give a folder that exists or can be made"):
        mine.begin(network())


def test_a_fork_in_mid_training_writes_nothing(tmp_path, plain):
    """As loaders do that have worker processes."""

    def fork(epoch, _):
        child = os.fork()
        if child == 0:
            if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
                os.kill(os.getpid(), signal.SIGTERM)  # as a pool ends its workers
            os._exit(1)
        assert os.waitpid(child, 0)[1] == signal.SIGTERM

    assert train([monitor(tmp_path), at_epochs(fork)]) == plain
    assert steps(tmp_path) == list(range(EPOCHS))


def test_a_fork_ended_as_soon_as_it_is_made_ends(tmp_path, plain):
    """As a pool's workers may be, where an epoch is short; from the pool's own thread too."""

    def fork():
        child = os.fork()
        if child == 0:
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.alarm(20)  # ends it where the other signal got lost
            while True:
                signal.pause()
        os.kill(child, signal.SIGTERM)
        assert os.waitpid(child, 0)[1] == signal.SIGTERM
        assert not signal.pthread_sigmask(signal.SIG_BLOCK, ())
        ended.append(child)

    def forks(epoch, _):
        assert signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
        fork()
        thread = threading.Thread(target=fork)
        thread.start()
        thread.join()

    ended = []
    assert train([monitor(tmp_path), at_epochs(forks)]) == plain
    assert len(ended) == 2 * EPOCHS


def test_one_monitor_given_twice_and_to_a_training_inside_a_training(tmp_path, plain):
    mine = monitor(tmp_path / "one")
    assert train([mine, mine]) == plain
    assert steps(tmp_path / "one") == list(range(EPOCHS))

    def inner(callbacks):
        def act(epoch, _):
            if epoch == 1:
                train(callbacks, epochs=2)

        return at_epochs(act)

    outer, other = monitor(tmp_path / "outer"), monitor(tmp_path / "inner")
    assert train([outer, inner([other])]) == train([inner([])])
    assert steps(tmp_path / "outer") == list(range(EPOCHS))
    assert steps(tmp_path / "inner") == [0, 1]
    assert train([outer, inner([outer])], initial_epoch=0) == train([inner([])])
