"""Names of all kinds: spaces, any script, HTML, 300 letters, one name in two branches."""

from __future__ import annotations

import json

import keras
import numpy as np
from keras import layers
from quiet import quiet
from tensorboard.backend.event_processing import data_provider, plugin_event_multiplexer
from tensorboard.plugins import base_plugin
from werkzeug.test import Client

import kerasvis2 as kv
from kerasvis2.board.tab import KerasvisTab
from kerasvis2.cli import main

NAMES = ["two words", "größe 層", "<script>alert(1)<b>", "n" * 300, "a@b: c, 50% (d) [e] #1\\"]
if keras.backend.backend() == "tensorflow":  # whose scopes take no others
    NAMES = ["two.words", "a>b", ".c-d_e", "n" * 300, "x-1.y"]
CLASSES = ["<img src=x onerror=alert(1)>", "é" * 300, " ", "猫\u202e"]


def network():
    keras.utils.set_random_seed(0)
    image = flow = keras.Input((8, 8, 1), name="image")
    for name in NAMES:
        flow = layers.Conv2D(2, 3, padding="same", activation="relu", name=name)(flow)
    branches = [
        keras.Sequential([keras.Input((8, 8, 2)), layers.Conv2D(2, 3, name="twin")], name=name)
        for name in ("left", "right")
    ]
    flow = layers.Concatenate(name="both")([branch(flow) for branch in branches])
    flow = layers.GlobalAveragePooling2D(name="pool")(flow)
    model = keras.Model(image, layers.Dense(len(CLASSES), activation="softmax", name="out")(flow))
    model.compile("adam", "sparse_categorical_crossentropy")
    return model


def tab(folder):
    """What the tab answers to a path."""
    read = plugin_event_multiplexer.EventMultiplexer(tensor_size_guidance={"images": 0})
    read.AddRunsFromDirectory(str(folder))
    read.Reload()
    provider = data_provider.MultiplexerDataProvider(read, str(folder))
    context = base_plugin.TBContext(data_provider=provider, logdir=str(folder))
    apps = KerasvisTab(context).get_plugin_apps()
    return lambda path, **query: Client(apps[path]).get(path, query_string=query)


def test_names_of_all_kinds_come_through(tmp_path, capsys):
    rng = np.random.default_rng(0)
    x, y = rng.random((8, 8, 8, 1), "float32"), np.arange(8) % len(CLASSES)
    probe = kv.Probe(x[:4], y[:4], class_names=CLASSES, display=(0, 1))
    views = [kv.GradCAM(layers="all"), kv.Filters(layers="all"), kv.Predictions(), kv.ModelGraph()]
    folder = tmp_path / "a run é"
    with quiet():
        monitor = kv.Monitor(folder, probe, views, hparams={"<b>": "ü"}, on_error="raise")
        network().fit(x, y, epochs=2, verbose=0, callbacks=[monitor])
    (run,) = kv.read(tmp_path).values()
    assert run.damage == []
    for name in [*NAMES, "left.twin", "right.twin"]:
        known = [tag for tag in run.tags() if tag.startswith("grad_cam/") and name in tag]
        assert len(known) == 1, (name, run.tags())
        assert run.picture(known[0], 1).any()
        answer = tab(tmp_path)("/series", tag=known[0])
        assert answer.status_code == 200
        (series,) = json.loads(answer.data).values()
        assert series["steps"] == [0, 1]
    assert sum("twin" in tag for tag in run.tags() if tag.startswith("filters/")) == 2
    assert main(["list", str(tmp_path)]) == 0
    out = tmp_path / "out.html"
    tag = next(tag for tag in run.tags() if NAMES[2] in tag and tag.startswith("grad_cam/"))
    assert main(["compare", str(folder), "--tag", tag, "-o", str(out)]) == 0, (
        capsys.readouterr().err
    )
    page = out.read_text("utf-8")
    assert "<script>alert(1)" not in page
    assert "<img src=x" not in page
