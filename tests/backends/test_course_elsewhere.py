"""The course's last notebook runs on this backend, too; on TensorFlow it is run with the others."""

from pathlib import Path

import nbclient
import nbformat

COURSE = Path(__file__).parents[2] / "docs" / "course"


def test_the_lesson_on_backends_runs_here(tmp_path, monkeypatch):
    import keras

    monkeypatch.setenv("KERAS_BACKEND", keras.backend.backend())
    # PyTorch's threads wait for each other by spinning, which takes minutes on a busy machine.
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    notebook = nbformat.read(COURSE / "8_pytorch_and_jax.ipynb", as_version=4)
    where = {"metadata": {"path": str(tmp_path)}}
    nbclient.NotebookClient(notebook, timeout=500, resources=where).execute()
    said = [o.get("text", "") for c in notebook.cells for o in c.get("outputs", [])]
    assert f"This copy ran on {keras.backend.backend()}\n" in said
