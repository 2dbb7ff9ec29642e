"""What all attributions to the input's pixels share."""

from __future__ import annotations

from typing import Any, ClassVar

from kerasvis2.keys import Key, parts
from kerasvis2.views.base import About, Arrays, Drawing, Request
from kerasvis2.views.maps import draw_maps
from kerasvis2.views.targeted import TargetedView

INPUT = Key("input")


class PixelView(TargetedView):
    """A map over the input's pixels; a method is a subclass with one line of maths, `attribute`.

    Args:
        **common: `target`, `targets`, `freq`, `scale`, `seed`.
    """

    signed: ClassVar[bool] = True
    overlay: ClassVar[bool] = False  # over the images instead of beside them
    notes: ClassVar[tuple[str, ...]] = ()  # further lines below the title of every picture

    def needs(self, model: Any, probe: Any) -> Request:
        check_pixels(type(self).__name__, probe)
        return Request(input_gradient=True, **self.aims())

    def attribute(self, seen: Any) -> Any:
        """(N, H, W) or (N, H, W, C)."""
        raise NotImplementedError(f"{type(self).__name__} must define attribute.")

    def reduce(self, seen: Any) -> dict[str, Any]:
        return {INPUT: self.attribute(seen)}

    def remarks(self, arrays: Arrays, key: Key) -> list[list[str]]:
        """Further lines below each image."""
        return [[] for _ in arrays[key]]

    def draw(self, arrays: Arrays, about: About) -> Drawing:
        return draw_maps(
            {key: maps for key, maps in parts(arrays).items() if key.path == INPUT},
            about,
            self,
            overlay=self.overlay,
            signed=self.signed,
            remarks=lambda key: self.remarks(arrays, key),
            notes=self.notes,
        )


def with_channels(values: Any) -> Any:
    """(N, H, W, C), also of grey inputs without a channel axis."""
    return values[..., None] if len(values.shape) == 3 else values


def check_pixels(view: str, probe: Any) -> None:
    """Raises `ValueError` where the model's input does not have the pixels of the picture."""
    if probe is None:
        return
    drawn, shown = probe.drawn.shape, probe.images.shape
    if len(drawn) not in (3, 4) or drawn[1:3] != shown[1:3]:
        raise ValueError(
            f"{view} attributes to pixels, but the model's input {drawn} has not the pixels of the "
            f"pictures {shown}. Give the model images (N, height, width, channels)."
        )
