"""Classes that are not learned."""

from __future__ import annotations

import math

import numpy as np

from kerasvis2.diagnostics.facts import MUCH_SKILL, NO_SKILL, SKILL, SOME_SKILL, Facts
from kerasvis2.diagnostics.rule import RUN, Found, rule

_SLOW = -4.0  # log10 of a step's share of the weights
_SUNK = -0.2  # standard deviations of an image's logits
_DOUBTED, _RULED_OUT = 0.7, 0.01  # the probability of an image's own class, in those of guessing
_MOSTLY = 0.6  # the share of weights


def _why(facts: Facts) -> str:
    """Where training gets nowhere and nothing else was found: by the size of the steps."""
    ratios = [v.update_ratio for v in facts.layers.values() if math.isfinite(v.update_ratio)]
    typical = sorted(ratios)[len(ratios) // 2] if ratios else math.nan
    if typical < _SLOW:
        return (
            f"The steps are small (10^{typical:.1f} of the weights each): the learning rate may be "
            "too low. Otherwise look at the data: do the labels belong to the images, or are they "
            "shuffled?"
        )
    return (
        "The weights move as they should, so look at the data: do the labels belong to the images, "
        "or are they shuffled?"
    )


@rule(
    "a training that is no better than guessing",
    limit=0.97,
    looks=2,
    says="training is no better than guessing since {since}: loss {loss:.3g}, guessing among "
    "{classes} classes gives {chance:.3g}",
    advice=_why,
    needs=("loss", "classes"),
)
def guessing(facts: Facts, limit: float) -> Found:
    lost = facts.loss >= limit * facts.chance and not facts.skill >= NO_SKILL
    return {RUN: facts.loss} if lost and math.isfinite(facts.loss) else {}


@rule(
    "a class that is never learned",
    limit=0.95,
    looks=2,
    says="class {of} is never predicted, and its output has only fallen since {since}",
    advice="Is it missing from the training data?",
    needs=("classes",),
)
def missing(facts: Facts, limit: float) -> Found:
    """Classes of the probe that are never predicted, and of which the output only ever fell.

    Each training image of another class lowers a class's output, and none of its own raises it.
    So its weights fall: all of them where features are not negative (they follow a ReLU), else
    most of them. Its own images are held for it less and less; or its logit lies below the others'
    mean for every image.
    """
    if facts.logits is None or facts.truth is None or facts.logits.shape[1] < 3:
        return {}
    if not np.fmax(facts.skill, facts.probe_accuracy) >= SOME_SKILL:
        return {}
    falling = np.zeros(facts.classes) if facts.falling is None else facts.falling
    gone = (falling >= limit) & (facts.own <= _DOUBTED / facts.classes)
    if facts.probe_accuracy >= SKILL:
        gone |= facts.sunk <= _SUNK
    if facts.probe_accuracy >= MUCH_SKILL:
        gone |= (falling >= _MOSTLY) & (facts.own <= _RULED_OUT / facts.classes)
    unsaid = set(facts.truth.tolist()) - set(facts.logits.argmax(axis=1).tolist())
    return {facts.name(c): float(facts.own[c]) for c in sorted(unsaid) if gone[c]}
