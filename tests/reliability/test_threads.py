"""Views that fail at any stage and moment, and monitors side by side: training does not notice."""

import random
import threading
import warnings

import keras
import numpy as np
import pytest
from keras import layers
from long_training import every_view
from quiet import quiet

import kerasvis2 as kv

SHAPE, CLASSES = (8, 8, 1), 3
EPOCHS = 24
STAGES = ("tracing", "drawing", "writing")  # a pass that fails on the device is everybody's


def small_model(seed=0):
    keras.utils.set_random_seed(seed)
    model = keras.Sequential(
        [
            keras.Input(SHAPE),
            layers.Conv2D(4, 3, activation="relu", name="conv"),
            layers.Dropout(0.2, seed=3, name="drop"),
            layers.GlobalAveragePooling2D(name="pool"),
            layers.Dense(CLASSES, activation="softmax", name="scores"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy")
    return model


def data():
    rng = np.random.default_rng(0)
    return rng.random((16, *SHAPE), "float32"), rng.integers(0, CLASSES, 16)


def train(callbacks, epochs=EPOCHS, model=None):
    x, y = data()
    model = model or small_model()
    fitted = model.fit(x, y, epochs=epochs, verbose=0, shuffle=False, callbacks=callbacks)
    return fitted.history, [np.array(v) for v in model.get_weights()]


def a_probe():
    return kv.Probe(data()[0][:4], data()[1][:4], display=(0, 1))


def failing(view, stage, step, **settings):
    """A view of a kind that fails at a stage, from a step on."""

    class Failing(view):
        name = f"{view.__name__.lower()}_{stage}"

        def reduce(self, seen):
            if stage == "tracing":
                raise RuntimeError(f"{self.name} on purpose")
            if stage == "observing":
                import tensorflow as tf

                in_time = seen.chunk.iterations <= step  # on the device, not as it is traced
                with tf.control_dependencies([tf.debugging.Assert(in_time, ["on purpose"])]):
                    return {key: tf.identity(a) for key, a in super().reduce(seen).items()}
            return super().reduce(seen)

        def draw(self, arrays, about):
            if stage == "drawing" and about.step >= step:
                raise RuntimeError(f"{self.name} on purpose")
            drawing = super().draw(arrays, about)
            if stage == "writing" and about.step >= step:
                drawing.pictures = {"input": kv.Picture(np.zeros((3, 3), "complex64"))}
                drawing.maps = {}
            return drawing

    return Failing(**settings)


KINDS = {
    kv.Saliency: {},
    kv.GradCAM: {"layers": "conv"},
    kv.Activations: {"layers": "conv"},
    kv.Filters: {"layers": "conv"},
    kv.LayerHealth: {},
    kv.Predictions: {},
    kv.Occlusion: {"patch": 4, "stride": 4},
    kv.ActivationMaximization: {"steps": 2, "units": [0]},
    kv.Drift: {},
    kv.Curves: {},
}


def chaos(tmp_path, seed, epochs, views_at_once):
    """Some views fail, each at a random stage from a random step on; the others do not."""
    draw = random.Random(seed)
    bad = [
        failing(view, draw.choice(STAGES), draw.randrange(1, epochs), **KINDS[view])
        for view in draw.sample(list(KINDS), views_at_once)
    ]
    good = [kv.HiResCAM(layers="conv"), kv.GradientTimesInput(), kv.Curves()]
    mixed = [*bad, *good]
    draw.shuffle(mixed)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        left = train([kv.Monitor(tmp_path, a_probe(), mixed)], epochs)
    said = [str(w.message) for w in caught if str(w.message).startswith("kerasvis2")]
    for view in bad:
        assert len([words for words in said if f"'{view.name}'" in words]) == 1, (view.name, said)
    slow = [words for words in said if "faster than they can be drawn" in words]
    assert len(said) - len(slow) == len(bad), said  # a busy machine may be told so, too
    assert len(slow) <= 1
    (run,) = kv.read(tmp_path).values()
    assert run.steps("hi_res_cam/00_conv") == list(range(epochs))
    assert run.steps("gradient_times_input/00_input") == list(range(epochs))
    assert run.steps("train/epoch_loss") == list(range(epochs))
    return left


@pytest.fixture(scope="module")
def plain():
    return train([])


def assert_same(one, other):
    assert one[0] == other[0]
    for mine, his in zip(one[1], other[1]):
        np.testing.assert_array_equal(mine, his)


@pytest.mark.parametrize("seed", range(3))
def test_views_that_fail_at_any_stage_are_told_once_and_nothing_else_is_lost(tmp_path, seed, plain):
    assert_same(chaos(tmp_path, seed, EPOCHS, 5), plain)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(10, 20))
def test_over_two_hundred_epochs(tmp_path, seed):
    assert_same(chaos(tmp_path, seed, 200, 8), train([], 200))


@pytest.mark.parametrize("view", list(KINDS), ids=lambda view: view.__name__)
def test_each_view_may_fail_to_draw(tmp_path, view, plain):
    bad = failing(view, "drawing", 2, **KINDS[view])
    with pytest.warns(UserWarning, match=bad.name) as said:
        left = train([kv.Monitor(tmp_path, a_probe(), [bad, kv.HiResCAM(layers="conv")])], 4)
    assert len([w for w in said if bad.name in str(w.message)]) == 1
    assert left[0]["loss"] == plain[0]["loss"][:4]
    (run,) = kv.read(tmp_path).values()
    assert run.steps("hi_res_cam/00_conv") == [0, 1, 2, 3]


def test_a_look_that_fails_on_the_device_costs_what_failed(tmp_path, plain):
    bad = failing(kv.Saliency, "observing", 2)
    views = [kv.HiResCAM(layers="conv"), bad, kv.Activations(layers="conv")]  # tried in this order
    monitor = kv.Monitor(tmp_path, a_probe(), views)
    with pytest.warns(UserWarning, match=bad.name) as said:
        left = train([monitor], 6)
    assert len([w for w in said if "switched off" in str(w.message)]) == 1
    assert left[0]["loss"] == plain[0]["loss"][:6]
    (run,) = kv.read(tmp_path).values()
    assert run.steps("hi_res_cam/00_conv") == [0, 1, 2, 3, 4, 5]
    assert run.steps("activations/00_conv") == [0, 1, 2, 3, 4, 5]
    assert run.steps("saliency_observing/00_input") == [0, 1]  # after its first and second step


def test_two_monitors_in_one_fit(tmp_path, plain):
    monitors = [
        kv.Monitor(tmp_path / "a", a_probe(), [kv.GradCAM(layers="conv"), kv.Curves()]),
        kv.Monitor(tmp_path / "b", a_probe(), [kv.Saliency()], freq=2, unit="batch"),
    ]
    with quiet():
        assert_same(train(monitors), plain)
    runs = kv.read(tmp_path)
    assert runs["a"].steps("grad_cam/00_conv") == list(range(EPOCHS))
    assert runs["b"].steps("saliency/00_input") == list(range(2, EPOCHS + 1, 2))


def test_one_monitor_in_two_models_one_after_the_other(tmp_path):
    """Layers of the same name and another size: what views remember is of the model before."""
    views = [kv.GradCAM(layers="conv"), *every_view()]
    monitor = kv.Monitor(tmp_path, a_probe(), views, on_error="raise")
    first = train([monitor], 2)
    other = keras.Sequential(
        [
            keras.Input(SHAPE),
            layers.Conv2D(5, 4, activation="relu", name="conv"),
            layers.Conv2D(4, 1, activation="relu", name="deep"),
            layers.Flatten(),
            layers.Dense(CLASSES + 1, name="scores"),
        ]
    )
    other.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    x, y = data()
    other.fit(x, y, initial_epoch=2, epochs=4, verbose=0, callbacks=[monitor])
    assert_same(first, train([], 2))
    (run,) = kv.read(tmp_path).values()
    assert run.steps("grad_cam/00_conv") == [0, 1, 2, 3]
    truth = kv.GradCAM(layers="conv").compute(other, a_probe())["conv"]
    np.testing.assert_allclose(
        run.maps("grad_cam/00_conv", 3), truth, atol=truth.max() / 255 + 1e-7
    )


def test_monitors_in_two_threads(tmp_path):
    x, y = data()
    models = [small_model(seed) for seed in (1, 2)]
    failed = []

    def work(i):
        try:
            monitor = kv.Monitor(tmp_path / str(i), a_probe(), [kv.GradCAM(layers="conv")])
            models[i].fit(x, y, epochs=6, verbose=0, shuffle=False, callbacks=[monitor])
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert not failed
    for i in range(2):
        (run,) = kv.read(tmp_path / str(i)).values()
        assert run.steps("grad_cam/00_conv") == list(range(6))
        truth = kv.GradCAM(layers="conv").compute(models[i], a_probe())["conv"]
        np.testing.assert_allclose(
            run.maps("grad_cam/00_conv", 5), truth, atol=max(truth.max(), 1e-6) / 255 + 1e-6
        )
