"""What a look costs beside its pass: nothing is traced twice, and nothing is left behind."""

import gc

import numpy as np
import pytest
import tensorflow as tf

import kerasvis2 as kv
from kerasvis2.observe import chunks
from kerasvis2.observe.session import Session


def _live_tensors() -> int:
    gc.collect()
    return sum(isinstance(each, tf.Tensor) for each in gc.get_objects())


@pytest.fixture(scope="module")
def session(digits_model, digits_probe):
    return Session(digits_model, digits_probe)


def test_looks_trace_once_and_leave_nothing_behind(session):
    plans = [session.add(view, view.name) for view in (kv.Activations(), kv.GradCAM())]
    session.look([plan.name for plan in plans])
    traces, before = session.traces, _live_tensors()
    for _ in range(50):
        session.look([plan.name for plan in plans])
    assert session.traces == traces == 1
    assert _live_tensors() <= before


def test_epochs_of_a_monitor_leave_no_tensor_behind(digits_model, digits_probe, tmp_path):
    views = [kv.Filters(), kv.Activations(), kv.GradCAM()]
    monitor = kv.Monitor(tmp_path, digits_probe, views)
    monitor.set_model(digits_model)
    monitor.on_train_begin()

    def epoch(number: int) -> int:
        monitor.on_epoch_end(number, {"loss": 1.0})
        monitor.on_train_end()
        return _live_tensors()

    before = [epoch(i) for i in range(2)][-1]
    assert max(epoch(i) for i in range(2, 8)) <= before


def test_large_layers_are_looked_at_in_turns(digits_model, digits_probe, monkeypatch):
    whole = kv.GradCAM().compute(digits_model, digits_probe)
    shapes = [(None, *maps.shape[1:], 32) for maps in whole.values()]
    one = 4 * sum(int(np.prod(shape[1:])) for shape in shapes)
    monkeypatch.setattr(chunks, "KEPT_BYTES", 6 * one)
    session = Session(digits_model, digits_probe)
    plan = session.add(kv.GradCAM(), "cam")
    look = session.look([plan.name])
    assert len(look.valid) > 1
    assert sum(look.valid) == digits_probe.size
    for key, maps in look.arrays("cam").items():
        np.testing.assert_allclose(maps, whole[key], rtol=1e-4, atol=1e-6)


def test_a_batch_size_of_ones_own_is_kept(digits_model, digits_probe, monkeypatch):
    monkeypatch.setattr(chunks, "KEPT_BYTES", 1)
    session = Session(digits_model, digits_probe, batch_size=8)
    look = session.look([session.add(kv.GradCAM(), "cam").name])
    assert look.valid == [8, 8]


@pytest.mark.parametrize(
    ("kept", "size", "expected"), [(1, 16, 1), (4 * 100 * 8, 16, 8), (4 * 100 * 7, 16, 6)]
)
def test_turns_are_about_equal(monkeypatch, kept, size, expected):
    monkeypatch.setattr(chunks, "KEPT_BYTES", kept)
    assert chunks.at_once(size, [(None, 5, 5, 3), (None, 25)]) == expected


def test_what_keeps_nothing_is_looked_at_at_once():
    assert chunks.at_once(10_000, []) == 10_000
