"""What is said of a setting that a view does not take."""

from __future__ import annotations

import inspect
from difflib import get_close_matches

_NAMED = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


def not_taken(view: type, name: str) -> str:
    """In words of the view's own: Python would name the class of ours that got it in the end."""
    takes = _settings(view)
    close = get_close_matches(name, takes, n=1)
    meant = f" Did you mean {close[0]}?" if close else ""
    return f"{view.__name__} has no setting {name}: its settings are {', '.join(takes)}.{meant}"


def _settings(view: type) -> list[str]:
    """What can be set, by name, the view's own first."""
    own = [vars(each)["__init__"] for each in view.__mro__[:-1] if "__init__" in vars(each)]
    every = [list(inspect.signature(each).parameters.values())[1:] for each in own]
    return list(dict.fromkeys(p.name for each in every for p in each if p.kind in _NAMED))
