"""What a view is: what it needs, its part on the device, its part on paper."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from kerasvis2.drawing import About as About
from kerasvis2.drawing import Arrays as Arrays
from kerasvis2.drawing import Drawing as Drawing
from kerasvis2.drawing import Gallery as Gallery
from kerasvis2.drawing import Picture as Picture
from kerasvis2.layers import LayerInfo
from kerasvis2.observe.request import Reduced as Reduced
from kerasvis2.observe.request import Request as Request
from kerasvis2.views.given import not_taken
from kerasvis2.views.names import snake

if TYPE_CHECKING:
    import numpy as np

    from kerasvis2.observe.seen import Seen
    from kerasvis2.probe import Probe


class View:
    """A way to look at a model: subclass it to write your own.

    A subclass gives `title` and three methods and keeps no state but its settings:
    `needs` says what it wants from the one shared pass, `reduce` makes that small on the device,
    `draw` makes pictures of it on a background thread.

    Args:
        freq: how often, instead of the monitor's `freq`: an int, 0 for never, or a callable.
        scale: the display scale, `"nice"`, `"image"`, `"run"` or a number (see `kerasvis2.render`).
        seed: for views that draw random numbers; the same seed gives the same array.

    Examples:
        >>> class Brightness(kv.View):
        ...     title = "Brightness"
        ...     def needs(self, model, probe):
        ...         return kv.Request()
        ...     def reduce(self, seen):
        ...         return {"input": keras.ops.mean(seen.inputs, axis=(1, 2, 3))}
        ...     def draw(self, arrays, about):
        ...         return kv.Drawing(scalars={"brightness": float(arrays["input"].mean())})
        ...
        >>> Brightness().compute(model, probe)["input"].shape
        (8,)
    """

    title: ClassVar[str] = ""
    unit: ClassVar[str | None] = None  # "epoch" where a view makes sense at the end of one only
    at_end: ClassVar[bool] = False  # whether it is due when training ends, whatever its `freq`
    _by_default = False  # see `kerasvis2.views.defaults`
    _most: int | None = None  # how many of its default layers, where fewer are wanted
    # What it shows, for the views that follow another one: a "map" of each image, "pictures" of its
    # own, or something "other".
    shows: ClassVar[str] = "other"
    signed: ClassVar[bool] = False  # whether negative values of a map are drawn
    overlay: ClassVar[bool] = False  # whether a map is drawn over the image instead of beside it
    only_pictures: bool = False  # whether it leaves neither maps nor numbers
    needs_training: ClassVar[str] = ""  # what it draws, where that is nothing of a single moment

    def __init__(
        self, *, freq: Any = None, scale: str | float = "nice", seed: int = 0, **unknown: Any
    ) -> None:
        from kerasvis2.render.scale import check_mode
        from kerasvis2.schedule import check_freq

        if unknown:
            raise TypeError(not_taken(type(self), next(iter(unknown))))
        if freq is not None:
            check_freq(freq)
        check_mode(scale)
        self.freq = freq
        self.scale = scale
        self.seed = int(seed)

    @property
    def name(self) -> str:
        """The view's part of the tag: the class name in snake case."""
        return snake(type(self).__name__)

    def settings(self) -> dict[str, Any]:
        """The settings, for the run's card."""
        return {key: value for key, value in vars(self).items() if not key.startswith("_")}

    def needs(self, model: Any, probe: Probe | None) -> Request:
        """What to observe. Called before training; raises `ValueError` on bad settings."""
        raise NotImplementedError(f"{type(self).__name__} must define needs(model, probe).")

    def reduce(self, seen: Seen) -> dict[str, Any] | Reduced:
        """Small tensors by key, made inside the compiled pass with `keras.ops` only.

        Keys are layer paths, as in `seen.activations`, or `kerasvis2.Key(path, part)` where there
        are several arrays of a thing. `kerasvis2.Reduced(arrays, memory)` where something is to be
        found again next time.
        """
        return {}

    def whole(self, seen: Seen) -> dict[str, Any] | Reduced:
        """The raw tensors that `compute` returns; what `reduce` gives unless that cuts away."""
        return self.reduce(seen)

    def draw(self, arrays: Arrays, about: About) -> Drawing:
        """Pictures, scalars and texts from what `reduce` returned. NumPy only."""
        raise NotImplementedError(f"{type(self).__name__} must define draw(arrays, about).")

    def memory(self, layers: Sequence[LayerInfo], probe: Probe | None) -> Arrays:
        """What the view wants to find again next time: its start, by key.

        Called once, with the layers that were found for `needs`. `seen.memory` holds it inside
        `reduce`, and what `Reduced.memory` has under the same keys takes its place for the next
        call, which is the next chunk or the next look (see `seen.chunk.first`). It never leaves
        the device.
        """
        return {}

    def last(self, found: dict[str, Any]) -> dict[str, Any]:
        """The part of what `reduce` gives that stands for all of it, where one row has to do."""
        return found

    def row_names(self, arrays: Arrays, key: str, about: About) -> list[str]:
        """What each row of an array is called, where it stands in a row of its own."""
        return [" · ".join(words[:1]) for words in about.captions()]

    def draws_signs(self, maps: np.ndarray) -> bool:
        """Whether negative values of these maps are drawn, in the other colour."""
        return self.signed

    def compute(self, model: Any, probe: Probe | None = None, **options: Any) -> Arrays:
        """Raw float32 arrays by key, nothing resized and nothing normalised.

        A pass is traced at every call, so that it is always true of the model as it is; to look
        often, use a `kerasvis2.Session`, which keeps what it traced.

        Args:
            model: a Keras model.
            probe: the images to look at.
            **options: `batch_size=` to look at the probe in chunks.
        """
        from kerasvis2.observe.session import Session

        return Session(model, probe, **options).compute(self)

    def render(self, model: Any, probe: Probe | None = None, **options: Any) -> Gallery:
        """The pictures a `Monitor` would log, uint8 (H, W, 3) by tag.

        Args:
            model: a Keras model.
            probe: the images to look at.
            **options: `batch_size=` to look at the probe in chunks.
        """
        from kerasvis2.observe.session import Session

        return Session(model, probe, **options).render(self)
