"""Drift, film strips, attention to the object, and the layers of two runs compared."""

from itertools import pairwise

import event_files
import keras
import numpy as np
import pytest
import scipy.stats
from keras import layers
from reading import says

import kerasvis2 as kv
from kerasvis2.diagnostics.similarity import linear_cka

EPOCHS = 4
WHY_DASHED = "a dash: no map, or the same everywhere: nothing to compare"


def small(seed=0):
    keras.utils.set_random_seed(seed)
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(6, 3, padding="same", activation="relu", name="conv1"),
            layers.Conv2D(8, 3, activation="relu", name="conv2"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(10, activation="softmax", name="scores"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy")
    return model


@pytest.fixture(scope="module")
def probe(digits):
    """With masks: where the ink is."""
    images = digits.x_test[:12]
    return kv.Probe(images, digits.y_test[:12], masks=images[..., 0] > 0.5)


class Watch(keras.callbacks.Callback):
    """The same arrays as the views see them, taken one by one."""

    def __init__(self, probe):
        super().__init__()
        self.probe, self.cams, self.saliency, self.features = probe, [], [], []

    def on_epoch_end(self, epoch, logs=None):
        self.cams.append(kv.GradCAM(layers="conv2").compute(self.model, self.probe)["conv2"])
        self.saliency.append(kv.Saliency().compute(self.model, self.probe)["input"])
        found = kv.Activations(layers="conv2").compute(self.model, self.probe)["conv2"]
        self.features.append(found.mean((1, 2)))


def train(folder, digits, probe, seed=0, epochs=EPOCHS, views=None):
    watch = Watch(probe)
    views = views or [
        kv.Drift([kv.GradCAM(), kv.Saliency()]),
        kv.Filmstrip(images=5),
        kv.Filmstrip(kv.Saliency(), images=3, freq=2),
        kv.GradCAM(),
        kv.Saliency(),
    ]
    small(seed).fit(
        digits.x_train[:512],
        digits.y_train[:512],
        epochs=epochs,
        verbose=0,
        callbacks=[watch, kv.Monitor(folder, probe, views, on_error="raise")],
    )
    return folder, watch


@pytest.fixture(scope="module")
def run(tmp_path_factory, digits, probe):
    return train(tmp_path_factory.mktemp("runs") / "first", digits, probe)


# Drift


def moved(a, b):
    """By SciPy, image by image; those without an order are left out."""
    found = [
        1 - scipy.stats.spearmanr(x.ravel(), y.ravel()).statistic
        for x, y in zip(a, b)
        if np.ptp(x) > 0 and np.ptp(y) > 0
    ]
    return np.mean(found)


@pytest.mark.filterwarnings("ignore::scipy.stats.ConstantInputWarning")
def test_explanations_moved_by_one_less_spearman(run):
    folder, watch = run
    for key, maps in (("grad_cam/conv2", watch.cams), ("saliency/input", watch.saliency)):
        last = event_files.scalars(folder / "vis", f"drift/moved/{key}")
        first = event_files.scalars(folder / "vis", f"drift/moved_since_first/{key}")
        np.testing.assert_allclose(last, [moved(b, a) for a, b in pairwise(maps)], atol=1e-3)
        np.testing.assert_allclose(first, [moved(b, maps[0]) for b in maps[1:]], atol=1e-3)


def test_layers_are_alike_by_cka(run):
    folder, watch = run
    found = event_files.scalars(folder / "vis", "drift/cka/conv2")
    expected = [linear_cka(b, a) for a, b in pairwise(watch.features)]
    np.testing.assert_allclose(found, expected, atol=1e-4)
    assert event_files.steps(folder / "vis", "drift/00_layers") == [1, 2, 3]


def test_views_of_other_kinds_and_targets_are_errors(digits, probe):
    with pytest.raises(ValueError, match="is no explanation"):
        kv.Drift([kv.Filters()])
    with pytest.raises(ValueError, match="give layers= to Drift"):
        kv.Drift([kv.GradCAM(layers="conv1")])
    with pytest.raises(ValueError, match="target is the true label"):
        kv.Drift([kv.GradCAM(target=3)])
    with pytest.raises(ValueError, match="give the probe labels"):
        kv.Drift().compute(small(), kv.Probe(digits.x_test[:8]))
    with pytest.raises(ValueError, match="4 images or more; the probe has 3"):
        kv.Drift().compute(small(), kv.Probe(digits.x_test[:3], digits.y_test[:3]))


def test_without_explanations_no_labels_are_needed(digits):
    found = kv.Drift([]).compute(small(), kv.Probe(digits.x_test[:8]))
    assert {key: array.shape for key, array in found.items()} == {
        "features/conv1": (8, 6),
        "features/conv2": (8, 8),
        "features/scores": (8, 10),
    }


# Two runs


def test_a_run_is_like_itself_and_less_like_another(run, tmp_path, digits, probe):
    first, watch = run
    second, other = train(tmp_path / "second", digits, probe, seed=1, epochs=2, views=[kv.Drift()])
    same = kv.similarity(first, first)
    assert same.rows == same.columns == ["conv1", "conv2", "scores"]
    assert same.step == EPOCHS - 1
    np.testing.assert_allclose(np.diag(same.values), 1, atol=1e-6)
    across = kv.similarity(first, second)
    assert across.step == 1
    expected = linear_cka(watch.features[1], other.features[1])
    assert across.values[1, 1] == pytest.approx(expected, abs=1e-4)
    assert across.sheet().ndim == 3


def test_runs_that_cannot_be_compared_are_errors(run, tmp_path, digits, probe):
    first, _ = run
    others = kv.Probe(digits.x_test[12:24], digits.y_test[12:24])
    second, _ = train(tmp_path / "b", digits, others, epochs=1, views=[kv.Drift()])
    with pytest.raises(ValueError, match="different probes"):
        kv.similarity(first, second)
    with pytest.raises(LookupError, match="no Drift view logged at step 7"):
        kv.similarity(first, first, step=7)


# Film strips


def test_a_film_strip_is_drawn_on_its_schedule_and_at_the_end(run):
    folder, _ = run
    # log_spaced(4) is due at 0, 1, 2 and then not before 5; training ended at 3.
    assert event_files.steps(folder / "vis", "filmstrip/01_conv2") == [0, 1, 2, 3]
    assert event_files.steps(folder / "vis", "filmstrip_2/00_input") == [0, 2, 3]


def test_a_film_strip_grows_and_ends_with_everything(run):
    folder, _ = run
    pictures = event_files.pictures(folder / "vis", "filmstrip/01_conv2")
    inked = [int((picture < 200).any(-1).any(0).sum()) for picture in pictures]
    # A column's edge may fall on one pixel more or less.
    assert all(after >= before - 3 for before, after in pairwise(inked))
    assert inked[-1] > inked[0] + 30


def test_a_film_strip_computes_what_its_view_does(probe):
    model = small()
    np.testing.assert_array_equal(
        kv.Filmstrip(kv.Saliency()).compute(model, probe)["input"],
        kv.Saliency().compute(model, probe)["input"],
    )


def test_a_film_strip_of_an_ascent(tmp_path, digits, probe):
    view = kv.ActivationMaximization(quality="fast", steps=2, units=[1, 4])
    small().fit(
        digits.x_train[:64],
        digits.y_train[:64],
        epochs=2,
        verbose=0,
        callbacks=[kv.Monitor(tmp_path, probe, [kv.Filmstrip(view)], on_error="raise")],
    )
    assert event_files.steps(tmp_path / "vis", "filmstrip/03_scores") == [0, 1]


def test_a_film_strip_follows_a_view_of_ones_own(probe):
    class Brightness(kv.View):
        """A map that asks for no score; not one of this package's kinds."""

        title, shows, overlay = "Brightness", "map", True

        def needs(self, model, probe):
            return kv.Request(outputs=True)

        def reduce(self, seen):
            return {"input": seen.inputs[..., 0]}

    (picture,) = kv.Filmstrip(Brightness(), images=2).render(small(), probe).values()
    Brightness.overlay = False
    (beside,) = kv.Filmstrip(Brightness(), images=2).render(small(), probe).values()
    assert not np.array_equal(picture, beside)


def test_a_film_strip_of_an_ascent_of_two_layers_shows_both(probe):
    view = kv.ActivationMaximization(["conv2", "scores"], quality="fast", steps=1, units=[0])
    tags = kv.Filmstrip(view).render(small(), probe)
    assert sorted(tags) == ["filmstrip/01_conv2", "filmstrip/03_scores"]


def test_a_film_strip_needs_maps():
    with pytest.raises(ValueError, match="a view of one map an image"):
        kv.Filmstrip(kv.Filters())
    with pytest.raises(ValueError, match="images=9"):
        kv.Filmstrip(images=9)


# Attention to the object


def test_energy_and_pointing_are_those_of_the_maps(run, probe):
    folder, watch = run
    masks = probe.masks
    energy = [
        np.mean([(m * mask).sum() / m.sum() for m, mask in zip(maps, masks)])
        for maps in watch.saliency
    ]
    found = event_files.scalars(folder / "vis", "saliency/energy_on_object/input")
    np.testing.assert_allclose(found, energy, atol=1e-4)
    hits = [
        np.mean([mask.ravel()[m.argmax()] for m, mask in zip(maps, masks)])
        for maps in watch.saliency
    ]
    found = event_files.scalars(folder / "vis", "saliency/points_at_object/input")
    np.testing.assert_allclose(found, hits, atol=1e-6)
    chance = event_files.scalars(folder / "vis", "grad_cam/energy_on_object/chance")
    np.testing.assert_allclose(chance, masks.mean(), rtol=1e-5)
    curves = event_files.tags(folder / "vis", "scalars")
    assert {f"grad_cam/energy_on_object/conv{i}" for i in (1, 2)} <= set(curves)


def test_a_map_all_on_the_object_has_all_its_energy_there():
    from kerasvis2.views.base import About
    from kerasvis2.views.objects import on_object

    masks = np.zeros((3, 8, 8), bool)
    masks[0, :4], masks[1, 4:] = True, True  # the third image has no object
    maps = np.zeros((3, 8, 8))
    maps[0, 1, 2], maps[1, 1, 2], maps[2] = 5, 5, 1
    assert on_object("conv", maps, About(masks=masks)) == {
        "energy_on_object/conv": 0.5,
        "points_at_object/conv": 0.5,
        "energy_on_object/chance": 0.5,
    }
    maps[1] = np.nan
    assert on_object("conv", maps, About(masks=masks))["energy_on_object/conv"] == 1
    assert on_object("conv", maps, About()) == {}


def test_the_object_of_signals_and_volumes():
    from kerasvis2.views.base import About
    from kerasvis2.views.objects import on_object

    masks, maps = np.zeros((2, 12), bool), np.zeros((2, 12))
    masks[:, 3:6], maps[:, 4], maps[:, 9] = True, 3, 1
    of_signals = {
        "energy_on_object/c": 0.75,
        "points_at_object/c": 1,
        "energy_on_object/chance": 0.25,
    }
    assert on_object("c", maps, About(masks=masks)) == of_signals
    assert on_object("c", maps[..., None].repeat(2, -1), About(masks=masks)) == of_signals
    coarse = on_object("c", maps[:, ::4], About(masks=masks))  # of a layer with fewer places
    assert 0 < coarse["energy_on_object/c"] < 1
    volumes, objects = maps.reshape(2, 3, 2, 2), masks.reshape(2, 3, 2, 2)
    assert on_object("c", volumes, About(masks=objects)) == of_signals
    assert on_object("c", volumes[..., None], About(masks=objects)) == of_signals
    assert on_object("c", volumes[:, :2], About(masks=objects)) == {}


def test_a_large_probe_is_followed_by_some_of_its_images(tmp_path, digits):
    x = np.resize(digits.x_test, (1500, *digits.x_test.shape[1:]))
    probe = kv.Probe(x, np.resize(digits.y_test, 1500))
    model = small()
    monitor = kv.Monitor(tmp_path, probe, [kv.Drift()])
    model.fit(x[:64], probe.labels[:64], epochs=2, verbose=0, callbacks=[monitor])
    written = sum(file.stat().st_size for file in (tmp_path / "vis").glob("*tfevents*"))
    assert written < 2_000_000
    (run,) = kv.read(tmp_path).values()
    assert run.numbers("drift/gram/conv1", 1).shape == (128, 128)
    some = np.linspace(0, 1499, 128).round().astype(int)
    part = kv.Probe(x[some], probe.labels[some])
    features = kv.Drift(views=[]).compute(model, part)["features/conv1"]
    from kerasvis2.diagnostics.similarity import gram

    np.testing.assert_allclose(run.numbers("drift/gram/conv1", 1), gram(features), rtol=1e-3)


def test_a_network_that_died_is_said_to_have_nothing_to_compare(tmp_path, digits, probe):
    model = small()
    for variable in model.trainable_variables:
        variable.assign(0 * variable)
    model.compile("sgd", "sparse_categorical_crossentropy")
    model.optimizer.learning_rate = 0.0
    monitor = kv.Monitor(tmp_path, probe, [kv.Drift()])
    model.fit(digits.x_test[:64], digits.y_test[:64], epochs=3, verbose=0, callbacks=[monitor])
    (run,) = kv.read(tmp_path).values()
    assert not any(tag.startswith("drift/moved") for tag in run.tags("scalars"))
    sheet = run.picture("drift/00_layers", 2)
    assert says(sheet, WHY_DASHED)


def test_a_layer_without_maps_is_not_said_to_be_the_same_everywhere(run):
    (logged,) = kv.read(run[0]).values()
    assert not says(logged.picture("drift/00_layers"), WHY_DASHED)
