"""Which of TensorBoard's runs belong together."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass

_PICTURES = "vis"
_CURVES = ("train", "validation")


@dataclass(frozen=True)
class Run:
    """One training run, as the tab shows it.

    Attributes:
        id: TensorBoard's name of the run that holds the pictures; unique.
        label: The name to show.
        curves: TensorBoard's names of the runs that hold its scalars, by role ("train",
            "validation", or "" for what lies beside the pictures).
    """

    id: str
    label: str
    curves: dict[str, str]


def group(pictures: Iterable[str], others: Collection[str], root: str) -> list[Run]:
    """Joins `<x>/vis`, `<x>/train` and `<x>/validation` into one run `<x>`.

    Runs that hold pictures under any other name are kept as they are, so that the tab shows
    everybody's images.

    Args:
        pictures: TensorBoard's names of the runs that hold pictures.
        others: TensorBoard's names of all runs.
        root: What to call the log folder itself, where it is a run.

    Returns:
        The runs, sorted as people count: `run2` before `run10`.
    """
    names = sorted(pictures, key=natural)
    labels = {name: _folder(name) or root for name in names}
    count = Counter(labels.values())
    return [
        Run(
            id=name,
            label=labels[name] if count[labels[name]] == 1 else name,
            curves=_curves(name, others),
        )
        for name in names
    ]


def natural(name: str) -> list[tuple[int, float, str]]:
    """A sort key by which numbers in a name count as numbers: `lr=0.0005` before `lr=0.003`.

    A point makes decimals only after a lone 0, as `1.10` is rather a version or a layer's place.
    """
    parts = re.findall(r"(?<![0-9.])0\.[0-9]+|[0-9]+|[^0-9]+", name)
    return [(0, float(part), "") if part[0] in "0123456789" else (1, 0, part) for part in parts]


def _is_ours(name: str) -> bool:
    return name == _PICTURES or name.endswith("/" + _PICTURES)


def _folder(name: str) -> str:
    if _is_ours(name):
        return name[: -len(_PICTURES)].rstrip("/")
    return "" if name == "." else name


def _curves(name: str, others: Collection[str]) -> dict[str, str]:
    found = {"": name}
    if _is_ours(name):
        folder = name[: -len(_PICTURES)]
        found |= {role: folder + role for role in _CURVES if folder + role in others}
    return found
