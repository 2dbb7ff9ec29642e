"""What is said of runs that did not look at the same: images, their order, or labels."""

import keras
import numpy as np
import pytest

import kerasvis2 as kv

TAG = "saliency/00_input"


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("probes")
    images = np.random.default_rng(0).random((8, 6, 6, 1), np.float32)
    labels = np.arange(8) % 3
    probes = {
        "first": kv.Probe(images[:4], labels[:4]),
        "again": kv.Probe(images[:4], labels[:4]),
        "numbered": kv.Probe(images[:4], labels[:4].astype("float32") + 0.5),
        "turned": kv.Probe(images[3::-1], labels[3::-1]),
        "others": kv.Probe(images[4:], labels[4:]),
    }
    swapped = labels[3::-1].copy()
    swapped[:2] = swapped[1::-1]
    classes = {
        "classes": probes["first"],
        "classes turned": probes["turned"],
        "classes relabelled": kv.Probe(images[3::-1], swapped),
    }
    keras.utils.set_random_seed(0)
    for loss, each in (("mse", probes), ("categorical_crossentropy", classes)):
        model = keras.Sequential(
            [
                keras.Input((6, 6, 1)),
                keras.layers.Conv2D(2, 3, name="conv"),
                keras.layers.Flatten(),
                keras.layers.Dense(3, "softmax" if each is classes else None, name="scores"),
            ]
        )
        model.compile("sgd", loss)
        for name, probe in each.items():
            monitor = kv.Monitor(folder / "a" / name, probe, [kv.Saliency(), kv.Drift()])
            model.fit(images, np.eye(3)[labels], verbose=0, callbacks=[monitor])
    return folder / "a"


@pytest.mark.parametrize(
    ("one", "other", "words"),
    [
        ("first", "numbered", "with other labels ("),
        ("first", "turned", "in another order, and perhaps with other labels ("),
        ("first", "others", "did not look at the same images (first"),
        ("classes", "classes turned", "in another order ("),
        ("classes", "classes relabelled", "in another order and with other labels ("),
    ],
)
def test_in_what_probes_differ_is_said(runs, one, other, words):
    [note] = kv.compare([runs / one, runs / other], TAG).notes
    assert words in note


def test_nothing_is_said_of_equal_probes(runs):
    assert kv.compare([runs / "first", runs / "again"], TAG).notes == []


def test_layers_are_compared_on_the_same_images_whatever_their_labels(runs):
    read = kv.read(runs)
    assert kv.similarity(read["first"], read["numbered"]).values.shape == (2, 2)
    with pytest.raises(ValueError, match="in the same order"):
        kv.similarity(read["first"], read["turned"])


def test_what_is_subtracted_is_named_as_the_runs_are(runs):
    given = [runs / "first", runs / "again"]
    for minus in ("again", str(runs / "again"), f"{runs}/../a/again/"):
        assert kv.compare(given, TAG, minus=minus).numbers.minus == "again"
    with pytest.raises(LookupError, match="none of the runs"):
        kv.compare(given, TAG, minus=str(runs / "turned"))
