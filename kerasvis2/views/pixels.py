"""What all attributions to the input's pixels share."""

from __future__ import annotations

from typing import Any, ClassVar

from kerasvis2.views.base import About, Arrays, Drawing, Needs, Picture
from kerasvis2.views.targeted import TargetedView

INPUT = "input"


class PixelView(TargetedView):
    """A map over the input's pixels; a method is a subclass with one line of maths, `attribute`.

    Args:
        **common: `target`, `targets`, `freq`, `scale`, `seed`.
    """

    signed: ClassVar[bool] = True

    def needs(self, model: Any, probe: Any) -> Needs:
        return Needs(input_gradient=True, **self.aims())

    def attribute(self, seen: Any) -> Any:
        """(N, H, W) or (N, H, W, C)."""
        raise NotImplementedError(f"{type(self).__name__} must define attribute.")

    def reduce(self, seen: Any) -> dict[str, Any]:
        return {INPUT: self.attribute(seen)}

    def draw(self, arrays: Arrays, about: About) -> Drawing:
        from kerasvis2.render import pixel_sheet

        drawing = Drawing()
        for key, maps in arrays.items():
            pixels, top = pixel_sheet(
                about.images,
                maps,
                signed=self.signed,
                scale=self.scale,
                frozen=about.frozen.get(key),
                title=about.title(self.title, key),
                captions=about.captions(),
                wrong=about.wrong(),
            )
            drawing.pictures[key] = Picture(pixels, top)
        return drawing
