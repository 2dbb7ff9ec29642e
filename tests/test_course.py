"""The notebooks of the course, run as a reader runs them; what they say is asserted in them."""

import re
from pathlib import Path

import nbclient
import nbformat
import pytest

COURSE = sorted((Path(__file__).parents[1] / "docs" / "course").glob("*.ipynb"))
MOST = 300_000  # bytes of a file
names = [path.stem for path in COURSE]


@pytest.fixture(autouse=True)
def _quiet(monkeypatch):
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "3")


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("path", COURSE, ids=names)
def test_a_notebook_runs_from_top_to_bottom(path, tmp_path):
    notebook = nbformat.read(path, as_version=4)
    where = {"metadata": {"path": str(tmp_path)}}
    nbclient.NotebookClient(notebook, timeout=900, resources=where).execute()
    kept = nbformat.read(path, as_version=4)
    for cell, stored in zip(notebook.cells, kept.cells):
        if cell.cell_type == "code":
            made, there = ([_kind(o) for o in c.outputs] for c in (cell, stored))
            assert sorted(set(made) - {"stderr"}) == sorted(set(there)), cell.source


def _kind(output):
    """What an output is, so that those that are kept can be told to be of this code."""
    data = output.get("data", {})
    pictured = "image/png" in data or "image/jpeg" in data or "<img" in data.get("text/html", "")
    return "picture" if pictured else output.get("name", output.output_type)


@pytest.mark.parametrize("path", COURSE, ids=names)
def test_what_is_kept_of_a_notebook(path):
    assert path.stat().st_size < MOST
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    outputs = [output for cell in code for output in cell.outputs]
    assert not [o for o in outputs if o.output_type == "error" or o.get("name") == "stderr"]
    assert sum(_kind(output) == "picture" for output in outputs) >= 2
    assert not re.search(r"/(home|root|tmp|work)/", path.read_text("utf-8"))
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    assert text.startswith(f"# {path.stem[0]} · ")
    sections = re.findall(r"^## (\d)\.(\d)", text, re.M)
    assert sections == [(path.stem[0], str(n)) for n in range(1, len(sections) + 1)]
    assert text.count("**Question.**") >= len(sections) - 1
    assert "## Exercises" in text
    assert "<summary>Answers</summary>" in text.split("## Exercises")[1]
