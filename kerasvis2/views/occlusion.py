"""Occlusion."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from keras import ops

from kerasvis2.attribution.baseline import baseline_of, check_fill, check_shown
from kerasvis2.attribution.perturb import masked_scores
from kerasvis2.attribution.windows import Size, Windows, windows_of
from kerasvis2.keys import Key
from kerasvis2.views.base import About, Arrays, Drawing, Request
from kerasvis2.views.perturbed import PerturbedView, laid_out, upright
from kerasvis2.views.pixels import INPUT, as_drawn, check_pixels

if TYPE_CHECKING:
    from kerasvis2.observe.seen import Seen
    from kerasvis2.probe import Probe


class Occlusion(PerturbedView):
    """What covering a patch of the image costs the score, for a window that slides over it.

    f(x) − f(x with the window filled), f the target's logit: positive where the patch speaks for
    the target, negative where it speaks against it. Of a linear model it is Σ w·(x − fill) over
    the window. The picture paints each window where it is; where several overlap, their mean.
    (Xplique paints the sum Σ_w Δ_w of the windows w over a pixel, without the windows that reach
    over the edge, so that its map is larger by how many overlap, and 0 at the far edges.)

    Zeiler & Fergus, "Visualizing and Understanding Convolutional Networks", ECCV 2014,
    https://arxiv.org/abs/1311.2901 (who show the class's probability under the patch).

    Tag: `occlusion/00_input`. Cost: rows × columns forward passes of the probe, in full batches;
    about 100 by default, whatever the image's size. `compute` gives `input`: (N, rows, columns),
    for windows from the top left; the last one in a row or column is cut off at the image's edge.
    Of signals, tables and tokens: (N, windows).

    Args:
        patch: the window's size in pixels, or (height, width); by default a sixth of the shorter
            side, at least 2; a twelfth of a signal, one feature of a table, one token.
        stride: pixels from a window to the next, or (down, right); by default half the patch.
        fill: what covers it: "mean", the image's own mean colour; "black"; a number from 0 (black)
            to 1 (white) in display terms; or "blur", the image out of focus. Of signals and tables
            a number is itself; of tokens it is a token's id, such as that of a mask, by default
            0, the padding.
        **common: `target`: what is explained, always by its logit: "label" (where there are none,
            "predicted"), "predicted", a class index, one index per image, a callable `outputs ->
            (N,) scores`, or `(output name, target)`. `targets`: several of these at once; keys and
            tags then carry `@target`. `freq`: look every so many epochs instead of the monitor's, 0
            for never, or a callable `epoch -> bool`. `scale`: what the full colour stands for:
            "nice" (1, 2 or 5 × 10ⁿ), "98%" or "image" (each image's own), "run" (as at the first
            look) or a number.

    Raises:
        ValueError: on a bad patch, stride or fill.

    Examples:
        >>> maps = kv.Occlusion(patch=6, stride=3, fill="mean").compute(model, probe)
        >>> {path: map.shape for path, map in maps.items()}
        {'input': (8, 7, 7)}
    """

    title = "Occlusion"
    quantity = "logit lost where covered"
    why = "covering nothing changes the score"

    def __init__(
        self,
        patch: Size | None = None,
        stride: Size | None = None,
        fill: str | float = "mean",
        **common: Any,
    ) -> None:
        super().__init__(**common)
        check_fill(fill)
        self.patch = patch
        self.stride = stride
        self.fill = fill

    def needs(self, model: Any, probe: Probe | None) -> Request:
        if probe is not None:
            if probe.kind in ("text", "arrays", "volumes"):
                raise ValueError(f"Occlusion cannot cover parts of {probe.kind}.")
            pictured = probe.kind == "pictures"
            examples = probe.images if pictured and probe.images is not None else probe.drawn
            self._windows(examples.shape[1:], probe.kind)
            if pictured:
                check_shown(self.fill)
            baseline_of(self.fill, as_drawn(probe.drawn[:1].astype("float32"), probe), probe)
            if probe.kind == "pictures":
                check_pixels("Occlusion", probe)
        return Request(own_pass=True, **self.aims())

    def reduce(self, seen: Seen) -> dict[str, Any]:
        probe = seen.probe
        assert probe is not None, "a probe is asked for"
        seen = upright(seen)
        windows = self._windows(seen.inputs.shape[1:], probe.kind)
        rows, columns = windows.grid
        fill = laid_out(baseline_of(self.fill, seen.inputs, probe), probe)
        given = seen.inputs.shape[1:]

        def score(images: Any, places: Any) -> Any:
            return seen.at(ops.reshape(images, (-1, *given)), places).score

        covered = masked_scores(
            score,
            _as_image(seen.inputs, probe.kind),
            _as_image(ops.zeros_like(seen.inputs) + fill, probe.kind),
            windows.masks,
            rows * columns,
            seen.tick,
        )
        lost = seen.score[:, None] - covered
        flat = probe.kind != "pictures"
        return {INPUT: lost if flat else ops.reshape(lost, (-1, rows, columns))}

    def draw(self, arrays: Arrays, about: About) -> Drawing:
        kind = _kind(about)
        windows = self._windows(_places(about), kind)
        if kind == "pictures":
            painted = {key: windows.paint(maps) for key, maps in arrays.items()}
        else:
            painted = {key: windows.paint(maps[..., None])[..., 0] for key, maps in arrays.items()}
        return super().draw(painted, about)

    def how(self, about: About, key: Key) -> str:
        kind = _kind(about)
        windows = self._windows(_places(about), kind)
        axes = 2 if kind == "pictures" else 1
        patch, stride = (
            "×".join(map(str, each[:axes])) for each in (windows.patch, windows.stride)
        )
        fill: Any = self.fill
        if kind == "tokens":
            fill = "padding" if isinstance(fill, str) else f"token {fill}"
        return f"patch {patch}, stride {stride}, filled with {fill}"

    def _windows(self, shape: tuple[int, ...], kind: str) -> Windows:
        if kind == "pictures":
            return windows_of((int(shape[0]), int(shape[1])), self.patch, self.stride)
        count = int(shape[0])
        wide = (max(2, round(count / 12)) if kind == "signals" else 1) if count > 1 else 1
        patch = wide if self.patch is None else self.patch
        stride = (patch + 1) // 2 if self.stride is None else self.stride  # type: ignore[operator]
        if not isinstance(patch, int) or not isinstance(stride, int):
            raise ValueError(f"patch={patch!r}, stride={stride!r}: {kind} have one axis.")
        return windows_of((count, 1), (patch, 1), (stride, 1))


def _kind(about: About) -> str:
    return "pictures" if about.shown is None else about.shown.kind


def _places(about: About) -> tuple[int, ...]:
    """(H, W) of pictures, whatever shape the model takes them in; else an example's shape."""
    if _kind(about) == "pictures" and about.images is not None:
        return about.images.shape[1:3]
    assert about.input_shape is not None
    return about.input_shape


def _as_image(values: Any, kind: str) -> Any:
    """Signals, tables and tokens as pictures one pixel wide."""
    if kind == "pictures":
        return values
    return values[:, :, None, :] if len(values.shape) == 3 else values[:, :, None, None]
