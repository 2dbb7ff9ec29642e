"""Memory at the peak and over many epochs, and the time of the import."""

from __future__ import annotations

import statistics
from collections.abc import Iterator

from benchmarks import fresh
from benchmarks.report import Row


def import_row(repeats: int) -> Row:
    """`import kerasvis2` in a fresh process."""
    found = [fresh.import_time() for _ in range(max(3, repeats // 2))]
    middle = statistics.median(found)
    return Row("`import kerasvis2`, ms", f"{middle:.0f} ms", "", middle, "≤ 50")


def peak_rows(network: str = "ResNet50V2 224×224") -> Iterator[Row]:
    """What a look adds at its peak ÷ what a forward and backward pass adds."""
    named = {
        "all": ("CAMs and activations of all layers", "≤ 1.5"),
        "convolutions": ("CAMs and activations of all convolutions", "≤ 1.5"),
        "default": ("default views but ascent", "≤ 1.5"),
    }
    if not fresh.available():
        for words, target in named.values():
            yield Row(f"peak memory, {words}, {network}", "", "", None, target)
        return
    base = fresh.measure("peak", "floor", network)
    for what, (words, target) in named.items():
        ours = fresh.measure("peak", what, network)
        other = f"forward + backward {base:.0f} MB"
        measure = f"peak memory, {words}, {network}"
        yield Row(measure, f"{ours:.0f} MB", other, ours / base, target)


def growth_row(epochs: int = 1000) -> Row:
    """Memory over many epochs of a small network."""
    measure = f"growth over {epochs} epochs, small CNN, MB"
    if not fresh.available():
        return Row(measure, "", "", None, "≤ 5")
    grown = fresh.measure("growth", str(epochs))
    return Row(measure, f"{grown:.1f} MB", "", grown, "≤ 5")
