"""Timing by turns: what is compared runs in the same process, one after the other."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

Work = Callable[[], object]


@dataclass(frozen=True)
class Times:
    """Seconds of each work, turn by turn.

    Attributes:
        wall: what passed.
        cpu: what this process computed, on all its threads: it says more than the wall where
            others use the machine too. It knows nothing of work done in other processes.
    """

    wall: dict[str, list[float]]
    cpu: dict[str, list[float]]


def by_turns(
    works: Mapping[str, Work],
    repeats: int = 31,
    *,
    warmup: int = 2,
    most_seconds: float = 90.0,
    after: Mapping[str, Work] | None = None,
) -> Times:
    """Times each work `repeats` times, in alternating order.

    Args:
        works: what to time, by name.
        repeats: how often.
        warmup: untimed turns in front: traces, caches, threads.
        most_seconds: no further turn is begun after these, but three are made in any case.
        after: what follows a work untimed, so that it does not reach into the next one.
    """
    names = list(works)
    times = Times({name: [] for name in names}, {name: [] for name in names})
    begun = time.perf_counter()
    for turn in range(-warmup, repeats):
        if turn >= 3 and time.perf_counter() - begun > most_seconds:
            break
        for name in names if turn % 2 else reversed(names):
            start, computed = time.perf_counter(), time.process_time()
            works[name]()
            if turn >= 0:
                times.wall[name].append(time.perf_counter() - start)
                times.cpu[name].append(time.process_time() - computed)
            if after and name in after:
                after[name]()
    return times


def quartiles(
    seconds: Mapping[str, list[float]], over: str, under: str
) -> tuple[float, float, float]:
    """Of the ratios turn by turn, which a drift of the machine's speed does not move."""
    ratios = sorted(a / b for a, b in zip(seconds[over], seconds[under]))
    middle = statistics.median(ratios)
    return ratios[len(ratios) // 4], middle, ratios[-1 - len(ratios) // 4]


def words(seconds: list[float]) -> str:
    """The median, with its unit."""
    middle = statistics.median(seconds)
    return f"{middle:.2f} s" if middle >= 1 else f"{middle * 1e3:.1f} ms"
