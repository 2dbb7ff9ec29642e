"""Monitor in a real `fit`: what lands on disk, and that training does not notice."""

import json
import re
import warnings

import event_files
import hparams_tab
import keras
import numpy as np
import pytest
from keras import layers
from quiet import quiet

import kerasvis2 as kv
from kerasvis2.monitor import Monitor
from kerasvis2.render.colour import NOT_A_NUMBER

EPOCHS = 3


def small_model(seed=0, **compile_options):
    keras.utils.set_random_seed(seed)
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(4, 3, padding="same", activation="relu", name="conv1"),
            layers.BatchNormalization(name="norm"),
            layers.Dropout(0.2, name="drop"),
            layers.Conv2D(6, 3, activation="relu", name="conv2"),
            layers.GlobalAveragePooling2D(name="pool"),
            layers.Dense(10, activation="softmax", name="scores"),
        ]
    )
    model.compile(
        "adam", "sparse_categorical_crossentropy", metrics=["accuracy"], **compile_options
    )
    return model


@pytest.fixture(scope="module")
def data(digits):
    return digits.x_train[:256], digits.y_train[:256], digits.x_test[:64], digits.y_test[:64]


def fit(model, data, callbacks, epochs=EPOCHS, **options):
    x, y, x_val, y_val = data
    return model.fit(
        x,
        y,
        validation_data=(x_val, y_val),
        epochs=epochs,
        callbacks=callbacks,
        verbose=0,
        **options,
    )


def quick_views():
    """The default set and saliency, the ascent in few steps."""
    return [
        kv.Curves(),
        kv.Filters(),
        kv.Activations(),
        kv.GradCAM(),
        kv.ActivationMaximization(units="probe", quality="fast", steps=4),
        kv.Saliency(),
    ]


@pytest.fixture(scope="module")
def trained(tmp_path_factory, data, digits_probe):
    """One training that many tests look at: model, history, monitor, folder."""
    folder = tmp_path_factory.mktemp("runs") / "first"
    monitor = Monitor(folder, digits_probe, quick_views(), hparams={"lr": 1e-3, "kind": "small"})
    model = small_model()
    with quiet():
        history = fit(model, data, [monitor])
    return model, history, monitor, folder


def test_training_is_the_same_to_the_last_bit(trained, data):
    model, history, *_ = trained
    plain = small_model()
    expected = fit(plain, data, [])
    assert history.history == expected.history
    for mine, his in zip(model.variables, plain.variables):
        np.testing.assert_array_equal(mine.numpy(), his.numpy(), err_msg=mine.path)
    for mine, his in zip(model.optimizer.variables, plain.optimizer.variables):
        np.testing.assert_array_equal(mine.numpy(), his.numpy(), err_msg=mine.path)


def test_a_whole_fit_traces_each_pass_once(trained):
    _, _, monitor, _ = trained
    # The shared pass of five views, and the ascent's own.
    assert monitor._watching.session.traces == 2


def test_scalars_are_those_of_keras(trained):
    _, history, _, folder = trained
    for name, values in history.history.items():
        where, tag = ("validation", name[4:]) if name.startswith("val_") else ("train", name)
        found = event_files.scalars(folder / where, f"epoch_{tag}")
        np.testing.assert_allclose(found, values, rtol=1e-6)
        assert event_files.steps(folder / where, f"epoch_{tag}") == list(range(EPOCHS))
    np.testing.assert_allclose(
        event_files.scalars(folder / "train", "epoch_learning_rate"), [1e-3] * EPOCHS
    )


def test_scalars_lie_where_kerass_tensorboard_puts_them(tmp_path, data, trained):
    fit(small_model(), data, [keras.callbacks.TensorBoard(tmp_path, write_graph=False)])
    *_, folder = trained
    for where in ("train", "validation"):
        theirs = {t for t in event_files.tags(tmp_path / where, "scalars") if "epoch" in t}
        mine = set(event_files.tags(folder / where, "scalars"))
        assert theirs <= mine


def test_every_view_has_one_picture_a_layer_and_epoch(trained):
    *_, folder = trained
    assert set(event_files.tags(folder / "vis", "images")) == {
        "curves/00_metrics",
        "filters/00_conv1",
        "filters/03_conv2",
        "filters/05_scores",
        "activations/01_norm",
        "activations/03_conv2",
        "grad_cam/01_norm",
        "grad_cam/03_conv2",
        "activation_maximization/05_scores",
        "saliency/00_input",
    }
    for tag in event_files.tags(folder / "vis", "images"):
        assert event_files.steps(folder / "vis", tag) == list(range(EPOCHS))
        for picture in event_files.pictures(folder / "vis", tag):
            assert picture.shape[1] <= 720
            assert picture.std() > 5


def test_one_event_an_epoch_and_folder(trained):
    import tensorflow as tf
    from tensorboard.compat.proto import event_pb2

    *_, folder = trained
    for where in ("train", "validation", "vis"):
        (file,) = (folder / where).glob("events.*")
        records = [
            event_pb2.Event.FromString(record.numpy())
            for record in tf.data.TFRecordDataset(str(file))
        ]
        tags = [(e.step, {v.tag for v in e.summary.value}) for e in records]
        steps = [step for step, held in tags if held and not any("_hparams_" in t for t in held)]
        assert steps == list(range(EPOCHS))


def test_the_run_says_what_it_is(trained, digits_probe):
    *_, folder = trained
    info = json.loads((folder / "vis" / "about.json").read_text())
    assert info["probe"]["fingerprint"] == digits_probe.fingerprint
    assert info["class_names"] == [str(n) for n in range(10)]
    assert info["hparams"] == {"lr": 1e-3, "kind": "small"}
    assert [v["view"] for v in info["views"]] == [type(v).__name__ for v in quick_views()]
    assert [entry["path"] for entry in info["layers"]][:2] == ["conv1", "norm"]
    assert {"kerasvis2", "keras", "tensorflow", "numpy", "python"} <= set(info["versions"])
    (card,) = event_files.texts(folder / "vis", "kerasvis/run")
    assert f"probe fingerprint: {digits_probe.fingerprint}" in card


def test_the_hparams_tab_has_accuracy_and_loss_as_metrics_and_nothing_else(trained):
    *_, folder = trained
    experiment = hparams_tab.ask(folder.parent, "/experiment", experimentName="")
    assert [each["name"] for each in experiment["hparamInfos"]] == ["kind", "lr"]
    tags = [each["name"]["tag"] for each in experiment["metricInfos"]]
    assert tags == ["epoch_accuracy", "epoch_loss"]
    logged = event_files.accumulate(folder / "validation").summary_metadata
    assert "_hparams_/session_end_info" in logged


def test_a_second_fit_goes_on_counting(tmp_path, data, digits_probe):
    monitor = Monitor(tmp_path, digits_probe, [kv.Curves(), kv.Saliency()])
    model = small_model()
    fit(model, data, [monitor], epochs=2)
    model.get_layer("conv1").trainable = False
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    with quiet():
        fit(model, data, [monitor], epochs=4, initial_epoch=2)
    assert event_files.steps(tmp_path / "vis", "saliency/00_input") == [0, 1, 2, 3]
    assert event_files.steps(tmp_path / "train", "epoch_loss") == [0, 1, 2, 3]
    assert monitor._watching.session.traces == 1
    assert len(list((tmp_path / "vis").glob("events.*"))) == 1
    with pytest.warns(UserWarning, match=r"an earlier training up to step 3, .* initial_epoch="):
        fit(model, data, [monitor], epochs=1)


def test_another_model_in_the_same_monitor_is_looked_at_afresh(tmp_path, data, digits_probe):
    monitor = Monitor(tmp_path, digits_probe, [kv.GradCAM(layers="conv2")])
    models = small_model(), small_model(seed=1)
    fit(models[0], data, [monitor], epochs=1)
    fit(models[1], data, [monitor], epochs=2, initial_epoch=1)
    (run,) = kv.read(tmp_path).values()
    own = [kv.GradCAM(layers="conv2").compute(model, digits_probe)["conv2"] for model in models]
    for step in (0, 1):
        kept = run.maps("grad_cam/03_conv2", step)
        close, far = (
            np.abs(kept - maps).max() / np.abs(maps).max() for maps in own[:: 1 - 2 * step]
        )
        assert close < 0.02 < far


# How often


def test_freq_of_the_monitor_and_of_a_view(tmp_path, data, digits_probe):
    views = [kv.Saliency(), kv.GradCAM(freq=1), kv.Filters(freq=lambda step: step == 3)]
    fit(small_model(), data, [Monitor(tmp_path, digits_probe, views, freq=2)], epochs=5)
    assert event_files.steps(tmp_path / "vis", "saliency/00_input") == [0, 2, 4]
    assert event_files.steps(tmp_path / "vis", "grad_cam/03_conv2") == [0, 1, 2, 3, 4]
    assert event_files.steps(tmp_path / "vis", "filters/00_conv1") == [3]


def test_freq_0_is_off(tmp_path, data, digits_probe):
    fit(small_model(), data, [Monitor(tmp_path, digits_probe, freq=0)], epochs=1)
    assert not list(tmp_path.rglob("events.*"))


@pytest.mark.parametrize("together", [1, 4])
def test_unit_batch_counts_the_optimizers_iterations(tmp_path, data, digits_probe, together):
    monitor = Monitor(tmp_path, digits_probe, [kv.Curves(), kv.Saliency()], freq=5, unit="batch")
    model = small_model(steps_per_execution=together)
    fit(model, data, [monitor], epochs=2)  # 8 batches an epoch
    expected = {1: [5, 10, 15], 4: [8, 12, 16]}[together]
    assert event_files.steps(tmp_path / "vis", "saliency/00_input") == expected


def test_without_a_probe_the_views_that_need_one_are_left_out(tmp_path, data):
    fit(small_model(), data, [Monitor(tmp_path)], epochs=1)
    views = {tag.split("/")[0] for tag in event_files.tags(tmp_path / "vis", "images")}
    assert views == {"curves", "filters"}


def test_two_views_of_a_kind_get_names_of_their_own(tmp_path, data, digits_probe):
    views = [kv.GradCAM(layers="conv2"), kv.GradCAM(layers="conv2", target="predicted")]
    fit(small_model(), data, [Monitor(tmp_path, digits_probe, views)], epochs=1)
    found = event_files.tags(tmp_path / "vis", "images")
    assert found == ["grad_cam/03_conv2", "grad_cam_2/03_conv2@predicted"]


def test_run_scale_is_frozen_at_the_first_log(tmp_path, data, digits_probe):
    tops = []

    class Watched(kv.Saliency):
        def draw(self, arrays, about):
            drawing = super().draw(arrays, about)
            tops.append(drawing.pictures["input"].top)
            return drawing

    fit(small_model(), data, [Monitor(tmp_path, digits_probe, [Watched(scale="run")])])
    assert len(set(tops)) == 1


# Beside Keras's own TensorBoard


def test_a_record_if_of_another_callback_loses_no_picture(tmp_path, data, digits_probe):
    board = keras.callbacks.TensorBoard(tmp_path / "keras", update_freq=7)
    monitor = Monitor(tmp_path / "mine", digits_probe, [kv.Saliency()])
    for callbacks in ([board, monitor], [monitor, board]):
        fit(
            small_model(),
            data,
            callbacks,
            initial_epoch=0 if callbacks[0] is board else EPOCHS,
            epochs=EPOCHS if callbacks[0] is board else 2 * EPOCHS,
        )
    steps = event_files.steps(tmp_path / "mine" / "vis", "saliency/00_input")
    assert steps == list(range(2 * EPOCHS))


@pytest.mark.parametrize("first", [True, False])
def test_in_the_folder_of_another_writer_it_says_what_to_do(tmp_path, data, digits_probe, first):
    board = keras.callbacks.TensorBoard(tmp_path, update_freq=7)
    monitor = Monitor(tmp_path, digits_probe, [kv.Curves()])
    words = r"keras.callbacks.TensorBoard, writes to .* a folder of its own, such as"
    with pytest.warns(UserWarning, match=words):
        fit(small_model(), data, [monitor, board] if first else [board, monitor])


# What goes wrong while training


class Failing(kv.Saliency):
    """Fails where it is told to."""

    def __init__(self, where):
        super().__init__()
        self.where = where

    def reduce(self, seen):
        if self.where == "reduce":
            raise RuntimeError("on purpose")
        return super().reduce(seen)

    def draw(self, arrays, about):
        if self.where == "draw" and about.step == 1:
            raise RuntimeError("on purpose")
        return super().draw(arrays, about)


@pytest.mark.parametrize("where", ["reduce", "draw"])
def test_a_failing_view_is_reported_once_and_switched_off(tmp_path, data, digits_probe, where):
    monitor = Monitor(tmp_path, digits_probe, [Failing(where), kv.Filters(), kv.GradCAM()])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        fit(small_model(), data, [monitor])
    (said,) = [str(w.message) for w in caught if "kerasvis2" in str(w.message)]
    assert "'failing', which is switched off" in said
    assert "on purpose" in said
    assert len(said.splitlines()) == 2
    assert "Traceback" in (tmp_path / "errors.log").read_text()
    assert event_files.steps(tmp_path / "vis", "grad_cam/03_conv2") == [0, 1, 2]
    drawn = [0] if where == "draw" else []
    tags = event_files.tags(tmp_path / "vis", "images")
    found = event_files.steps(tmp_path / "vis", "failing/00_input") if drawn else tags
    assert found == drawn or "failing/00_input" not in found


@pytest.mark.parametrize("where", ["reduce", "draw"])
def test_on_error_raise_stops_the_training(tmp_path, data, digits_probe, where):
    monitor = Monitor(tmp_path, digits_probe, [Failing(where)], on_error="raise")
    with pytest.raises(RuntimeError, match="on purpose"):
        fit(small_model(), data, [monitor])


def test_a_vanished_folder_is_reported_once_and_training_goes_on(tmp_path, data, digits_probe):
    folder = tmp_path / "run"

    class Vandal(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            import shutil

            if epoch == 1:
                monitor._recorder.drain()
                shutil.rmtree(folder)
                folder.write_text("a file where the folder was")

    monitor = Monitor(folder, digits_probe, [kv.Saliency()])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        history = fit(small_model(), data, [monitor, Vandal()], epochs=4)
    assert len(history.history["loss"]) == 4
    said = [str(w.message) for w in caught if "kerasvis2" in str(w.message)]
    assert len(said) == 2
    assert "lacks steps 1…3" in said[1]  # at the end


def test_nan_weights_are_drawn_as_such(tmp_path, data, digits_probe):
    model = small_model()
    model.get_layer("scores").kernel.assign(np.full((6, 10), np.nan, "float32"))
    fit(model, data, [Monitor(tmp_path, digits_probe, quick_views())], epochs=1)
    for tag in ("grad_cam/03_conv2", "saliency/00_input", "filters/05_scores"):
        (picture,) = event_files.pictures(tmp_path / "vis", tag)
        magenta = (abs(picture.astype(int) - NOT_A_NUMBER).max(-1) < 8).sum()
        assert magenta > 1000, tag


# Bad input, said before training starts


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"probe": np.zeros((2, 8, 8, 1))}, r"probe is a ndarray; wrap the images"),
        ({"views": [kv.GradCAM]}, r"views: .*GradCAM.* is not a view; give views such as"),
        ({"unit": "step"}, r'unit=\'step\': give "epoch" or "batch"'),
        ({"on_error": "ignore"}, r'on_error=\'ignore\': give "warn" or "raise"'),
        ({"freq": -1}, r"freq=-1 is negative"),
        ({"log_dir": ""}, r"log_dir='': give the folder"),
    ],
)
def test_bad_arguments_are_said_when_given(tmp_path, arguments, words):
    with pytest.raises(ValueError, match=words):
        Monitor(**{"log_dir": tmp_path, **arguments})


X = np.random.default_rng(0).random((4, 8, 8, 1), "float32")


@pytest.mark.parametrize(
    ("probe", "views", "words"),
    [
        (lambda: kv.Probe(X[:, :6], display=(0, 1)), None, r"\(.*8, 8, 1\)"),
        (lambda: kv.Probe(X, np.array([0, 1, 2, 10]), display=(0, 1)), None, r"10.*0 .*9"),
        (lambda: kv.Probe(X, display=(0, 1)), [kv.GradCAM(layers="conv3")], "Did you mean"),
        (lambda: kv.Probe(X, display=(0, 1)), [kv.GradCAM(layers="scores")], "a map of the input"),
        (lambda: kv.Probe(X, display=(0, 1)), [kv.Saliency(target=10)], "0 to 9"),
        (lambda: kv.Probe(X, display=(0, 1)), [kv.ActivationMaximization(units=[99])], "0 to 9"),
        (lambda: None, [kv.Saliency()], "Saliency needs a probe"),
    ],
)
def test_what_does_not_fit_the_model_is_said_before_training(tmp_path, data, probe, views, words):
    model = small_model()
    before = model.get_weights()
    with pytest.raises(ValueError, match=words):
        fit(model, data, [Monitor(tmp_path, probe(), views)])
    for old, new in zip(before, model.get_weights()):
        np.testing.assert_array_equal(old, new)


def test_an_unwritable_log_dir_is_said_before_training(tmp_path, data, digits_probe):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match=re.escape(str(tmp_path / "file" / "run"))):
        fit(small_model(), data, [Monitor(tmp_path / "file" / "run", digits_probe)])


def test_the_rate_of_an_optimizer_that_never_steps_is_no_curve(tmp_path):
    """As of a GAN with two of its own, whose `compile` leaves Keras's usual one on the model."""

    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            self.unit = keras.layers.Dense(1)
            self.mine = keras.optimizers.SGD(0.5)

        def call(self, x):
            return self.unit(x)

        def train_step(self, data):
            import tensorflow as tf

            with tf.GradientTape() as tape:
                loss = keras.ops.mean(self(data[0]) ** 2)
            weights = self.trainable_variables
            self.mine.apply_gradients(zip(tape.gradient(loss, weights), weights))
            return {"loss": loss}

    keras.utils.set_random_seed(0)
    x = np.ones((8, 3), "float32")
    model = Own()
    model.compile()
    model.fit(x, x, verbose=0, callbacks=[kv.Monitor(tmp_path, kv.Probe(x), [kv.Curves()])])
    assert event_files.tags(tmp_path / "train", "scalars") == ["epoch_loss"]
