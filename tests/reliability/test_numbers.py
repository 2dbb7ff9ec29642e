"""Numbers that are none, or too large, or all nothing: drawn as such in a real training."""

import warnings

import keras
import numpy as np
import pytest
from keras import layers
from test_observer_effect import every_view

import kerasvis2 as kv
from kerasvis2.render.colour import NOT_A_NUMBER

SHAPE, CLASSES = (12, 12, 3), 4


def network(policy="float32", scale=1.0):
    keras.utils.clear_session()
    keras.utils.set_random_seed(0)
    keras.config.set_dtype_policy(policy)
    try:
        parts = [
            keras.Input(SHAPE),
            layers.Rescaling(scale),
            layers.Conv2D(6, 3, activation="relu", name="conv"),
            layers.Conv2D(6, 3, activation="relu", name="deep"),
            layers.GlobalAveragePooling2D(name="pool"),
            layers.Dense(CLASSES, activation="softmax", dtype="float32", name="scores"),
        ]
        return keras.Sequential(parts)
    finally:
        keras.config.set_dtype_policy("float32")


class Sets(keras.callbacks.Callback):
    """From the second epoch on a layer's weights are something else."""

    def __init__(self, layer, value):
        super().__init__()
        self.layer, self.value = layer, value

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 1:
            weights = self.model.get_layer(self.layer).get_weights()
            self.model.get_layer(self.layer).set_weights([w * 0 + self.value for w in weights])


class Says(keras.callbacks.Callback):
    """Metrics that are no numbers."""

    def on_epoch_end(self, epoch, logs=None):
        logs |= {"odd": [1.0, np.nan, np.inf][epoch], "val_odd": -np.inf}


CASES = {
    "nan": {"others": lambda: [Sets("scores", np.nan)]},
    "infinite": {"others": lambda: [Sets("scores", np.inf)]},
    "huge": {"others": lambda: [Sets("conv", 3e38)]},
    "nothing": {"others": lambda: [Sets("conv", 0.0)]},
    "dead": {"others": lambda: [Sets("deep", -1.0)]},
    "exploding": {"optimizer": lambda: keras.optimizers.SGD(1e30)},
    "overflow": {"policy": "mixed_float16", "scale": 6e4},
    "metrics": {"others": lambda: [Says()]},
}
# A pass of all views takes seconds to compile; these are the ones that differ most.
SHORT = ("nan", "exploding", "overflow")


def train(case, monitors):
    model = network(case.get("policy", "float32"), case.get("scale", 1.0))
    optimizer = case.get("optimizer", lambda: keras.optimizers.SGD(0.1))()
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    rng = np.random.default_rng(0)
    x, y = rng.random((16, *SHAPE), "float32"), np.arange(16) % CLASSES
    others = case.get("others", list)()
    fitted = model.fit(x, y, epochs=3, batch_size=8, verbose=0, callbacks=[*others, *monitors])
    return model, fitted.history


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[] if name in SHORT else [pytest.mark.soak]) for name in CASES],
)
def test_every_view_draws_numbers_that_are_none(tmp_path, name):
    case = CASES[name]
    rng = np.random.default_rng(1)
    probe = kv.Probe(rng.random((4, *SHAPE), "float32"), np.arange(4), display=(0, 1))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        watched, history = train(case, [kv.Monitor(tmp_path, probe, every_view())])
    ours = [w for w in caught if "kerasvis2" in str(w.message) or "kerasvis2" in w.filename]
    assert not ours, {(str(w.message), w.filename, w.lineno) for w in ours}
    plain, unwatched = train(case, [])
    np.testing.assert_equal(history, unwatched)
    for mine, his in zip(watched.get_weights(), plain.get_weights()):
        np.testing.assert_array_equal(mine, his)
    (run,) = kv.read(tmp_path).values()
    assert run.damage == []
    np.testing.assert_array_equal(
        run.scalars("train/epoch_loss")[1].astype("float32"), np.float32(history["loss"])
    )
    shown = {tag.partition("/")[0] for tag in run.tags("images")}
    assert len(shown) > 20, shown
    for tag in run.tags("images"):
        assert run.steps(tag)[-1] == 2 or tag.startswith("model_graph"), tag
    broken = not all(np.isfinite(each).all() for each in watched.get_weights())
    assert broken == (name in ("nan", "infinite", "huge", "exploding")), name
    if broken:
        assert not np.isfinite(run.maps("saliency/00_input", 2)).all()
        drawn = run.picture("saliency/00_input", 2)
        assert (np.abs(drawn.astype(int) - NOT_A_NUMBER).sum(-1) == 0).any()
    if name == "metrics":
        np.testing.assert_array_equal(run.scalars("train/epoch_odd")[1], [1, np.nan, np.inf])
