"""A probe as a model's layers get it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from types import NoneType
from typing import Any, TypeVar

import numpy as np

from kerasvis2.layers import tree
from kerasvis2.probing import arrays, kinds
from kerasvis2.probing.arrays import Structure
from kerasvis2.probing.check import adjusted, paired, shape_of, tensors_of
from kerasvis2.probing.display import Display, Function, to_picture
from kerasvis2.probing.guess import guess, laid_out
from kerasvis2.probing.orders import taken_first
from kerasvis2.probing.pictured import Pictured
from kerasvis2.probing.scales import Affine, Layout, Range
from kerasvis2.tasks.forms import fits, is_whole

P = TypeVar("P", bound=Pictured)
Preprocess = Callable[[Structure], Structure]


def prepared(probe: P, model: Any) -> P:
    """The probe as the model's layers get it; see `Probe.prepared`."""
    return _in_order(_as_taken(_with_axes(_preprocessed(probe, model), model), model), model)


def preprocess_of(model: Any) -> Preprocess | None:
    """What `fit` and `predict` apply before the model is called, or None.

    KerasHub's models keep it as `preprocessor`, which is no layer of the model. One that is a
    layer is called by the model itself.
    """
    preprocessor = getattr(model, "preprocessor", None)
    if not callable(preprocessor) or any(layer is preprocessor for layer in all_layers(model)):
        return None
    samples = getattr(model, "preprocess_samples", preprocessor)

    def run(inputs: Structure) -> Structure:
        found = samples(inputs)
        if isinstance(found, tuple):  # (x,) or (x, y, sample weights)
            found = found[0]
        return arrays.map_structure(arrays.narrow, arrays.as_structure(found, "inputs"))

    return run


def all_layers(model: Any) -> Iterator[Any]:
    """A model's layers and theirs, also those inside of layers that are no models."""
    yield from (info.layer for info in tree(model))


def _preprocessed(probe: P, model: Any) -> P:
    run = preprocess_of(model)
    if run is None:
        return probe
    inputs = run(arrays.map_structure(np.array, probe.inputs))
    key, _ = kinds.drawn_key(inputs, None)
    drawn = inputs if key is None else inputs[key]
    if len(drawn) != len(probe.drawn):
        return probe  # it makes something of the batch that is no batch of these examples
    tokenizer = getattr(model.preprocessor, "tokenizer", None)
    kind = kinds.kind_of(
        drawn, callable_display=False, tokens=drawn.ndim == 2 and bool(tokenizer), features=False
    )
    if kind not in kinds.PICTURED:
        shown = kinds.shown_of(drawn, kind, None, tokenizer)
        return probe.changed(
            inputs=inputs, image_key=key, kind=kind, shown=shown, images=None, _display=None
        )
    display, note = _drawn_after(probe, run, drawn)
    images = to_picture(display, drawn, channels=drawn.ndim >= 4)
    return probe.changed(
        inputs=inputs,
        image_key=key,
        kind=kind,
        images=images,
        _display=display,
        display_range=display.bounds,
        display_note=note,
    )


def _drawn_after(probe: Pictured, run: Preprocess, drawn: np.ndarray) -> tuple[Display, str | None]:
    """The display of preprocessed pictures: what is undone exactly, or a guess."""
    before = probe._display
    if isinstance(before, (Affine, Range)) and isinstance(probe.inputs, np.ndarray):
        fitted = _of_colours(run, probe.drawn)
        if fitted is not None and drawn.ndim == 4 and drawn.shape[-1] == fitted.matrix.shape[1]:
            back = np.linalg.inv(fitted.matrix)
            zero = before.forward(np.zeros((1, len(back))))[0]
            scale = before.forward(np.eye(len(back))) - zero
            return Affine(back @ scale, zero - fitted.offset @ back @ scale), probe.display_note
    return guess(drawn)


def _of_colours(run: Preprocess, sample: np.ndarray) -> Affine | None:
    """What a preprocessing makes of colours, whatever it does to the size, or None.

    Tried on pictures of one colour each, of which the middle is looked at.
    """
    if sample.ndim != 4:
        return None
    channels = sample.shape[-1]
    colours = np.random.default_rng(0).uniform(
        sample.min(), sample.max(), (4 * channels + 4, channels)
    )
    colours = colours.astype(sample.dtype)
    pictures = np.broadcast_to(colours[:, None, None], (len(colours), *sample.shape[1:]))
    found = np.asarray(run(pictures.copy()))
    if found.ndim != 4 or found.shape[0] != len(colours) or found.shape[-1] != channels:
        return None
    middle = found[:, found.shape[1] // 2, found.shape[2] // 2].astype(np.float64)
    known = np.column_stack([colours.astype(np.float64), np.ones(len(colours))])
    solution, *_ = np.linalg.lstsq(known, middle, rcond=None)
    error = np.abs(known @ solution - middle).max()
    if error > 1e-3 * max(np.ptp(middle), 1e-6) or np.linalg.matrix_rank(solution[:-1]) < channels:
        return None
    return Affine(solution[:-1], solution[-1])


def _with_axes(probe: P, model: Any) -> P:
    """With the last axis of length 1 that Keras adds to inputs, or takes away."""
    found = {}
    for key, array, tensor in paired(probe.inputs, tensors_of(model, "input")):
        given, wanted = array.shape[1:], shape_of(tensor)
        shape = None if fits(given, wanted) else adjusted(given, wanted)
        if shape is not None:
            found[key] = array.reshape(len(array), *shape)
    if not found:
        return probe
    if isinstance(probe.inputs, np.ndarray):
        inputs: Structure = found[None]
    elif isinstance(probe.inputs, dict):
        inputs = {key: found.get(key, array) for key, array in probe.inputs.items()}
    else:
        inputs = [found.get(place, array) for place, array in enumerate(probe.inputs)]
    display = probe._display
    if probe.image_key in found:
        new, old = found[probe.image_key], probe.drawn.shape[1:]
        if isinstance(display, Function):
            display = Function(_Reshaped(display.function, old), new)
        elif isinstance(display, Layout):
            display = replace(display, shape=new.shape[1:])
    return probe.changed(inputs=inputs, _display=display)


@dataclass(frozen=True)
class _Reshaped:
    """A user's display, which knows examples of another shape."""

    function: Callable[[np.ndarray], Any]
    shape: tuple[int, ...]

    def __call__(self, x: np.ndarray) -> Any:
        return self.function(x.reshape(len(x), *self.shape))


def _as_taken(probe: P, model: Any) -> P:
    """With (N, T) told by the model as token ids, features or latent vectors."""
    drawn = probe.drawn
    named = getattr(probe, "feature_names", None)
    if drawn.ndim != 2 or probe.kind not in ("tokens", "tables") or named is not None:
        return probe
    layers = list(all_layers(model))
    embeds = any("Embedding" in type(layer).__name__ for layer in layers)
    kind = probe.kind
    if embeds and drawn.shape[1] > 1 and is_whole(drawn) and drawn.min() >= 0:
        kind = "tokens"
    elif layers and not embeds and not probe.shown.words:
        kind = "latent" if _makes_pictures(model) else "tables"
    if kind == probe.kind:
        return probe
    return probe.changed(kind=kind, shown=kinds.shown_of(drawn, kind, None))


def _in_order(probe: P, model: Any) -> P:
    """With channels first or last as the model's own layers have it, whatever was guessed."""
    drawn, before = probe.drawn, probe._display
    if probe.kind != "pictures" or drawn.ndim != 4 or isinstance(before, (Function, NoneType)):
        return probe
    first = taken_first(model, drawn.shape[1:])
    if first is None or first == probe.channels_first:
        return probe
    bounds, note = before.bounds, probe.display_note
    display: Display
    if bounds is None:
        display, note = guess(drawn, first)
    else:
        display = laid_out(Range(*bounds), drawn.shape[1:], first)
    return probe.changed(
        images=to_picture(display, drawn, channels=True),
        _display=display,
        display_range=display.bounds,
        display_note=note,
    )


def _makes_pictures(model: Any) -> bool:
    outputs = list(tensors_of(model, "output").values())
    return bool(outputs) and len(shape_of(outputs[0])) >= 3
