"""What a view is: what it needs, its part on the device, its part on paper."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from kerasvis2.layers import LayerInfo, LayerSpec, Wiring
from kerasvis2.views.mapped import Maps

if TYPE_CHECKING:
    from kerasvis2.observe.seen import Seen
    from kerasvis2.probe import Probe

Arrays = dict[str, np.ndarray]


@dataclass(frozen=True)
class Needs:
    """What a view asks the observer for.

    Attributes:
        layers: which layers, as the user wrote it (see `kerasvis2.layers.select`).
        fits: which layers a glob or `"all"` may give.
        default: picks the layers when `layers` is None.
        what: a few words on the layers that fit, for error messages.
        outputs: capture the layers' outputs.
        gradients: and the gradient of each target's score with respect to them.
        attention: capture the weights of attention layers, as `seen.attention`.
        weights: the view reads the layers' weights, from `seen.layers`.
        input_gradient: and the gradient with respect to the drawn input.
        targets: one backward pass each; empty where no score is needed.
        named_targets: whether keys carry "@target", as they do when the user asked for several.
        own_pass: the view runs passes of its own (`seen.look`) and so gets a traced function of
            its own.
        loss: the gradient of the model's own loss on the probe with respect to the weights of
            the layers; one backward pass more.
        per_image: the first axis of what `reduce` returns is the image; such arrays of a probe
            that is looked at in chunks are joined, single numbers are taken from the last chunk.
            Otherwise only the first chunk is looked at.
        probe: whether it can do without a probe.
    """

    layers: LayerSpec = None
    fits: Callable[[LayerInfo], bool] = lambda info: True
    default: Callable[[Sequence[LayerInfo]], Sequence[LayerInfo]] | None = None
    what: str = "layer"
    outputs: bool = False
    gradients: bool = False
    attention: bool = False
    weights: bool = False
    input_gradient: bool = False
    loss: bool = False
    targets: tuple[Any, ...] = ()
    named_targets: bool = False
    own_pass: bool = False
    per_image: bool = True
    probe: bool = True

    @property
    def captures(self) -> bool:
        """Whether layers' outputs have to be caught."""
        return self.outputs or self.gradients or self.attention

    @property
    def uses_layers(self) -> bool:
        """Whether `layers` means anything to the view."""
        return self.captures or self.weights or self.loss


@dataclass(frozen=True)
class About:
    """What `draw` may know about the moment and the probe; plain data.

    Attributes:
        step: Keras's epoch (or the optimizer's iteration, where unit is "batch"); None for a
            view that is used alone.
        unit: "epoch" or "batch".
        images: the probe's pictures (N, H, W, 1 or 3) in [0, 1], or None without a probe.
        labels: true class names per image, or None.
        predictions: predicted class names per image, or None.
        probabilities: the model's probability for the predicted class per image, or None.
        label_indices, predicted_indices: (N,) the same as integers, or None.
        outputs: (N, …) the model's output that the captions speak of, or None.
        class_names: all class names, or None.
        layers: every layer of the model by path.
        history: metric name → [(epoch, value), …] of this training, Keras's own names.
        frozen: the display scale a tag was first logged with, by key (for scale="run").
        kept: what this view's `draw` left in `Drawing.keep` last time; empty at first.
        to_display: maps an array in the model's input units to [0, 1], as the probe does.
        input_shape: (H, W, C) of the drawn input, or None without a probe.
        masks: (N, H, W) bool, where the object is, or None.
        wiring: which layer feeds which, or None without a probe.
    """

    step: int | None = None
    unit: str = "epoch"
    images: np.ndarray | None = None
    labels: Sequence[str] | None = None
    predictions: Sequence[str] | None = None
    probabilities: np.ndarray | None = None
    label_indices: np.ndarray | None = None
    predicted_indices: np.ndarray | None = None
    outputs: np.ndarray | None = None
    class_names: Sequence[str] | None = None
    layers: Mapping[str, LayerInfo] = field(default_factory=dict)
    history: Mapping[str, Sequence[tuple[int, float]]] = field(default_factory=dict)
    frozen: Mapping[str, float] = field(default_factory=dict)
    kept: Mapping[str, Any] = field(default_factory=dict)
    to_display: Callable[[np.ndarray], np.ndarray] | None = None
    input_shape: tuple[int, ...] | None = None
    masks: np.ndarray | None = None
    wiring: Wiring | None = None

    def layer(self, key: str) -> LayerInfo | None:
        """The layer that a key speaks of, or None where it is no layer."""
        return layer_of(key, self.layers)

    def title(self, view: str, key: str) -> str:
        """The first line of a picture: view, layer, target, epoch."""
        layer, _, target = key.partition("@")
        moment = "" if self.step is None else f"{self.unit} {self.step}"
        return " · ".join(filter(None, [view, layer, target, moment]))

    def captions(self) -> list[list[str]]:
        """Lines for each image: true class, predicted class and its probability."""
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
        if self.label_indices is None or self.predicted_indices is None:
            return None
        return [bool(a != b) for a, b in zip(self.label_indices, self.predicted_indices)]


@dataclass(frozen=True)
class Picture:
    """A drawn picture.

    Attributes:
        pixels: (H, W, 3) uint8.
        top: the value at the end of its colour scale, or None where it has no scale.
        text: Markdown for the Images tab.
    """

    pixels: np.ndarray
    top: float | None = None
    text: str = ""


@dataclass
class Drawing:
    """What `draw` returns; the keys are layer paths or other short names.

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


class View:
    """A way to look at a model: subclass it to write your own.

    A subclass gives `title` and three methods and keeps no state but its settings:
    `needs` says what it wants from the one shared pass, `reduce` makes that small on the device,
    `draw` makes pictures of it on a background thread.

    Args:
        freq: how often, instead of the monitor's `freq`: an int, 0 for never, or a callable.
        scale: the display scale, `"nice"`, `"image"`, `"run"` or a number (see `kerasvis2.render`).
        seed: for views that draw random numbers; the same seed gives the same array.
    """

    title: ClassVar[str] = ""
    unit: ClassVar[str | None] = None  # "epoch" where a view makes sense at the end of one only
    at_end: ClassVar[bool] = False  # whether it is due when training ends, whatever its `freq`

    def __init__(self, *, freq: Any = None, scale: str | float = "nice", seed: int = 0) -> None:
        from kerasvis2.render.scale import check_mode
        from kerasvis2.schedule import check_freq

        if freq is not None:
            check_freq(freq)
        check_mode(scale)
        self.freq = freq
        self.scale = scale
        self.seed = int(seed)

    @functools.cached_property
    def _traced(self) -> dict[bool, Any]:
        """What `compute` and `render` traced last."""
        return {}

    def __getstate__(self) -> dict[str, Any]:
        """Copies and pickles are without what was traced."""
        return {name: value for name, value in vars(self).items() if name != "_traced"}

    @property
    def name(self) -> str:
        """The view's part of the tag: the class name in snake case."""
        return snake(type(self).__name__)

    def settings(self) -> dict[str, Any]:
        """The settings, for `about.json`."""
        return {key: value for key, value in vars(self).items() if not key.startswith("_")}

    def needs(self, model: Any, probe: Probe | None) -> Needs:
        """What to observe. Called before training; raises `ValueError` on bad settings."""
        raise NotImplementedError(f"{type(self).__name__} must define needs(model, probe).")

    def reduce(self, seen: Seen) -> dict[str, Any]:
        """Small tensors by key, made inside the traced pass with `keras.ops` only."""
        return {}

    def whole(self, seen: Seen) -> dict[str, Any]:
        """The raw tensors that `compute` returns; what `reduce` gives unless that cuts away."""
        return self.reduce(seen)

    def draw(self, arrays: Arrays, about: About) -> Drawing:
        """Pictures, scalars and texts from what `reduce` returned. NumPy only."""
        raise NotImplementedError(f"{type(self).__name__} must define draw(arrays, about).")

    def memory(self, layers: Sequence[LayerInfo], probe: Probe | None) -> Arrays:
        """What the view wants to find again next time: its start, by key.

        Called once, with the layers that were found for `needs`. `seen.memory` holds it inside
        `reduce`, and what `reduce` returns under the same keys takes its place for the next call,
        which is the next chunk or the next look (see `Seen.first`). It never leaves the device.
        """
        return {}

    def compute(self, model: Any, probe: Probe | None = None, **options: Any) -> Arrays:
        """Raw float32 arrays by key, nothing resized and nothing normalised.

        The first call traces a pass; the view keeps it, with the model, for further calls with
        the same model, probe and settings, which read the weights as they are then.

        Args:
            model: a built Keras model.
            probe: the images to look at.
            **options: `batch_size=` to look at the probe in chunks.
        """
        from kerasvis2.views.alone import compute

        return compute(self, model, probe, **options)

    def render(self, model: Any, probe: Probe | None = None, **options: Any) -> Gallery:
        """The pictures a `Monitor` would log, uint8 (H, W, 3) by tag.

        Args:
            model: a built Keras model.
            probe: the images to look at.
            **options: `batch_size=` to look at the probe in chunks.
        """
        from kerasvis2.views.alone import render

        return Gallery(render(self, model, probe, **options))


class Gallery(dict[str, np.ndarray]):
    """Pictures by tag; a notebook shows them one below the other."""

    def _repr_html_(self) -> str:
        import base64
        import html

        from kerasvis2.render.png import encode

        return "".join(
            f"<figure><figcaption>{html.escape(tag)}</figcaption><img alt={html.escape(tag)!r} "
            f'src="data:image/png;base64,{base64.b64encode(encode(pixels)).decode()}"></figure>'
            for tag, pixels in self.items()
        )


def snake(name: str) -> str:
    """`"GradCAMPlusPlus"` → `"grad_cam_plus_plus"`."""
    parts = re.sub(r"([a-z0-9])([A-Z])|([A-Z])([A-Z][a-z])", r"\1\3_\2\4", name)
    return parts.lower()


def layer_of(key: str, layers: Mapping[str, LayerInfo]) -> LayerInfo | None:
    """The layer of a key: a path, perhaps with `:call`, `@target` or a weight's name behind it."""
    while key and key not in layers:
        key = key[: max(key.rfind(mark) for mark in "@:/")] if re.search("[@:/]", key) else ""
    return layers.get(key)


def tag_of(view: str, key: str, layers: Mapping[str, LayerInfo]) -> str:
    """The tag of a picture: `<view>/<NN>_<key with "/" as ".">`.

    NN is the layer's place in the model, padded so that TensorBoard's sorting by name is the
    model's order; what is not a layer, such as the input, comes first as 00.
    """
    info = layer_of(key, layers)
    width = max(2, len(str(max(len(layers) - 1, 0))))
    return f"{view}/{info.place if info else 0:0{width}d}_{key.replace('/', '.')}"
