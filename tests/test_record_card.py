"""The run's card: plain facts in, JSON and Markdown out."""

import json
import subprocess
import sys
from types import SimpleNamespace

import pytest

from kerasvis2.record.card import run_card, run_info
from kerasvis2.version import __version__, versions

FACTS = SimpleNamespace(
    path="stage 1/conv <b>",
    kind="Conv2D",
    place=3,
    shape=(None, 8, 8, 4),
    parameters=40,
    trainable=False,
    dtype="float16",
)


def info(parameters=40, **more):
    model = SimpleNamespace(name="net|1", count_params=lambda: parameters)
    return run_info(model, None, {}, [FACTS], {"lr": 0.1}, versions={"numpy": "2"}, **more)


def test_layers_are_told_from_facts_alone():
    [layer] = json.loads(json.dumps(info()))["layers"]
    assert layer == {
        "place": 3,
        "path": "stage 1/conv <b>",
        "type": "Conv2D",
        "output_shape": [None, 8, 8, 4],
        "parameters": 40,
        "trainable": False,
        "dtype": "float16",
    }


def test_what_is_left_out_and_what_the_output_is_are_told():
    told = info(task=["Output: 10 classes, by its softmax."], left_out=["grad_cam: no\nspace; b|c"])
    assert told["task"] == ["Output: 10 classes, by its softmax."]
    assert told["left_out"] == ["grad_cam: no\nspace; b|c"]
    words = run_card(told).splitlines()
    assert "Output: 10 classes, by its softmax." in words
    assert "- grad_cam: no space; b\\|c" in words
    assert "Left out:" not in run_card(info())


@pytest.mark.parametrize("parameters", [None, 40])
def test_a_model_that_is_not_built_has_a_card(parameters):
    assert "in 1 layers" in run_card(info(parameters))


def test_versions_are_told_without_importing_the_backend():
    script = """if True:
        import sys
        from kerasvis2.version import versions
        import kerasvis2.record.card, kerasvis2.record.recorder, kerasvis2.record.reader
        print(versions("tensorflow")["tensorflow"])
        print({"keras", "tensorflow", "kerasvis2.monitor"} & {*sys.modules})
    """
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    version, loaded = result.stdout.splitlines()
    assert version[0].isdigit()
    assert loaded == "set()"
    assert versions("no_such")["no_such"] == "unknown"
    assert versions("no_such")["kerasvis2"] == __version__
