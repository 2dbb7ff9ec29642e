"""The package where its backend is the only one that is installed, and nobody said which."""

import json
import os
import subprocess
import sys
from importlib.util import find_spec

import keras
import pytest

BACKEND = keras.backend.backend()
OTHERS = {"tensorflow", "torch", "jax"} - {BACKEND}


def said(code, home, **environment):
    """What a fresh interpreter prints that starts without a choice."""
    kept = {k: v for k, v in os.environ.items() if k not in ("KERAS_BACKEND", "KERAS_HOME")}
    run = subprocess.run(
        [sys.executable, "-c", code],
        env=kept | {"KERAS_HOME": str(home), "TF_CPP_MIN_LOG_LEVEL": "3"} | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return run.stdout.strip()


SET = "import os, kerasvis2; print(os.environ.get('KERAS_BACKEND'))"


def test_it_takes_the_backend_that_is_there(tmp_path):
    code = "import kerasvis2, keras; print(keras.backend.backend())"
    assert said(code, tmp_path / "none") == BACKEND
    # Keras has written "tensorflow" into its file meanwhile, whatever it runs on.
    assert json.loads((tmp_path / "none/keras.json").read_text())["backend"] == "tensorflow"
    assert said(code, tmp_path / "none") == BACKEND


def test_it_leaves_a_choice_alone(tmp_path):
    (tmp_path / "keras.json").write_text(json.dumps({"backend": "jax"}))
    assert said(SET, tmp_path) == "None"
    assert said(SET, tmp_path / "none", KERAS_BACKEND="openvino") == "openvino"
    code = f"import os; os.environ['KERAS_BACKEND'] = {BACKEND!r}; import keras; "
    code += f"del os.environ['KERAS_BACKEND']; {SET}"
    assert said(code, tmp_path / "none") == "None"


@pytest.mark.parametrize("content", ["", "[]", "{"])
def test_a_broken_file_is_no_choice(tmp_path, content):
    (tmp_path / "keras.json").write_text(content)
    assert said(SET, tmp_path) == ("None" if BACKEND == "tensorflow" else BACKEND)


def test_a_backend_that_is_missing_is_said_in_plain_words(tmp_path):
    missing = next((name for name in sorted(OTHERS) if find_spec(name) is None), None)
    if missing is None:
        pytest.skip("every backend is installed")
    code = "import kerasvis2\ntry:\n    kerasvis2.Monitor\nexcept ImportError as e:\n    print(e)"
    words = said(code, tmp_path, KERAS_BACKEND=missing)
    assert f"told to run on {missing}, which is not installed; there is {BACKEND}" in words


def test_a_training_imports_no_other_backend(tmp_path):
    code = f"""
import sys, kerasvis2 as kv, keras, numpy as np
keras.utils.set_random_seed(0)
image = keras.Input((8, 8, 3))
x = keras.layers.Conv2D(4, 3, activation="relu")(image)
x = keras.layers.Dense(2, activation="softmax")(keras.layers.Flatten()(x))
model = keras.Model(image, x)
model.compile("sgd", "sparse_categorical_crossentropy")
x, y = np.random.default_rng(0).random((8, 8, 8, 3), "float32"), np.arange(8) % 2
monitor = kv.Monitor({str(tmp_path / "run")!r}, kv.Probe(x, y, display=(0, 1)), on_error="raise")
model.fit(x, y, verbose=0, callbacks=[monitor])
kv.read({str(tmp_path / "run")!r})
print(sorted({{"tensorflow", "torch", "jax"}} & sys.modules.keys()))
"""
    assert said(code, tmp_path) == str([BACKEND])
