"""NaN and infinities are not taken for numbers where a picture says something in words."""

import keras
import numpy as np

import kerasvis2 as kv
from kerasvis2.render.captions import reach
from kerasvis2.render.scale import Scale
from kerasvis2.views.answered import _ends


def test_an_answer_that_is_no_number_is_never_right(tmp_path):
    """NumPy's argmax of NaN is class 0: an exploded network is not right about class 0."""
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Flatten()])
    model.add(keras.layers.Dense(3, name="scores"))
    model.set_weights([np.full(w.shape, np.nan, np.float32) for w in model.get_weights()])
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    images, labels = np.ones((4, 4, 4, 1), np.float32), np.array([0, 0, 1, 2])
    monitor = kv.Monitor(tmp_path, kv.Probe(images, labels), [kv.Predictions()])
    model.fit(images, labels, verbose=0, callbacks=[monitor])
    (run,) = kv.read(tmp_path).values()
    assert run.scalars("predictions/accuracy")[1].tolist() == [0.0]


def test_how_far_a_map_goes_is_said_of_its_numbers():
    scale = Scale(top=5.0, signed=False)
    assert reach(np.array([[1.0, np.nan], [np.inf, 2.0]]), scale) == "max 2 of 5"
    assert reach(np.array([np.nan, np.inf]), scale) == "NaN/inf only"


def test_the_range_of_what_is_drawn_is_that_of_its_numbers():
    assert _ends(np.array([0.2, np.nan, 0.9])) == (0.0, 1.0)
    assert _ends(np.array([-3.0, np.inf, 4.0])) == (-3.0, 4.0)
    assert _ends(np.array([np.nan])) == (0.0, 1.0)
