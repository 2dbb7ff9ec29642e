"""Methods of a layer, replaced for a while."""

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
