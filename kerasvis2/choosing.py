"""What users write for `layers=`: paths, globs and layers become layers of the tree."""

from __future__ import annotations

import difflib
import fnmatch
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from kerasvis2.layers import LayerInfo, LayerSpec
from kerasvis2.operations import called


def select(
    infos: Sequence[LayerInfo],
    spec: LayerSpec,
    *,
    fits: Callable[[LayerInfo], bool] = lambda info: True,
    default: Callable[[Sequence[LayerInfo]], Sequence[LayerInfo]] | None = None,
    what: str = "layer",
) -> list[LayerInfo]:
    """Resolves what a user wrote for `layers=` into layers of the tree, in the tree's order.

    Args:
        infos: all layers, from `tree`.
        spec: `None` for the default, `"all"`, a layer, a path, a unique bare name, a glob, or
            a list of these.
        fits: which layers will do; `"all"` and a glob leave the others out.
        default: picks the layers for `None` from all that fit; every one of them if left out.
        what: a few words on what fits, for the error message.

    Raises:
        ValueError: for an unknown or ambiguous name, with the closest paths, for a named layer
            that does not fit, and where nothing in the model fits.
    """
    fitting = [info for info in infos if fits(info)]
    if spec is None or (isinstance(spec, str) and spec == "all"):
        chosen = list(default(fitting)) if spec is None and default else fitting
        if not chosen:
            given = "" if spec is None else f"layers={spec!r}: "
            raise ValueError(f"{given}the model has no {what}. {_known(infos)}")
        return chosen
    if isinstance(spec, (list, tuple, set, frozenset)):
        if not spec:
            raise ValueError("layers=[] chooses nothing. Leave it out for the default layers.")
        picked = {info.path for one in spec for info in select(infos, one, fits=fits, what=what)}
        return [info for info in infos if info.path in picked]
    if not isinstance(spec, str):
        named = _by_identity(infos, spec)
    elif any(mark in spec for mark in "*?["):
        return _by_glob(infos, fitting, spec, what)
    else:
        named = _by_name(infos, spec)
    if not fits(named):
        shape = f"gives {named.shape}"
        if named.shape is None:
            shape = "is not called, or gives nothing for each example by itself"
        near = [info.path for info in fitting[-3:]]
        others = f", such as {_listing(near, 'or')}" if near else ""
        raise ValueError(
            f"layers={named.path!r}: this {named.kind} {shape}; a {what} is needed{others}."
        )
    return [named]


def _by_identity(infos: Sequence[LayerInfo], layer: Any) -> LayerInfo:
    for info in infos:
        if info.layer is layer or called(info.layer) is layer:
            return info
    name = getattr(layer, "name", None)
    if name is None:
        raise ValueError(
            f"layers={layer!r} is a {type(layer).__name__}; give a layer, a path, a glob or a list."
        )
    raise ValueError(f"layers: the layer {name!r} is not part of this model. {_known(infos, name)}")


def _by_glob(
    infos: Sequence[LayerInfo], fitting: Sequence[LayerInfo], spec: str, what: str
) -> list[LayerInfo]:
    def matches(info: LayerInfo) -> bool:
        return fnmatch.fnmatchcase(info.path, spec) or fnmatch.fnmatchcase(info.layer.name, spec)

    chosen = [info for info in fitting if matches(info)]
    if chosen:
        return chosen
    unfit = [info.path for info in infos if matches(info)]
    if unfit:
        raise ValueError(f"layers={spec!r} matches {_listing(unfit)}, but none is a {what}.")
    raise ValueError(f"layers={spec!r} matches no layer. {_known(infos, spec)}")


def _by_name(infos: Sequence[LayerInfo], spec: str) -> LayerInfo:
    for info in infos:
        if info.path == spec:
            return info
    same = [info for info in infos if info.path.endswith(("/" + spec, "." + spec))]
    if len(same) == 1:
        return same[0]
    if same:
        paths = _listing([info.path for info in same])
        raise ValueError(f"layers={spec!r} is ambiguous: {paths}. Give the whole path.")
    raise ValueError(f"layers={spec!r}: no such layer. {_known(infos, spec)}")


def _known(infos: Sequence[LayerInfo], near: str | None = None) -> str:
    paths = [info.path for info in infos]
    if near is not None:
        last = {info.path: re.split("[/.]", info.path)[-1] for info in infos}
        close = list(_closest(near, paths, last))
        if close:
            return f"Did you mean {_listing(close, 'or')}?"
    return f"Its layers: {_listing(paths)}." if paths else "It has no layers."


def _closest(near: str, paths: Sequence[str], last: dict[str, str]) -> Iterator[str]:
    def likeness(path: str) -> float:
        name = re.split("[/.]", near)[-1]
        whole = difflib.SequenceMatcher(None, near, path).ratio()
        return max(whole, difflib.SequenceMatcher(None, name, last[path]).ratio())

    ranked = sorted(paths, key=likeness, reverse=True)
    yield from (path for path in ranked[:3] if likeness(path) > 0.5)


def _listing(paths: Sequence[str], word: str = "and", most: int = 8) -> str:
    shown = [repr(path) for path in paths[:most]]
    if len(paths) > most:
        return ", ".join(shown) + f" and {len(paths) - most} more"
    return f" {word} ".join(filter(None, [", ".join(shown[:-1]), shown[-1]]))
