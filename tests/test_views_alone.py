"""A view used alone, again and again: traced once, and never with what has changed since."""

import copy
import pickle

import keras
import numpy as np
import pytest
from keras import layers

import kerasvis2 as kv
from kerasvis2.observe import observer


@pytest.fixture
def traces(monkeypatch):
    """The passes that were run by tracing them, by view."""
    traced = []
    whole = observer.Observer._pass

    def noticed(self, plans, *arguments):
        traced.extend(plan.name for plan in plans)
        return whole(self, plans, *arguments)

    monkeypatch.setattr(observer.Observer, "_pass", noticed)
    return traced


@pytest.fixture
def model():
    keras.utils.set_random_seed(3)
    inner = keras.Sequential([layers.Conv2D(4, 3, activation="relu", name="conv")], name="inner")
    return keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            inner,
            layers.GlobalAveragePooling2D(),
            layers.Dense(10, activation="softmax", name="scores"),
        ]
    )


def same(found, wanted):
    assert found.keys() == wanted.keys()
    for key, array in found.items():
        np.testing.assert_array_equal(array, wanted[key])


def test_a_second_call_traces_nothing_and_reads_the_new_weights(model, digits_probe, traces):
    view = kv.GradCAM(layers="conv")
    before = view.compute(model, digits_probe)
    kernel = model.get_layer("scores").kernel
    kernel.assign(-kernel)
    after = view.compute(model, digits_probe)
    assert traces == ["grad_cam"]
    (one,), (other,) = before.values(), after.values()
    assert np.abs(one - other).max() > 0.01
    same(after, kv.GradCAM(layers="conv").compute(model, digits_probe))


def test_pictures_are_drawn_of_one_trace_too(model, digits_probe, traces):
    view = kv.Saliency()
    same(view.render(model, digits_probe), view.render(model, digits_probe))
    assert traces == ["saliency"]


def recompile(model):
    model.compile("sgd", "sparse_categorical_crossentropy")


def straighten(model):
    model.get_layer("scores").activation = keras.activations.sigmoid


def deepen(model):
    model.get_layer("inner").get_layer("conv").activation = keras.activations.tanh


@pytest.mark.parametrize("change", [recompile, straighten, deepen])
def test_what_was_changed_in_the_model_is_seen(model, digits_probe, traces, change):
    view = kv.GradCAM(layers="conv", target=lambda outputs: outputs[:, 0] ** 2)
    view.compute(model, digits_probe)
    change(model)
    found = view.compute(model, digits_probe)
    assert len(traces) == 2
    same(found, kv.GradCAM(layers="conv", target=view.target).compute(model, digits_probe))


def test_other_settings_probes_models_and_batches_are_looked_at_afresh(
    model, digits_probe, digits, traces
):
    view = kv.SmoothGrad(samples=3)
    view.compute(model, digits_probe)
    view.samples = 5
    same(view.compute(model, digits_probe), kv.SmoothGrad(samples=5).compute(model, digits_probe))
    view.seed = 7
    seeded = kv.SmoothGrad(samples=5, seed=7)
    same(view.compute(model, digits_probe), seeded.compute(model, digits_probe))
    other = kv.Probe(digits.x_train[:3], digits.y_train[:3])
    same(view.compute(model, other), seeded.compute(model, other))
    same(view.compute(model, other, batch_size=2), seeded.compute(model, other, batch_size=2))
    twin = keras.models.clone_model(model)
    same(view.compute(twin, other), seeded.compute(twin, other))
    assert len(traces) == 1 + 2 * 5


def test_the_settings_of_a_view_that_is_shown_count_too(model, digits_probe, traces):
    film = kv.Filmstrip(kv.GradCAM(layers="conv"))
    film.compute(model, digits_probe)
    film.view.target = 3
    third = kv.Filmstrip(kv.GradCAM(layers="conv", target=3))
    same(film.compute(model, digits_probe), third.compute(model, digits_probe))
    assert len(traces) == 3


def test_what_remembers_starts_afresh_at_each_call(model, digits_probe):
    ascent = kv.ActivationMaximization(units=[0, 1], quality="fast", steps=3)
    same(ascent.compute(model, digits_probe), ascent.compute(model, digits_probe))


@pytest.mark.parametrize("again", [copy.deepcopy, lambda view: pickle.loads(pickle.dumps(view))])
def test_copies_and_pickles_carry_no_trace(model, digits_probe, again):
    view = kv.LayerCAM(layers="conv")
    found = view.compute(model, digits_probe)
    twin = again(view)
    assert twin.settings() == view.settings()
    same(twin.compute(model, digits_probe), found)


def test_a_view_keeps_no_model_but_the_last(digits_probe, model):
    import gc
    import weakref

    view = kv.Saliency()
    first = keras.models.clone_model(model)
    gone = weakref.ref(first)
    view.compute(first, digits_probe)
    view.compute(model, digits_probe)
    del first
    gc.collect()
    assert gone() is None
