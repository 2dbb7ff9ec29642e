"""What there is on JAX only."""

import custom_loop
import jax
import networks
import numpy as np

import kerasvis2 as kv


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
