"""The public views by what they are: a new one is tried wherever its kind is."""

import kerasvis2 as kv
from kerasvis2.views.cam import CAMView
from kerasvis2.views.perturbed import PerturbedView


def names_of(kind: type) -> list[str]:
    """The public views of a kind, in the order of the table of names."""
    every = [(name, getattr(kv, name)) for name in kv.__all__]
    return [name for name, one in every if isinstance(one, type) and issubclass(one, kind)]


CAMS = names_of(CAMView)
GRADIENT_CAMS = [name for name in CAMS if name != "ScoreCAM"]  # of the one pass
HIDING = names_of(PerturbedView)
