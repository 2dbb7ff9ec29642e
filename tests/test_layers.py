"""Addressing layers: what users write for `layers=` finds what they mean."""

import keras
import networks
import pytest
from keras import layers

from kerasvis2.choosing import select
from kerasvis2.layers import children, spread, tree


@pytest.fixture(scope="module")
def nested():
    return tree(networks.nested())


def paths(found):
    return [info.path for info in found]


def test_paths_name_nested_layers_in_the_models_order(nested):
    assert [p for p in paths(nested) if "input" not in p] == [
        "backbone",
        "backbone/conv1",
        "backbone/norm",
        "backbone/conv2",
        "backbone/relu2",
        "pool",
        "head",
    ]
    assert [info.place for info in nested] == list(range(len(nested)))


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("backbone/conv1", ["backbone/conv1"]),
        ("conv2", ["backbone/conv2"]),
        ("backbone/conv*", ["backbone/conv1", "backbone/conv2"]),
        ("conv?", ["backbone/conv1", "backbone/conv2"]),
        (["head", "conv1"], ["backbone/conv1", "head"]),
        (["conv1", "conv*"], ["backbone/conv1", "backbone/conv2"]),
    ],
)
def test_a_spec_finds_its_layers(nested, spec, expected):
    assert paths(select(nested, spec)) == expected


def test_a_layer_object_finds_itself(nested):
    for info in nested:
        assert select(nested, info.layer) == [info]


def test_all_takes_every_layer_that_fits(nested):
    dense = select(nested, "all", fits=lambda info: isinstance(info.layer, layers.Dense))
    assert paths(dense) == ["head"]


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("conv3", r"'conv3'.*no such layer.*Did you mean .*'backbone/conv1'"),
        ("backbone/con1", r"Did you mean .*'backbone/conv1'"),
        ("xyz*", r"matches no layer"),
        ([], r"chooses nothing"),
        (3.5, r"is a float; give a layer, a path"),
    ],
)
def test_what_is_not_there_is_an_error_with_the_closest(nested, spec, words):
    with pytest.raises(ValueError, match=words):
        select(nested, spec)


def test_a_layer_of_another_model_is_an_error(nested):
    stranger = layers.Conv2D(1, 1, name="conv1")
    with pytest.raises(ValueError, match="not part of this model.*backbone/conv1"):
        select(nested, stranger)


def test_a_bare_name_in_two_places_is_ambiguous():
    def tower(name):
        image = keras.Input((8, 8, 3))
        return keras.Model(image, layers.Conv2D(2, 3, name="conv")(image), name=name)

    image = keras.Input((8, 8, 3))
    infos = tree(keras.Model(image, [tower("left")(image), tower("right")(image)]))
    with pytest.raises(ValueError, match="ambiguous: 'left/conv' and 'right/conv'"):
        select(infos, "conv")
    assert paths(select(infos, "right/conv")) == ["right/conv"]


def test_a_named_layer_that_does_not_fit_is_an_error_with_ones_that_do(nested):
    def spatial(info):
        return "conv" in info.path

    with pytest.raises(ValueError, match="layers='head': this Dense .* such as .*conv2"):
        select(nested, "head", fits=spatial, what="layer with a spatial output")


def test_twins_in_a_subclassed_model_get_paths_of_their_own():
    class Twins(keras.Model):
        def __init__(self):
            super().__init__()
            self.first = layers.Dense(2, name="same")
            self.second = layers.Dense(2, name="same")

    assert paths(tree(Twins())) == ["same", "same~2"]


def test_children_of_composite_layers_are_found():
    """`children` wraps the one private attribute that is read; this is its test."""
    attention = layers.MultiHeadAttention(2, 4)
    attention.build((None, 5, 8), (None, 5, 8))
    assert any(isinstance(child, layers.EinsumDense) for child in children(attention))
    wrapped = layers.TimeDistributed(layers.Conv2D(2, 3, name="inner"))
    assert [child.name for child in children(wrapped)] == ["inner"]
    assert children(layers.Dense(1)) == []


def test_spread_keeps_first_and_last(nested):
    assert paths(spread(nested, 3))[0] == nested[0].path
    assert paths(spread(nested, 3))[-1] == nested[-1].path
    assert len(spread(nested, 3)) == 3
    assert spread(nested, 99) == nested
