"""What a gradient is taken of: one score per image, from the logits."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from keras import ops

from kerasvis2.observe.outputs import Output, OutputFacts

if TYPE_CHECKING:
    from kerasvis2.probe import Probe
    from kerasvis2.task import Task

PREDICTED = "predicted"


@dataclass(frozen=True, eq=False)
class Target:
    """A target, resolved against a model's outputs and a probe.

    Attributes:
        key: names it in `path@target`.
        output: index of the output it looks at.
        classes: (N,) class indices, None for the predicted class.
        function: a user's own `outputs -> (N,) scores`, instead of a class.
        itself: a unit's value is the score as it is, never negated: there are no classes.
        unit: which one; None for the sum of all.
        task: what the output is; None of a callable.
    """

    key: str
    output: int = 0
    classes: np.ndarray | None = None
    function: Callable[[Any], Any] | None = None
    itself: bool = False
    unit: int | None = None
    task: Task | None = None

    def rows(self, outputs: Sequence[Output]) -> Any:
        """(n, …, units) float32 logits of the output."""
        logits = ops.cast(outputs[self.output].logits, "float32")
        bare = len(logits.shape) == 1 or (self.task is not None and not self.task.has_units)
        return logits[..., None] if bare else logits

    def predicted(self, outputs: Sequence[Output]) -> Any:
        """(n,) the predicted classes."""
        rows = self.rows(outputs)
        return predicted(rows, self.threshold, apart=self.apart)

    @property
    def apart(self) -> bool:
        """Whether each unit of a label map says yes or no."""
        return self.task is not None and self.task.apart

    @property
    def threshold(self) -> float:
        """The logit from which on one unit says yes."""
        return self.task.threshold if self.task is not None else 0.0

    def __eq__(self, other: object) -> bool:
        """Whether it is the same score, whatever it is called."""
        return (
            isinstance(other, Target)
            and self.output == other.output
            and self.function == other.function
            and (self.itself, self.unit) == (other.itself, other.unit)
            and (self.classes is None) == (other.classes is None)
            and (self.classes is None or bool(np.all(self.classes == other.classes)))
        )

    def __hash__(self) -> int:
        return hash((self.output, self.itself))


def resolve(spec: Any, outputs: Sequence[OutputFacts], probe: Probe | None) -> Target:
    """Turns a user's `target` into a `Target`; raises `ValueError` for what cannot be."""
    names = [output.name for output in outputs]
    if callable(spec):
        return Target(_name(spec), function=spec)
    if isinstance(spec, tuple) and len(spec) == 2 and isinstance(spec[0], str):
        name, inner = spec
        if name not in names:
            raise ValueError(f"target={spec!r}: no output {name!r}; the outputs are {names}.")
        found = _for_output(inner, names.index(name), outputs, probe)
        return replace(found, key=f"{name}:{found.key}")
    return _for_output(spec, spoken(outputs, probe), outputs, probe)


def distinct(targets: Sequence[Target]) -> list[str]:
    """A name for each of several targets, no two alike: a second `f` is `f~2`."""
    counts: dict[str, int] = {}
    names = []
    for target in targets:
        counts[target.key] = counts.get(target.key, 0) + 1
        names.append(target.key + (f"~{counts[target.key]}" if counts[target.key] > 1 else ""))
    return names


def _name(function: Any) -> str:
    return str(getattr(function, "__name__", None) or type(function).__name__).strip("<>")


def spoken(outputs: Sequence[OutputFacts], probe: Probe | None) -> int:
    """The output that is meant where none is named: the first of classes, else the first."""
    for i in range(len(outputs)):
        if labels_for(i, outputs, probe) is not None:
            return i
    if probe is not None and isinstance(probe.labels, dict):
        for i, output in enumerate(outputs):
            if output.name in probe.labels:
                return i
    return 0


def labels_for(
    output: int, outputs: Sequence[OutputFacts], probe: Probe | None
) -> np.ndarray | None:
    """(N,) class indices of the probe's labels for one output, or None."""
    if probe is None or probe.labels is None:
        return None
    facts = outputs[output]
    found: np.ndarray | None = facts.task.truth(probe.labels_of(facts.name, output))
    return found


def _for_output(
    spec: Any, index: int, outputs: Sequence[OutputFacts], probe: Probe | None
) -> Target:
    output = outputs[index]
    itself = not output.task.classes
    if callable(spec):
        # Named with its output, a callable gets that output alone.
        alone = functools.partial(_of_output, spec, output.name)
        return Target(_name(spec), index, function=alone)
    if isinstance(spec, str):
        if spec not in ("label", PREDICTED):
            raise ValueError(
                f'target={spec!r}: give "label", "predicted", a class index, one index per '
                "image, a callable, or (output name, target)."
            )
        if itself:
            one = 0 if output.units == 1 else None
            return Target(spec, index, itself=True, unit=one, task=output.task)
        # A label that names no class of this output, −1, is followed by the predicted one.
        classes = labels_for(index, outputs, probe) if spec == "label" else None
        return Target(spec, index, classes, task=output.task)
    count = 1 if probe is None else probe.size
    try:
        classes = np.asarray(spec)
    except ValueError as error:
        raise ValueError(f"target={spec!r} is not a class index or a list of them.") from error
    if classes.dtype.kind not in "iu" or classes.ndim > 1:
        raise ValueError(f"target={spec!r}: class indices are whole numbers, one or (N,).")
    if classes.ndim == 1 and len(classes) != count:
        raise ValueError(
            f"target has {len(classes)} class indices, but the probe has {count} images."
        )
    top = output.units if itself else max(output.units, 2)
    if classes.min() < 0 or classes.max() >= top:
        units = "one unit, 0, which is no class" if top == 1 else f"the units 0 to {top - 1}"
        raise ValueError(
            f"target={spec!r} is out of range: output {output.name!r} has "
            f"{units if itself else f'the classes 0 to {top - 1}'}."
        )
    if itself and classes.ndim:
        raise ValueError(
            f"target={spec!r}: output {output.name!r} has no classes that could be another for "
            "each image; give one unit's index."
        )
    key = str(int(classes)) if classes.ndim == 0 else "per_image"
    if itself:
        return Target(key, index, itself=True, unit=int(classes), task=output.task)
    classes = np.broadcast_to(classes, (count,)).astype("int32")
    return Target(key, index, classes, task=output.task)


def _of_output(function: Callable[[Any], Any], name: str, values: Any) -> Any:
    return function(_pick(values, name))


def _pick(values: Any, name: str) -> Any:
    return values[name] if isinstance(values, dict) else values


def scores(
    target: Target, outputs: Sequence[Output], classes: Any | None, structure: Any = None
) -> Any:
    """(N,) float32 scores inside the traced pass.

    Args:
        target: what to score.
        outputs: the outputs of this pass.
        classes: (N,) int tensor of the class indices of these images, None for "predicted".
        structure: the logits in the model's own return structure, for callables.
    """
    if target.function is not None:
        found = ops.cast(ops.convert_to_tensor(target.function(structure)), "float32")
        if len(found.shape) != 1:
            raise ValueError(
                f"target: the callable returned shape {tuple(found.shape)}; it must return one "
                "score per image, (N,)."
            )
        return found
    logits = target.rows(outputs)
    space = tuple(range(1, len(logits.shape) - 1))
    if target.itself:
        chosen = logits if target.unit is None else logits[..., target.unit]
        axes = tuple(range(1, len(chosen.shape)))
        return ops.sum(chosen, axis=axes) if axes else chosen
    if logits.shape[-1] == 1:
        return _binary(logits[..., 0], classes, space, target.threshold)
    if classes is None:
        classes = target.predicted(outputs)
    onehot = ops.one_hot(ops.cast(classes, "int32"), logits.shape[-1], dtype="float32")
    onehot = ops.reshape(onehot, (-1, *(1 for _ in space), logits.shape[-1]))
    wanted = ops.sum(logits * onehot, axis=-1)
    if not space:
        return wanted
    best = target.threshold if target.apart else ops.max(logits, axis=-1)
    won = ops.cast(wanted > best if target.apart else wanted >= best, "float32")
    return ops.sum(wanted * ops.stop_gradient(won), axis=tuple(axis for axis in space))


def _binary(logit: Any, classes: Any | None, space: tuple[int, ...], threshold: float) -> Any:
    if classes is None:
        classes = _binary_class(logit, space, threshold)
    positive = ops.reshape(ops.cast(classes, "float32"), (-1, *(1 for _ in space))) > 0
    signed = ops.where(positive, logit, -logit)
    if not space:
        return signed
    won = ops.where(positive, logit > threshold, logit <= threshold)
    return ops.sum(signed * ops.cast(won, "float32"), axis=space)


def _binary_class(logit: Any, space: tuple[int, ...], threshold: float) -> Any:
    hit = ops.cast(logit > threshold, "int32")
    return ops.max(hit, axis=space) if space else hit


def predicted(logits: Any, threshold: float = 0.0, apart: bool = False) -> Any:
    """(N,) predicted classes of logits (N, …, units).

    Of a label map it is the class that most pixels are given; in a tie the later one, so that
    class 0, the background of many, is taken only where it wins. One unit says yes above the
    threshold; where units are apart, each of them does, and no class is no answer.
    """
    space = tuple(range(1, len(logits.shape) - 1))
    units = logits.shape[-1]
    if units == 1:
        return _binary_class(logits[..., 0], space, threshold)
    winner = ops.argmax(logits, axis=-1)
    if not space:
        return ops.cast(winner, "int32")
    won = ops.one_hot(winner, units, dtype="float32")
    counts = ops.sum(ops.cast(logits > threshold, "float32") * won if apart else won, axis=space)
    later = np.linspace(0, 0.5, units, dtype="float32")  # less than a pixel
    return ops.cast(ops.argmax(counts + ops.convert_to_tensor(later), axis=-1), "int32")
