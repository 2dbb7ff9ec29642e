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
from kerasvis2.record.reader import Run, runs

__all__ = ["Comparison", "Run", "compare", "read"]

RunLike: TypeAlias = "Run | str | os.PathLike[str]"


def read(log_dir: str | os.PathLike[str]) -> dict[str, Run]:
    """Reads back what was logged, with no need of TensorFlow.

    Args:
        log_dir: A run's folder, or a folder of runs at any depth.

    Returns:
        The runs by name. See `Run`: `tags()`, `steps(tag)`, `picture(tag, step)`, `scalars(tag)`.

    Raises:
        FileNotFoundError: If there is no such folder.
    """
    return runs(log_dir)


def compare(
    runs: RunLike | Iterable[RunLike] | Mapping[str, RunLike],
    tag: str,
    steps: Iterable[int] | None = None,
) -> Comparison:
    """Lays out one tag's pictures by run and step.

    A step that a run lacks stays empty: another step's picture never stands in for it.

    Args:
        runs: Runs or folders, by names of your own if given as a dict. A folder stands for all
            runs in it.
        tag: An image tag by its name, a glob, or an ending that fits one tag only.
        steps: The steps to show; by default, all that were logged.

    Returns:
        A `Comparison`: `picture(run, step)`, `sheet()`, `save("out.png")`, also .gif and .html.

    Raises:
        FileNotFoundError: If there is no such folder, or no run in it.
        LookupError: If the tag fits none or several. The message lists the closest.
        ValueError: If there are no runs, or no steps.
    """
    return align(named(runs), tag, steps)


class _Module(types.ModuleType):
    """`kv.compare` is a function, and by Python's rules also this package, once imported."""

    def __call__(self, *args: Any, **kwargs: Any) -> Comparison:
        return compare(*args, **kwargs)


sys.modules[__name__].__class__ = _Module
