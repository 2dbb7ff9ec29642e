"""Which layer feeds which, read off a traced graph: it holds for every kind of model."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from kerasvis2.layers import Wiring

_LARGEST = 1024  # bytes of a constant that the Graphs tab is given


def wiring(captured: Sequence[tuple[str, Any]], inputs: Mapping[str, Any], graph: Any) -> Wiring:
    """Follows every layer's output back to the outputs of other layers, or to an input.

    Args:
        captured: (path, output tensor) of each call of each innermost layer, in the order of the
            calls.
        inputs: the model's input tensors by name.
        graph: the graph that all of them are in.
    """
    owners: dict[int, list[str]] = {id(tensor): [name] for name, tensor in inputs.items()}
    edges: dict[tuple[str, str], None] = {}
    for path, tensor in captured:
        own = owners.setdefault(id(tensor), [])
        # A layer that does nothing here, such as dropout, hands on the tensor it was given.
        sources = own[-1:] or _sources(tensor, owners)
        edges |= {(source, path): None for source in sources if source != path}
        own.append(path)
    return Wiring(tuple(edges), _serializer(graph))


def _sources(tensor: Any, owners: Mapping[int, list[str]]) -> Iterator[str]:
    seen = {id(tensor)}
    waiting = [tensor]
    while waiting:
        for before in waiting.pop().op.inputs:
            if id(before) in seen:
                continue
            seen.add(id(before))
            if owners.get(id(before)):
                yield owners[id(before)][-1]
            else:
                waiting.append(before)


def _serializer(graph: Any) -> Callable[[], bytes]:
    def serialize() -> bytes:
        found = graph.as_graph_def()
        for node in found.node:
            value = node.attr["value"].tensor if node.op == "Const" else None
            if value is not None and len(value.tensor_content) > _LARGEST:
                node.attr["value"].tensor.ClearField("tensor_content")
        return bytes(found.SerializeToString())

    return serialize
