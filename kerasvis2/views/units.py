"""Units of a layer, as a user writes them: an index, several, or a direction; and their names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from kerasvis2.keys import Key, as_key
from kerasvis2.layers import LayerInfo, children

if TYPE_CHECKING:
    from kerasvis2.drawing import About
    from kerasvis2.observe.seen import Seen
    from kerasvis2.probe import Probe

MOST = 64
MOST_CLASSES = 10  # with units="probe", the default set's choice

Units = Sequence[Any] | str | None


def chosen(units: Units, width: int, probe: Probe | None) -> list[Any]:
    """Which units those are: indices, tuples of them, or directions (C,).

    Args:
        units: as the user wrote it: a list, "probe", or None for all.
        width: how many the layer has.
        probe: whose classes are meant by "probe".
    """
    if units is not None and not isinstance(units, str):
        if not units:
            raise ValueError("units=[] chooses nothing. Leave it out for all units.")
        for unit in units:
            check_unit(unit, width)
        return list(units)
    classes = None if probe is None or units != "probe" else probe.class_indices()
    if classes is not None and width > 1:
        return sorted({int(c) for c in classes if 0 <= c < width})[:MOST_CLASSES]
    return list(range(min(width, MOST_CLASSES if units == "probe" else MOST)))


def named(units: Units, count: int, classes: bool, about: About) -> list[str]:
    """What captions call each of `count` units; by class name where they are `classes`."""
    meant = list(range(count)) if units is None or isinstance(units, str) else list(units)
    if units == "probe" and about.label_indices is not None:
        meant = sorted({int(c) for c in about.label_indices if c >= 0})[:count]
    known = list(about.class_names or ()) if classes else []
    # One unit stands for class 1 of two.
    lone = int(classes and about.task is not None and about.task.units == 1)
    known = known[lone:] if len(known) == 2 else known
    names = []
    for i, unit in enumerate(meant):
        if np.ndim(unit) == 0:
            kind = "class" if classes else "unit"
            names.append(known[unit] if unit < len(known) else f"{kind} {unit + lone}")
        elif isinstance(unit, tuple):
            names.append("units " + " + ".join(str(one) for one in unit))
        else:
            names.append(f"direction {i}")
    return names


def check_unit(unit: Any, width: int) -> None:
    """Raises `ValueError` for what is no unit of a layer so wide."""
    if np.ndim(unit) == 0 or isinstance(unit, tuple):
        indices = np.atleast_1d(unit)
        whole = indices.dtype.kind in "iu" and len(indices) > 0
        if whole and indices.min() >= 0 and indices.max() < width:
            return
        raise ValueError(f"units: {unit!r} is no unit; the layer has the units 0 to {width - 1}.")
    if np.shape(unit) != (width,):
        raise ValueError(
            f"units: a direction of shape {np.shape(unit)}; the layer has {width} channels."
        )


def vectors(units: Sequence[Any], width: int) -> np.ndarray:
    """(U, C): what each unit's outputs are projected on."""
    rows = []
    for unit in units:
        if np.ndim(unit) == 0 or isinstance(unit, tuple):
            rows.append(np.eye(width)[np.atleast_1d(unit)].mean(0))
        else:
            rows.append(np.asarray(unit))
    return np.stack(rows).astype("float32")


def last_with_weights(infos: Sequence[LayerInfo]) -> list[LayerInfo]:
    """The layer whose units climb by default."""
    weighted = [info for info in infos if info.layer.weights and not children(info.layer)]
    return weighted[-1:] or list(infos[-1:])


def rows_of(seen: Seen) -> Any:
    """(n, …, units) logits, also of an output without an axis of units."""
    bare = seen.task is not None and not seen.task.has_units
    return seen.logits[..., None] if bare else seen.logits


def one_call(seen: Seen) -> list[Key]:
    """Of each layer the first call that depends on the drawn input: its units are the same."""
    calls = sorted(map(as_key, seen.activations), key=lambda key: -key.call)
    return list({key.path: key for key in calls if key not in seen.elsewhere}.values())
