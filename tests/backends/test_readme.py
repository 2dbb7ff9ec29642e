"""The README's table of backends says what is measured here, on the backend that runs."""

import re
from pathlib import Path

import keras
import networks
import numpy as np
import pytest
from every_view import distances
from keras import layers, ops
from test_every_backend import compiled, fitted, probe

import kerasvis2 as kv
from kerasvis2.observe.backend import backend

COLUMNS = {"tensorflow": "TensorFlow", "torch": "PyTorch", "jax": "JAX"}


def table():
    """Row → cell of this backend's column."""
    text = (
        (Path(__file__).parents[2] / "README.md")
        .read_text("utf-8")
        .split("\n## Backends\n")[1]
        .split("\n## ")[0]
    )
    lines = [re.split(r"\s*\|\s*", line)[1:-1] for line in text.splitlines() if line[:1] == "|"]
    column = lines[0].index(COLUMNS[keras.backend.backend()])
    return {line[0]: line[column] for line in lines[2:]}


def of_function(call, shape=(1, 2, 1)):
    class Called(keras.Model):
        def __init__(self):
            super().__init__()
            self.head = layers.Dense(2)

        def call(self, x):
            return self.head(layers.Flatten()(call(x)))

    model = Called()
    model(np.ones((1, *shape), "float32"))
    return model


def pixels(*values):
    return kv.Probe(np.array(values, "float32").reshape(1, 1, -1, 1), display=(0, 8))


def a_pass(request):
    model = compiled()
    session = kv.Session(model, probe(), progress=False)
    view = kv.GradCAM()
    for _ in range(2):
        session.compute(view)
        model.get_layer("conv2").kernel.assign(model.get_layer("conv2").kernel * 2)
    assert session.traces == 1
    return "run as it is written" if backend().eager else "compiled once"


def a_training(request):
    sample = request.getfixturevalue("sample")
    folder = request.getfixturevalue("tmp_path")
    monitor = kv.Monitor(folder, probe(), [kv.GradCAM(), kv.Activations()], on_error="raise")
    plain, watched = fitted(None, sample), fitted(monitor, sample)
    same = all(np.array_equal(a, b) for a, b in zip(plain[1], watched[1], strict=True))
    return "unchanged, bit for bit" if same and plain[0] == watched[0] else "changed"


def a_file(request):
    if keras.backend.backend() == "tensorflow":
        return "what the others are held to"
    here, there = request.getfixturevalue("here"), request.getfixturevalue("there")
    return "the same to 10⁻⁴" if max(distances(here, there).values()) < 1e-4 else "others"


def half_precision(request):
    for policy in ("mixed_bfloat16", "mixed_float16"):
        keras.config.set_dtype_policy(policy)
        try:
            model = networks.functional()
        finally:
            keras.config.set_dtype_policy("float32")
        (found,) = kv.GradCAM(layers="conv2").compute(model, probe()).values()
        if found.dtype != np.float32 or not np.isfinite(found).all():
            return "no"
    return "maps in float32"


def untraceable(request):
    model = of_function(lambda x: x * 2 if float(ops.sum(x)) > 0 else x)
    try:
        found = kv.GradientTimesInput(target=0).compute(model, pixels(1, 2))["input"]
    except ValueError:
        return "told, not looked at"
    kernel = ops.convert_to_numpy(model.head.kernel)[:, 0]
    np.testing.assert_allclose(np.ravel(found), 2 * kernel * [1, 2], rtol=1e-5)
    return "looked at"


def rules_in_a_loop(request):
    model = of_function(lambda x: ops.fori_loop(0, 2, lambda i, x: ops.relu(x) * 2, x))
    try:
        kv.GuidedBackprop(target=0).compute(model, pixels(1, 2))
    except ValueError as error:
        assert "loop" in str(error)  # noqa: PT017
        return "refused, in words"
    return "followed"


def wrapped_modules(request):
    if keras.backend.backend() != "torch":
        return "there are none"
    import wrapped

    model, _ = wrapped.made(wrapped.ResNet)
    looked = kv.Probe(np.ones((2, *wrapped.SHAPE), "float32"), [0, 1], display=(0, 1))
    found = kv.GradCAM(layers="net/layer1.1.conv2").compute(model, looked)
    return "layers, by dotted path" if found["net/layer1.1.conv2"].shape == (2, 8, 6) else "no"


MEASURED = {
    "a pass is": a_pass,
    "training is": a_training,
    "one `.keras` file's arrays": a_file,
    "bfloat16 and float16": half_precision,
    "models that cannot be traced": untraceable,
    "ReLU rules inside a loop": rules_in_a_loop,
    "modules in a `TorchModuleWrapper`": wrapped_modules,
}


@pytest.mark.parametrize("row", list(MEASURED))
def test_the_table_says_what_is_so(request, row):
    assert MEASURED[row](request) == table()[row]


def test_every_row_is_measured():
    assert list(table()) == list(MEASURED)
