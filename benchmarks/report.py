"""What a measurement says, and the table of all of them."""

from __future__ import annotations

import datetime
import importlib.metadata
import importlib.util
import os
import platform
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks import timing

RESULTS = Path(__file__).with_name("RESULTS.md")
_HEAD = (
    "| measure | ours | compared with | ratio | of processor time | target | met |\n"
    "|---|---|---|---|---|---|---|"
)
# One part of the file for each backend, as each is measured in an environment of its own.
TITLES = {
    "tensorflow": "# Measured by `python -m benchmarks`",
    "torch": "# On PyTorch",
    "jax": "# On JAX",
}
GROWTH = "## What the cost grows with"
_PACKAGES = ("kerasvis2", "tensorflow", "torch", "jax", "keras", "numpy")


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes:
        measure: what was measured, and of what.
        ours: our figure with its unit.
        other: what it is compared with.
        ratio: the number that the target is about; None where it was not measured.
        target: "≤ 1.15" or "≥ 8"; empty where there is none.
        spread: the quartiles of the ratio.
        cpu: the ratio of the processor's time, where all of it was spent in this process.
    """

    measure: str
    ours: str
    other: str
    ratio: float | None
    target: str = ""
    spread: tuple[float, float] | None = None
    cpu: float | None = None

    @property
    def met(self) -> bool | None:
        """Whether the target is reached; None where that is not known."""
        if self.ratio is None or not self.target:
            return None
        sign, number = self.target.split()
        return self.ratio <= float(number) if sign == "≤" else self.ratio >= float(number)

    def __str__(self) -> str:
        shown = "not measured" if self.ratio is None else f"{self.ratio:.3g}"
        if self.spread:
            shown += f" ({self.spread[0]:.3g} – {self.spread[1]:.3g})"
        met = {True: "yes", False: "**no**", None: ""}[self.met]
        cpu = "" if self.cpu is None else f"{self.cpu:.3g}"
        cells = self.measure, self.ours, self.other, shown, cpu, self.target, met
        return f"| {' | '.join(cells)} |"


def compared(
    measure: str,
    times: timing.Times,
    ours: str,
    other: str,
    target: str = "",
    what: str = "",
    *,
    here: bool = True,
) -> Row:
    """A row of two works that were timed by turns.

    A target "≤" is about ours ÷ other, a target "≥" about other ÷ ours: how much faster we are.
    `here` says whether both were done in this process, so that its processor time counts.
    """
    over, under = (other, ours) if target.startswith("≥") else (ours, other)
    low, middle, high = timing.quartiles(times.wall, over, under)
    return Row(
        measure,
        timing.words(times.wall[ours]),
        f"{what or other} {timing.words(times.wall[other])}",
        middle,
        target,
        (low, high),
        timing.quartiles(times.cpu, over, under)[1] if here else None,
    )


def table(rows: Iterable[Row | str]) -> str:
    """Markdown."""
    return "\n".join([_HEAD, *map(str, rows)])


def parts(path: Path) -> dict[str, str]:
    """A file of results as its parts by their titles, as in `TITLES`."""
    if not path.exists():
        return {}
    found = re.split(r"^(?=# )", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {part.partition("\n")[0]: part.strip() for part in found if part.strip()}


def kept(part: str) -> tuple[dict[str, str], dict[str, str]]:
    """The rows of a part of the results by their measures, and the tables below by their heads."""
    measured, _, below = part.partition(GROWTH)
    rows = [line for line in measured.splitlines() if line.startswith("| ")][1:]
    tables = [each.strip() for each in below.split("\n\n") if each.strip()]
    return (
        {row.split(" | ")[0].removeprefix("| "): row for row in rows},
        {table.partition("\n")[0]: table for table in tables},
    )


def conditions() -> Iterator[str]:
    """Machine, versions, date and load: what a figure is worth nothing without."""
    yield f"Date: {datetime.datetime.now(datetime.timezone.utc):%Y-%m-%d %H:%M} UTC."
    yield f"Machine: {platform.machine()}, {_cpu()}, {os.cpu_count()} cores, {platform.system()}."
    there = [name for name in _PACKAGES if importlib.util.find_spec(name)]
    found = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in there)
    yield f"Versions: Python {sys.version.split()[0]}, {found}."
    if hasattr(os, "getloadavg"):
        one, five, _ = os.getloadavg()
        yield (
            f"Load when this was written: {one:.1f} in the last minute, {five:.1f} in the last "
            "five. Above the number of cores, others were using the machine: trust the ratios, "
            "which were taken by turns, and not the times."
        )


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or "unknown processor"
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else "unknown processor"
