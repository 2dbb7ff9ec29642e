"""What goes into a drawing and what comes out of it: plain data, on any thread."""

from __future__ import annotations

import base64
import html
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from kerasvis2.facts import LayerFacts
from kerasvis2.keys import as_key
from kerasvis2.mapped import Maps
from kerasvis2.probing.kinds import Shown
from kerasvis2.task import Task, captions, class_name

Arrays = dict[str, np.ndarray]


@dataclass(frozen=True)
class Wiring:
    """How layers hang together: (from, to) paths of the innermost; an input goes by its name."""

    edges: tuple[tuple[str, str], ...]

    @property
    def feeds(self) -> dict[str, tuple[str, ...]]:
        """The layers that read each layer's output."""
        found: dict[str, tuple[str, ...]] = {}
        for start, end in self.edges:
            found[start] = (*found.get(start, ()), end)
        return found


@dataclass(frozen=True)
class Explained:
    """What the maps of a target are of.

    Attributes:
        words: a line for each image, such as "espresso 0.94".
        scores: (N,) the score that was explained.
        target: what it is called, "" for the default.
        score, sure: what legends call it ("logit", "output", "score") and its probability.
    """

    words: tuple[str, ...]
    scores: np.ndarray
    target: str = ""
    score: str = "logit"
    sure: str = "probability"

    def in_words(self, quantity: str) -> str:
        """What a legend measures, where that is no logit or no probability."""
        return quantity.replace("probability", self.sure).replace("logit", self.score)


@dataclass(frozen=True)
class About:
    """What `draw` may know about the moment and the probe; plain data.

    Attributes:
        step: Keras's epoch (or the optimizer's iteration, where unit is "batch"); None for a
            view that is used alone.
        unit: "epoch" or "batch".
        images: the probe's pictures (N, H, W, 1 or 3) in [0, 1], or None without a probe.
        shown: what is drawn of examples that are no pictures.
        labels: true class names per image, or None.
        predictions: predicted class names per image, or None.
        probabilities: the model's probability for the predicted class per image, or None.
        label_indices, predicted_indices: (N,) the same as integers, or None.
        task: what the output is that captions speak of, or None.
        answers: (N, …) that output's logits, of a label map its classes, or None.
        truth: its labels as they were given, or None.
        tasks: of each output by name what it is, its labels or None, and its class names or None.
        class_names: the class names of the output that captions speak of, or None.
        layers: every layer of the model by path.
        explained: what the maps are of, by the target in their keys.
        history: metric name → [(epoch, value), …] of this training, Keras's own names.
        frozen: the display scale a tag was first logged with, by key (for scale="run").
        scales: the display scale it was last logged with, by key.
        drawn: whether pictures are wanted of maps that are kept as numbers too.
        kept: what this view's `draw` left in `Drawing.keep` last time; empty at first.
        to_display: maps an array in the model's input units to [0, 1], as the probe does.
        arrange: lays a map over the input's values out as the pictures are.
        display_note: what a picture must say where the display was guessed, or None.
        input_shape: (H, W, C) of the drawn input, or None without a probe.
        masks: (N, H, W) bool, where the object is, or None.
        wiring: which layer feeds which, or None without a probe.
        lines: of each image what captions say, or None.
        missed: whether each answer is wrong; None where that is no matter of yes and no.

    Examples:
        >>> indices = {"label_indices": np.array([0, 1]), "predicted_indices": np.array([0, 2])}
        >>> kv.About(step=3, **indices).wrong()
        [False, True]
    """

    step: int | None = None
    unit: str = "epoch"
    images: np.ndarray | None = None
    shown: Shown | None = None
    labels: Sequence[str] | None = None
    predictions: Sequence[str] | None = None
    probabilities: np.ndarray | None = None
    label_indices: np.ndarray | None = None
    predicted_indices: np.ndarray | None = None
    task: Task | None = None
    answers: np.ndarray | None = None
    truth: Any = None
    tasks: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    class_names: Sequence[str] | None = None
    layers: Mapping[str, LayerFacts] = field(default_factory=dict)
    explained: Mapping[str, Explained] = field(default_factory=dict)
    history: Mapping[str, Sequence[tuple[int, float]]] = field(default_factory=dict)
    frozen: Mapping[str, float] = field(default_factory=dict)
    scales: Mapping[str, float] = field(default_factory=dict)
    drawn: bool = True
    kept: Mapping[str, Any] = field(default_factory=dict)
    to_display: Callable[[np.ndarray], np.ndarray] | None = None
    arrange: Callable[[Any], np.ndarray | None] | None = None
    display_note: str | None = None
    input_shape: tuple[int, ...] | None = None
    masks: np.ndarray | None = None
    wiring: Wiring | None = None
    lines: Sequence[Sequence[str]] | None = None
    missed: Sequence[bool] | None = None

    @property
    def pictured(self) -> bool:
        """Whether the probe's examples are flat pictures, over which a map can lie."""
        return self.images is not None and (self.shown is None or self.shown.kind == "pictures")

    def spoken_by(self, output: str, answers: Any) -> About:
        """As another output of the model says it."""
        task, truth, names = self.tasks[output]
        return replace(self, class_names=names).answered(task, answers, truth)

    def answered(self, task: Task, answers: Any, truth: Any) -> About:
        """With what the model said, in numbers and in words."""
        if answers is None:
            return replace(self, task=task)
        names = self.class_names
        guess, true = task.predicted(answers), task.truth(truth)
        wrong = task.wrong(answers, truth)
        said = captions(task, answers, truth, names)
        predictions = None if guess is None else [class_name(names, int(c)) for c in guess]
        if guess is None:
            predictions = [" ".join(words[-1:]).removeprefix("pred ") for words in said]
        return replace(
            self,
            labels=None if true is None else [class_name(names, int(c)) for c in true],
            predictions=predictions,
            probabilities=None if guess is None else task.probability(answers, guess),
            label_indices=true,
            predicted_indices=guess,
            task=task,
            answers=answers,
            truth=truth,
            lines=said,
            missed=None if wrong is None else [bool(each) for each in wrong],
        )

    @property
    def outputs(self) -> np.ndarray | None:
        """(N, classes) probabilities of the output that captions speak of, or None."""
        if self.task is None or self.answers is None or self.task.space:
            return None
        return self.task.probabilities(self.answers)

    def layer(self, key: str) -> LayerFacts | None:
        """The layer that a key speaks of, or None where it is no layer."""
        known = as_key(key)
        return None if known.apart else self.layers.get(known.path)

    def title(self, view: str, key: str = "") -> str:
        """The first line of a picture: view, layer and what was read there, target, epoch."""
        known = as_key(key)
        layer = self.layer(known)
        where = str(known.at(""))
        if layer is not None and len(layer.reads) > 1:
            where += f" ({' + '.join(layer.reads).replace(' + before', ', before')})"
        moment = "" if self.step is None else f"{self.unit} {self.step}"
        target = known.target
        if target.isdecimal():
            name = self.called(int(target))
            target = name if name.endswith(f" {target}") else f"{target} {name}"
        return " · ".join(filter(None, [view, where, target, moment]))

    def called(self, index: int) -> str:
        """The name of a class, or of a unit that is none; "class 3" or "unit 3" without one."""
        names = self.class_names or ()
        units = None if self.task is None or self.task.classes else self.task.units
        if index < len(names) and units in (None, len(names)):
            return names[index]
        return f"class {index}" if units is None else f"unit {index}"

    def captions(self) -> list[list[str]]:
        """Lines for each image: what is true, and what the model says, as the task has it."""
        if self.lines is not None:
            return [list(words) for words in self.lines]
        count = 0 if self.images is None else len(self.images)
        lines: list[list[str]] = [[] for _ in range(count)]
        for i, words in enumerate(lines):
            if self.labels is not None:
                words.append(f"true {self.labels[i]}")
            if self.predictions is not None:
                sure = "" if self.probabilities is None else f" {self.probabilities[i]:.2f}"
                words.append(f"pred {self.predictions[i]}{sure}")
        return lines

    def wrong(self) -> list[bool] | None:
        """Which predictions are wrong, or None where that is not known."""
        if self.task is not None:
            return None if self.missed is None else list(self.missed)
        if self.label_indices is None or self.predicted_indices is None:
            return None
        return [bool(0 <= a != b) for a, b in zip(self.label_indices, self.predicted_indices)]


@dataclass(frozen=True)
class Picture:
    """A drawn picture.

    Attributes:
        pixels: (H, W, 3) uint8.
        top: the value at the end of its colour scale, or None where it has no scale.
        text: Markdown for the Images tab.

    Examples:
        >>> picture = kv.Picture(np.zeros((8, 8, 3), "uint8"), top=0.5)
        >>> picture.pixels.shape, picture.top
        ((8, 8, 3), 0.5)
    """

    pixels: np.ndarray
    top: float | None = None
    text: str = ""


@dataclass
class Drawing:
    """What `draw` returns; the keys are those of the arrays, or other short names.

    Attributes:
        pictures: one tag each, `<view>/<NN>_<key>`.
        scalars: one tag each, `<view>/<key>`, in the folder of the pictures.
        texts: Markdown, one tag each, `<view>/<key>`.
        histograms: (k, 3) arrays of lower edge, upper edge and count, one tag each, `<view>/<key>`.
        numbers: float32 arrays that only programs read, one tag each, `<view>/<key>`.
        maps: the numbers behind the pictures of the same keys.
        graph: a serialized GraphDef for the Graphs tab.
        train, validation: scalars under the tags as given, in the folders of that name.
        keep: what `draw` wants to find in `About.kept` next time.

    Examples:
        >>> picture = kv.Picture(np.zeros((8, 8, 3), "uint8"))
        >>> drawing = kv.Drawing(pictures={"input": picture}, scalars={"mean": 0.5})
        >>> drawing.texts
        {}
    """

    pictures: dict[str, Picture] = field(default_factory=dict)
    scalars: dict[str, float] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    histograms: dict[str, np.ndarray] = field(default_factory=dict)
    numbers: dict[str, np.ndarray] = field(default_factory=dict)
    maps: dict[str, Maps] = field(default_factory=dict)
    graph: bytes | None = None
    train: dict[str, float] = field(default_factory=dict)
    validation: dict[str, float] = field(default_factory=dict)
    keep: dict[str, Any] = field(default_factory=dict)


class Gallery(dict[str, np.ndarray]):
    """Pictures by tag; a notebook shows them one below the other."""

    def _repr_html_(self) -> str:
        from kerasvis2.render.png import encode

        return "".join(
            f"<figure><figcaption>{html.escape(tag)}</figcaption><img alt={html.escape(tag)!r} "
            f'src="data:image/png;base64,{base64.b64encode(encode(pixels)).decode()}"></figure>'
            for tag, pixels in self.items()
        )


def tag_of(view: str, key: str, layers: Mapping[str, LayerFacts]) -> str:
    """The tag of a picture: `<view>/<NN>_<key with "/" as ".">`.

    NN is the layer's place in the model, padded so that TensorBoard's sorting by name is the
    model's order; what is not a layer, such as the input, comes first as 00.
    """
    known = as_key(key)
    info = None if known.apart else layers.get(known.path)
    width = max(2, len(str(max(len(layers) - 1, 0))))
    name = known if info is None else known.under(info.tag)
    return f"{view}/{info.place if info else 0:0{width}d}_{name.replace('/', '.')}"
