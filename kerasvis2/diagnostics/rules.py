"""What is going wrong: one table of rules, each with its limit.

A rule finds subjects (layers, classes, or the run itself as "") whose number is beyond its limit.
It speaks once that was so in `looks` looks in a row. Tried on small networks on real digits, each
fault planted and none; the limits lie between the two.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from kerasvis2.diagnostics.facts import Facts
from kerasvis2.diagnostics.numbers import effective_rank

RUN = ""


Found = Mapping[str, float]


@dataclass(frozen=True)
class Rule:
    """One row of the table.

    Attributes:
        name: a key, unique.
        find: `(facts, limit) -> {subject: number}` of those beyond the limit.
        limit: the number beyond which it is a trouble.
        looks: in how many looks in a row.
        at_once: the number beyond which it is said at the first look.
        says: what to say of a subject: a format with `{of}` its name, `{value}` its number and
            `{percent}` the same in per cent, `{since}` when it began, and the fields of `Facts`.
        advice: usual causes, and what to look at.
        mark, word: its letter in the picture of the layers and what that means, "" where it is
            not about a layer.
        grouped: whether all its subjects are named in one line.
    """

    name: str
    find: Callable[[Facts, float], Found]
    limit: float
    looks: int
    says: str
    advice: str
    mark: str = ""
    word: str = ""
    grouped: bool = False
    at_once: float = math.inf


def _broken(facts: Facts, limit: float) -> dict[str, float]:
    found = {
        key: layer.weight_norm
        for key, layer in facts.layers.items()
        if layer.weights and not math.isfinite(layer.weight_norm)
    }
    if facts.epochs and not math.isfinite(facts.loss):
        found[RUN] = facts.loss
    return found


def _frozen(facts: Facts, limit: float) -> dict[str, float]:
    return {
        key: layer.weights
        for key, layer in facts.layers.items()
        if layer.update_ratio <= limit and not layer.trainable
    }


def _stuck(facts: Facts, limit: float) -> dict[str, float]:
    return {
        key: layer.weights
        for key, layer in facts.layers.items()
        if layer.update_ratio <= limit and layer.trainable
    }


def _dead_filters(facts: Facts, limit: float) -> dict[str, float]:
    return {k: v.dead for k, v in facts.layers.items() if v.spatial and v.dead >= limit}


def _dead_units(facts: Facts, limit: float) -> dict[str, float]:
    # A unit answers an image with one number only: few images leave many of them silent.
    return {k: v.dead for k, v in facts.layers.items() if not v.spatial and v.dead >= limit}


def _replaced(facts: Facts, limit: float) -> dict[str, float]:
    changes = [layer.change for layer in facts.layers.values() if math.isfinite(layer.change)]
    moving = [change for change in changes if change > 0]
    # Over many steps a healthy network may change as much.
    if not moving or facts.steps < 1 or np.mean(moving) / facts.steps < _FAST:
        return {}
    return {RUN: float(np.mean(moving))} if np.mean(moving) >= limit else {}


def _worse(facts: Facts, limit: float) -> dict[str, float]:
    high = facts.loss >= limit * facts.chance and not facts.skill >= _SOME_SKILL
    return {RUN: facts.loss} if high and math.isfinite(facts.loss) else {}


def _guessing(facts: Facts, limit: float) -> dict[str, float]:
    lost = facts.loss >= limit * facts.chance and not facts.skill >= _NO_SKILL
    return {RUN: facts.loss} if lost and math.isfinite(facts.loss) else {}


def _missing(facts: Facts, limit: float) -> dict[str, float]:
    """Classes of the probe that are never predicted, and of which the output only ever fell.

    Each training image of another class lowers a class's output, and none of its own raises it.
    So its weights fall: all of them where features are not negative (they follow a ReLU), else
    most of them. Its own images are held for it less and less; or its logit lies below the others'
    mean for every image.
    """
    if facts.logits is None or facts.truth is None or facts.logits.shape[1] < 3:
        return {}
    if not np.fmax(facts.skill, facts.probe_accuracy) >= _SOME_SKILL:
        return {}
    falling = np.zeros(facts.classes) if facts.falling is None else facts.falling
    gone = (falling >= limit) & (facts.own <= _DOUBTED / facts.classes)
    if facts.probe_accuracy >= _SKILL:
        gone |= facts.sunk <= _SUNK
    if facts.probe_accuracy >= _MUCH_SKILL:
        gone |= (falling >= _MOSTLY) & (facts.own <= _RULED_OUT / facts.classes)
    unsaid = set(facts.truth.tolist()) - set(facts.logits.argmax(axis=1).tolist())
    return {facts.name(c): float(facts.own[c]) for c in sorted(unsaid) if gone[c]}


def _alike(facts: Facts, limit: float) -> dict[str, float]:
    if facts.logits is None or len(facts.logits) < _FEW or not facts.skill >= _SKILL:
        return {}
    rank = effective_rank(facts.logits)
    # Averages that lag behind make any image a dull one; without them, so does only its range.
    dull = not facts.normalised and facts.sureness <= _DULL / facts.classes
    return {RUN: rank} if rank <= limit or dull else {}


def _unscaled(facts: Facts, limit: float) -> dict[str, float]:
    large = facts.lowest >= 0 and facts.highest >= limit
    return {RUN: facts.highest} if large or abs(facts.highest) >= 100 * limit else {}


def _faint(facts: Facts, limit: float) -> dict[str, float]:
    size = max(abs(facts.lowest), abs(facts.highest))
    return {RUN: size} if size <= limit else {}


def _other_probe(facts: Facts, limit: float) -> dict[str, float]:
    behind = facts.val_accuracy - facts.probe_accuracy
    few = facts.truth is None or len(facts.truth) < _FEW
    return {} if few or not behind >= limit else {RUN: facts.probe_accuracy}


def _apart(facts: Facts, limit: float) -> dict[str, float]:
    # The averages of batch normalisation need some hundred steps, and lag behind until then.
    behind = facts.accuracy - facts.val_accuracy
    return {} if facts.normalised or not behind >= limit else {RUN: facts.val_accuracy}


_FAST = 5e-3  # a step's share of the weights, five times what is healthy
_NO_SKILL, _SOME_SKILL, _SKILL, _MUCH_SKILL = 0.1, 0.35, 0.5, 0.7
_SUNK = -0.2  # standard deviations of an image's logits
_DOUBTED, _RULED_OUT = 0.7, 0.01  # the probability of an image's own class, in those of guessing
_MOSTLY = 0.6  # the share of weights
_DULL = 1.5  # the probability of the predicted class, in those of guessing
_FEW = 8  # images

RULES = (
    Rule(
        "broken",
        _broken,
        limit=math.inf,
        looks=1,
        says="{of}: NaN or infinite since {since}",
        advice="The learning rate is too high, or something is divided by 0 or log(0) is taken.",
        mark="N",
        word="not a number",
    ),
    Rule(
        "unscaled",
        _unscaled,
        limit=10.0,
        looks=1,
        says="inputs in the wrong range: they reach the first layer as {lowest:.3g}…{highest:.3g}",
        advice="Most networks learn best from values around 1: scale the images (/ 255), unless "
        "this network was made for them as they are.",
    ),
    Rule(
        "faint",
        _faint,
        limit=0.05,
        looks=1,
        says="inputs in the wrong range: they reach the first layer as {lowest:.3g}…{highest:.3g}",
        advice="Nearly black to the network. Are they scaled twice, by the data and by the model?",
    ),
    Rule(
        "replaced",
        _replaced,
        limit=0.75,
        looks=1,
        says="steps are too large: {steps} steps changed the weights by {percent} of their size",
        advice="Lower the learning rate, ten times or more.",
    ),
    Rule(
        "worse",
        _worse,
        limit=1.2,
        looks=1,
        says="training loss {loss:.3g} is worse than guessing among {classes} classes "
        "({chance:.3g})",
        advice="The learning rate is too high, inputs are out of range, or the loss does not fit "
        "the output (from_logits=).",
    ),
    Rule(
        "frozen",
        _frozen,
        limit=-math.inf,
        looks=1,
        says="frozen since {since} (trainable=False): {of}",
        advice="Right for layers that are meant to stay. Otherwise set trainable = True and "
        "compile the model again.",
        mark="F",
        word="frozen",
        grouped=True,
    ),
    Rule(
        "stuck",
        _stuck,
        limit=-math.inf,
        looks=1,
        says="do not move since {since}, although they may: {of}",
        advice="No gradient reaches them: a dead layer behind them, a cut graph, or a learning "
        "rate of 0.",
        mark="S",
        word="stuck",
        grouped=True,
    ),
    Rule(
        "dead_filters",
        _dead_filters,
        limit=0.4,
        looks=2,
        says="{of}: {percent} of filters dead since {since}",
        advice="They answer no image of the probe. Lower the learning rate, and look for large "
        "negative biases.",
        mark="D",
        word="dead",
        at_once=0.9,
    ),
    Rule(
        "dead_units",
        _dead_units,
        limit=0.75,
        looks=2,
        says="{of}: {percent} of units dead since {since}",
        advice="They answer no image of the probe. Lower the learning rate, and look for large "
        "negative biases.",
        mark="D",
        word="dead",
        at_once=0.9,
    ),
    Rule(
        "guessing",
        _guessing,
        limit=0.97,
        looks=2,
        says="training is no better than guessing since {since}: loss {loss:.3g}, guessing among "
        "{classes} classes gives {chance:.3g}",
        advice="",
    ),
    Rule(
        "missing",
        _missing,
        limit=0.95,
        looks=2,
        says="class {of} is never predicted, and its output has only fallen since {since}",
        advice="Is it missing from the training data?",
    ),
    Rule(
        "alike",
        _alike,
        limit=1.15,
        looks=2,
        says="all images of the probe look alike to the network since {since}, while training "
        "accuracy is {accuracy:.2f}",
        advice="Are the training images in another range than the probe?",
    ),
    Rule(
        "other_probe",
        _other_probe,
        limit=0.5,
        looks=2,
        says="the probe's accuracy {value:.2f} is far behind validation ({val_accuracy:.2f}) since "
        "{since}",
        advice="Are the probe's images and labels prepared as the others?",
    ),
    Rule(
        "apart",
        _apart,
        limit=0.5,
        looks=2,
        says="validation accuracy {val_accuracy:.2f} is far behind training ({accuracy:.2f}) since "
        "{since}",
        advice="Are the validation images prepared as the training images? If they are, the "
        "network learns them by heart.",
    ),
)
