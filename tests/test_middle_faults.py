"""What once went wrong between `Monitor` and the views, each with names and models of its own."""

import re
import time
import warnings
from threading import Event

import event_files
import keras
import networks
import numpy as np
import pytest
from keras import layers, ops
from quiet import quiet
from tensorboard.backend.event_processing.event_file_loader import EventFileLoader

import kerasvis2 as kv

WRITTEN = [networks.functional, networks.nested, networks.subclassed]


def data(count=32):
    return networks.images(count), networks.labels(count)


def compiled(write=networks.functional, **options):
    model = write()
    model.compile("sgd", "sparse_categorical_crossentropy", **options)
    return model


def fit(model, callbacks, epochs=3, batch_size=16):
    x, y = data()
    return model.fit(
        x, y, epochs=epochs, batch_size=batch_size, callbacks=callbacks, verbose=0, shuffle=False
    )


def small_probe(**options):
    return kv.Probe(networks.images(3), networks.labels(3), display=(0, 1), **options)


# A failing `draw` and the training thread.


class FailsToDraw(kv.Saliency):
    """Says that it is about to fail, at a step of its own."""

    name = "fails"

    def __init__(self, at):
        super().__init__()
        self._at = at
        self._failing = Event()

    def draw(self, arrays, about):
        if about.step >= self._at:
            self._failing.set()
            raise RuntimeError("ink ran out")
        return super().draw(arrays, about)


@pytest.mark.parametrize("unit", ["epoch", "batch"])
@pytest.mark.parametrize("write", WRITTEN)
def test_a_view_that_fails_to_draw_while_others_are_asked_stops_nothing(tmp_path, unit, write):
    fails = FailsToDraw(at=1)

    def while_it_fails(step):  # called as training goes through the views
        if step >= 2 and fails._failing.wait(20):
            time.sleep(0.05)  # for what follows the exception on its thread
        return True

    views = [fails, kv.GradCAM(layers="conv2", freq=while_it_fails), kv.Activations(layers="conv2")]
    monitor = kv.Monitor(tmp_path, small_probe(), views, unit=unit)
    with pytest.warns(UserWarning, match="drawing the view 'fails'") as said:
        history = fit(compiled(write), [monitor], epochs=4)
    assert len(history.history["loss"]) == 4
    assert len([w for w in said if "'fails'" in str(w.message)]) == 1
    steps = {"epoch": [0, 1, 2, 3], "batch": list(range(1, 9))}[unit]
    for name in ("grad_cam", "activations"):
        (tag,) = [t for t in event_files.tags(tmp_path / "vis", "images") if t.startswith(name)]
        assert event_files.steps(tmp_path / "vis", tag) == steps


# What a distribution strategy makes of numbers.


def test_numbers_of_mirrored_variables_are_read(tmp_path):
    import tensorflow as tf

    strategy = tf.distribute.MirroredStrategy(["CPU:0"])
    with strategy.scope():
        model = compiled(networks.sequential)
    # What Keras keeps under a strategy: variables of which `int()` and `float()` know nothing.
    with pytest.raises(TypeError):
        int(model.optimizer.iterations.value)
    monitor = kv.Monitor(tmp_path, small_probe(), [kv.GradCAM(), kv.LayerHealth(), kv.Curves()])
    with quiet():
        fit(model, [monitor])
    assert event_files.steps(tmp_path / "vis", "grad_cam/03_relu2") == [0, 1, 2]
    assert len(event_files.scalars(tmp_path / "train", "epoch_learning_rate")) == 3


# Names that look like keys.

LOOKS_LIKE_A_KEY = [
    "age",
    "stage",
    "params",
    "score",
    "scale",
    "numbers",
    "layer_health",
    "positive",
]


def named_layers(names):
    keras.utils.set_random_seed(1)
    image = x = keras.Input((8, 8, 1), name="input")
    for name in names:
        x = layers.Conv2D(3, 3, padding="same", activation="relu", name=name)(x)
    x = layers.GlobalAveragePooling2D(name="memory")(x)
    model = keras.Model(image, layers.Dense(3, name="outputs")(x))
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model


def test_layers_called_as_our_own_parts_lose_nothing():
    model = named_layers(LOOKS_LIKE_A_KEY)
    x = np.random.default_rng(0).random((4, 8, 8, 1), "float32")
    probe = kv.Probe(x, np.arange(4) % 3, display=(0, 1))
    views = [
        kv.ActivationMaximization(layers=LOOKS_LIKE_A_KEY, units=[0], quality="fast", steps=2),
        kv.GradCAM(layers=LOOKS_LIKE_A_KEY),
        kv.Activations(layers=LOOKS_LIKE_A_KEY),
        kv.Filters(layers=LOOKS_LIKE_A_KEY),
    ]
    session = kv.Session(model, probe)
    for view in views:
        drawn = {tag.split("/")[1] for tag in session.render(view)}
        assert drawn == {f"{i + 1:02d}_{name}" for i, name in enumerate(LOOKS_LIKE_A_KEY)}, view
    health = kv.LayerHealth(gradients=True)
    found = session.compute(health)
    for name in LOOKS_LIKE_A_KEY:
        assert any(kv.Key(key).path == name or key.startswith(f"{name}/") for key in found), name
    assert session.render(health)


@pytest.mark.parametrize("unit", ["epoch", "batch"])
def test_layers_called_as_our_own_parts_train_under_every_default_view(tmp_path, unit):
    x, y = np.random.default_rng(0).random((16, 8, 8, 1), "float32"), np.arange(16) % 3
    probe = kv.Probe(x[:4], y[:4], display=(0, 1))
    views = [
        *kv.default_views(),
        kv.LayerHealth(),
        kv.ActivationMaximization(layers="age", units=[0, 1]),
    ]
    with quiet():
        named_layers(LOOKS_LIKE_A_KEY).fit(
            x, y, verbose=0, callbacks=[kv.Monitor(tmp_path, probe, views, unit=unit)]
        )
    tags = event_files.tags(tmp_path / "vis", "images")
    assert any(re.fullmatch(r"activation_maximization\S*/01_age", tag) for tag in tags), tags


def test_a_part_of_a_layer_and_a_layer_inside_it_are_two():
    part, inside = kv.Key("block", "score"), kv.Key("block/score")
    found = {part: 1, inside: 2}
    assert found[part] == 1
    assert found[inside] == 2
    assert part != inside
    assert {kv.Key("conv1"): 3}["conv1"] == 3


# Targets of one name.


def first_class(outputs):
    return outputs[:, 0]


def test_two_targets_of_one_name_are_two():
    other = [lambda outputs: outputs[:, 1]]
    other[0].__name__ = "first_class"
    model = networks.functional()
    view = kv.GradCAM(layers="conv2", targets=(first_class, other[0], [0, 1, 2], [2, 1, 0]))
    found = view.compute(model, small_probe())
    assert len(found) == 4
    alone = [
        kv.GradCAM(layers="conv2", target=target).compute(model, small_probe())["conv2"]
        for target in (first_class, other[0], [0, 1, 2], [2, 1, 0])
    ]
    for (key, value), truth in zip(found.items(), alone):
        np.testing.assert_allclose(value, truth, atol=1e-6, err_msg=key)
    assert len(view.render(model, small_probe())) == 4


# The sign of a single unit.


def one_unit(activation, loss, nest=False):
    keras.utils.set_random_seed(3)
    body = keras.Sequential(
        [
            keras.Input((6, 6, 1)),
            layers.Conv2D(4, 3, activation="tanh", name="c"),
            layers.Flatten(),
        ],
        name="body",
    )
    if not nest:
        body = keras.Sequential([keras.Input((6, 6, 1)), *body.layers])
    image = keras.Input((6, 6, 1))
    model = keras.Model(
        image,
        layers.Dense(
            1, activation=activation, bias_initializer=keras.initializers.Constant(3), name="unit"
        )(body(image)),
    )
    if loss is not None:
        model.compile("sgd", loss)
    return model


@pytest.mark.parametrize("nest", [False, True])
@pytest.mark.parametrize(
    ("activation", "loss", "sign"),
    [
        ("linear", "mse", 1),
        ("linear", "mae", 1),
        ("linear", None, 1),
        ("relu", "huber", 1),
        ("sigmoid", "binary_crossentropy", -1),
        ("sigmoid", None, -1),
        ("linear", keras.losses.BinaryCrossentropy(from_logits=True), -1),
    ],
)
def test_only_two_classes_turn_a_sign(activation, loss, sign, nest):
    model = one_unit(activation, loss, nest)
    x = np.random.default_rng(1).random((3, 6, 6, 1), "float32")
    probe = kv.Probe(x, np.zeros(3, "float32" if sign > 0 else "int64"), display=(0, 1))
    found = kv.GradientTimesInput(target=0).compute(model, probe)["input"]
    unit = kv.GradientTimesInput(target=lambda y: y[:, 0]).compute(model, probe)["input"]
    np.testing.assert_allclose(found, sign * unit, atol=1e-6)
    assert np.abs(found).max() > 0


# The display of standardised inputs.


def test_standardised_inputs_are_guessed_and_it_is_said():
    x, y = data(16)
    x = (x * 255 - np.array([120, 110, 100], "float32")) / np.array([50, 60, 70], "float32")
    model = networks.functional()
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        probe = kv.Probe(x, y)
        pictures = kv.Saliency().render(model, probe)
    assert len([w for w in said if "display=" in str(w.message)]) == 1
    assert pictures
    shown = probe.to_display(x)
    assert shown.min() >= 0
    assert shown.max() <= 1
    assert shown.std() > 0.1  # neither black nor white
    assert "guess" in probe.display_note


# Event files that other programs follow.


def test_event_files_are_named_and_sorted_as_followers_expect(tmp_path):
    model = compiled()
    for epoch in (0, 2):
        model.fit(
            *data(),
            initial_epoch=epoch,
            epochs=epoch + 2,
            verbose=0,
            callbacks=[kv.Monitor(tmp_path, small_probe(), [kv.GradCAM(), kv.Curves()])],
        )
    for folder in ("train", "vis"):
        names = sorted(path.name for path in (tmp_path / folder).iterdir())
        files = [name for name in names if "tfevents" in name]
        assert all(re.match(r"events\.out\.tfevents\.\d+\.[^.]+\.", name) for name in files), files
        assert len({name.split(".")[3] for name in files}) == len(files) == 2
        assert names[-2:] == files  # nothing sorts behind them
        began = [next(iter(EventFileLoader(str(tmp_path / folder / f)).Load())) for f in files]
        assert began[0].wall_time < began[1].wall_time


# Keras sees no batch hook of ours where nobody looks at batches.


def test_without_looks_at_batches_keras_sees_no_batch_hook(tmp_path):
    def hooked(monitor):  # by what Keras asks of a callback before it dispatches asynchronously
        hooks = [monitor.on_batch_end, monitor.on_train_batch_end, monitor.on_test_batch_end]
        return [not getattr(hook, "_is_default", False) for hook in hooks]

    views = [kv.GradCAM()]
    assert not any(hooked(keras.callbacks.Callback()))
    assert not any(hooked(kv.Monitor(tmp_path, small_probe(), views)))
    assert hooked(kv.Monitor(tmp_path, small_probe(), views, unit="batch")) == [False, True, False]


# A drawing knows the moment of the look.


class Facts(kv.Activations):
    """Notes what it is told of the layers, long after the look."""

    name = "facts"

    def __init__(self, layers, gate):
        super().__init__(layers=layers)
        self._gate, self._seen = gate, []

    def draw(self, arrays, about):
        self._gate.wait(30)
        self._seen.append({path: facts.frozen for path, facts in about.layers.items()})
        return super().draw(arrays, about)


@pytest.mark.parametrize("write", WRITTEN)
def test_a_late_drawing_knows_the_layers_as_they_were(tmp_path, write):
    gate = Event()
    view = Facts("*conv2", gate)
    model = compiled(write)
    path = "backbone/conv2" if write is networks.nested else "conv2"

    def freeze(epoch, logs):
        layer = next(w for w in model._flatten_layers() if w.name == "conv2")
        layer.trainable = epoch < 1

    frozen_after = keras.callbacks.LambdaCallback(on_epoch_begin=freeze)
    open_gate = keras.callbacks.LambdaCallback(on_epoch_end=lambda e, logs: e == 2 and gate.set())
    fit(model, [kv.Monitor(tmp_path, small_probe(), [view]), frozen_after, open_gate])
    assert [seen[path] for seen in view._seen] == [False, True, True]


# One rule of what a view alone sees is in `test_middle_stale`.


def test_reading_a_number_needs_no_float(tmp_path):
    """The learning rate of a schedule, of a variable and of a plain number."""
    schedule = keras.optimizers.schedules.ExponentialDecay(0.5, 2, 0.5)
    for i, rate in enumerate([schedule, 0.5]):
        model = networks.functional()
        model.compile(keras.optimizers.SGD(rate), "sparse_categorical_crossentropy")
        fit(model, [kv.Monitor(tmp_path / str(i), None, [kv.Curves()])], epochs=2)
        found = event_files.scalars(tmp_path / str(i) / "train", "epoch_learning_rate")
        truth = [float(ops.convert_to_numpy(schedule(step))) for step in (2, 4)]
        np.testing.assert_allclose(found, truth if i == 0 else [0.5, 0.5], rtol=1e-6)
