"""The bar that shows how far a perturbation method is, on a terminal and nowhere else."""

import os
import pty
import re
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import kerasvis2 as kv

SHAPE = (8, 8, 1)
END = "<end>"
# A view, its steps of at most 256 images, and those when it looks at one image at a time.
VIEWS = [
    (kv.Occlusion(patch=2, targets=("label", 1)), 2, 2 * 2),
    (kv.RISE(masks=600), 5, 2 * 3),
    (kv.LIME(samples=70, segments=np.arange(64).reshape(8, 8)), 1, 2 * 1),
    (kv.ScoreCAM(layers=["conv", "wide"]), 1 + 3, 2 * (1 + 2)),
    (kv.ActivationMaximization(units=[0, 2], steps=3), 3, 3),
]


@pytest.fixture(scope="module")
def model() -> Any:
    keras.utils.set_random_seed(0)
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input(SHAPE),
            layers.Conv2D(4, 3, name="conv"),
            layers.Conv2D(300, 1, name="wide"),
            layers.Flatten(),
            layers.Dense(3),
        ]
    )


@pytest.fixture(scope="module")
def probe() -> kv.Probe:
    images = np.random.default_rng(0).random((2, *SHAPE), "float32")
    return kv.Probe(images, [0, 2], display=(0, 1))


class Terminal:
    """A terminal to print on, and what stands on it."""

    def __init__(self) -> None:
        self.screen, keyboard = pty.openpty()
        self.stdout = os.fdopen(keyboard, "w", encoding="utf-8")

    def read(self) -> str:
        """What was printed; the kernel hands it on when it likes, so an end mark is waited for."""
        print(END, end="", file=self.stdout, flush=True)
        found = ""
        while not found.endswith(END):
            found += os.read(self.screen, 65536).decode()
        return found.removesuffix(END)


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    found = Terminal()
    yield found
    found.stdout.close()
    os.close(found.screen)


@pytest.mark.parametrize(("view", "steps", "singly"), VIEWS, ids=[view.name for view, *_ in VIEWS])
def test_alone_on_a_terminal_a_bar_runs_to_its_end(
    model: Any, probe: kv.Probe, terminal: Terminal, view: Any, steps: int, singly: int
) -> None:
    for batch_size, every in ((None, steps), (1, singly)):
        with redirect_stdout(terminal.stdout):
            view.compute(model, probe, batch_size=batch_size)
        shown = terminal.read()
        counts = [int(one) for one in re.findall(rf"(\d+)/{every}\b", shown)]
        assert counts == sorted(counts)
        assert counts[-1] == every
        assert shown.endswith("\n")


def test_elsewhere_nothing_is_printed(
    model: Any, probe: kv.Probe, capsys: pytest.CaptureFixture[str]
) -> None:
    kv.RISE(masks=600).compute(model, probe)
    assert capsys.readouterr() == ("", "")


def test_in_a_training_nothing_is_printed(
    model: Any, probe: kv.Probe, terminal: Terminal, tmp_path: Path
) -> None:
    twin = keras.models.clone_model(model)
    twin.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    monitor = kv.Monitor(tmp_path, probe, [kv.RISE(masks=600)], on_error="raise")
    with redirect_stdout(terminal.stdout):
        twin.fit(probe.inputs, probe.labels, verbose=0, callbacks=[monitor])
    assert terminal.read() == ""
