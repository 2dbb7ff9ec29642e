"""What is said of views that do not fit a model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from kerasvis2.observe.reason import reason

if TYPE_CHECKING:
    from kerasvis2.views.base import View

_LISTS = " Its layers: "  # what a long list begins with

SPREAD = (
    "the weights are spread over several processes, so that none can look alone, and nothing is "
    "shown. Use keras.distribution.DataParallel, or ModelParallel within one process."
)


def cause(error: BaseException, view: View) -> str:
    """Why a view is left out, in one short line without its name."""
    return reason(error).removeprefix(f"{type(view).__name__}: ").partition(_LISTS)[0]


def by_cause(left_out: Mapping[str, str]) -> dict[str, str]:
    """What is said of all views that are left out, one line a cause; by the cause."""
    names: dict[str, list[str]] = {}
    for name, why in left_out.items():
        names.setdefault(why, []).append(name)
    return {
        why: f"{', '.join(each)} {'is' if len(each) == 1 else 'are'} left out: {why}"
        for why, each in names.items()
    }
