"""Occlusion."""

from __future__ import annotations

from typing import Any

from keras import ops

from kerasvis2.attribution.baseline import baseline_of, check_fill
from kerasvis2.attribution.windows import Size, Windows, windows_of
from kerasvis2.views.base import About, Arrays, Drawing, Request
from kerasvis2.views.perturbed import PerturbedView, scores_under
from kerasvis2.views.pixels import INPUT


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

    Args:
        patch: the window's size in pixels, or (height, width); by default a sixth of the shorter
            side, at least 2.
        stride: pixels from a window to the next, or (down, right); by default half the patch.
        fill: what covers it: "mean", the image's own mean colour; "black"; a number from 0 (black)
            to 1 (white) in display terms; or "blur", the image out of focus.
        **common: `target`, `targets`, `freq`, `scale`.

    Raises:
        ValueError: on a bad patch, stride or fill.
    """

    title = "Occlusion"

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

    def needs(self, model: Any, probe: Any) -> Request:
        if probe is not None:
            self._windows(probe.drawn.shape[1:])
            baseline_of(self.fill, probe.drawn[:1].astype("float32"), probe)
        return super().needs(model, probe)

    def reduce(self, seen: Any) -> dict[str, Any]:
        windows = self._windows(seen.inputs.shape[1:])
        rows, columns = windows.grid
        fill = baseline_of(self.fill, seen.inputs, seen.probe)
        covered = scores_under(seen, fill, windows.masks, rows * columns)
        return {INPUT: ops.reshape(seen.score[:, None] - covered, (-1, rows, columns))}

    def draw(self, arrays: Arrays, about: About) -> Drawing:
        assert about.input_shape is not None
        windows = self._windows(about.input_shape)
        return super().draw({key: windows.paint(maps) for key, maps in arrays.items()}, about)

    def _windows(self, shape: tuple[int, ...]) -> Windows:
        return windows_of((int(shape[0]), int(shape[1])), self.patch, self.stride)
