"""Numbers that no network can learn with: of its weights, and of what enters it."""

from __future__ import annotations

import math

from kerasvis2.diagnostics.facts import Facts
from kerasvis2.diagnostics.rule import RUN, Found, rule

_RANGE = "inputs in the wrong range: they reach the first layer as {lowest:.3g}…{highest:.3g}"


@rule(
    "numbers that are not finite",
    limit=math.inf,
    says="{of}: NaN or infinite since {since}",
    advice="The learning rate is too high, or something is divided by 0 or log(0) is taken.",
    explains=("guessing",),
    mark="N",
    word="not a number",
)
def broken(facts: Facts, limit: float) -> Found:
    found = {
        key: layer.weight_norm
        for key, layer in facts.layers.items()
        if layer.weights and not math.isfinite(layer.weight_norm)
    }
    if facts.epochs and not math.isfinite(facts.loss):
        found[RUN] = facts.loss
    return found


@rule(
    "inputs that are too large",
    limit=10.0,
    says=_RANGE,
    advice="Most networks learn best from values around 1: scale the images (/ 255), unless "
    "this network was made for them as they are.",
    needs=("lowest",),
    explains=("guessing",),
)
def unscaled(facts: Facts, limit: float) -> Found:
    large = facts.lowest >= 0 and facts.highest >= limit
    return {RUN: facts.highest} if large or abs(facts.highest) >= 100 * limit else {}


@rule(
    "inputs that are too small",
    limit=0.05,
    says=_RANGE,
    advice="Nearly black to the network. Are they scaled twice, by the data and by the model?",
    needs=("lowest",),
    explains=("guessing",),
)
def faint(facts: Facts, limit: float) -> Found:
    size = max(abs(facts.lowest), abs(facts.highest))
    return {RUN: size} if size <= limit else {}
