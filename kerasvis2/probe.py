"""The probe: the fixed batch that every picture of every epoch and run is made from."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from kerasvis2.probing import arrays, kinds, parts
from kerasvis2.probing.answers import Labelled
from kerasvis2.probing.arrays import Key
from kerasvis2.probing.display import Display, make_display
from kerasvis2.probing.guess import guess, told_first
from kerasvis2.probing.kinds import Shown
from kerasvis2.probing.pictured import Pictured
from kerasvis2.probing.scales import DisplayError

__all__ = ["DisplayError", "Probe", "Shown"]


class Probe(Pictured, Labelled):
    """A fixed batch of examples with their labels, which a network is looked at through.

    It copies what it is given and cannot be changed, so that every epoch and every run sees the
    same; `fingerprint` tells whether two runs did.

    Args:
        inputs: examples as the model takes them, in its own units; float64 becomes float32.
            Pictures (N, H, W, C) or (N, H, W), signals (N, T, C), tables (N, F), token ids (N, T),
            volumes (N, D, H, W, C), latent vectors, strings. For a model of several inputs a dict
            by input name, or a list.
        labels: ints (N,) or (N, 1), one-hot (N, classes), names out of `class_names`, label maps
            (N, H, W), or whatever the output is trained on; for several outputs a dict by output
            name, or a list of arrays. None: pictures speak of what is predicted only.
        class_names: the name of class 0, 1, ….
        display: how the model's units are drawn. A `(low, high)` range: the values of black and
            white. A callable: from a batch to (N, H, W) or (N, H, W, channels) in [0, 1]; any will
            do. "auto" takes uint8 as 0…255 and tells 0…1, −1…1 and 0…255 by the values; where
            these are none of that, it guesses (standardised inputs, ImageNet's BGR), warns once
            and says so in `display_note`. It also knows pictures with their channels first and
            flat ones of MNIST's and CIFAR's size. Two channels are drawn red against cyan, and of
            more than three the first three.
        image: with several inputs, the name or place of the one to draw and explain.
        masks: (N, H, W) bool, where the object is, if that is known; of signals (N, T).
        task: what the output is, where it cannot be told: "classes", "multilabel", "regression",
            "mask" or "image"; for several outputs a dict by output name.
        feature_names: the names of a table's columns or a signal's channels.
        tokens: the words of token ids: a list, a tokenizer or its vocabulary, or a callable from
            ids to words.
        private: keep the pictures themselves out of what is logged for programs to read.

    Attributes:
        inputs: the inputs as the model takes them: a read-only array, or a dict or list of them.
        labels: the labels, or None. Names have become class indices.
        class_names: list of names, or None.
        size: N.
        kind: "pictures", "volumes", "signals", "tokens", "tables", "latent", "text" or "arrays".
        images: (N, H, W, 1 or 3) float32 in [0, 1]; of volumes the middle slice; else None.
        shown: what is drawn of the others: values, names and words.
        masks: bool, or None.
        fingerprint: SHA-256 of inputs and labels (dtype, shape and values) in hex.
        image_key: key or place of the drawn input, None where the input is one array.
        display_range: (low, high) in the model's units, None where display is no such range.
        display_note: what a picture must say where "auto" had to guess, else None.
        task, feature_names, private: as given.

    Raises:
        TypeError: class_names or feature_names is not a sequence of names.
        ValueError: an argument does not fit the others, or has NaN in it.

    Examples:
        >>> probe = kv.Probe(x_val[:8], y_val[:8], class_names=["cat", "dog", "leopard"])
        >>> probe.size, probe.kind, probe.display_range
        (8, 'pictures', (0.0, 1.0))
    """

    class_names: list[str] | None
    size: int
    kind: str
    images: np.ndarray | None
    shown: Shown
    masks: np.ndarray | None
    fingerprint: str
    display_range: tuple[float, float] | None
    display_note: str | None
    task: str | dict[str, str] | None
    feature_names: tuple[str, ...] | None
    private: bool
    _display: Display | None

    def __init__(
        self,
        inputs: Any,
        labels: Any = None,
        *,
        class_names: Sequence[str] | None = None,
        display: Any = "auto",
        image: Key | None = None,
        masks: Any = None,
        task: str | dict[str, str] | None = None,
        feature_names: Sequence[str] | None = None,
        tokens: Any = None,
        private: bool = False,
    ) -> None:
        put = vars(self).__setitem__  # past __setattr__, which refuses every change
        copied = arrays.as_structure(inputs, "inputs")
        put("inputs", arrays.map_structure(arrays.narrow, copied))
        given = None if labels is None else arrays.as_structure(labels, "labels")
        key, notice = kinds.drawn_key(self.inputs, image)
        put("image_key", key)
        put("size", parts.count_examples(self.inputs, given))
        arrays.check_finite(self.inputs, "inputs")
        arrays.check_finite(given, "labels")
        put("class_names", parts.check_names(class_names))
        put("labels", parts.indexed(given, self.class_names))
        put("task", parts.check_task(task))
        if self.task != "regression":
            parts.check_range(self.class_names, self.labels)
        put("private", bool(private))
        self._draw(display, feature_names, tokens, masks, notice)
        put("masks", None if masks is None else parts.check_masks(masks, self._places()))
        put("fingerprint", arrays.fingerprint(self.inputs, self.labels))
        self._lock()

    def _draw(self, display: Any, features: Any, tokens: Any, masks: Any, notice: Any) -> None:
        """Settles what is drawn of the examples, and how."""
        put, drawn = vars(self).__setitem__, self.drawn
        kind = kinds.kind_of(
            drawn,
            callable_display=callable(display),
            tokens=tokens is not None,
            features=features is not None,
        )
        pictured = kind in kinds.PICTURED
        first = told_first(drawn.shape[1:], self.labels, masks)
        auto = isinstance(display, str) and display == "auto"
        note: str | None = None
        found: Display | None = None if auto else make_display(display, drawn, first)
        if auto and pictured:
            found, note = guess(drawn, first)
        put("kind", kind)
        put("_display", found)
        put("display_note", note)
        put("display_range", None if found is None else found.bounds)
        put("feature_names", kinds.check_feature_names(features, drawn, kind))
        put("shown", kinds.shown_of(drawn, kind, self.feature_names, tokens))
        put("images", self.to_display(drawn) if pictured else None)
        for text in filter(None, (notice, note)):
            warnings.warn(text, UserWarning, stacklevel=3)

    def _places(self) -> tuple[int, ...]:
        if self.images is not None and self.kind == "pictures":
            return self.images.shape[:3]
        return self.drawn.shape[:-1] if self.kind in ("signals", "volumes") else self.drawn.shape

    @classmethod
    def from_dataset(
        cls,
        dataset: Any,
        size: int = 16,
        balanced: bool = True,
        *,
        limit: int = 10_000,
        batched: bool | None = None,
        **kwargs: Any,
    ) -> Probe:
        """A probe of images taken from a data set, the same ones every time.

        The data set is read from its start and no further than needed: with `balanced=False` the
        first `size` images; otherwise until every class has its share, where the number of classes
        is known from one-hot labels or class names, else to its end or to `limit` images. Reading
        is deterministic and leaves the random state of NumPy, Python and PyTorch as it was.

        Like any reading, it takes one turn of a `tf.data.Dataset.shuffle` that reshuffles, moves
        on a Python generator, and shows images as that data set augments them. So give it the
        validation data, or the data before shuffling and augmentation.

        Args:
            dataset: a tf.data.Dataset of (x, y), (x, y, weights) or x, batched or not; a
                keras.utils.PyDataset, a PyTorch DataLoader or another iterable of batches; or
                arrays (x, y).
            size: images to take.
            balanced: take images of every class in turn: the first image of class 0, of class 1, …,
                then the second ones. With more classes than `size` the first `size` classes, with
                a warning. Data whose labels name no class are taken as they come.
            limit: look at no more images than these.
            batched: whether elements of a tf.data.Dataset are batches. None: they are if all their
                parts have the same first axis, and the inputs are not of rank 3 with 1 to 4
                channels, which are single pictures unless the labels tell that they are signals.
            **kwargs: the arguments of `Probe`; class_names defaults to those of the data set, or
                of what it was made of by `cache`, `map`, `prefetch` and the like.

        Raises:
            ValueError: the data set is empty or its elements are not as above.
        """
        from kerasvis2.probing.datasets import names_in
        from kerasvis2.probing.sampling import sample

        if kwargs.get("class_names") is None:
            kwargs["class_names"] = names_in(dataset)
        names = kwargs["class_names"]
        x, y = sample(
            dataset,
            size,
            balanced=balanced,
            limit=limit,
            batched=batched,
            names=names,
        )
        return cls(x, y, **kwargs)

    @classmethod
    def from_images(
        cls,
        paths: str | Path | Iterable[str | Path],
        size: tuple[int, int],
        labels: Any = None,
        *,
        channels: int = 3,
        limit: int | None = None,
        preprocess: Callable[[np.ndarray], Any] | None = None,
        **kwargs: Any,
    ) -> Probe:
        """A probe of image files.

        Pictures are turned upright (EXIF), transparent pixels become white, and the largest
        centred part of the wanted aspect ratio is resized to `size`. The model gets float32
        0…255, unless `preprocess` makes something else of that.

        Args:
            paths: files, a folder (its image files in the order of their names), a glob such as
                "photos/*.jpg", or several of these; or a folder of class folders, whose names
                become the class names and the labels, and whose images are taken in turn.
            size: (height, width) in pixels.
            labels: as for `Probe`, in the order of the files.
            channels: 3 for colour, 1 for grey.
            limit: take no more images than these.
            preprocess: from float32 (N, height, width, channels) in 0…255 to what the model takes,
                such as `keras.applications.vgg16.preprocess_input`. Pictures are shown as they
                were before it, if it is an affine map of each pixel's channels; otherwise by
                `display=`.
            **kwargs: the arguments of `Probe`.

        Raises:
            FileNotFoundError: nothing is found under a path.
            ValueError: a file cannot be read as an image; its name is in the message.
        """
        from kerasvis2.probing.files import (
            class_folders,
            find_files,
            preprocess_batch,
            read_images,
        )

        folders = class_folders(paths)
        files = find_files(paths) if folders is None else folders[0][:limit]
        if folders is not None and labels is None:
            labels = folders[1][:limit]
            if kwargs.get("class_names") is None:
                kwargs["class_names"] = folders[2]
        pictures = read_images(files[:limit], size, channels)
        display = kwargs.pop("display", None)
        if preprocess is not None:
            pictures, display = preprocess_batch(pictures, preprocess, display)
        return cls(pictures, labels, display=(0, 255) if display is None else display, **kwargs)

    def check(self, model: Any) -> None:
        """Raises `ValueError` if the model cannot take the inputs or the labels fit no output.

        What a model does not tell (a subclassed one has no static shapes) is not checked.
        """
        from kerasvis2.probing.check import check_inputs, check_labels, check_model

        check_model(model)
        check_inputs(self.inputs, model)
        if self.labels is not None:
            check_labels(self, model)

    def prepared(self, model: Any) -> Probe:
        """The probe as this model's layers get it; the same probe where nothing is to be done.

        Applies what `fit` and `predict` apply before the model is called (KerasHub's
        `model.preprocessor`, an axis of length 1 that Keras adds or takes away), and settles by
        what the model takes whether numbers (N, T) are token ids, features or latent vectors.
        """
        from kerasvis2.probing.prepare import prepared

        return prepared(self, model)

    def __repr__(self) -> str:
        shape = "×".join(str(length) for length in self.drawn.shape[1:])
        words = " ".join(filter(None, (shape, str(self.drawn.dtype))))
        kind = {"pictures": "images", "arrays": "examples", "latent": "latent vectors"}
        return (
            f"<Probe of {self.size} {kind.get(self.kind, self.kind)} {words}, "
            f"fingerprint {self.fingerprint[:12]}>"
        )
