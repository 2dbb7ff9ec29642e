"""The HParams tab's own answers, from runs with different settings and metrics."""

import numpy as np
import pytest
from hparams_tab import ask
from tensorboard.plugins.hparams import plugin_data_pb2

from kerasvis2.record import events, hparams
from kerasvis2.record.writer import EventFile


def log(folder, settings, *, accuracy=None, ended="success"):
    session = EventFile(folder / "validation")
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
    metrics = {m["name"]["tag"] for m in experiment["metricInfos"]}
    assert metrics == {"epoch_loss", "epoch_accuracy"}


def test_rows_hold_settings_status_and_final_metrics(logdir):
    metrics = [{"metric": {"group": "", "tag": tag}} for tag in ("epoch_loss",)]
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
    rows = {group["sessions"][0]["name"].split("/")[0]: group for group in answer["sessionGroups"]}
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
