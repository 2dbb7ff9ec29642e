"""The Graphs tab: read back by TensorBoard's own plugin, the same on every backend."""

import json
from itertools import pairwise

import keras
import networks
import numpy as np
import pytest
from board_server import Server
from google.protobuf import text_format
from keras import layers
from tensorboard import context
from tensorboard.backend.event_processing import data_provider, plugin_event_multiplexer
from tensorboard.compat.proto import graph_pb2
from tensorboard.plugins import base_plugin
from tensorboard.plugins.graph import graphs_plugin

import kerasvis2 as kv
from kerasvis2.facts import LayerFacts
from kerasvis2.record.graphs import layer_graph

CHAIN = ["conv1", "norm", "conv2", "relu2", "pool", "head"]


def written(folder, model, probe):
    monitor = kv.Monitor(folder / "run", probe, [kv.ModelGraph()], on_error="raise")
    monitor.begin(model)
    monitor.look(0)
    monitor.end()
    return shown(folder)


def shown(folder):
    """The nodes that the Graphs tab gets, by name."""
    events = plugin_event_multiplexer.EventMultiplexer().AddRunsFromDirectory(str(folder))
    events.Reload()
    provider = data_provider.MultiplexerDataProvider(events, str(folder))
    plugin = graphs_plugin.GraphsPlugin(
        base_plugin.TBContext(logdir=str(folder), multiplexer=events, data_provider=provider)
    )
    asked = context.RequestContext()
    assert plugin.info_impl(asked, "")["run/vis"]["run_graph"]
    text, _ = plugin.graph_impl(asked, "run/vis", None, False, "", 1024, "_too_large_attrs")
    graph = text_format.Parse(text, graph_pb2.GraphDef())
    return {node.name: node for node in graph.node}


@pytest.fixture
def probe():
    return kv.Probe(networks.images(), networks.labels(), display=(0, 1))


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("functional", CHAIN),
        ("sequential", CHAIN),
        ("subclassed", CHAIN),
        ("nested", [*(f"backbone/{name}" for name in CHAIN[:4]), "pool", "head"]),
    ],
)
def test_one_network_is_drawn_alike_however_it_is_written(tmp_path, probe, kind, names):
    nodes = written(tmp_path, getattr(networks, kind)(), probe)
    assert list(nodes) == ["input", *names]
    assert [list(node.input) for node in nodes.values()] == [[], *([n] for n in list(nodes)[:-1])]
    assert [node.op for node in nodes.values()] == [
        "Input",
        *("Conv2D", "BatchNormalization", "Conv2D", "ReLU", "GlobalAveragePooling2D", "Dense"),
    ]
    first = nodes[names[0]]
    assert first.attr["settings"].s == b"Conv2D 3x3, relu"
    assert first.attr["parameters"].i == 168
    (shape,) = first.attr["_output_shapes"].list.shape
    assert [dim.size for dim in shape.dim] == [-1, 10, 8, 6]
    (shape,) = nodes["input"].attr["_output_shapes"].list.shape
    assert [dim.size for dim in shape.dim] == [-1, *networks.SHAPE]


def test_branches_shared_layers_and_several_inputs(tmp_path):
    a, b = keras.Input((8, 8, 3), name="a"), keras.Input((8, 8, 3), name="b")
    conv = layers.Conv2D(3, 3, padding="same", name="conv")
    joined = layers.Add(name="add")([conv(a), layers.Dropout(0.5, name="drop")(conv(b))])
    x = layers.GlobalAveragePooling2D(name="pool")(joined)
    model = keras.Model({"a": a, "b": b}, layers.Dense(2, name="head")(x))
    inputs = {name: np.zeros((2, 8, 8, 3), "float32") for name in "ab"}
    nodes = written(tmp_path, model, kv.Probe(inputs, image="a", display=(0, 1)))
    found = {name: sorted(node.input) for name, node in nodes.items()}
    assert found == {
        "a": [],
        "b": [],
        "conv": ["a", "b"],
        "drop": ["conv"],
        "add": ["conv", "drop"],
        "pool": ["add"],
        "head": ["pool"],
    }


def test_names_that_mean_something_in_a_graph_are_spelled_otherwise():
    paths = ["input 0", "^a:1", "_a_1", "schön/b c"]
    facts = {path: LayerFacts(path, path, "Dense", i) for i, path in enumerate(paths[1:])}
    edges = list(pairwise(paths))
    graph = graph_pb2.GraphDef.FromString(layer_graph(edges, facts))
    assert [node.name for node in graph.node] == ["input_0", "_a_1", "_a_1_", "schön/b_c"]
    assert [list(node.input) for node in graph.node] == [[], ["input_0"], ["_a_1"], ["_a_1_"]]


def test_a_tensorboard_without_tensorflow_serves_it(tmp_path, probe):
    written(tmp_path, networks.nested(), probe)
    server = Server(tmp_path, "--load_fast=false")
    try:
        text = server.wait("data/plugin/graphs/info", lambda text: "run/vis" in text)
        assert json.loads(text)["run/vis"]["run_graph"]
        text = server.wait("data/plugin/graphs/graph?run=run/vis", lambda text: "backbone" in text)
        assert 'name: "backbone/conv1"' in text
    finally:
        server.stop()
