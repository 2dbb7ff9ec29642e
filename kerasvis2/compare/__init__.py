"""Runs next to each other, step by step.

runs = kv.read("runs")
comparison = kv.compare(runs, "grad_cam/*last_conv", steps=[0, 5, 10])
comparison.save("comparison.html")
"""

from __future__ import annotations

import os
import sys
import types
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from kerasvis2.compare.align import Comparison, align, named
from kerasvis2.compare.cka import Similarity, similarity_of
from kerasvis2.record.reader import Run, runs

__all__ = ["Comparison", "Run", "Similarity", "compare", "read", "similarity"]

RunLike: TypeAlias = "Run | str | os.PathLike[str]"


def read(log_dir: str | os.PathLike[str]) -> dict[str, Run]:
    """Reads back what was logged, with no need of TensorFlow.

    Args:
        log_dir: A run's folder, or a folder of runs at any depth.

    Returns:
        The runs by name. See `Run`: `tags()`, `steps(tag)`, `picture(tag, step)`, `scalars(tag)`.

    Raises:
        FileNotFoundError: If there is no such folder.

    Examples:
        >>> run = kv.read("runs")["plain"]
        >>> run.steps("grad_cam/02_conv2")
        [0, 1]
        >>> steps, losses = run.scalars("train/epoch_loss")
        >>> maps = run.maps("grad_cam/02_conv2", 1)
    """
    return runs(log_dir)


def compare(
    runs: RunLike | Iterable[RunLike] | Mapping[str, RunLike],
    tag: str,
    steps: Iterable[int] | None = None,
    *,
    scale: str = "common",
    minus: str | None = None,
) -> Comparison:
    """Lays out one tag's pictures by run and step.

    A step that a run lacks stays empty: another step's picture never stands in for it. Where the
    runs kept the maps behind the pictures, these are drawn anew on one common scale, so that one
    colour is one value in all of them.

    Args:
        runs: Runs or folders, by names of your own if given as a dict. A folder stands for all
            runs in it.
        tag: An image tag by its name, a glob, or an ending that fits one tag only.
        steps: The steps to show; by default, all that were logged.
        scale: "common", or "logged" for the pictures as they were logged.
        minus: The name or folder of a run that is subtracted from the others, in numbers.

    Returns:
        A `Comparison`: `picture(run, step)`, `difference(run, other, step)`, `sheet()`,
        `save("out.png")`, also .gif and .html.

    Raises:
        FileNotFoundError: If there is no such folder, or no run in it.
        LookupError: If the tag fits none or several. The message lists the closest.
        ValueError: If there are no runs, or no steps, or nothing to subtract.

    Examples:
        >>> beside = kv.compare("runs", "grad_cam/*conv2", steps=[0, 1])
        >>> path = beside.save("grad_cam.png")
    """
    return align(named(runs), tag, steps, scale, minus)


def similarity(first: RunLike, second: RunLike, step: int | None = None) -> Similarity:
    """How alike the layers of two runs see the probe: debiased linear CKA, layer by layer.

    Both runs must have been watched with a `Drift` view and the same probe.

    Args:
        first: A run, or its folder.
        second: Another, or the same.
        step: The step to compare at; by default, the last that both logged.

    Returns:
        A `Similarity`: `values` (layers of the first, layers of the second), `rows`, `columns`,
        `step`, and `sheet()`, its picture.

    Raises:
        FileNotFoundError: If there is no such folder, or no run in it.
        LookupError: If a folder holds several runs, or the runs have no such step in common.
        ValueError: If their probes differ.

    Examples:
        >>> alike = kv.similarity("runs/plain", "runs/augmented")
        >>> alike.values.shape, alike.step
        ((3, 3), 1)
    """
    return similarity_of(_only(first), _only(second), step)


def _only(given: RunLike) -> Run:
    found = named(given)
    if len(found) > 1:
        raise LookupError(f"{given!r} holds the runs {sorted(found)}; give one of them.")
    return next(iter(found.values()))


class _Module(types.ModuleType):
    """`kv.compare` is a function, and by Python's rules also this package, once imported."""

    def __call__(self, *args: Any, **kwargs: Any) -> Comparison:
        return compare(*args, **kwargs)


sys.modules[__name__].__class__ = _Module
