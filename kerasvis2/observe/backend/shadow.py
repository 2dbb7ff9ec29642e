"""Methods of a layer, attributes of a module, replaced for a while."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any


@contextlib.contextmanager
def shadowed(layer: Any, method: str, replacement: Callable[..., Any]) -> Iterator[None]:
    """A method of one layer is another inside the block."""
    attributes = vars(layer)
    before = attributes.get(method)
    attributes[method] = replacement
    try:
        yield
    finally:
        if before is None:
            del attributes[method]
        else:
            attributes[method] = before


@contextlib.contextmanager
def replaced(owner: Any, name: str, replacement: Any) -> Iterator[None]:
    """An attribute of a module or a class is another inside the block."""
    before = getattr(owner, name)
    setattr(owner, name, replacement)
    try:
        yield
    finally:
        setattr(owner, name, before)
