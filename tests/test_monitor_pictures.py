"""Pictures at some steps, maps and numbers at all."""

import event_files
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


def test_a_schedule_of_pictures_is_checked_when_it_is_given(tmp_path):
    with pytest.raises(TypeError, match="log_spaced"):
        kv.Monitor(tmp_path, pictures="often")


@pytest.mark.parametrize(
    ("maps", "bits"), [(True, 8), (1, 8), (8, 8), (16, 16), (False, 0), (0, 0)]
)
def test_bits_of_maps(maps, bits):
    from kerasvis2.monitoring.arguments import bits_of

    assert bits_of(maps) == bits
