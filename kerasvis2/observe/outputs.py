"""A model's outputs: their names, and the logits behind a final softmax or sigmoid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from keras import ops, tree

from kerasvis2.observe.backend import Notes
from kerasvis2.task import Task


@dataclass(frozen=True)
class OutputFacts:
    """What is known of one output before anything is computed.

    Attributes:
        name: Keras's output name, the key of a dict, or `output_0`, `output_1`, ….
        shape: of the logits, the batch first.
        head: "softmax", "sigmoid" or "linear", the final activation that is bypassed.
        task: what the output is: classes, a number, a label map, a picture.
    """

    name: str
    shape: tuple[int | None, ...]
    head: str
    task: Task

    @property
    def binary(self) -> bool:
        """Whether one unit stands for two classes, itself for class 1."""
        return self.task.kind == "binary" or (self.task.kind == "mask" and self.units == 1)

    @property
    def units(self) -> int:
        """The size of the last axis; 1 where that is none of units, as of (N,) and (N, H, W)."""
        return self.task.units


@dataclass(frozen=True)
class Output:
    """One output of the model inside the traced pass.

    Attributes:
        name: as in `OutputFacts`.
        value: what the model returns.
        logits: the tensor before a final softmax or sigmoid, otherwise `value`.
        head: as in `OutputFacts`.
        trail: the tensors from `value` back to `logits`, both included.
    """

    name: str
    value: Any
    logits: Any
    head: str
    trail: Sequence[Any]


def outputs_of(model: Any, returned: Any, notes: Notes) -> list[Output]:
    """The model's outputs in the order of its flattened return value."""
    values = [ops.convert_to_tensor(value) for value in tree.flatten(returned)]
    names = output_names(model, returned, len(values))
    return [_output(name, value, notes) for name, value in zip(names, values)]


def _output(name: str, value: Any, notes: Notes) -> Output:
    logits, head, trail = notes.logits(value)
    reshaped = head == "sigmoid" or logits.shape[-1] == value.shape[-1]
    if tuple(logits.shape) != tuple(value.shape) and reshaped:
        logits = ops.reshape(logits, ops.shape(value))  # what only reshaped them stands behind
    return Output(name, value, logits, head, trail)


def output_names(model: Any, returned: Any, count: int) -> list[str]:
    """A name for each output."""
    if isinstance(returned, Mapping) and len(returned) == count:
        return sorted(str(key) for key in returned)  # the order of a flattened dict
    names = getattr(model, "output_names", None)
    if names and len(names) == count:
        return list(names)
    return [f"output_{i}" for i in range(count)]
