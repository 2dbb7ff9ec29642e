"""What `Monitor` is given, and how its views are called."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kerasvis2.views.base import View


def check_arguments(log_dir: Any, probe: Any, views: Any, unit: Any, on_error: Any) -> None:
    """Raises `ValueError` for what cannot be meant."""
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


def named(views: Sequence[View]) -> dict[str, View]:
    """Each view under its name in the tags; a second one of a kind is `name_2`."""
    named: dict[str, View] = {}
    for view in views:
        count = sum(1 for other in named.values() if other.name == view.name)
        named[f"{view.name}_{count + 1}" if count else view.name] = view
    return named
