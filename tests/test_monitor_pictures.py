"""Pictures at some steps, maps and numbers at all."""

import event_files
import keras
import networks
import numpy as np
import pytest

import kerasvis2 as kv


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """The same training with all pictures and with every third."""
    folder = tmp_path_factory.mktemp("runs")
    for name, pictures in (("all", 1), ("few", 3), ("schedule", lambda step: step in (0, 5))):
        model = networks.functional()
        model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
        probe = kv.Probe(networks.images(6), networks.labels(6), display=(0, 1))
        views = [
            *kv.default_views(),
            kv.Saliency(targets=("label", 2)),
            kv.Activations(layers="conv2", maps=(0, 3)),
            kv.Filmstrip(kv.GradCAM(), freq=1),
        ]
        model.fit(
            networks.images(16),
            networks.labels(16),
            epochs=6,
            verbose=0,
            shuffle=False,
            callbacks=[kv.Monitor(folder / name, probe, views, pictures=pictures)],
        )
    return folder


@pytest.mark.parametrize(("name", "due"), [("few", [0, 3]), ("schedule", [0, 5])])
def test_pictures_are_drawn_at_these_steps_and_everything_else_at_all(runs, name, due):
    every, some = runs / "all", runs / name
    tags = event_files.tags(every / "vis", "images")
    assert tags == event_files.tags(some / "vis", "images")
    for tag in tags:
        steps = event_files.steps(every / "vis", tag)
        wanted = steps if tag.startswith("filmstrip") else due  # it has a schedule of its own
        assert event_files.steps(some / "vis", tag) == [s for s in steps if s in wanted], tag
        drawn = dict(zip(steps, event_files.pictures(every / "vis", tag)))
        first, *_ = event_files.pictures(some / "vis", tag)
        np.testing.assert_array_equal(first, drawn[0])
    for folder in ("train", "vis"):
        scalars = event_files.tags(every / folder, "scalars")
        assert scalars
        for tag in scalars:
            np.testing.assert_array_equal(
                event_files.scalars(some / folder, tag), event_files.scalars(every / folder, tag)
            )


def test_maps_are_kept_at_every_step_and_are_the_same(runs):
    every, some = kv.read(runs / "all"), kv.read(runs / "few")
    (every,), (some,) = every.values(), some.values()
    tags = [
        tag for tag in event_files.tags(runs / "few" / "vis", "kerasvis_maps") if tag[:5] == "maps/"
    ]
    names = {tag.removeprefix("maps/") for tag in tags}
    assert any("grad_cam" in name for name in names)
    for name in sorted(names):
        for step in range(6):
            np.testing.assert_array_equal(some.maps(name, step), every.maps(name, step))


class Counting:
    """How many pictures a view draws at each step, and what it says besides."""

    def draw(self, arrays, about):
        drawing = super().draw(arrays, about)
        vars(self).setdefault("drawn", {})[about.step] = len(drawing.pictures)
        vars(self).setdefault("said", []).append((about.step, [*drawing.scalars, *drawing.texts]))
        return drawing


def counting(kind, *args, **kwargs):
    return type(kind.__name__, (Counting, kind), {"name": kind.__name__.lower()})(*args, **kwargs)


def test_at_other_steps_nothing_is_drawn_only_to_be_thrown_away(tmp_path):
    views = [
        counting(kind)
        for kind in (kv.Curves, kv.Predictions, kv.GradCAM, kv.LayerHealth, kv.Drift, kv.ModelGraph)
    ]
    model = networks.functional()
    model.compile("sgd", "sparse_categorical_crossentropy")
    x, y = networks.images(6), networks.labels(6)
    probe = kv.Probe(x, y, display=(0, 1))
    monitor = kv.Monitor(tmp_path, probe, views, pictures=lambda step: step in (1, 3))
    model.fit(x, y, epochs=4, verbose=0, callbacks=[monitor])
    for view in views:
        assert list(view.drawn) == [0, 1, 2, 3], view
        assert view.drawn[0] == view.drawn[2] == 0, view
        assert view.drawn[1] > 0, view
        said = [words for step, words in view.said if step]
        assert said[1] == said[2] or view.name == "modelgraph", view
    assert views[-1].drawn == {0: 0, 1: 1, 2: 0, 3: 0}, "the diagram is owed until it is drawn"


@pytest.mark.parametrize(
    ("view", "task", "units"),
    [({}, "regression", 2), ({"boxes": "xyxy"}, "regression", 4), ({}, "multilabel", 3)],
)
def test_answers_that_are_no_class_are_not_drawn_in_vain_either(tmp_path, view, task, units):
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [keras.Input((8, 8, 1)), keras.layers.Flatten(), keras.layers.Dense(units)]
    )
    model.compile("sgd", "mse")
    x = np.random.default_rng(0).random((5, 8, 8, 1), "float32")
    y = np.random.default_rng(1).integers(0, 2, (5, units)).astype("float32")
    watched = counting(kv.Predictions, **view)
    probe = kv.Probe(x, y, display=(0, 1), task=task)
    monitor = kv.Monitor(tmp_path, probe, [watched], pictures=2)
    model.fit(x, y, epochs=3, verbose=0, callbacks=[monitor])
    assert watched.drawn[1] == 0
    assert watched.drawn[0] == watched.drawn[2] > 0
    assert watched.said[1][1] == watched.said[2][1]


def test_a_schedule_of_pictures_is_checked_when_it_is_given(tmp_path):
    with pytest.raises(TypeError, match="log_spaced"):
        kv.Monitor(tmp_path, pictures="often")


@pytest.mark.parametrize(
    ("maps", "bits"), [(True, 8), (1, 8), (8, 8), (16, 16), (False, 0), (0, 0)]
)
def test_bits_of_maps(maps, bits):
    from kerasvis2.monitoring.arguments import bits_of

    assert bits_of(maps) == bits
