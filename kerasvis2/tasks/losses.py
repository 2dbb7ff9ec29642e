"""The compiled loss of one output, whatever it was given as, by Keras's own name."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# What an output is by its loss. A loss that stands in no family tells nothing.
FAMILIES = {
    "classes": (
        "categorical_crossentropy",
        "sparse_categorical_crossentropy",
        "categorical_focal_crossentropy",
        "categorical_generalized_cross_entropy",
        "kl_divergence",
        "categorical_hinge",
    ),
    "binary": ("binary_crossentropy", "binary_focal_crossentropy"),
    "hinge": ("hinge", "squared_hinge"),
    "regression": (
        "mean_squared_error",
        "mean_absolute_error",
        "mean_absolute_percentage_error",
        "mean_squared_logarithmic_error",
        "root_mean_squared_error",
        "huber",
        "log_cosh",
        "poisson",
    ),
    "overlap": ("dice", "tversky"),
    "embedding": ("cosine_similarity", "circle", "ctc"),
}
_FAMILY = {name: family for family, names in FAMILIES.items() for name in names}

_ALIASES = {
    "mse": "mean_squared_error",
    "mae": "mean_absolute_error",
    "mape": "mean_absolute_percentage_error",
    "msle": "mean_squared_logarithmic_error",
    "rmse": "root_mean_squared_error",
    "bce": "binary_crossentropy",
    "kld": "kl_divergence",
    "kullback_leibler_divergence": "kl_divergence",
    "huber_loss": "huber",
    "logcosh": "log_cosh",
}

# Words in the name of a user's own loss that leave no doubt of what it compares.
_HINTS = (
    ("embedding", r"triplet|contrastive|nt_?xent|info_?nce|simclr|siamese|arcface|barlow|byol"),
    ("overlap", r"dice|jaccard|tversky|(^|_)iou"),
    ("classes", r"categorical|softmax"),
    ("binary", r"binary|(^|_)bce(_|$)|focal"),
    ("classes", r"cross_?entropy"),
    ("regression", r"(^|_)(r?mse|mae|rmsle|l1|l2|huber|pinball|quantile|squared|absolute)(_|$)"),
)


@dataclass(frozen=True)
class Loss:
    """What is known of the loss of one output.

    Attributes:
        name: Keras's name ("mean_squared_error" for "mse"), or the user's own; "" without a loss.
        family: a key of `FAMILIES`, or "" where the name tells nothing.
        from_logits: whether it takes logits; None where that is not known.
    """

    name: str = ""
    family: str = ""
    from_logits: bool | None = None


def loss_of(loss: Any, output: str = "", index: int = 0) -> Loss:
    """The loss of one output.

    Args:
        loss: what was given to `compile`: a string, a loss object or class, a function, a dict or
            list of these for several outputs, or None.
        output: the output's name, for dicts.
        index: its place, for lists.
    """
    if isinstance(loss, Mapping):
        loss = loss.get(output, next(iter(loss.values())) if len(loss) == 1 else None)
    elif isinstance(loss, (list, tuple)):
        loss = loss[index] if index < len(loss) else None
    if loss is None or isinstance(loss, (Mapping, list, tuple)):
        return Loss()
    if isinstance(loss, str):
        name = _plain(loss)
        return Loss(name, _family(name), False if name in _FAMILY else None)
    names = _names(loss)
    name = next((name for name in names if name in _FAMILY), "")
    name = name or next((name for name in names if _family(name)), names[0])
    return Loss(name, _family(name), _from_logits(loss, known=name in _FAMILY))


def loss_name(loss: Any, output: str = "", index: int = 0) -> str:
    """The name alone; "" without a loss."""
    return loss_of(loss, output, index).name


def _plain(name: str) -> str:
    """`MeanSquaredError`, `MSE` and `mse` as `mean_squared_error`."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name)
    plain = re.sub(r"\W+", "_", spaced).strip("_").lower()
    return _ALIASES.get(plain, plain)


def _names(loss: Any) -> list[str]:
    """Every name that a loss goes by, the most telling first; at least one."""
    while isinstance(loss, functools.partial):
        loss = loss.func
    if isinstance(loss, type):
        return [_plain(kind.__name__) for kind in loss.__mro__[:-1]] or [""]
    if hasattr(loss, "__name__"):
        return [_plain(loss.__name__), *_makers(loss)]
    kinds = [_plain(kind.__name__) for kind in type(loss).__mro__[:-1]]
    inner = getattr(loss, "fn", None)  # a function wrapped as a loss
    own = getattr(loss, "name", None)
    wrapped = _names(inner) if callable(inner) else []
    return [*wrapped, *kinds, *([_plain(own)] if isinstance(own, str) else [])]


def _makers(loss: Any) -> list[str]:
    """The function that a function was made in: `focal_loss` of `focal_loss.<locals>.inner`.

    None that does more than make a loss, such as `train_with_mse`.
    """
    within = str(getattr(loss, "__qualname__", "")).rpartition(".<locals>.")[0]
    name = _plain(within.rpartition(".")[2])
    return [name] if "loss" in name or 0 < len(name.split("_")) <= 2 else []


def _family(name: str) -> str:
    if name in _FAMILY:
        return _FAMILY[name]
    return next((family for family, hint in _HINTS if re.search(hint, name)), "")


def _from_logits(loss: Any, *, known: bool) -> bool | None:
    """Whether a loss takes logits, as far as it tells; Keras's own functions do not by default."""
    if isinstance(loss, functools.partial):
        given = loss.keywords.get("from_logits")
        return bool(given) if given is not None else _from_logits(loss.func, known=known)
    told = getattr(loss, "from_logits", None)
    return told if isinstance(told, bool) else False if known else None
