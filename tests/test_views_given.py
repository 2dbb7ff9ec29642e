"""Views that are given what they do not take: said in words of theirs."""

import copy

import pytest

import kerasvis2 as kv


class Named(kv.Saliency):
    def __init__(self, factor, **settings):
        super().__init__(**settings)
        self.factor = factor


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (
            lambda: kv.GradCAM(layer="conv"),
            "GradCAM has no setting layer: its settings are layers, ",
        ),
        (lambda: kv.GradCAM(layer="conv"), "scale, seed. Did you mean layers?"),
        (
            lambda: kv.Saliency(colour="x"),
            "Saliency has no setting colour: its settings are target",
        ),
        (lambda: Named(2, freqs=2), "Named has no setting freqs: its settings are factor, target"),
        (lambda: Named(), "missing 1 required positional argument: 'factor'"),
    ],
)
def test_what_a_view_does_not_take_is_said(make, words):
    with pytest.raises(TypeError) as found:
        make()
    assert words in str(found.value)


def test_users_views_take_what_they_take():
    assert Named(2, freq=3).factor == 2
    assert copy.deepcopy(Named(2)).factor == 2
