"""Images that are unlike those it learns from: the probe's, and those it is validated with."""

from __future__ import annotations

from kerasvis2.diagnostics.facts import SKILL, Facts
from kerasvis2.diagnostics.numbers import effective_rank
from kerasvis2.diagnostics.rule import RUN, Found, rule

_FEW = 8  # images
_DULL = 1.5  # the probability of the predicted class, in those of guessing


@rule(
    "a probe whose images all look alike",
    limit=1.15,
    looks=2,
    says="all images of the probe look alike to the network since {since}, while training "
    "accuracy is {accuracy:.2f}",
    advice="Are the training images in another range than the probe?",
    needs=("classes", "accuracy"),
)
def alike(facts: Facts, limit: float) -> Found:
    if facts.logits is None or len(facts.logits) < _FEW or not facts.skill >= SKILL:
        return {}
    rank = effective_rank(facts.logits)
    # Averages that lag behind make any image a dull one; without them, so does only its range.
    dull = not facts.normalised and facts.sureness <= _DULL / facts.classes
    return {RUN: rank} if rank <= limit or dull else {}


@rule(
    "a probe that is unlike the validation images",
    limit=0.5,
    looks=2,
    says="the probe's accuracy {value:.2f} is far behind validation ({val_accuracy:.2f}) since "
    "{since}",
    advice="Are the probe's images and labels prepared as the others?",
    needs=("classes", "val_accuracy"),
)
def other_probe(facts: Facts, limit: float) -> Found:
    behind = facts.val_accuracy - facts.probe_accuracy
    few = facts.truth is None or len(facts.truth) < _FEW
    return {} if few or not behind >= limit else {RUN: facts.probe_accuracy}


@rule(
    "validation far behind training",
    limit=0.5,
    looks=2,
    says="validation accuracy {val_accuracy:.2f} is far behind training ({accuracy:.2f}) since "
    "{since}",
    advice="Are the validation images prepared as the training images? If they are, the "
    "network learns them by heart.",
    needs=("accuracy", "val_accuracy"),
)
def apart(facts: Facts, limit: float) -> Found:
    # The averages of batch normalisation need some hundred steps, and lag behind until then.
    behind = facts.accuracy - facts.val_accuracy
    return {} if facts.normalised or not behind >= limit else {RUN: facts.val_accuracy}
