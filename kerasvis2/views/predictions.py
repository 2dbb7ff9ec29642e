"""What the network says of each probe example."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from kerasvis2.diagnostics.numbers import confusion, margins
from kerasvis2.keys import apart
from kerasvis2.task import class_name
from kerasvis2.views.answered import draw_answers, kind_of, stated
from kerasvis2.views.base import About, Arrays, Drawing, Picture, Request, View
from kerasvis2.views.boxes import BOXES, draw_boxes
from kerasvis2.views.track import Track

if TYPE_CHECKING:
    from kerasvis2.observe.seen import Seen
    from kerasvis2.probe import Probe

LOGITS = "logits"


class Predictions(View):
    """The probe's examples with what they are and what the network says of them.

    Of a classifier: true and predicted class, the confusions, and each image's margin, the true
    class's logit less the best other one's: above 0 the image is right, and unlike the probability
    it goes on moving when the network is sure. Without labels it is that of the predicted class.
    Of a regression: predicted over true values. Of label maps: the predicted one beside the truth.
    Of pictures that are put out: each beside what it should be. Of anything else: what it says.

    Tags: `predictions/00_images`, where wrong images are framed and crossed and those that changed
    since the last look have a folded corner and say what they were; of classifiers
    `predictions/00_confusion` and `predictions/00_margins`, images by epochs, with the text
    `predictions/margins` and the scalars `predictions/accuracy`, `predictions/changed` (from the
    second look on) and `predictions/margin/mean`; of regressions `predictions/00_values`; of
    anything that can be near the truth, the scalar `predictions/error` or `predictions/iou`. Cost:
    none on top of the shared forward pass. `compute` gives `logits`, what stands before a final
    softmax or sigmoid.

    Args:
        output: the name of one of several outputs; by default the one with class labels.
        boxes: where the output is a box in parts of the image, what its four numbers are: "yxyx"
            or "xyxy" for corners, "xywh" or "yxhw" for the centre and the size.
        **common: `freq`: look every so many epochs instead of the monitor's, 0 for never, or a
            callable `epoch -> bool`.

    Raises:
        ValueError: on another word for the boxes.

    Examples:
        >>> logits = kv.Predictions().compute(model, probe)["logits"]
        >>> logits.shape
        (8, 3)
    """

    title = "Predictions"

    def __init__(self, output: str | None = None, boxes: str | None = None, **common: Any) -> None:
        super().__init__(**common)
        if boxes is not None and boxes not in BOXES:
            raise ValueError(f"boxes={boxes!r}: give one of {', '.join(BOXES)}.")
        self.output = output
        self.boxes = boxes

    def needs(self, model: Any, probe: Probe | None) -> Request:
        target: Any = "label" if self.output is None else (self.output, "label")
        return Request(targets=(target,))

    def reduce(self, seen: Seen) -> dict[str, Any]:
        return {LOGITS: seen.logits if len(seen.logits.shape) != 1 else seen.logits[:, None]}

    def draw(self, arrays: Arrays, about: About) -> Drawing:
        logits = arrays[LOGITS]
        if self.output is not None:
            bare = logits.ndim == 2 and not about.tasks[self.output][0].has_units
            about = about.spoken_by(self.output, logits[:, 0] if bare else logits)
        if self.boxes is not None and about.images is not None and about.task is not None:
            if not about.drawn:
                return Drawing()
            return draw_boxes(self.boxes, logits, about.task, about, about.title(self.title))
        if kind_of(logits, about) not in ("classes", "binary"):
            return draw_answers(logits, about, self)
        threshold = 0.0 if about.task is None or logits.shape[1] > 1 else about.task.threshold
        guess = logits.argmax(axis=1) if logits.shape[1] > 1 else logits[:, 0] > threshold
        guess = np.where(np.isnan(logits).any(axis=1), -1, guess)
        true = about.label_indices
        moved = margins(logits - threshold, None if true is None else np.asarray(true))
        step = 0 if about.step is None else about.step
        track = about.kept.get("margins", Track()).then(step, moved)
        before = about.kept.get("before")
        if before is None or len(before) != len(guess) or len(track.steps) < 2:
            before = None  # the first look: nothing can have changed
        drawing = Drawing(keep={"margins": track, "before": guess})
        # Labels that name no class of this output count nowhere.
        known = np.ones(len(guess), bool) if true is None else np.asarray(true) >= 0
        rows = [_row(about, i, len(moved)) for i in range(len(moved))]
        lines = [f"| {name} | {value:.3g} |" for name, value in zip(rows, moved)]
        drawing.texts["margins"] = "\n".join(["| Example | Margin |", "|---|--:|", *lines])
        if about.drawn:
            self._draw_images(drawing, about, guess, before)
            self._draw_margins(drawing, about, track, rows)
            if true is not None and known.any():
                self._draw_confusion(drawing, about, np.asarray(true)[known], guess[known])
        if before is not None:
            drawing.scalars["changed"] = float((guess != before).mean())
        drawing.scalars["margin/mean"] = float(moved[known].mean()) if known.any() else np.nan
        if true is not None and known.any():
            drawing.scalars["accuracy"] = float((guess == true)[known].mean())
        return drawing

    def _draw_images(self, drawing: Drawing, about: About, guess: Any, before: Any) -> None:
        from kerasvis2.render.predictions import prediction_sheet

        if about.images is None:
            return
        changed = np.zeros(len(guess), bool) if before is None else guess != before
        notes = []
        wrong = about.wrong()
        if wrong is not None:
            notes.append(f"{sum(wrong)} of {len(guess)} wrong: framed and crossed")
        if before is not None:
            notes.append(
                f"{changed.sum()} of {len(guess)} changed since the last look: folded corner"
            )
        captions = stated(about.captions())
        for i in np.flatnonzero(changed):
            captions[i].insert(-1, f"was {_class(about, before[i])}")
        drawing.pictures[apart("images")] = Picture(
            prediction_sheet(
                about.images,
                title=about.title(self.title),
                captions=captions,
                wrong=wrong,
                changed=changed.tolist(),
                notes=notes,
            )
        )

    def _draw_margins(self, drawing: Drawing, about: About, track: Track, rows: list[str]) -> None:
        from kerasvis2.render.heatmap import Panel, heatmap_sheet
        from kerasvis2.render.scale import fit_one

        table = track.table
        top = fit_one(table, self.scale, signed=True, frozen=about.frozen.get("margins")).top or 1.0
        true = about.label_indices is not None
        what = f"{'true' if true else 'predicted'} class's logit less the best other one's"
        panel = Panel(f"margin: {what}", table, (-top, top), 0.0, "low" if true else "")
        drawing.pictures[apart("margins")] = Picture(
            heatmap_sheet(
                [panel],
                rows,
                track.steps if about.step is not None else [None] * len(track.steps),
                title=about.title("Margins"),
                unit=about.unit,
                images=about.images,
                notes=["blue: right · orange: wrong"] if true else (),
            ),
            top,
        )

    def _draw_confusion(self, drawing: Drawing, about: About, true: Any, guess: Any) -> None:
        from kerasvis2.render.predictions import confusion_sheet

        classes = np.union1d(true, guess)
        drawing.pictures[apart("confusion")] = Picture(
            confusion_sheet(
                confusion(true, guess, classes),
                [_class(about, c) for c in classes],
                title=about.title("Confusion"),
                notes=[f"{len(true)} probe examples"],
            )
        )


def _class(about: About, index: int) -> str:
    return class_name(about.class_names, int(index))


def _row(about: About, i: int, count: int) -> str:
    number = f"{i:0{max(2, len(str(count - 1)))}d}"
    return number if about.labels is None else f"{number} {about.labels[i]}"
