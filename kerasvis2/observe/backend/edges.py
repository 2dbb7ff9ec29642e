"""Which of the tensors that were noted in a pass feeds which."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

Before = Callable[[Any], Iterable[Any]]


def edges(
    noted: Sequence[tuple[str, Any]], inputs: Mapping[str, Any], before: Before
) -> tuple[tuple[str, str], ...]:
    """Follows every noted tensor back to other noted ones, or to an input.

    Args:
        noted: (label, tensor) in the order of the calls.
        inputs: the model's inputs by name.
        before: the tensors that one was made of.
    """
    owners: dict[int, list[str]] = {id(tensor): [name] for name, tensor in inputs.items()}
    found: dict[tuple[str, str], None] = {}
    for label, tensor in noted:
        own = owners.setdefault(id(tensor), [])
        # A layer that does nothing here, such as dropout, hands on the tensor it was given.
        sources = own[-1:] or _sources(tensor, owners, before)
        found |= {(source, label): None for source in sources if source != label}
        own.append(label)
    return tuple(found)


def _sources(tensor: Any, owners: Mapping[int, list[str]], before: Before) -> Iterator[str]:
    seen = {id(tensor)}
    waiting = [tensor]
    while waiting:
        for earlier in before(waiting.pop()):
            if id(earlier) in seen:
                continue
            seen.add(id(earlier))
            if owners.get(id(earlier)):
                yield owners[id(earlier)][-1]
            else:
                waiting.append(earlier)
