"""What there is on JAX only."""

import threading

import custom_loop
import jax
import jax.extend.core
import keras
import networks
import numpy as np
import pytest

import kerasvis2 as kv

LOOPS = [  # each with a loop of its own, whose dtypes may not change from turn to turn
    *(kv.SmoothGrad(samples=3), kv.Occlusion(patch=6), kv.RISE(masks=20)),
    kv.ActivationMaximization(layers="head", units=[0], steps=2),
]


def test_a_loop_of_ones_own(tmp_path, monkeypatch):
    custom_loop.check("custom_loop_jax", tmp_path, monkeypatch)


def test_what_is_due_together_is_compiled_once_and_nothing_later(tmp_path):
    compiled = []

    def listen(name, *_, **__):
        if "backend_compile" in name:
            compiled.append(name)

    jax.monitoring.register_event_duration_secs_listener(listen)
    model = networks.functional()
    kernel = model.get_layer("conv2").kernel
    values = [np.asarray(kernel) * factor for factor in (1, 2, 3, 4, 5, 6)]
    views = [kv.GradCAM(), kv.Activations(), kv.Saliency(freq=2), kv.Filters()]
    probe = kv.Probe(networks.images(), networks.labels(), display=(0, 1))
    monitor = kv.Monitor(tmp_path, probe, views, on_error="raise")
    monitor.begin(model)
    for step, value in enumerate(values):
        if step == 1:  # all have been due, and what is due next is part of it
            assert monitor._watching.session.traces == 1
            assert compiled
            compiled.clear()
        kernel.assign(value)
        monitor.look(step)
    monitor.end()
    assert compiled == []


@pytest.mark.parametrize("aid", ["disable_jit", "check_tracer_leaks", "debug_nans"])
def test_where_training_is_searched_for_faults(aid):
    model = networks.functional()
    probe = kv.Probe(networks.images(), networks.labels(), display=(0, 1))
    views = [kv.GradCAM(layers="conv2"), kv.Saliency()]
    before = [view.compute(model, probe) for view in views]
    with getattr(jax, aid)(True):
        session = kv.Session(model, probe, progress=False)
        found = [session.compute(view) for view in views]
    for one, other in zip(before, found, strict=True):
        np.testing.assert_array_equal(list(one.values()), list(other.values()))


def test_a_network_in_float64():
    with jax.enable_x64(True):
        keras.config.set_floatx("float64")
        keras.config.set_dtype_policy("float64")
        try:
            model = networks.functional()
            assert model.get_layer("conv2").kernel.dtype == "float64"
            probe = kv.Probe(networks.images(), networks.labels(), display=(0, 1))
            for view in LOOPS:
                for array in view.compute(model, probe).values():
                    assert np.isfinite(array).all()
        finally:
            keras.config.set_floatx("float32")
            keras.config.set_dtype_policy("float32")


def test_what_draws_random_numbers_in_its_call_has_a_gradient():
    class Noisy(keras.layers.Layer):
        def __init__(self):
            super().__init__()
            self.seeds = keras.random.SeedGenerator(3)

        def call(self, x):
            return x + 0.1 * keras.random.normal(x.shape, seed=self.seeds)

    image = keras.Input((4, 4, 1), batch_size=2)
    x = keras.layers.Flatten()(Noisy()(image))
    model = keras.Model(image, keras.layers.Dense(3)(x))
    probe = kv.Probe(np.ones((2, 4, 4, 1), "float32"), display=(0, 1))
    assert np.abs(kv.Saliency(target=0).compute(model, probe)["input"]).max() > 0


class Beside(keras.layers.Layer):
    """While it is traced, another thread traces a step that saves memory."""

    def __init__(self):
        super().__init__(name="beside")
        self.traced = []

    def call(self, x):
        def step():
            saving = jax.checkpoint(lambda y: jax.nn.relu(y) ** 2)
            self.traced.append(str(jax.make_jaxpr(jax.grad(saving))(1.0)))

        thread = threading.Thread(target=step)
        thread.start()
        thread.join()
        return x


def test_what_another_thread_traces_meanwhile_is_what_it_is():
    theirs = jax.checkpoint, jax.nn.relu, jax.extend.core.Primitive.bind
    beside = Beside()
    inputs = keras.Input((12, 10, 3))
    x = keras.layers.Conv2D(3, 3, activation="relu")(beside(inputs))
    outputs = keras.layers.Dense(5)(keras.layers.Flatten()(x))
    model = keras.Model(inputs, outputs)
    probe = kv.Probe(networks.images(), networks.labels(), display=(0, 1))
    beside.traced.clear()
    kv.GuidedBackprop().compute(model, probe)
    assert len(beside.traced) > 0
    assert all("remat" in traced for traced in beside.traced)
    assert (jax.checkpoint, jax.nn.relu, jax.extend.core.Primitive.bind) == theirs
