"""Timing by turns: what is compared runs in the same process, one after the other."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

Work = Callable[[], object]


def by_turns(works: dict[str, Work], repeats: int = 31, warmup: int = 3) -> dict[str, list[float]]:
    """Seconds of each work, `repeats` times, in alternating order."""
    names = list(works)
    seconds: dict[str, list[float]] = {name: [] for name in names}
    for turn in range(warmup + repeats):
        for name in names if turn % 2 else reversed(names):
            start = time.perf_counter()
            works[name]()
            if turn >= warmup:
                seconds[name].append(time.perf_counter() - start)
    return seconds


def ratio(seconds: dict[str, list[float]], ours: str, floor: str) -> float:
    """Median of the ratios turn by turn, which a drift of the machine's speed does not move."""
    return statistics.median(a / b for a, b in zip(seconds[ours], seconds[floor]))


def median_ms(values: list[float]) -> float:
    """Median in milliseconds."""
    return statistics.median(values) * 1e3
