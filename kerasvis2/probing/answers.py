"""What a probe's labels say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from kerasvis2.probing.arrays import Key
from kerasvis2.probing.fixed import Fixed
from kerasvis2.probing.labels import class_indices
from kerasvis2.task import Task, task_of


class Labelled(Fixed):
    """The part of a `Probe` that knows its labels."""

    class_names: list[str] | None
    task: str | dict[str, str] | None
    kind: str

    def labels_of(self, output_name: str | None = None, index: int = 0) -> np.ndarray | None:
        """The labels of one output, by its name or place; None where there are none for it."""
        labels = self.labels
        if isinstance(labels, dict):
            return labels.get(output_name, labels.get(index))
        if isinstance(labels, list):
            return labels[index] if index < len(labels) else None
        return labels if index == 0 else None

    def task_of(
        self,
        shape: Sequence[int | None],
        activation: str = "linear",
        loss: Any = None,
        *,
        name: str = "",
        index: int = 0,
    ) -> Task:
        """What an output of the model is; see `kerasvis2.task.task_of`."""
        word = self.task.get(name) if isinstance(self.task, dict) else self.task
        return task_of(
            shape=shape,
            activation=activation,
            loss=loss,
            labels=self.labels_of(name, index),
            word=word,
            name=name,
            index=index,
            names=self.class_names,
            inputs=self.drawn,
            pictures=self.kind == "pictures",
        )

    def class_indices(self, output_name: Key | None = None) -> np.ndarray | None:
        """(N,) class indices of the labels, or None where they name no single class per image.

        Args:
            output_name: with labels for several outputs, the output's name or place; the first of
                them where it is not given.

        Raises:
            KeyError, IndexError: there are no labels of that name or place.
        """
        labels = self.labels
        if isinstance(labels, (dict, list)):
            first: Any = next(iter(labels)) if isinstance(labels, dict) else 0
            labels = labels[first if output_name is None else output_name]  # type: ignore[index]
        return None if labels is None else class_indices(labels)

    def caption_name(self, index: int) -> str:
        """The name of a class for captions; its number where it has no name."""
        if self.class_names is not None and 0 <= index < len(self.class_names):
            return self.class_names[index]
        return str(int(index))
