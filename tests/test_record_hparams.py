"""The HParams tab's own answers, from runs with different settings and metrics."""

import json

import numpy as np
import pytest
from tensorboard.backend.event_processing import data_provider, plugin_event_multiplexer
from tensorboard.plugins import base_plugin
from tensorboard.plugins.hparams import hparams_plugin, plugin_data_pb2
from werkzeug.test import Client

from kerasvis2.record import events, hparams
from kerasvis2.record.writer import EventFile


def log(folder, settings, *, accuracy=None, ended="success"):
    session = EventFile(folder)
    session.append(0, 100.0, [hparams.session_start(settings, 100.0)])
    for part in ("train", "validation"):
        file = EventFile(folder / part)
        for step in range(3):
            values = [events.scalar("epoch_loss", (3 - step) / 10)]
            if accuracy:
                values.append(events.scalar("epoch_accuracy", accuracy))
            file.append(step, 101.0 + step, values)
    if ended:
        session.append(0, 110.0, [hparams.session_end(ended, 110.0)])


def ask(logdir, route, **request):
    multiplexer = plugin_event_multiplexer.EventMultiplexer()
    multiplexer.AddRunsFromDirectory(str(logdir)).Reload()
    provider = data_provider.MultiplexerDataProvider(multiplexer, str(logdir))
    context = base_plugin.TBContext(data_provider=provider, logdir=str(logdir))
    app = hparams_plugin.HParamsPlugin(context).get_plugin_apps()[route]
    response = Client(app).post("/", data=json.dumps(request))
    assert response.status_code == 200, response.text
    return json.loads(response.text)


@pytest.fixture(scope="module")
def logdir(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    log(folder / "a", {"lr": 0.1, "optimizer": "adam", "augment": True})
    log(folder / "b", {"lr": np.float32(0.5), "layers": [32, 64]}, accuracy=0.75, ended="failure")
    log(folder / "c", {"lr": 1, "layers": None}, ended=None)
    return folder


def test_every_run_adds_its_columns(logdir):
    experiment = ask(logdir, "/experiment", experimentName="")
    settings = {info["name"]: info["type"] for info in experiment["hparamInfos"]}
    assert settings == {
        "lr": "DATA_TYPE_FLOAT64",
        "optimizer": "DATA_TYPE_STRING",
        "augment": "DATA_TYPE_BOOL",
        "layers": "DATA_TYPE_STRING",
    }
    metrics = {(m["name"]["group"], m["name"]["tag"]) for m in experiment["metricInfos"]}
    parts = ("train", "validation")
    assert metrics == {(part, f"epoch_{name}") for part in parts for name in ("loss", "accuracy")}


def test_rows_hold_settings_status_and_final_metrics(logdir):
    metrics = [{"metric": {"group": "validation", "tag": tag}} for tag in ("epoch_loss",)]
    columns = [{"hparam": name} for name in ("lr", "optimizer", "augment", "layers")]
    answer = ask(
        logdir,
        "/session_groups",
        experimentName="",
        allowedStatuses=["STATUS_SUCCESS", "STATUS_FAILURE", "STATUS_RUNNING", "STATUS_UNKNOWN"],
        colParams=columns + metrics,
        startIndex=0,
        sliceSize=10,
    )
    rows = {group["sessions"][0]["name"]: group for group in answer["sessionGroups"]}
    assert rows["a"]["hparams"] == {"lr": 0.1, "optimizer": "adam", "augment": True}
    assert rows["c"]["hparams"] == {"lr": 1, "layers": "None"}
    assert rows["b"]["hparams"] == {"lr": 0.5, "layers": "[32, 64]"}
    assert [rows[name]["sessions"][0].get("status") for name in "abc"] == [
        "STATUS_SUCCESS",
        "STATUS_FAILURE",
        "STATUS_UNKNOWN",
    ]
    final = {
        value["name"]["tag"]: (value["value"], value["trainingStep"])
        for value in rows["b"]["metricValues"]
        if value["name"]["group"] == "validation"
    }
    assert final == {
        "epoch_loss": (pytest.approx(0.1), 2),
        "epoch_accuracy": (pytest.approx(0.75), 2),
    }


def test_equal_settings_make_one_group():
    def start(settings):
        # Parsed, as a protobuf's map has no order of its own when it is written.
        value = hparams.session_start(settings, 1.0)
        return plugin_data_pb2.HParamsPluginData.FromString(value.metadata.plugin_data.content)

    one = start({"a": 1, "b": "x"})
    assert one == start({"b": "x", "a": 1})
    assert one != start({"a": 2, "b": "x"})


@pytest.mark.parametrize("settings", [{"model": object()}, {"model": {}}, {3: 4}])
def test_what_the_tab_cannot_hold_is_named(settings):
    with pytest.raises(TypeError, match=r"hparams.*(model|3)"):
        hparams.session_start(settings, 0.0)
