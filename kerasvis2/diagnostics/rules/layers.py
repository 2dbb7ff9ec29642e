"""Layers that do not learn, and layers that do not answer."""

from __future__ import annotations

import math

from kerasvis2.diagnostics.facts import Facts
from kerasvis2.diagnostics.rule import Found, rule

_SILENT = (
    "They answer no image of the probe. Lower the learning rate, and look for large negative "
    "biases."
)


def _still(facts: Facts, limit: float, trainable: bool) -> Found:
    return {
        key: layer.weights
        for key, layer in facts.layers.items()
        if layer.update_ratio <= limit and layer.trainable is trainable
    }


@rule(
    "frozen layers",
    limit=-math.inf,
    says="frozen since {since} (trainable=False): {of}",
    advice="Right for layers that are meant to stay. Otherwise set trainable = True and "
    "compile the model again.",
    needs=("steps",),
    explains=("guessing",),
    mark="F",
    word="frozen",
    grouped=True,
)
def frozen(facts: Facts, limit: float) -> Found:
    return _still(facts, limit, trainable=False)


@rule(
    "layers that do not move",
    limit=-math.inf,
    says="do not move since {since}, although they may: {of}",
    advice="No gradient reaches them: a dead layer behind them, a cut graph, or a learning "
    "rate of 0.",
    needs=("steps",),
    explains=("guessing",),
    mark="S",
    word="stuck",
    grouped=True,
)
def stuck(facts: Facts, limit: float) -> Found:
    return _still(facts, limit, trainable=True)


@rule(
    "dead filters",
    limit=0.4,
    looks=2,
    says="{of}: {percent} of filters dead since {since}",
    advice=_SILENT,
    needs=("answers",),
    explains=("guessing",),
    mark="D",
    word="dead",
    at_once=0.9,
)
def dead_filters(facts: Facts, limit: float) -> Found:
    return {k: v.dead for k, v in facts.layers.items() if v.spatial and v.dead >= limit}


@rule(
    "dead units",
    limit=0.75,
    looks=2,
    says="{of}: {percent} of units dead since {since}",
    advice=_SILENT,
    needs=("answers",),
    explains=("guessing",),
    mark="D",
    word="dead",
    at_once=0.9,
)
def dead_units(facts: Facts, limit: float) -> Found:
    # A unit answers an image with one number only: few images leave many of them silent.
    return {k: v.dead for k, v in facts.layers.items() if not v.spatial and v.dead >= limit}
