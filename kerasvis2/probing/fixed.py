"""What a probe holds cannot be changed."""

from __future__ import annotations

import copy
from typing import Any, NoReturn, TypeVar

import numpy as np

from kerasvis2.probing import arrays
from kerasvis2.probing.arrays import Key, Structure

T = TypeVar("T", bound="Fixed")


class Fixed:
    """Inputs and labels whose arrays are locked, also after pickling; attributes cannot be set."""

    inputs: Structure
    labels: Structure
    image_key: Key | None

    @property
    def drawn(self) -> np.ndarray:
        """The input that is drawn and explained, as the model takes it."""
        return self.inputs if self.image_key is None else self.inputs[self.image_key]

    def changed(self: T, **attributes: Any) -> T:
        """A copy with other attributes; its fingerprint is still that of what was given."""
        other = copy.copy(self)
        vars(other).update(attributes)
        other._lock()
        return other

    def _lock(self) -> None:
        for name in ("inputs", "labels", "images", "masks"):
            for _, array in arrays.items(vars(self).get(name)):
                array.setflags(write=False)

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._lock()  # NumPy pickles arrays without their lock

    def __setattr__(self, name: str, value: Any) -> NoReturn:
        raise AttributeError(f"a Probe cannot be changed; make a new one to set {name}.")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"a Probe cannot be changed, so {name} cannot be deleted.")
