"""What `Monitor` is given, and how its views are called."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from kerasvis2.schedule import check_freq
from kerasvis2.views.base import View
from kerasvis2.views.defaults import is_default


def check_arguments(
    log_dir: Any,
    probe: Any,
    views: Any,
    unit: Any,
    on_error: Any,
    maps: Any,
    *freqs: Any,
) -> None:
    """Raises `ValueError`, or `TypeError`, for what cannot be meant."""
    from kerasvis2.probe import Probe

    if not isinstance(log_dir, (str, Path)) or not str(log_dir):
        raise ValueError(f"log_dir={log_dir!r}: give the folder to write to.")
    if probe is not None and not isinstance(probe, Probe):
        raise ValueError(
            f"probe is a {type(probe).__name__}; wrap the images: kerasvis2.Probe(images, labels)."
        )
    if views is not None and not isinstance(views, (list, tuple)):
        raise ValueError(f"views={views!r}: give a list of views, such as [kerasvis2.GradCAM()].")
    for view in views or ():
        if isinstance(view, type) or not callable(getattr(view, "needs", None)):
            raise ValueError(
                f"views: {view!r} is not a view; give views such as kerasvis2.GradCAM()."
            )
    if unit not in ("epoch", "batch"):
        raise ValueError(f'unit={unit!r}: give "epoch" or "batch".')
    if on_error not in ("warn", "raise"):
        raise ValueError(f'on_error={on_error!r}: give "warn" or "raise".')
    if maps not in (True, False, 8, 16):
        raise ValueError(f"maps={maps!r}: give True (8 bits), False, 8 or 16.")
    for freq in freqs:
        check_freq(freq)


def bits_of(maps: bool | int) -> int:
    """How many bits a value of the maps has, 0 where none are kept."""
    return 8 * int(maps) if maps in (True, False) else int(maps)


def named(views: Sequence[View]) -> dict[str, View]:
    """Each view under its name in the tags; a second one of a kind is `name_2`."""
    named: dict[str, View] = {}
    for view in views:
        count = sum(1 for other in named.values() if other.name == view.name)
        named[f"{view.name}_{count + 1}" if count else view.name] = view
    return named


def check_without_probe(views: Iterable[View], model: Any) -> None:
    """Raises `ValueError` where a view that the user gave needs a probe and there is none."""
    for view in views:
        if not is_default(view) and view.needs(model, None).probe:
            raise ValueError(
                f"{type(view).__name__} needs a probe: the images to look at. "
                "Give Monitor(log_dir, kerasvis2.Probe(images, labels))."
            )


def part_of(model: Any, part: Any) -> Any:
    """The model, or the part of it that a user asked for."""
    if part is None:
        return model
    if callable(part):
        return part(model)
    found = getattr(model, str(part), None)
    for layer in getattr(model, "layers", ()):
        if found is None and layer.name == part:
            found = layer
    if found is None:
        names = [layer.name for layer in getattr(model, "layers", ())]
        raise ValueError(
            f"part={part!r}: {type(model).__name__} has no attribute and no layer of that name; "
            f"its layers are {', '.join(names)}."
        )
    return found
