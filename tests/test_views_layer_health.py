"""LayerHealth: each number against NumPy on a network whose answers are known; in a real fit."""

import event_files
import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers, ops

import kerasvis2 as kv
from kerasvis2.diagnostics.facts import Facts, Vitals
from kerasvis2.diagnostics.report import judge
from kerasvis2.observe.session import Session
from kerasvis2.views import layer_sheet

LOSS = "sparse_categorical_crossentropy"


def network(seed=0):
    """ReLU in every form: an argument, a layer behind a normalisation, GELU, and none."""
    keras.utils.set_random_seed(seed)
    image = keras.Input((8, 8, 1), name="image")
    x = layers.Rescaling(2.0, name="scale")(image)
    x = layers.Conv2D(6, 3, activation="relu", name="conv1")(x)
    x = layers.Conv2D(5, 3, name="conv2")(x)
    x = layers.BatchNormalization(name="norm2")(x)
    x = layers.ReLU(name="relu2")(x)
    x = layers.GlobalAveragePooling2D(name="pool")(x)
    x = layers.Dense(7, activation="gelu", name="hidden")(x)
    model = keras.Model(image, layers.Dense(10, activation="softmax", name="scores")(x))
    model.compile(keras.optimizers.SGD(0.1), LOSS, metrics=["accuracy"])
    return model


@pytest.fixture(scope="module")
def model():
    return network()


def outputs(model, layer, x):
    return keras.Model(model.inputs, model.get_layer(layer).output)(x, training=False).numpy()


def look(session, plan):
    return session.look([plan.name]).arrays(plan.name)


# Answers


def test_answers_equal_numpys(model, digits_probe):
    found = kv.LayerHealth().compute(model, digits_probe)
    x = digits_probe.inputs
    first, second = outputs(model, "conv1", x), outputs(model, "relu2", x)
    for key, values in (("conv1", first), ("norm2", second)):
        np.testing.assert_allclose(
            found[f"{key}/pooled"], values.mean((1, 2)), rtol=1e-4, atol=1e-6
        )
        share = (values > 0).mean((1, 2))
        np.testing.assert_allclose(found[f"{key}/positive"], share, rtol=1e-6)
    np.testing.assert_allclose(found["input/highest"], 2 * x.max((1, 2, 3)))
    np.testing.assert_allclose(found["input/lowest"], 2 * x.min((1, 2, 3)))


def test_only_what_is_cut_off_at_zero_can_be_dead(model, digits_probe):
    found = kv.LayerHealth().compute(model, digits_probe)
    dying = {key.removesuffix("/positive") for key in found if key.endswith("/positive")}
    assert dying == {"conv1", "norm2", "hidden"}
    rows = {key.removesuffix("/pooled") for key in found if key.endswith("/pooled")}
    assert rows == {"conv1", "conv2", "norm2", "hidden", "scores"}


def test_a_relu_in_the_models_own_code_counts(digits_probe):
    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            self.conv = layers.Conv2D(4, 3, name="conv")
            self.head = layers.Dense(10, name="head")

        def call(self, x):
            return self.head(ops.mean(ops.relu(self.conv(x)), axis=(1, 2)))

    keras.utils.set_random_seed(0)
    own = Own()
    own(digits_probe.inputs[:1])
    kernel, bias = own.conv.get_weights()
    kernel[..., 2], bias[2] = 0, -1
    own.conv.set_weights([kernel, bias])
    found = kv.LayerHealth().compute(own, digits_probe)
    answers = np.maximum(own.conv(digits_probe.inputs).numpy(), 0)
    np.testing.assert_allclose(found["conv/pooled"], answers.mean((1, 2)), rtol=1e-4, atol=1e-6)
    assert found["conv/positive"].max(0)[2] == 0
    assert "head/positive" not in found


@pytest.mark.parametrize("batch_size", [5, 16])
def test_chunked_equals_unchunked(model, digits_probe, batch_size):
    view = kv.LayerHealth(gradients=True)
    whole = view.compute(model, digits_probe)
    parts = view.compute(model, digits_probe, batch_size=batch_size)
    assert set(parts) == set(whole)
    for key, value in whole.items():
        np.testing.assert_allclose(parts[key], value, rtol=2e-4, atol=1e-6, err_msg=key)


def test_of_a_large_model_what_only_a_normalisation_reads_is_not_looked_at_twice():
    def deep(count):
        x = image = keras.Input((8, 8, 1))
        for i in range(count):
            x = layers.Conv2D(4, 3, padding="same", name=f"conv{i}")(x)
            x = layers.ReLU()(layers.BatchNormalization(name=f"norm{i}")(x))
        return keras.Model(image, layers.Dense(3)(layers.Flatten()(x)))

    probe = kv.Probe(np.random.default_rng(0).random((4, 8, 8, 1), "float32"))
    few, many = deep(3), deep(15)
    assert "conv1/pooled" in kv.LayerHealth().compute(few, probe)
    found = kv.LayerHealth().compute(many, probe)
    assert "conv1/pooled" not in found
    assert {"conv1/size", "norm1/pooled", "norm1/positive"} <= found.keys()
    assert "conv1/pooled" in kv.LayerHealth(layers="conv*").compute(many, probe)
    (picture,) = kv.LayerHealth().render(many, probe).values()
    assert picture.shape[0] > 31 * 10  # every layer has its row


# Weights


def test_gradient_norms_equal_a_plain_tape(model, digits_probe):
    found = kv.LayerHealth(gradients=True).compute(model, digits_probe)
    names = ("conv1", "conv2", "norm2", "hidden", "scores")
    weights = [[w.value for w in model.get_layer(name).trainable_weights] for name in names]
    with tf.GradientTape() as tape:
        said = model(digits_probe.inputs, training=False)
        loss = keras.losses.SparseCategoricalCrossentropy()(digits_probe.labels, said)
    for name, gradients in zip(names, tape.gradient(loss, weights)):
        expected = sum(float((g.numpy() ** 2).sum()) for g in gradients)
        assert found[f"{name}/gradient"] == pytest.approx(expected, rel=1e-3)


def reader(**options):
    """Of words, which are looked up: gradients of an embedding come in slices."""
    keras.utils.set_random_seed(5)
    words = keras.Input((6,), dtype="int32")
    h = layers.Embedding(200, 3, name="embedding")(words)
    h = layers.GlobalAveragePooling1D()(h)
    return keras.Model(words, layers.Dense(2, name="scores")(h), **options)


class OwnLoss(keras.Model):
    """Its loss takes what it needs and no more."""

    def __init__(self):
        super().__init__()
        self.inner = reader()

    def call(self, x):
        return self.inner(x)

    def compute_loss(self, x, y, y_pred, sample_weight=None):
        return ops.mean(ops.square(ops.one_hot(ops.reshape(y, (-1,)), 2) - y_pred))


@pytest.mark.parametrize("own", [False, True])
def test_gradients_of_words_that_are_looked_up(own):
    model = OwnLoss() if own else reader()
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("sgd", None if own else loss)
    x = np.random.default_rng(0).integers(1, 200, (5, 6)).astype("int32")
    y = np.array([0, 1, 1, 0, 1])
    found = kv.LayerHealth(gradients=True).compute(model, kv.Probe(x, y))
    inner = model.inner if own else model
    with tf.GradientTape() as tape:
        said = model(x)
        total = model.compute_loss(x, tf.constant(y), said) if own else loss(y, said)
    table = inner.get_layer("embedding").embeddings.value
    expected = tf.convert_to_tensor(tape.gradient(total, table)).numpy()
    (key,) = [key for key in found if key.endswith("embedding/gradient")]
    assert found[key] == pytest.approx(float((expected**2).sum()), rel=1e-3)


@pytest.mark.parametrize("hot", [False, True])
@pytest.mark.parametrize("loss", ["categorical_crossentropy", LOSS])
def test_gradients_whatever_form_the_probes_labels_have(loss, hot):
    model = network()
    model.compile("sgd", loss)
    x = np.random.default_rng(0).random((6, 8, 8, 1), "float32")
    y = np.array([1, 4, 9, 0, 4, 3])
    found = kv.LayerHealth(gradients=True).compute(model, kv.Probe(x, np.eye(10)[y] if hot else y))
    weights = [w.value for w in model.get_layer("scores").trainable_weights]
    with tf.GradientTape() as tape:
        total = keras.losses.SparseCategoricalCrossentropy()(y, model(x))
    expected = sum(float((g.numpy() ** 2).sum()) for g in tape.gradient(total, weights))
    assert found["scores/gradient"] == pytest.approx(expected, rel=1e-3)


def test_numbers_of_words_are_in_no_range(tmp_path):
    model = reader()
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    x = np.random.default_rng(0).integers(1, 200, (8, 6)).astype("int32")
    y = np.arange(8) % 2
    monitor = kv.Monitor(tmp_path, kv.Probe(x, y), [kv.LayerHealth(gradients=True)])
    model.fit(x, y, epochs=2, verbose=0, callbacks=[monitor])
    (run,) = kv.read(tmp_path).values()
    report = run.text("layer_health/report", 1)
    assert "wrong range" not in report


def test_gradients_need_labels_and_a_loss(model, digits, digits_probe):
    with pytest.raises(ValueError, match="needs labels"):
        kv.LayerHealth(gradients=True).compute(model, kv.Probe(digits.x_test[:4]))
    bare = keras.Model(model.inputs, model.outputs)
    with pytest.raises(ValueError, match="compiled with a loss"):
        kv.LayerHealth(gradients=True).compute(bare, digits_probe)


@pytest.mark.parametrize("batch_size", [None, 5])
def test_changes_are_those_since_the_last_look(digits, digits_probe, batch_size):
    model = network()
    session = Session(model, digits_probe, batch_size)
    plan = session.add(kv.LayerHealth(), "health")
    for count in (3, 1, 0):
        before = {v.path: np.array(v) for v in model.weights}
        for i in range(count):
            part = slice(16 * i, 16 * (i + 1))
            model.train_on_batch(digits.x_train[part], digits.y_train[part])
        found = look(session, plan)
        assert found["steps"] == count
        for name in ("conv1", "norm2", "scores"):
            weights = model.get_layer(name).trainable_weights
            size = sum(float((np.array(w) ** 2).sum()) for w in weights)
            change = sum(float(((np.array(w) - before[w.path]) ** 2).sum()) for w in weights)
            assert found[f"{name}/size"] == pytest.approx(size, rel=1e-4)
            assert found[f"{name}/change"] == pytest.approx(change, rel=1e-3, abs=1e-12)


def test_a_look_that_is_only_tried_forgets_nothing(digits, digits_probe):
    model = network()
    session = Session(model, digits_probe)
    plan = session.add(kv.LayerHealth(), "health")
    model.train_on_batch(digits.x_train[:16], digits.y_train[:16])
    session.look([plan.name], remember=False)
    assert look(session, plan)["conv1/change"] > 0
    assert look(session, plan)["conv1/change"] == 0


def test_the_weights_of_the_last_look_stay_on_the_device(model, digits_probe):
    session = Session(model, digits_probe)
    found = look(session, session.add(kv.LayerHealth(gradients=True), "health"))
    largest = max(array.size for array in found.values())
    assert largest <= 16 * 10  # an image's channels; the kernels are larger


# A training, with one filter killed and one layer frozen


@pytest.fixture(scope="module")
def run(tmp_path_factory, digits, digits_probe):
    model = network()
    kernel, bias = model.get_layer("conv1").get_weights()
    kernel[..., :3], bias[:3] = 0, -1
    model.get_layer("conv1").set_weights([kernel, bias])
    model.get_layer("conv2").trainable = False
    model.compile(keras.optimizers.SGD(0.1), LOSS, metrics=["accuracy"])
    folder = tmp_path_factory.mktemp("run")
    weights = []
    model.fit(
        digits.x_train[:320],
        digits.y_train[:320],
        epochs=3,
        verbose=0,
        callbacks=[
            keras.callbacks.LambdaCallback(
                on_epoch_end=lambda epoch, logs: weights.append(
                    np.concatenate([w.ravel() for w in model.get_layer("scores").get_weights()])
                )
            ),
            kv.Monitor(folder, digits_probe, [kv.LayerHealth(gradients=True)], on_error="raise"),
        ],
    )
    return folder / "vis", weights


def test_the_update_ratio_is_that_of_a_step(run):
    folder, weights = run
    found = event_files.scalars(folder, "layer_health/update_ratio/scores")
    for last, now, ratio in zip(weights, weights[1:], found[1:]):
        steps = 320 // 32
        expected = np.log10(np.linalg.norm(now - last) / np.linalg.norm(now) / steps)
        assert ratio == pytest.approx(expected, abs=1e-3)


def test_the_filters_killed_by_hand_are_reported(run):
    folder, _ = run
    assert event_files.scalars(folder, "layer_health/dead/conv1") == [0.5] * 3
    report = event_files.texts(folder, "layer_health/report")[-1]
    assert "conv1: 50 % of filters dead since epoch 0" in report


def test_a_frozen_layer_is_called_frozen(run):
    folder, _ = run
    assert event_files.scalars(folder, "layer_health/update_ratio/conv2") == [-np.inf] * 3
    report = event_files.texts(folder, "layer_health/report")[0]
    assert "frozen since epoch 0 (trainable=False): conv2" in report
    assert "| `conv2` | frozen |" in report


def test_all_measures_are_curves_and_the_layers_one_picture(run):
    folder, _ = run
    curves = {tag.split("/")[1] for tag in event_files.tags(folder, "scalars")}
    assert curves == {
        "update_ratio",
        "dead",
        "sparsity",
        "rank",
        "weight_norm",
        "gradient_norm",
    }
    pictures = event_files.pictures(folder, "layer_health/00_layers")
    assert len(pictures) == 3
    first, last = (picture[70:-30] for picture in (pictures[0], pictures[-1]))  # without the epoch
    assert not np.array_equal(first, last)


def test_names_of_layers_are_checked(model, digits_probe):
    with pytest.raises(ValueError, match="Did you mean 'conv2'"):
        kv.LayerHealth(layers="convv2").compute(model, digits_probe)


def test_a_layer_that_is_stuck_and_dead_is_marked_as_both():
    layer = Vitals(update_ratio=-np.inf, dead=1.0, spatial=True, weights=9, weight_norm=1.0)
    facts = Facts(layers={"conv": layer}, steps=5)
    column = layer_sheet.column(facts, judge(facts, 0))
    assert [layer_sheet.marks()[int(mark[0])] for mark in column[3:]] == ["S", "D"]


# What is not known


def _looked_at(folder, model, probe):
    """Looked at twice in a loop of one's own: the last report."""
    monitor = kv.Monitor(folder, probe, [kv.LayerHealth()], on_error="raise")
    monitor.begin(model)
    for step in range(2):
        monitor.look(step, {"loss": 1.0, "accuracy": 0.2, "val_accuracy": 0.2})
    monitor.end()
    return event_files.texts(folder / "vis", "layer_health/report")[-1]


def test_without_a_probe_the_weights_are_judged(tmp_path, digits):
    model = network()
    model.get_layer("conv2").trainable = False
    model.compile(keras.optimizers.SGD(0.1), LOSS, metrics=["accuracy"])
    monitor = kv.Monitor(tmp_path, None, [kv.LayerHealth()], on_error="raise")
    model.fit(digits.x_train[:64], digits.y_train[:64], epochs=2, verbose=0, callbacks=[monitor])
    report = event_files.texts(tmp_path / "vis", "layer_health/report")[-1]
    assert "frozen since epoch 0 (trainable=False): conv2" in report
    assert "dead filters, dead units" in report.partition("Not known:")[2]
    assert "nothing went through the model" in report
    norm = event_files.scalars(tmp_path / "vis", "layer_health/weight_norm/scores")[-1]
    weights = np.concatenate([w.ravel() for w in model.get_layer("scores").get_weights()])
    assert norm == pytest.approx(np.linalg.norm(weights), rel=1e-4)


def test_a_model_that_no_pass_can_be_made_of_is_judged_by_its_weights(tmp_path, digits_probe):
    class Pair(keras.Model):
        """Two parts and no call, as keras.io writes generators."""

        def __init__(self):
            super().__init__()
            self.first = layers.Dense(4, name="first")
            self.first.build((None, 8))
            self.built = True

    report = _looked_at(tmp_path, Pair(), digits_probe)
    assert "| `first` |" in report
    assert "nothing went through the model" in report


def test_an_optimizer_that_counts_no_steps_is_told_of(tmp_path, digits_probe):
    model = network()
    model.optimizer = object()  # a loop's own
    report = _looked_at(tmp_path, model, digits_probe)
    assert "No trouble found in what is known." in report
    assert (
        "- steps that are too large, frozen layers, layers that do not move: no step of an "
        "optimizer was counted since the last look." in report
    )


def test_without_labels_it_says_what_it_cannot_tell(tmp_path, digits):
    model = network()
    probe = kv.Probe(digits.x_test[:16])
    monitor = kv.Monitor(tmp_path, probe, [kv.LayerHealth()], on_error="raise")
    model.fit(digits.x_train[:64], digits.y_train[:64], verbose=0, callbacks=[monitor])
    report = event_files.texts(tmp_path / "vis", "layer_health/report")[-1]
    unlabelled = report.partition("Not known:")[2].partition(": the probe has no labels.")[0]
    assert "no better than guessing" in unlabelled
    assert "a class that is never learned" in unlabelled
    assert "validation far behind training: no validation accuracy is logged." in report
