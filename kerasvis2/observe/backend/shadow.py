"""Methods of a layer, functions of a module, replaced for a while."""

from __future__ import annotations

import contextlib
import functools
import threading
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


class _Replaced:
    """A function of a module or a class that is another in some threads."""

    def __init__(self, owner: Any, name: str) -> None:
        self.plain: Callable[..., Any] = getattr(owner, name)
        self._owner, self._name = owner, name
        self._own = vars(owner).get(name)  # none where a class has it from another
        self._instead: dict[int, list[Callable[..., Any]]] = {}  # by thread, the last one counts

        @functools.wraps(self.plain)
        def called(*args: Any, **kwargs: Any) -> Any:
            return self.here()(*args, **kwargs)

        setattr(owner, name, called)

    def here(self) -> Callable[..., Any]:
        """What this thread calls."""
        instead = self._instead.get(threading.get_ident())
        return instead[-1] if instead else self.plain

    def put(self, replacement: Callable[..., Any]) -> None:
        self._instead.setdefault(threading.get_ident(), []).append(replacement)

    def take(self) -> bool:
        """Takes the last of this thread back; whether that was the last of all."""
        instead = self._instead[threading.get_ident()]
        instead.pop()
        if not instead:
            del self._instead[threading.get_ident()]
        if self._instead:
            return False
        if self._own is None:
            delattr(self._owner, self._name)
        else:
            setattr(self._owner, self._name, self._own)
        return True


_lock = threading.Lock()
_now: dict[tuple[int, str], _Replaced] = {}  # by the owner's id


@contextlib.contextmanager
def replaced(owner: Any, name: str, replacement: Callable[..., Any]) -> Iterator[None]:
    """A function of a module or a class is another inside the block, in this thread alone.

    What another thread traces meanwhile is a training of its own, which would keep it.
    """
    key = id(owner), name
    with _lock:
        if key not in _now:
            _now[key] = _Replaced(owner, name)
        _now[key].put(replacement)
    try:
        yield
    finally:
        with _lock:
            if _now[key].take():
                del _now[key]


def now(owner: Any, name: str) -> Callable[..., Any]:
    """What this thread calls under that name, to be called by what replaces it."""
    found = _now.get((id(owner), name))
    function: Callable[..., Any] = getattr(owner, name) if found is None else found.here()
    return function
