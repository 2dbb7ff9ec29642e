"""Nothing is left behind: no tensor after a look, no growth over epochs, no model after a training.

On the backend that KERAS_BACKEND names.
"""

import gc
import tracemalloc
import weakref

import networks
import pytest
from test_every_backend import compiled, probe, tensors

import kerasvis2 as kv
from kerasvis2.render import text

VIEWS = [
    *(kv.Filters(), kv.Activations(), kv.GradCAM(layers="*"), kv.GuidedGradCAM(), kv.Saliency()),
    *(kv.LayerHealth(gradients=True), kv.Drift(), kv.ModelGraph(), kv.Predictions()),
    *(kv.SmoothGrad(samples=3), kv.Occlusion(patch=6), kv.ScoreCAM(channels=2), kv.RISE(masks=20)),
    kv.ActivationMaximization(layers="head", units=[0], steps=2),
]


@pytest.mark.filterwarnings("ignore")  # pytest would keep each of them
def test_epochs_leave_no_tensor_behind_and_memory_does_not_grow(tmp_path):
    monitor = kv.Monitor(tmp_path, probe(4), VIEWS, on_error="raise")
    monitor.set_model(compiled())
    monitor.on_train_begin()

    def epoch(number):
        monitor.on_epoch_end(number, {"loss": 1.0})
        monitor.on_train_end()  # what is drawn behind is drawn
        found = tensors()
        for each in vars(text).values():  # the words of the last titles, at most so many
            if hasattr(each, "cache_clear"):
                each.cache_clear()
        if number == 2:
            tracemalloc.start()
        return found, tracemalloc.get_traced_memory()[0]

    try:
        counts, sizes = zip(*(epoch(i) for i in range(6)), strict=True)
    finally:
        tracemalloc.stop()
    assert counts[-1] == counts[2], counts
    # Where the words' letters are found is kept too, and bounded; one kept picture is 200 kB.
    assert sizes[5] - sizes[4] < 60_000, sizes


@pytest.mark.parametrize("make", [networks.functional, networks.nested, networks.subclassed])
def test_a_model_is_let_go_with_what_looked_at_it(tmp_path, sample, make):
    monitor = kv.Monitor(
        tmp_path, probe(), [kv.GradCAM(), kv.LayerHealth(gradients=True)], on_error="raise"
    )
    model = compiled(make)
    model.fit(*sample, epochs=1, verbose=0, callbacks=[monitor])
    session = kv.Session(model, probe(), progress=False)
    session.compute(kv.GradCAM())
    gone = weakref.ref(model.layers[-1])
    del model, session, monitor
    gc.collect()
    assert gone() is None
