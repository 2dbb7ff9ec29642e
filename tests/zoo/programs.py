"""What a program of the zoo is: a model as people write it, its training, and what shows of it.

Each family's module registers its programs with `@program`; `load()` imports them all. A program
is built when it is asked for, so that collecting the tests imports Keras but builds nothing.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import keras
from kinds import CAMS, HIDING

FAMILIES = (
    "zoo_pictures",
    "zoo_mixers",
    "zoo_ways",
    "zoo_heads",
    "zoo_maps",
    "zoo_steps",
    "zoo_wrapped",
    "zoo_contrast",
    "zoo_signals",
    "zoo_text",
    "zoo_tables",
    "zoo_hub",
    "zoo_unusual",
    "zoo_shapes",
    "zoo_stateful",
    "zoo_further",
)
EVERY_BACKEND = ("tensorflow", "torch", "jax")

# What a task has, as the README and the design say it: these views must draw when asked by name.
OF_ALL = ("Filters", "Activations", "LayerHealth", "Drift", "Predictions", "ModelGraph")
GRADIENTS = ("Saliency", "GradientTimesInput", "IntegratedGradients", "SmoothGrad", "VarGrad")
RULES = ("GuidedBackprop", "DeconvNet", "GuidedGradCAM")
ASCENT = ("ActivationMaximization",)
ATTENTION = ("Attention",)
PICTURES = (*OF_ALL, *GRADIENTS, *CAMS, *RULES, *HIDING, *ASCENT, "Filmstrip")
SMOOTH = tuple(view for view in PICTURES if view not in RULES)  # of networks without a ReLU
VECTORS = (*OF_ALL, *GRADIENTS, "Occlusion")
SIGNALS = (*VECTORS, "GradCAM", *ASCENT)
TOKENS = (*OF_ALL, "Saliency", "GradientTimesInput", "IntegratedGradients", "Occlusion")
DRAWN = ("filters", "activations", "grad_cam", "activation_maximization")


@dataclass(frozen=True)
class Program:
    """A training as a user would write it.

    Attributes:
        make: the model, compiled unless the program compiles it in its `fit`.
        fit: trains it with the callbacks given; what each `fit` in it recorded.
        probe: arguments of `kv.Probe`, None where nothing fits one.
        task: what the output is: "classes", "multilabel", "regression", "mask", "image", or ""
            where it is none of these.
        views: classes of the views that this task has, by name.
        shows: views of the default set that must have drawn something.
        monitor: further arguments of `kv.Monitor`, such as `part`.
        rounding: whether TensorFlow itself rounds the recorded losses differently from run to run;
            the weights are the same to the bit.
        truths: what is asserted of what is shown (`truths.py`).
    """

    make: Callable[[], Any]
    fit: Callable[[Any, list[Any]], list[dict[str, list[float]]]]
    probe: Mapping[str, Any] | None
    task: str = "classes"
    views: tuple[str, ...] = PICTURES
    shows: tuple[str, ...] = DRAWN
    monitor: Mapping[str, Any] = field(default_factory=dict)
    truths: tuple[Callable[..., None], ...] = ()
    rounding: bool = False


REGISTRY: dict[str, Callable[[], Program]] = {}
BACKENDS: dict[str, tuple[str, ...]] = {}


def program(
    make: Callable[[], Program] | None = None, *, backends: tuple[str, ...] = EVERY_BACKEND
) -> Any:
    """Registers a program under its function's name."""

    def register(function: Callable[[], Program]) -> Callable[[], Program]:
        REGISTRY[function.__name__] = function
        BACKENDS[function.__name__] = backends
        return function

    return register if make is None else register(make)


def load() -> list[str]:
    """The names of all programs that run on the backend at hand."""
    for family in FAMILIES:
        importlib.import_module(family)
    return [name for name in REGISTRY if keras.backend.backend() in BACKENDS[name]]


def training(*data: Any, **options: Any) -> Callable[[Any, list[Any]], list[Any]]:
    """The `fit` of most programs: two short epochs, quietly."""

    def fit(model: Any, callbacks: list[Any]) -> list[Any]:
        settings = {"epochs": 2, "batch_size": 8} | options
        if settings["batch_size"] is None:
            del settings["batch_size"]
        history = model.fit(*data, callbacks=callbacks, verbose=0, **settings)
        return [history.history]

    return fit


def compiled(model: Any, loss: Any, optimizer: Any = "adam", **options: Any) -> Any:
    """Compiles without XLA, whose compiler takes longer than the training."""
    model.compile(optimizer, loss, **({"jit_compile": False} | options))
    return model
