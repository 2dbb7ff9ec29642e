"""What all attributions to the input's values share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from keras import ops

from kerasvis2.keys import Key, apart, parts
from kerasvis2.views.base import About, Arrays, Drawing, Request
from kerasvis2.views.maps import draw_maps
from kerasvis2.views.targeted import TargetedView

if TYPE_CHECKING:
    from kerasvis2.layers import LayerInfo
    from kerasvis2.observe.seen import Seen
    from kerasvis2.probe import Probe

INPUT = apart("input")


class PixelView(TargetedView):
    """A map over the input's values; a method is a subclass with one line of maths, `attribute`.

    Of token ids, which have no gradient, what the embedding makes of them stands for them, where a
    method can use that (`embeds`).

    Args:
        **common: `target`, `targets`, `freq`, `scale`, `seed`.
    """

    signed: ClassVar[bool] = True
    shows: ClassVar[str] = "map"
    notes: ClassVar[tuple[str, ...]] = ()  # further lines below the title of every picture
    quantity: ClassVar[str] = ""  # what a value is
    of_tokens: ClassVar[str] = ""  # the same of tokens, where that is another
    why: ClassVar[str] = "the score does not depend on the input here"
    embeds: ClassVar[bool] = False  # whether `attribute` knows what to do with an embedding

    def needs(self, model: Any, probe: Probe | None) -> Request:
        check_values(type(self).__name__, probe, self.embeds)
        asked = Request(input_gradient=True, **self.aims())
        if probe is None or probe.kind != "tokens":
            return asked
        return replace(
            asked,
            input_gradient=False,
            outputs=True,
            gradients=True,
            fits=_embeds,
            default=lambda infos: list(infos[:1]),
            what="Embedding layer that reads the tokens",
        )

    def attribute(self, seen: Seen) -> Any:
        """(N, H, W) or (N, H, W, C)."""
        raise NotImplementedError(f"{type(self).__name__} must define attribute.")

    def reduce(self, seen: Seen) -> dict[str, Any]:
        return {INPUT: self.attribute(seen)}

    def remarks(self, arrays: Arrays, key: Key, about: About) -> list[list[str]]:
        """Further lines below each image."""
        return [[] for _ in arrays[key]]

    def how(self, about: About, key: Key) -> str:
        """By which settings the map was made, in one line."""
        return ""

    def draw(self, arrays: Arrays, about: About) -> Drawing:
        return draw_maps(
            {key: maps for key, maps in parts(arrays).items() if key.path == INPUT},
            about,
            self,
            remarks=lambda key: self.remarks(arrays, key, about),
            notes=self.notes,
            quantity=(self.of_tokens if is_of_tokens(about) else "") or self.quantity,
            how=lambda key: self.how(about, key),
            why=self.why,
        )


def is_of_tokens(about: About) -> bool:
    """Whether the examples are token ids, attributed to at their embedding."""
    return about.shown is not None and about.shown.kind == "tokens"


def values_and_gradients(seen: Seen) -> tuple[Any, Any]:
    """The input and the gradient by it; of tokens those of their embedding (N, T, E)."""
    return values_of(seen), gradient_of(seen)


def at_values(seen: Seen) -> Callable[..., Seen]:
    """`at(values, rows, gradient=False)`: a look at other inputs; of tokens at other embeddings."""
    if not seen.activations:
        return lambda values, rows=None, gradient=False: seen.at(
            values, rows, input_gradient=gradient
        )
    key = next(iter(seen.activations))

    def at(values: Any, rows: Any | None = None, gradient: bool = False) -> Seen:
        tokens = seen.inputs if rows is None else ops.take(seen.inputs, rows, axis=0)
        return seen.at(tokens, rows, gradients=gradient, instead={key: values})

    return at


def gradient_of(seen: Seen) -> Any:
    """By the input, or by what the tokens' embedding is."""
    return (
        seen.input_gradient
        if seen.input_gradient is not None
        else next(iter(seen.gradients.values()))
    )


def values_of(seen: Seen) -> Any:
    """The input; of tokens their embedding (N, T, E)."""
    return next(iter(seen.activations.values())) if seen.activations else seen.inputs


def as_drawn(values: Any, probe: Probe | None) -> Any:
    """Values (n, …) laid out as the input, of pictures as they are drawn: (n, H, W[, C])."""
    places = None if probe is None else probe.places()
    if places is None:
        return values
    flat = ops.take(ops.reshape(values, (-1, places.size)), places.ravel(), axis=1)
    return ops.reshape(flat, (-1, *places.shape))


def as_taken(values: Any, probe: Probe | None) -> Any:
    """The way back from `as_drawn`: values (n, …) as the model takes them."""
    places = None if probe is None else probe.places()
    if probe is None or places is None:
        return values
    back = np.argsort(places.ravel())
    flat = ops.take(ops.reshape(values, (-1, back.size)), back, axis=1)
    return ops.reshape(flat, (-1, *probe.drawn.shape[1:]))


def is_embedded(seen: Seen) -> bool:
    """Whether `values_and_gradients` are those of an embedding."""
    return seen.input_gradient is None


def _embeds(info: LayerInfo) -> bool:
    return "Embedding" in info.kind and len(info.shape or ()) == 3


def check_values(view: str, probe: Probe | None, embeds: bool = False) -> None:
    """Raises `ValueError` where the probe's examples have no values that can be attributed to."""
    if probe is None:
        return
    if probe.kind in ("text", "arrays") or (probe.kind == "tokens" and not embeds):
        raise ValueError(
            f"{view} attributes to the input's values, but the probe's examples are {probe.kind}. "
            "Use Saliency, GradientTimesInput, IntegratedGradients, SmoothGrad or Occlusion."
            if probe.kind == "tokens"
            else f"{view} attributes to the input's values; of {probe.kind} there are none."
        )
    if probe.kind == "pictures":
        check_pixels(view, probe)


def check_pixels(view: str, probe: Probe | None) -> None:
    """Raises `ValueError` where the model's input does not have the pixels of the picture."""
    if probe is None:
        return
    assert probe.images is not None, "the examples are pictures"
    drawn, shown = probe.drawn.shape, probe.images.shape
    if drawn[1:3] != shown[1:3] and probe.arrange(probe.drawn) is None:
        raise ValueError(
            f"{view} attributes to pixels, but the model's input {drawn} has not the pixels of the "
            f"pictures {shown}. Give the model images (N, height, width, channels)."
        )
