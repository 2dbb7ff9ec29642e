"""Steps that are too large."""

from __future__ import annotations

import math

import numpy as np

from kerasvis2.diagnostics.facts import SOME_SKILL, Facts
from kerasvis2.diagnostics.rule import RUN, Found, rule

_FAST = 5e-3  # a step's share of the weights, five times what is healthy


@rule(
    "steps that are too large",
    limit=0.75,
    says="steps are too large: {steps} steps changed the weights by {percent} of their size",
    advice="Lower the learning rate, ten times or more.",
    needs=("steps",),
    explains=("guessing",),
)
def replaced(facts: Facts, limit: float) -> Found:
    changes = [layer.change for layer in facts.layers.values() if math.isfinite(layer.change)]
    moving = [change for change in changes if change > 0]
    # Over many steps a healthy network may change as much.
    if not moving or facts.steps < 1 or np.mean(moving) / facts.steps < _FAST:
        return {}
    return {RUN: float(np.mean(moving))} if np.mean(moving) >= limit else {}


@rule(
    "a loss that is worse than guessing",
    limit=1.2,
    says="training loss {loss:.3g} is worse than guessing among {classes} classes ({chance:.3g})",
    advice="The learning rate is too high, inputs are out of range, or the loss does not fit "
    "the output (from_logits=).",
    needs=("loss", "classes"),
)
def worse(facts: Facts, limit: float) -> Found:
    high = facts.loss >= limit * facts.chance and not facts.skill >= SOME_SKILL
    return {RUN: facts.loss} if high and math.isfinite(facts.loss) else {}
