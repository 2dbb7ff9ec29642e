"""ModelGraph: table, diagram, graph and histograms, of models of every kind."""

import event_files
import keras
import networks
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

import kerasvis2 as kv
from kerasvis2.observe.backend import backend
from kerasvis2.observe.survey import survey
from kerasvis2.views.model_graph import fold

CHAIN = ["conv1", "norm", "conv2", "relu2", "pool", "head"]


@pytest.fixture(scope="module")
def probe():
    return kv.Probe(networks.images(), networks.labels(), display=(0, 1))


def edges(model, inputs):
    return {
        (a.rpartition("/")[2], b.rpartition("/")[2])
        for a, b in survey(model, kv.Probe(inputs, display=(0, 1)), backend()).wiring.edges
    }


@pytest.mark.parametrize("kind", ["functional", "sequential", "nested", "subclassed"])
def test_one_network_is_wired_alike_however_it_is_written(kind):
    found = edges(getattr(networks, kind)(), networks.images())
    assert found == set(zip(["input", *CHAIN], CHAIN))


def test_branches_shared_layers_and_plain_sums():
    image = keras.Input((8, 8, 3))
    conv = layers.Conv2D(3, 3, padding="same", name="conv")
    first = conv(image)
    dropped = layers.Dropout(0.5, name="drop")(first)
    second = conv(dropped)  # the same layer again
    side = layers.Conv2D(3, 1, name="side")(image)
    joined = layers.Add(name="add")([second, side])
    total = layers.GlobalAveragePooling2D(name="pool")(keras.ops.relu(joined) * side)
    model = keras.Model(image, total)
    relu, product = (node.name for node in model.operations if node not in model.layers)
    found = edges(model, np.zeros((2, 8, 8, 3), "float32"))
    assert found == {
        ("input", "conv"),
        ("conv", "drop"),
        ("drop", "conv"),
        ("input", "side"),
        ("conv", "add"),
        ("side", "add"),
        ("add", relu),
        (relu, product),
        ("side", product),
        (product, "pool"),
    }


def test_several_inputs_go_by_their_names():
    a, b = keras.Input((4, 4, 1), name="a"), keras.Input((3,), name="b")
    joined = layers.Concatenate(name="join")([layers.Flatten(name="flat")(a), b])
    model = keras.Model({"a": a, "b": b}, layers.Dense(2, name="out")(joined))
    inputs = {"a": np.zeros((2, 4, 4, 1), "float32"), "b": np.zeros((2, 3), "float32")}
    assert edges(model, inputs) == {("a", "flat"), ("flat", "join"), ("b", "join"), ("join", "out")}


def test_small_layers_share_the_box_of_the_one_before():
    model = networks.functional()
    found = survey(model, kv.Probe(networks.images(), display=(0, 1)), backend())
    groups = fold(found.wiring.edges, found.facts)
    assert groups == [["input"], ["conv1", "norm"], ["conv2", "relu2"], ["pool"], ["head"]]


# In a fit


@pytest.fixture(scope="module")
def run(tmp_path_factory, probe):
    folder = tmp_path_factory.mktemp("run")
    model = networks.nested()
    model.get_layer("backbone").get_layer("conv1").trainable = False
    model.compile("adam", "sparse_categorical_crossentropy")
    x, y = networks.images(20), networks.labels(20)
    monitor = kv.Monitor(folder, probe, [kv.ModelGraph()], on_error="raise")
    model.fit(x, y, epochs=2, verbose=0, callbacks=[monitor])
    return folder / "vis", model


def test_the_table_names_every_layer(run):
    folder, _ = run
    assert event_files.steps(folder, "model_graph/layers") == [0]  # it does not change
    table = event_files.texts(folder, "model_graph/layers")[0]
    assert "| `backbone` | Functional | 10×8×8 | 632 | yes | float32 |" in table
    assert "`backbone/conv1` | Conv2D | 10×8×6 | 168 | frozen | float32 |" in table
    assert "`backbone/norm` | BatchNormalization | 10×8×6 | 24 | yes | float32 |" in table
    assert "`pool` | GlobalAveragePooling2D | 8 | 0 | – | float32 |" in table
    assert "677 parameters, 497 of them trainable." in table


def test_tensorflow_reads_the_graph_too(run):
    folder, _ = run
    graph = event_files.accumulate(folder).Graph()
    graph = tf.compat.v1.GraphDef.FromString(graph.SerializeToString())
    assert [node.op for node in graph.node][:2] == ["Input", "Conv2D"]


def test_histograms_count_the_weights_as_they_are(run):
    folder, model = run
    kernel = np.array(model.get_layer("head").kernel).ravel()
    last = event_files.accumulate(folder).Tensors("model_graph/head/kernel")[-1].tensor_proto
    found = tf.make_ndarray(last)
    counts, bounds = np.histogram(kernel, 30)
    np.testing.assert_array_equal(found[:, 2], counts)
    np.testing.assert_allclose(found[:, 0], bounds[:-1], atol=1e-6)
    np.testing.assert_allclose(found[:, 1], bounds[1:], atol=1e-6)
    named = set(event_files.tags(folder, "histograms"))
    assert {"model_graph/backbone/conv1/kernel", "model_graph/backbone/norm/moving_mean"} <= named
    assert event_files.steps(folder, "model_graph/head/kernel") == [0, 1]


def test_the_weights_in_numbers(run):
    folder, model = run
    gamma = np.array(model.get_layer("backbone").get_layer("norm").gamma)
    text = event_files.texts(folder, "model_graph/weights")[-1]
    (line,) = [line for line in text.splitlines() if "`backbone/norm/gamma`" in line]
    assert f"| {gamma.mean():.3g} |" in line


def test_the_diagram_is_drawn_once(run):
    folder, _ = run
    (picture,) = event_files.pictures(folder, "model_graph/00_diagram")
    assert picture.shape[1] >= 400


@pytest.mark.parametrize("kind", ["functional", "nested", "subclassed"])
def test_any_model_can_be_drawn(kind, probe):
    (picture,) = kv.ModelGraph().render(getattr(networks, kind)(), probe).values()
    assert (picture < 200).any()


def test_compute_gives_the_weights(probe):
    model = networks.functional()
    found = kv.ModelGraph(layers="head").compute(model, probe)
    assert list(found) == ["head/kernel", "head/bias"]
    np.testing.assert_array_equal(found["head/kernel"], model.get_layer("head").kernel)


def test_without_a_pass_there_are_the_table_and_the_weights(tmp_path):
    model = networks.functional()
    monitor = kv.Monitor(tmp_path, None, [kv.ModelGraph()], on_error="raise")
    monitor.begin(model)
    monitor.look(0, {})
    monitor.end()
    assert "| Layer | Type |" in event_files.texts(tmp_path / "vis", "model_graph/layers")[0]
    assert event_files.tags(tmp_path / "vis", "histograms")
    assert event_files.tags(tmp_path / "vis", "images") == []
