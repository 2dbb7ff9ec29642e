"""What a compiled pass holds of a model beside the values of its weights: the rule of staleness."""

from __future__ import annotations

import functools
import hashlib
import types
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import keras
import numpy as np

from kerasvis2.layers import tree

_DEEP = 4  # how far into a user's own objects values are followed
# What every compile and every fit leaves anew, and the pass does not depend on.
_TRAINER = {
    *("history", "stop_training", "train_function", "test_function", "predict_function"),
    *("built", "steps_per_execution", "jit_compile", "run_eagerly", "compiled", "loss_weights"),
    *("optimizer", "loss", "supports_masking", "auto_scale_loss"),
    *("stop_evaluating", "stop_predicting", "_eval_epoch_iterator"),
}
# What Keras's own layers need to be built, and no more afterwards.
_BUILDING = (keras.initializers.Initializer, keras.constraints.Constraint)
_PLAIN = frozenset((type(None), bool, int, float, complex, str, bytes))


class Same:
    """Equal to itself alone; keeps what it stands for alive, so that no other takes its id."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and self.value is other.value

    __hash__ = None  # type: ignore[assignment]


def state_of(model: Any) -> dict[str, Any]:
    """Everything that a pass depends on and that may be another next time, by what it is called.

    That are the layers, their variables, which of these are trained, the dtypes, what layers and
    activations keep as attributes (compared by value), the optimizer and the compiled loss. What a
    function reads from a module's globals is not seen: `Session.refresh` is for that.
    """
    found: dict[str, Any] = {
        "optimizer": Same(getattr(model, "optimizer", None)),
        "loss": Same(compiled_loss(model)),
    }
    for path, layer in [("", model), *((info.path, info.layer) for info in tree(model))]:
        found[path] = [Same(layer), layer.trainable, layer.dtype_policy.name]
        if path:
            found[f"{path}/weights"] = [(Same(v), v.trainable) for v in layer.weights]
        for name, value in _attributes(layer):
            found[f"{path}.{name}"] = frozen(value)
    return found


def changed(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """What differs between two states, by what it is called."""
    names = dict.fromkeys([*before, *now])
    return [n for n in names if n not in before or n not in now or before[n] != now[n]]


def compiled_loss(model: Any) -> Any:
    """What `compile` made of the loss: another object after every `compile`.

    Keras has no public name for it; where the private one is gone, the loss as it was given.
    """
    return getattr(model, "_compile_loss", None) or getattr(model, "loss", None)


def counter(optimizer: Any) -> Any:
    """The variable that counts an optimizer's steps; None where there is none."""
    return getattr(optimizer, "iterations", None)


def learning_rate(optimizer: Any, number: Callable[[Any], float]) -> float | None:
    """An optimizer's rate; None without one, and of one that never steps: another one trains."""
    rate, count = getattr(optimizer, "learning_rate", None), counter(optimizer)
    idle = count is not None and not number(count)
    return None if rate is None or idle else number(rate)


def _attributes(layer: Any) -> Iterator[tuple[str, Any]]:
    users = not type(layer).__module__.startswith("keras.")
    for name, value in vars(layer).items():
        if name in _TRAINER or name in _own_names():
            continue
        if not users and (name.startswith("_") or isinstance(value, _BUILDING)):
            continue
        yield name, value


@functools.cache
def _own_names() -> frozenset[str]:
    """The attributes that any Keras layer has: what matters of them is asked for by name."""
    plain = keras.layers.Layer(name="kerasvis2")
    return frozenset(vars(plain)) | {"_metrics", "_layers", "_compile_loss", "_compile_metrics"}


def frozen(value: Any, depth: int = _DEEP) -> Any:
    """A copy that stays as the value is now, and compares equal to what has the same value."""
    if value is None or isinstance(value, (bool, int, float, complex, str, bytes, np.generic)):
        # In words: not a number is itself, though it does not compare equal. And of words the
        # collector of garbage keeps no account, which would cost more than what is done here.
        return repr(value) if type(value) in _PLAIN else (type(value), repr(value))
    if isinstance(value, np.ndarray):
        return value.shape, str(value.dtype), _digest(value)
    if isinstance(value, keras.Variable) or _is_kept_by_keras(value) or depth == 0:
        return Same(value)
    if isinstance(value, Mapping):
        return [(frozen(k, depth - 1), frozen(v, depth - 1)) for k, v in value.items()]
    if isinstance(value, (list, tuple)):
        return [type(value), *(frozen(each, depth - 1) for each in value)]
    if isinstance(value, (set, frozenset)):
        return sorted(repr(each) for each in value)
    if isinstance(value, functools.partial):
        return [frozen(each, depth - 1) for each in (value.func, value.args, value.keywords)]
    if isinstance(value, types.MethodType):
        return [Same(value.__func__), frozen(value.__self__, depth - 1)]
    if isinstance(value, types.FunctionType):
        cells = [cell.cell_contents for cell in value.__closure__ or () if _filled(cell)]
        kept = [cells, value.__defaults__, value.__kwdefaults__]
        return [Same(value), *(frozen(each, depth - 1) for each in kept)]
    inside = getattr(value, "__dict__", None)
    if isinstance(inside, dict) and not isinstance(value, (type, types.ModuleType)):
        return [Same(value), frozen(dict(inside), depth - 1)]
    return Same(value)


def _digest(array: np.ndarray) -> Any:
    if array.dtype.hasobject:
        return [frozen(each, 1) for each in array.ravel()]
    return hashlib.sha1(np.ascontiguousarray(array).tobytes()).hexdigest()


def _is_kept_by_keras(value: Any) -> bool:
    """Layers, metrics, losses, optimizers and tensors: what they hold is followed elsewhere."""
    kinds = (keras.layers.Layer, keras.metrics.Metric, keras.losses.Loss, keras.Optimizer)
    return isinstance(value, kinds) or bool(keras.ops.is_tensor(value))


def _filled(cell: Any) -> bool:
    try:
        cell.cell_contents  # noqa: B018
    except ValueError:
        return False
    return True
