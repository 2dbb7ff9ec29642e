"""Copies of a callback: its settings, and nothing of what it was used for."""

from __future__ import annotations

import copy
import os
from typing import Any


class Copies:
    """What tuners copy for each trial, and others send to processes, begins anew there.

    A class calls `_anew` when all its settings are kept, and makes everything else in it. A copy
    has the same settings, not copies of them: a probe is large, and a layer has to be that layer.
    """

    _made: frozenset[str] = frozenset()
    _process: int | None = None  # that uses it

    def _anew(self) -> None:
        raise NotImplementedError

    def _begin_anew(self) -> None:
        settings = set(self.__dict__)
        self._anew()
        self._process = None
        self._made = frozenset(set(self.__dict__) - settings | {"_made"})

    def _used_here(self) -> None:
        """A training begins; in a fork of a process that used it before, anew.

        The thread, the files and their locks are the other process's.
        """
        if self._process not in (None, os.getpid()):
            callback: Any = self
            model, params = callback.model, callback.params
            self._begin_anew()
            callback.set_model(model)
            callback.set_params(params)
        self._process = os.getpid()

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name not in self._made}

    def __setstate__(self, settings: dict[str, Any]) -> None:
        self.__dict__.update(settings)
        self._begin_anew()

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        return copy.copy(self)
