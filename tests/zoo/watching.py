"""Running a program with and without a monitor, and comparing the two."""

from __future__ import annotations

import functools
import random
import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import truths
from programs import REGISTRY, Program, load

import kerasvis2 as kv

load()

# Views with settings that make them fast; the others are as they come.
FAST = {
    "SmoothGrad": {"samples": 2},
    "VarGrad": {"samples": 2},
    "IntegratedGradients": {"points": 4},
    "RISE": {"masks": 16, "grid": 3},
    "LIME": {"samples": 16},
    "ScoreCAM": {"channels": 3},
    "ActivationMaximization": {"steps": 4, "units": [0]},
    "LayerHealth": {"gradients": True},
}


@dataclass
class Left:
    """What a training leaves: everything in it that a monitor could have changed."""

    history: list[dict[str, list[float]]]
    weights: list[np.ndarray]
    draws: list[Any]


@dataclass
class Seen:
    """A monitored training: what it left, what it wrote, what it said."""

    program: Program
    model: Any
    probe: Any
    left: Left
    run: Any
    about: Any
    said: list[str] = field(default_factory=list)

    @property
    def history(self) -> list[dict[str, list[float]]]:
        return self.left.history

    def outputs(self) -> Any:
        return truths.predicted(self.model, self.program.probe["inputs"])


class Spy(kv.View):
    """Keeps what `draw` is told of the moment."""

    def __init__(self) -> None:
        super().__init__()
        self._heard: list[Any] = []

    def needs(self, model: Any, probe: Any) -> Any:
        return kv.Needs(probe=False)

    def draw(self, arrays: Any, about: Any) -> kv.Drawing:
        self._heard.append(about)
        return kv.Drawing()


@functools.cache
def program_of(name: str) -> Program:
    return REGISTRY[name]()


@functools.cache
def unwatched(name: str) -> Left:
    """The training without a monitor."""
    return _train(program_of(name), [])[1]


def watched(
    name: str,
    log_dir: Path,
    views: Sequence[Any] | None = None,
    probe: bool = True,
    spy: bool = False,
) -> Seen:
    """The same training under a monitor."""
    program = program_of(name)
    told = Spy()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        looked = kv.Probe(**program.probe) if probe and program.probe is not None else None
        given = views if not spy else [*(kv.default_views() if views is None else views), told]
        monitor = kv.Monitor(log_dir, looked, given, **program.monitor)
        model, left = _train(program, [monitor])
    said = [str(w.message) for w in caught if str(w.message).startswith("kerasvis2")]
    (run,) = kv.read(log_dir).values()
    about = told._heard[-1] if told._heard else None
    return Seen(program, model, looked, left, run, about, said)


def explicit(program: Program) -> list[Any]:
    """The views of a program's task, fast; gradients of the loss where the part has one."""
    fast = {name: FAST.get(name, {}) for name in program.views}
    if program.monitor or program.probe is None or "labels" not in program.probe:
        fast |= {name: {} for name in program.views if name == "LayerHealth"}
        fast |= {name: {"views": []} for name in program.views if name == "Drift"}
    return [getattr(kv, name)(**settings) for name, settings in fast.items()]


def snake(name: str) -> str:
    return getattr(kv, name)().name


def assert_same(seen: Seen, name: str) -> None:
    """Bit for bit what the training without a monitor left."""
    expected, found = unwatched(name), seen.left
    if seen.program.rounding:
        for one, other in zip(found.history, expected.history):
            assert one == {key: pytest.approx(value, rel=1e-6) for key, value in other.items()}
    else:
        assert found.history == expected.history
    assert len(found.weights) == len(expected.weights)
    for i, (one, other) in enumerate(zip(found.weights, expected.weights)):
        np.testing.assert_array_equal(one, other, err_msg=f"variable {i}")
    for one, other in zip(found.draws, expected.draws):
        np.testing.assert_array_equal(one, other, err_msg="a random number was drawn")


def assert_civil(seen: Seen) -> None:
    """Nothing was switched off, and nothing said in more than two lines."""
    for words in seen.said:
        assert "Traceback" not in words, words
        assert "switched off" not in words, words
        assert len(words.splitlines()) <= 2, words


def assert_curves(seen: Seen) -> None:
    """Every epoch of every curve, as Keras's history has it."""
    logged: dict[str, list[float]] = {}
    for history in seen.history:
        for name, series in history.items():
            logged.setdefault(name, []).extend(float(value) for value in series)
    for name, series in logged.items():
        inside = name.startswith("val_")
        tag = f"validation/epoch_{name[4:]}" if inside else f"train/epoch_{name}"
        found = seen.run.scalars(tag)[1]
        np.testing.assert_array_equal(found.astype("float32"), np.float32(series), err_msg=tag)


def drew(seen: Seen, view: str) -> bool:
    """Whether a view, by its name in the tags, left anything."""
    return any(re.match(rf"{view}(_\d+)?/", tag) for tag in seen.run.tags(None))


def _train(program: Program, callbacks: list[Any]) -> tuple[Any, Left]:
    keras.utils.clear_session()
    keras.utils.set_random_seed(7)
    model = program.make()
    history = program.fit(model, callbacks)
    model.reset_metrics()
    variables = [*model.variables, *getattr(model.optimizer, "variables", ())]
    weights = [np.array(keras.ops.convert_to_numpy(variable)) for variable in variables]
    draws = [random.random(), np.random.random(), keras.ops.convert_to_numpy(_drawn())]
    return model, Left(history, weights, draws)


def _drawn() -> Any:
    return keras.random.normal((3,))
