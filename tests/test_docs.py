"""What the pages say is code, and runs."""

import re
import warnings
from pathlib import Path

import keras
import networks
import pytest

import kerasvis2 as kv
from kerasvis2.diagnostics.rules import RULES

ROOT = Path(__file__).parents[1]


def blocks(page: str) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", (ROOT / page).read_text("utf-8"), re.M | re.S)


@pytest.fixture
def known():
    """What the pages take for granted: a model, a probe of its inputs, and data."""
    model = networks.functional()
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    probe = kv.Probe(networks.images(4), networks.labels(4), display=(0, 1))
    x, y = networks.images(16), networks.labels(16)
    rules = list(RULES)
    yield {
        **{"kv": kv, "keras": keras, "model": model, "probe": probe},
        **{"x": x, "y": y, "x_val": x, "y_val": y},
    }
    RULES[:] = rules


@pytest.mark.parametrize("page", ["docs/architecture.md", "docs/board.md"])
def test_the_code_of_a_page_runs_from_top_to_bottom(page, known, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = blocks(page)
    assert found
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        for block in found:
            exec(compile(block, page, "exec"), known)


def test_what_the_architecture_adds_is_true(known):
    before = len(RULES)
    for block in blocks("docs/architecture.md"):
        exec(compile(block, "docs/architecture.md", "exec"), known)
    assert len(RULES) == before + 1
    positive = kv.HiResCAM().compute(known["model"], known["probe"])
    assert positive.keys() == known["maps"].keys()
    for key, value in known["maps"].items():
        assert (value >= positive[key] - 1e-6).all()  # |x| is nowhere below relu(x)
    assert known["pictures"]
