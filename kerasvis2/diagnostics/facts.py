"""What is known at one look, for rules to judge."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Points = Sequence[tuple[int, float]]

_ACCURACIES = (
    "accuracy",
    "acc",
    "sparse_categorical_accuracy",
    "categorical_accuracy",
    "binary_accuracy",
)
NO_SKILL, SOME_SKILL, SKILL, MUCH_SKILL = 0.1, 0.35, 0.5, 0.7  # see `Facts.skill`


@dataclass(frozen=True)
class Vitals:
    """One layer at one look; what does not apply to it is NaN.

    Attributes:
        update_ratio: log10(‖ΔW‖ / ‖W‖) a step, −inf where nothing moved.
        change: ‖ΔW‖ / ‖W‖ since the last look.
        weight_norm: ‖W‖.
        gradient_norm: ‖∂loss/∂W‖ on the probe.
        dead: share of the channels that answer no image of the probe.
        sparsity: share of the answers that are 0 (or below).
        rank: effective rank of the answers, averaged over space.
        rank_share: the same as a share of what is possible, min(N, C).
        spatial: whether a channel is a filter with many places, not a unit.
        trainable: whether training may change it.
        weights: how many weights it has.
    """

    update_ratio: float = math.nan
    change: float = math.nan
    weight_norm: float = math.nan
    gradient_norm: float = math.nan
    dead: float = math.nan
    sparsity: float = math.nan
    rank: float = math.nan
    rank_share: float = math.nan
    spatial: bool = False
    trainable: bool = True
    weights: int = 0


@dataclass(frozen=True)
class Facts:
    """One look.

    Attributes:
        layers: by key, in the model's order.
        steps: how many steps the optimizer made since the last look.
        epochs: how many epochs the metrics are known of.
        loss, accuracy, val_accuracy: the last epoch's, NaN where unknown.
        classes: how many classes, 0 where that is not known.
        logits: (N, classes) of the probe, or None.
        truth: (N,) the probe's classes, or None.
        falling: (classes,) which share of a class's weights is lower than when training began, or
            None.
        names: the classes' names, or None.
        lowest, highest: of what enters the first layer with weights; NaN where unknown.
        normalised: whether the model has batch normalisation.
        unknown: what a rule may need and is not known, by field (or "answers", the layers'), and
            why; what does not apply to the model is not among it.
    """

    layers: Mapping[str, Vitals] = field(default_factory=dict)
    steps: int = 0
    epochs: int = 0
    loss: float = math.nan
    accuracy: float = math.nan
    val_accuracy: float = math.nan
    classes: int = 0
    logits: np.ndarray | None = None
    truth: np.ndarray | None = None
    falling: np.ndarray | None = None
    names: Sequence[str] | None = None
    lowest: float = math.nan
    highest: float = math.nan
    normalised: bool = False
    unknown: Mapping[str, str] = field(default_factory=dict)

    @property
    def chance(self) -> float:
        """The cross-entropy of guessing; NaN where the number of classes is unknown."""
        return math.log(self.classes) if self.classes > 1 else math.nan

    @property
    def skill(self) -> float:
        """Accuracy from 0 for guessing to 1; NaN where unknown."""
        if self.classes < 2:
            return math.nan
        return (self.accuracy - 1 / self.classes) / (1 - 1 / self.classes)

    @property
    def probe_accuracy(self) -> float:
        """The share of the probe that is predicted right; NaN where unknown."""
        if self.logits is None or self.truth is None or self.logits.shape[1] < 2:
            return math.nan
        return float((self.logits.argmax(axis=1) == self.truth).mean())

    @property
    def sunk(self) -> np.ndarray:
        """(classes,) a logit's highest place among an image's own, in standard deviations."""
        assert self.logits is not None, "asked for where they are known"
        logits = self.logits.astype(np.float64)
        spread = logits.std(axis=1, keepdims=True)
        above = logits - logits.mean(axis=1, keepdims=True)
        return np.asarray((above / np.where(spread > 0, spread, 1)).max(axis=0))

    @property
    def own(self) -> np.ndarray:
        """(classes,) the highest probability an image of a class has of being one; NaN: none."""
        assert self.truth is not None, "asked for where they are known"
        sure = self._probabilities()[np.arange(len(self.truth)), self.truth]
        found = np.full(self.classes, math.nan)
        np.fmax.at(found, self.truth, sure)
        return found

    def _probabilities(self) -> np.ndarray:
        assert self.logits is not None, "asked for where they are known"
        logits = self.logits.astype(np.float64)
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(powers / powers.sum(axis=1, keepdims=True))

    @property
    def sureness(self) -> float:
        """The mean probability of the predicted class on the probe; NaN where unknown."""
        if self.logits is None or self.logits.shape[1] < 2:
            return math.nan
        return float(self._probabilities().max(axis=1).mean())

    def name(self, index: int) -> str:
        """A class's name."""
        known = self.names is not None and index < len(self.names)
        return f"“{self.names[index]}”" if known and self.names else str(index)


def metrics(history: Mapping[str, Points]) -> dict[str, Any]:
    """The fields of `Facts` that are in the history of the training."""
    return {
        "epochs": len(history.get("loss", ())),
        "loss": _last(history, ["loss"]),
        "accuracy": _last(history, _ACCURACIES),
        "val_accuracy": _last(history, [f"val_{name}" for name in _ACCURACIES]),
    }


def _last(history: Mapping[str, Points], names: Sequence[str]) -> float:
    for name in names:
        if history.get(name):
            return float(history[name][-1][1])
    return math.nan
