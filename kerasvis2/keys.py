"""Keys of arrays and pictures: what each is of, without a name to be parsed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

T = TypeVar("T")


class Key(str):
    """A string that knows its parts: `path:call/part@target`.

    It compares and prints as that string, so that `arrays["conv1"]` finds it; code reads its
    attributes and never takes the string apart, since layers may be called anything.

    Args:
        path: a layer's path, or another short name such as "input".
        part: what of it, such as "score"; "" for the thing itself.
        call: which call of a shared layer, counted from 1.
        target: the target's name where several were asked for, otherwise "".
        apart: whether it is of no layer, so that one that is called the same is not meant.

    Examples:
        >>> key = kv.Key("block/conv", target="predicted")
        >>> key, key.path, key == "block/conv@predicted"
        ('block/conv@predicted', 'block/conv', True)
    """

    path: str
    part: str
    call: int
    target: str
    apart: bool

    def __new__(
        cls, path: str, part: str = "", call: int = 1, target: str = "", apart: bool = False
    ) -> Key:
        words = str(path) + (f":{call}" if call > 1 else "")
        words += (f"/{part}" if part else "") + (f"@{target}" if target else "")
        key = super().__new__(cls, words)
        key.path, key.part, key.call, key.target = str(path), part, call, target
        key.apart = apart
        return key

    def __eq__(self, other: object) -> bool:
        """As strings; of two keys, a part of a layer is not a layer inside it of that name."""
        same = str.__eq__(self, other)
        if same is True and isinstance(other, Key):
            return self.__getnewargs__()[:-1] == other.__getnewargs__()[:-1]
        return same

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = str.__hash__

    def __getnewargs__(self) -> tuple[Any, ...]:  # for copies and pickles
        return self.path, self.part, self.call, self.target, self.apart

    def of(self, part: str) -> Key:
        """The key of a part of the same thing."""
        return Key(self.path, part, self.call, self.target, self.apart)

    def under(self, path: str) -> Key:
        """The same of a thing by another name."""
        return Key(path, self.part, self.call, self.target, self.apart)

    def at(self, target: str) -> Key:
        """The same thing for a target."""
        return Key(self.path, self.part, self.call, target, self.apart)


def as_key(key: str) -> Key:
    """A view of a user's own may use plain strings: the whole string is the path."""
    return key if isinstance(key, Key) else Key(key)


def apart(name: str) -> Key:
    """The key of what is of no layer, such as the input or a table of all of them."""
    return Key(name, apart=True)


def parts(arrays: Mapping[str, T], part: str = "") -> dict[Key, T]:
    """The entries that are this part of something, by the key of the thing itself."""
    keys = {as_key(key): value for key, value in arrays.items()}
    return {key.of(""): value for key, value in keys.items() if key.part == part}
