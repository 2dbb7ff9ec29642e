"""What views share that look at the probe again and again with parts of it covered."""

from __future__ import annotations

from typing import Any

import numpy as np
from keras import ops

from kerasvis2.attribution.perturb import masked_scores
from kerasvis2.views.base import About, Arrays, Drawing, Needs, Picture
from kerasvis2.views.objects import on_object
from kerasvis2.views.pixels import INPUT, PixelView, check_pixels


class PerturbedView(PixelView):
    """How the score answers to changes of the input; a method gives `reduce`.

    Used alone on a terminal, it shows a progress bar.

    Args:
        **common: `target`, `targets`, `freq`, `scale`, `seed`.
    """

    def needs(self, model: Any, probe: Any) -> Needs:
        check_pixels(type(self).__name__, probe)
        return Needs(own_pass=True, **self.aims())

    def on_image(self, maps: np.ndarray, about: About) -> np.ndarray:
        """The map (N, h, w) to lay over the images; NumPy."""
        return maps

    def draw(self, arrays: Arrays, about: About) -> Drawing:
        from kerasvis2.render import attribution_sheet

        drawing = Drawing()
        for key in (key for key in arrays if key.partition("@")[0] == INPUT):
            maps = self.on_image(arrays[key], about)
            pixels, top = attribution_sheet(
                about.images,
                maps,
                signed=self.signed,
                scale=self.scale,
                frozen=about.frozen.get(key),
                title=about.title(self.title, key),
                captions=[
                    [*words, *more]
                    for words, more in zip(about.captions(), self.remarks(arrays, key))
                ],
                wrong=about.wrong(),
                notes=self.notes,
            )
            drawing.pictures[key] = Picture(pixels, top)
            drawing.scalars |= on_object(key, maps, about)
        return drawing


def scores_under(seen: Any, baseline: Any, masks: Any, count: int, measure: Any = None) -> Any:
    """(n, count): what `measure(Seen) -> (n,)` gives of the images under each mask.

    Args:
        seen: the clean look; it fixes the class.
        baseline: see `masked_scores`.
        masks: see `masked_scores`.
        count: number of masks.
        measure: the target's score by default.
    """
    measured = measure or (lambda again: again.score)
    return masked_scores(
        lambda images, rows: measured(seen.look(images, rows)),
        seen.inputs,
        baseline,
        masks,
        count,
        seen.turned,
    )


def confidence(seen: Any) -> Any:
    """(n,) the probability of the class that is scored, by one softmax or sigmoid of its logits.

    Where there is no such thing (a callable target, a regression, a label map, a linear output
    without class labels) it is the target's score.
    """
    logits, classes = seen.logits, seen.classes
    if classes is None or len(logits.shape) != 2:
        return seen.score
    classifies = seen.head != "linear" or seen.probe.class_indices() is not None
    if not classifies:
        return seen.score
    if logits.shape[-1] == 1 or seen.head == "sigmoid":
        return ops.sigmoid(seen.score)
    return ops.take_along_axis(ops.softmax(logits), classes[:, None], axis=1)[:, 0]
