"""What the tests share: a small CNN trained on real digits, and a probe of its test images."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("TF_DETERMINISTIC_OPS", "1")

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest


@dataclass(frozen=True)
class Digits:
    """Scikit-learn's handwritten digits: x (n, 8, 8, 1) float32 in 0…1, y (n,) ints."""

    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray


@pytest.fixture(scope="session")
def digits() -> Digits:
    from sklearn.datasets import load_digits

    pixels, labels = load_digits(return_X_y=True)
    x = (pixels / 16).astype("float32").reshape(-1, 8, 8, 1)
    y = labels.astype("int64")
    test = np.arange(len(x)) % 6 == 0  # the file is ordered by writer, so take some of each
    arrays = x[~test], y[~test], x[test], y[test]
    for array in arrays:
        array.setflags(write=False)
    return Digits(*arrays)


@pytest.fixture(scope="module")
def model() -> Any:
    """The small network of `networks`, untrained: what attributions are worked out on by hand."""
    import networks

    return networks.functional()


@pytest.fixture(scope="module")
def probe() -> Any:
    """Images of its size."""
    import networks

    import kerasvis2 as kv

    return kv.Probe(networks.images(), networks.labels(), display=(0, 1))


@pytest.fixture(scope="session")
def digits_model(digits: Digits) -> Any:
    """A functional Keras model, trained to more than 0.9. Shared: train only a clone of it."""
    import keras

    keras.utils.set_random_seed(1)
    layers = keras.layers
    image = keras.Input((8, 8, 1), name="image")
    x = layers.Conv2D(16, 3, padding="same", activation="relu", name="conv1")(image)
    x = layers.Conv2D(24, 3, padding="same", use_bias=False, name="conv2")(x)
    x = layers.BatchNormalization(name="norm2")(x)
    x = layers.ReLU(name="relu2")(x)
    x = layers.MaxPooling2D(name="pool2")(x)
    x = layers.Conv2D(32, 3, padding="same", activation="relu", name="conv3")(x)
    x = layers.GlobalAveragePooling2D(name="gap")(x)
    scores = layers.Dense(10, activation="softmax", name="scores")(x)
    model = keras.Model(image, scores, name="digits")
    decay = keras.optimizers.schedules.CosineDecay(5e-3, decay_steps=4 * 47)
    model.compile(
        keras.optimizers.Adam(decay), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    model.fit(digits.x_train, digits.y_train, epochs=4, batch_size=32, verbose=0)
    _, accuracy = model.evaluate(digits.x_test, digits.y_test, verbose=0)
    assert accuracy > 0.9, f"the shared digits CNN learned too little: {accuracy:.3f}"
    return model


@pytest.fixture(scope="session")
def digits_probe(digits: Digits) -> Any:
    """The first 16 test digits with their labels and class names."""
    from kerasvis2 import Probe

    return Probe(digits.x_test[:16], digits.y_test[:16], class_names=[str(n) for n in range(10)])


CHROMIUM = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """One headless Chromium for all tests: Playwright cannot run twice in a thread."""
    from playwright.sync_api import sync_playwright

    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("no Chromium on this machine")
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=path, args=CHROMIUM)


# A skip on CI is a check that quietly does not happen, so there it fails. Only what the machine
# cannot have may be skipped: a reason that starts with "no GPU".
def _fail_skips(report: Any) -> Any:
    if not (os.environ.get("CI") and report.skipped) or hasattr(report, "wasxfail"):
        return report
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    if not reason.removeprefix("Skipped: ").startswith("no GPU"):
        report.outcome = "failed"
        report.longrepr = f"skipped on CI, where every check must run: {reason}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Any:
    return _fail_skips((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Any:
    return _fail_skips((yield))


@pytest.fixture
def written(monkeypatch):
    """The lines that are written on pictures, as they can be read there."""
    from kerasvis2.render import text

    lines = []
    write = text.write

    def record(picture, left, top, words, *, width=None, size=text.BODY, bold=False, **how):
        shown = str(words) if width is None else text.shorten(str(words), width, size, bold)
        lines.append(shown)
        write(picture, left, top, words, width=width, size=size, bold=bold, **how)

    monkeypatch.setattr(text, "write", record)
    return lines
