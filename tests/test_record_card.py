"""The run's card: plain facts in, JSON and Markdown out."""

import json
import subprocess
import sys

from kerasvis2.facts import LayerFacts, WeightFacts
from kerasvis2.record.card import run_card, run_info
from kerasvis2.version import __version__, versions

KERNEL = WeightFacts("kernel", (3, 3, 1, 4), False, False, True, 0)
PATH = "stage 1/conv <b>"
SHAPE = (None, 8, 8, 4)


def info(weights=(KERNEL,), **more):
    layer = LayerFacts(
        PATH, "tag", "Conv2D", 3, (), SHAPE, "float16", weights=weights, trainable=False
    )
    return run_info("net|1", None, {}, {PATH: layer}, {"lr": 0.1}, versions={"numpy": "2"}, **more)


def test_layers_are_told_from_facts_alone():
    [layer] = json.loads(json.dumps(info()))["layers"]
    assert layer == {
        "place": 3,
        "path": "stage 1/conv <b>",
        "type": "Conv2D",
        "output_shape": [None, 8, 8, 4],
        "parameters": 36,
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


def test_the_card_in_words():
    words = run_card(info())
    assert words.startswith("## net\\|1\n")
    assert "36 parameters in 1 layers." in words
    assert "| lr | 0.1 |" in words
    assert "0 parameters in 1 layers." in run_card(info(weights=()))  # not built yet


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
