"""`Task`: what can be said of an output's values, by what the output is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from kerasvis2.tasks import maps
from kerasvis2.tasks.forms import NONE


@dataclass(frozen=True)
class Task:
    """What one output is, and what can be said of its values.

    `logits` below are what stands before the output's final softmax or sigmoid, or the output
    itself where it has none: (N, …) as the model gives them; of a "mask" also the classes
    themselves, int (N, *space). `names` are class names, or None.

    Attributes:
        kind: "classes" (one of several), "binary" (one unit, which stands for class 1),
            "multilabel" (each unit yes or no), "regression" (numbers), "mask" (a class at each
            place), "image" (a picture), or "unknown" (none that is known: never a class).
        units: length of the output's last axis, 1 where it has none.
        classes: how many classes there are; 0 where there are none.
        squash: "softmax", "sigmoid" or None: what makes probabilities (or the output) of logits.
        why: one sentence on how this was told, for the run's card.
        name: the output's name.
        space: axes between the batch and the units.
        has_units: whether the last axis holds units; False for (N,) and for (N, H, W) maps.
        threshold: the logit from which on one unit says yes.
        apart: whether each unit of a "mask" says yes or no, so that a place can have none of the
            classes (`forms.NONE`) or several, of which the likeliest is taken.
        bounded: whether what is said of a class can be taken for a probability; a margin cannot.
    """

    kind: str
    units: int = 1
    classes: int = 0
    squash: str | None = None
    why: str = ""
    name: str = ""
    space: int = 0
    has_units: bool = True
    threshold: float = 0.0
    bounded: bool = True
    apart: bool = False

    @property
    def sure(self) -> bool:
        """Whether an example's class has a probability."""
        return self.classes > 0 and self.bounded and not self.space

    def rows(self, logits: Any) -> np.ndarray:
        """(N, *space, units) float64."""
        values = np.asarray(logits)
        values = values.astype(np.float32 if values.dtype.kind == "V" else np.float64)
        return values.astype(np.float64) if self.has_units else values[..., np.newaxis]

    def values(self, logits: Any) -> np.ndarray:
        """(N, *space, units) what the output says: its numbers, or the probabilities."""
        rows = self.rows(logits)
        if self.squash == "sigmoid":
            return 0.5 * (1 + np.tanh(rows / 2))
        if self.squash == "softmax" and not _distributions(rows):
            rows = np.exp(rows - rows.max(axis=-1, keepdims=True))
            return rows / rows.sum(axis=-1, keepdims=True)
        return rows

    def probabilities(self, logits: Any) -> np.ndarray | None:
        """(N, *space, units) probabilities, or None where the output has none.

        Of one unit, the probability of class 1.
        """
        if self.kind in ("regression", "image", "unknown") or not self.bounded:
            return None
        values = self.values(logits)
        if self.squash is None:  # the loss takes the output for probabilities, as it is
            if self.units == 1 or self.kind == "multilabel":
                return np.clip(values, 0, 1)
            total = values.sum(axis=-1, keepdims=True)
            return values / total if (values >= 0).all() and (total > 0).all() else None
        return values

    def label_maps(self, logits: Any) -> np.ndarray | None:
        """(N, *space) the class predicted at each place of a "mask"; None for other kinds."""
        if self.kind != "mask":
            return None
        if self._says_classes(logits):
            return np.asarray(logits, np.int64)
        rows = self.rows(logits)
        if self.units == 1:
            return (rows[..., 0] > self.threshold).astype(np.int64)
        found = rows.argmax(axis=-1)
        return np.where(rows.max(axis=-1) > self.threshold, found, NONE) if self.apart else found

    def true_maps(self, labels: Any, logits: Any) -> np.ndarray | None:
        """(N, *space) the true class at each place of a "mask", or None without such labels."""
        array = numeric(labels)
        if array is None or self.kind != "mask":
            return None
        places = np.shape(logits)[: 1 + self.space]
        if self.apart and array.shape == (*places, self.units):
            return maps.of_several(array, self.label_maps(logits))
        return maps.of_labels(array, places, self.units)

    def _says_classes(self, logits: Any) -> bool:
        """Whether the classes of a label map are given, in place of their logits."""
        array = np.asarray(logits)
        return self.has_units and array.dtype.kind in "iu" and array.ndim == 1 + self.space

    def predicted(self, logits: Any) -> np.ndarray | None:
        """(N,) the predicted class, or None where the output names none; −1 where it is NaN.

        Of several labels the likeliest, of a label map the one that most places have.
        """
        if self.kind == "mask":
            found = self.label_maps(logits)
            return None if found is None else maps.majority(found)
        if not self.classes:
            return None
        rows = self.rows(logits)
        found = rows.argmax(axis=-1)
        if self.kind == "binary":
            found = (rows[:, 0] > self.threshold).astype(np.int64)
        return np.where(np.isnan(rows).any(axis=-1), -1, found)

    def truth(self, labels: Any) -> np.ndarray | None:
        """(N,) the true class, −1 where a label names none of them; None without such labels."""
        array = numeric(labels)
        if array is None or self.kind not in ("classes", "binary", "mask"):
            return None
        if self.kind == "mask":
            places = array.shape[: 1 + self.space]
            if len(places) < 2:
                return None
            several = self.apart and array.shape == (*places, self.units)
            found = maps.of_several(array) if several else maps.of_labels(array, places, self.units)
            return None if found is None else maps.majority(found)
        if array.ndim == 2 and array.shape[1] == 1:
            array = array[:, 0]
        if array.ndim == 2 and array.shape[1] == self.classes:
            return array.argmax(axis=-1)
        if array.ndim != 1:
            return None
        if self.kind == "binary":  # −1 and 1 as hinge takes them, 0 and 1, or shares of class 1
            return (array > (0 if array.min() < 0 else 0.5)).astype(np.int64)
        whole = np.round(array).astype(np.int64)
        return np.where((whole == array) & (whole >= 0) & (whole < self.classes), whole, -1)

    def probability(self, logits: Any, classes: Any) -> np.ndarray | None:
        """(N,) the probability of a class each; of a label map, the share of its places."""
        chosen = np.asarray(classes)
        if self.kind == "mask":
            found = self.label_maps(logits)
            return None if found is None else maps.share(found, np.broadcast_to(chosen, len(found)))
        likely = self.probabilities(logits)
        if likely is None:
            return None
        if self.kind == "binary":
            return np.where(chosen == 1, likely[:, 0], 1 - likely[:, 0])
        chosen = np.broadcast_to(chosen, len(likely))
        return likely[np.arange(len(likely)), chosen]

    def wrong(self, logits: Any, labels: Any) -> np.ndarray | None:
        """(N,) whether the answer is wrong; None where that is not a matter of yes and no."""
        if self.kind == "multilabel":
            true = numeric(labels)
            said = self.rows(logits) > self.threshold
            if true is None or true.shape != said.shape:
                return None
            return (said != (true > 0.5)).any(axis=-1)
        true, guess = self.truth(labels), self.predicted(logits)
        if self.kind == "mask" or true is None or guess is None:
            return None
        return (guess != true) & (true >= 0)

    def top(self, logits: Any, count: int = 5) -> list[list[tuple[int, float]]]:
        """The likeliest classes of each example with their probability (or value), best first."""
        if not self.classes or self.space:
            return []
        values = self.probabilities(logits)
        values = self.rows(logits) if values is None else values
        if self.kind == "binary" and values.shape[-1] == 1:
            values = np.concatenate([1 - values if self.bounded else -values, values], axis=-1)
        order = np.argsort(-values, axis=-1, kind="stable")[:, :count]
        return [[(int(c), float(row[c])) for c in best] for best, row in zip(order, values)]

    def agreement(self, logits: Any, labels: Any) -> np.ndarray | None:
        """(N,) how near the answer is: IoU of a label map, mean error of numbers or pictures."""
        array = numeric(labels)
        if array is None:
            return None
        if self.kind == "mask":
            guess, true = self.label_maps(logits), self.true_maps(labels, logits)
            if guess is None or true is None:
                return None
            return maps.iou(guess, true, one_object=self.units == 1)
        values = self.values(logits)
        if self.kind not in ("regression", "image") or array.size != values.size:
            return None
        axes = tuple(range(1, values.ndim))
        return np.abs(values - array.reshape(values.shape)).mean(axis=axes)


def numeric(labels: Any) -> np.ndarray | None:
    """Labels as an array of numbers, or None where they are none."""
    array = None if labels is None else np.asarray(labels)
    return array if array is not None and array.dtype.kind in "biuf" and array.size else None


def _distributions(rows: np.ndarray) -> bool:
    """Whether all rows are probabilities already, made by a softmax that was not told as one."""
    return bool((rows >= 0).all() and np.allclose(rows.sum(axis=-1), 1, atol=1e-4))
