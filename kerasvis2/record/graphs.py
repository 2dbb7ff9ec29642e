"""A model's layers as the graph of TensorBoard's Graphs tab."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from tensorboard.compat.proto import attr_value_pb2, graph_pb2, tensor_shape_pb2

if TYPE_CHECKING:
    from kerasvis2.facts import LayerFacts

Shape = Sequence[int | None]


def layer_graph(
    edges: Sequence[tuple[str, str]],
    layers: Mapping[str, LayerFacts],
    inputs: Mapping[str, Shape] | None = None,
) -> bytes:
    """A serialized GraphDef: a node a layer, named by its path, so that models are its scopes.

    It is made of who feeds whom alone, so it is the same on every backend. A node's op is the
    layer's class; its attributes say its output's shape, its settings in words, and its weights.

    Args:
        edges: (from, to) paths; what is no layer is an input.
        layers: every layer by path.
        inputs: the shapes of inputs that are known, batch first.
    """
    paths = list(dict.fromkeys(path for edge in edges for path in edge))
    paths.sort(key=lambda path: path in layers)  # stable: inputs come first
    names = _names(paths)
    graph = graph_pb2.GraphDef()
    graph.versions.producer = 1
    for path in paths:
        node = graph.node.add(name=names[path])
        node.input.extend(names[start] for start, end in edges if end == path)
        if path not in layers:
            node.op = "Input"
            _shape(node, (inputs or {}).get(path))
            continue
        info = layers[path]
        node.op = info.kind
        _shape(node, info.shape)
        node.attr["settings"].s = info.words.replace("×", "x").encode("ascii", "replace")
        node.attr["dtype"].s = info.dtype.encode("ascii", "replace")
        if info.weights:
            node.attr["parameters"].i = info.parameters
            node.attr["trainable"].b = not info.frozen
    return bytes(graph.SerializeToString(deterministic=True))


def _names(paths: Sequence[str]) -> dict[str, str]:
    """A node's name by path: without the letters that mean something in a node's inputs."""
    names: dict[str, str] = {}
    for path in paths:
        name = re.sub(r"[^\w./-]", "_", path)
        while name in names.values():
            name += "_"
        names[path] = name
    return names


def _shape(node: graph_pb2.NodeDef, shape: Shape | None) -> None:
    """What the edges from this node are labelled with."""
    if shape is None:
        return
    sizes = [-1 if size is None else size for size in shape]
    dims = [tensor_shape_pb2.TensorShapeProto.Dim(size=size) for size in sizes]
    one = tensor_shape_pb2.TensorShapeProto(dim=dims)
    node.attr["_output_shapes"].CopyFrom(
        attr_value_pb2.AttrValue(list=attr_value_pb2.AttrValue.ListValue(shape=[one]))
    )
