"""The probe: the fixed batch that every picture of every epoch and run is made from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from kerasvis2.probing import arrays, parts
from kerasvis2.probing.arrays import Key, Structure
from kerasvis2.probing.display import Display, make_display, to_picture
from kerasvis2.probing.labels import class_indices


class Probe:
    """A fixed batch of images with their labels, which a network is looked at through.

    It copies what it is given and cannot be changed, so that every epoch and every run sees the
    same; `fingerprint` tells whether two runs did.

    Args:
        inputs: images (N, H, W, C) or (N, H, W) as the model takes them, in its own units; float64
            becomes float32. For a model of several inputs a dict by input name, or a list.
        labels: ints (N,) or (N, 1), one-hot (N, classes), label maps (N, H, W), or whatever the
            output is trained on; for several outputs a dict by output name, or a list of arrays.
            None: pictures speak of the predicted class only.
        class_names: the name of class 0, 1, ….
        display: how the model's units are drawn. A `(low, high)` range: the values of black and
            white. A callable: from a batch to (N, H, W) or (N, H, W, channels) in [0, 1]; give one
            where the model's inputs are mean-subtracted, flat, or have their channels first.
            "auto" takes uint8 as 0…255 and tells 0…1, −1…1 and 0…255 by the values, or asks.
            Two channels are drawn red against cyan, and of more than three the first three.
        image: with several inputs, the name or place of the one to draw and explain; not needed
            where only one has the rank of a picture batch (N, H, W, C).
        masks: (N, H, W) bool, where the object is, if that is known.

    Attributes:
        inputs: the inputs as the model takes them: a read-only array, or a dict or list of them.
        labels: the labels, or None.
        class_names: list of names, or None.
        size: N.
        images: (N, H, W, 1 or 3) float32 in [0, 1], for drawing.
        masks: (N, H, W) bool, or None.
        fingerprint: SHA-256 of inputs and labels (dtype, shape and values) in hex.
        image_key: key or place of the drawn input, None where the input is one array.
        display_range: (low, high) in the model's units, None where display is a callable.

    Raises:
        TypeError: class_names is not a sequence of names.
        ValueError: an argument does not fit the others, has NaN in it, or cannot be drawn.
    """

    inputs: Structure
    labels: Structure
    class_names: list[str] | None
    size: int
    images: np.ndarray
    masks: np.ndarray | None
    fingerprint: str
    image_key: Key | None
    display_range: tuple[float, float] | None
    _display: Display

    def __init__(
        self,
        inputs: Any,
        labels: Any = None,
        *,
        class_names: Sequence[str] | None = None,
        display: Any = "auto",
        image: Key | None = None,
        masks: Any = None,
    ) -> None:
        put = vars(self).__setitem__  # past __setattr__, which refuses every change
        copied = arrays.as_structure(inputs, "inputs")
        put("inputs", arrays.map_structure(arrays.narrow, copied))
        put("labels", None if labels is None else arrays.as_structure(labels, "labels"))
        put("image_key", parts.drawn_key(self.inputs, image))
        put("size", parts.count_images(self.inputs, self.labels))
        arrays.check_finite(self.inputs, "inputs")
        arrays.check_finite(self.labels, "labels")
        put("class_names", parts.check_names(class_names, self.class_indices()))
        if not callable(display):
            parts.check_drawable(self.drawn, arrays.name_of("inputs", self.image_key))
        put("_display", make_display(display, self.drawn))
        put("display_range", self._display.bounds)
        put("images", self.to_display(self.drawn))
        put("masks", None if masks is None else parts.check_masks(masks, self.images.shape[:3]))
        put("fingerprint", arrays.fingerprint(self.inputs, self.labels))
        self._lock()

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
        is deterministic and leaves the random state of NumPy and Python as it was.

        Like any reading, it takes one turn of a `tf.data.Dataset.shuffle` that reshuffles, moves
        on a Python generator, and shows images as that data set augments them. So give it the
        validation data, or the data before shuffling and augmentation.

        Args:
            dataset: a tf.data.Dataset of (x, y), (x, y, weights) or x, batched or not; a
                keras.utils.PyDataset or another iterable of batches; or arrays (x, y).
            size: images to take.
            balanced: take images of every class in turn: the first image of class 0, of class 1, …,
                then the second ones. With more classes than `size` the first `size` classes, with
                a warning. Data whose labels name no class are taken as they come.
            limit: look at no more images than these.
            batched: whether elements of a tf.data.Dataset are batches. None: they are if all their
                parts have the same first axis and a picture has not rank 3 with 1 to 4 channels.
            **kwargs: the arguments of `Probe`; class_names defaults to `dataset.class_names`.

        Raises:
            ValueError: the data set is empty or its elements are not as above.
        """
        from kerasvis2.probing.sampling import sample

        if kwargs.get("class_names") is None:
            kwargs["class_names"] = getattr(dataset, "class_names", None)
        names = kwargs["class_names"]
        x, y = sample(
            dataset,
            size,
            balanced=balanced,
            limit=limit,
            batched=batched,
            classes=None if names is None else len(names),
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
        preprocess: Callable[[np.ndarray], Any] | None = None,
        **kwargs: Any,
    ) -> Probe:
        """A probe of image files.

        Pictures are turned upright (EXIF), transparent pixels become white, and the largest
        centred part of the wanted aspect ratio is resized to `size`. The model gets float32
        0…255, unless `preprocess` makes something else of that.

        Args:
            paths: files, a folder (its image files in the order of their names), a glob such as
                "photos/*.jpg", or several of these.
            size: (height, width) in pixels.
            labels: as for `Probe`, in the order of the files.
            channels: 3 for colour, 1 for grey.
            preprocess: from float32 (N, height, width, channels) in 0…255 to what the model takes,
                such as `keras.applications.vgg16.preprocess_input`. Pictures are shown as they
                were before it, if it is an affine map of each pixel's channels; otherwise give
                `display=` too.
            **kwargs: the arguments of `Probe`.

        Raises:
            FileNotFoundError: nothing is found under a path.
            ValueError: a file cannot be read as an image; its name is in the message.
        """
        from kerasvis2.probing.files import preprocess_batch, read_images

        pictures = read_images(paths, size, channels)
        display = kwargs.pop("display", None)
        if preprocess is not None:
            pictures, display = preprocess_batch(pictures, preprocess, display)
        return cls(pictures, labels, display=(0, 255) if display is None else display, **kwargs)

    @property
    def drawn(self) -> np.ndarray:
        """The input that is drawn and explained, as the model takes it."""
        return self.inputs if self.image_key is None else self.inputs[self.image_key]

    def to_display(self, x: Any) -> np.ndarray:
        """Pictures (N, H, W, 1 or 3) float32 in [0, 1] of a batch in the model's units."""
        return to_picture(self._display, np.asarray(x), channels=self.drawn.ndim == 4)

    def from_display(self, shown: Any) -> np.ndarray:
        """What the model takes for what is shown: 0 is black, 1 is white.

        Args:
            shown: a number, or values in [0, 1] of any shape; where `display` is a callable, an
                array's last axis is the shown channels.

        Returns:
            float32 in the model's units, of the shape of `shown`; where `display` is a callable
            the last axis is the input's channels, if it has any: (C,) for a number.

        Raises:
            ValueError: `display` is a callable that cannot be inverted.
        """
        return np.asarray(self._display.backward(np.asarray(shown)), np.float32)

    def class_indices(self, output_name: Key | None = None) -> np.ndarray | None:
        """(N,) class indices of the labels, or None where they name no single class per image.

        Args:
            output_name: with labels for several outputs, the output's name or place; the first of
                them where it is not given.

        Raises:
            KeyError, IndexError: there are no labels of that name or place.
        """
        labels = self.labels
        if isinstance(labels, (dict, list)):
            first: Any = next(iter(labels)) if isinstance(labels, dict) else 0
            labels = labels[first if output_name is None else output_name]  # type: ignore[index]
        return None if labels is None else class_indices(labels)

    def caption_name(self, index: int) -> str:
        """The name of a class for captions; its number where it has no name."""
        if self.class_names is not None and 0 <= index < len(self.class_names):
            return self.class_names[index]
        return str(int(index))

    def check(self, model: Any) -> None:
        """Raises `ValueError` if the model cannot take the inputs or the labels fit no output.

        What a model does not tell (a subclassed one has no static shapes) is not checked.
        """
        from kerasvis2.probing.check import check_inputs, check_labels

        check_inputs(self.inputs, model)
        if self.labels is not None:
            check_labels(self.labels, model)

    def _lock(self) -> None:
        for structure in (self.inputs, self.labels, self.images, self.masks):
            for _, array in arrays.items(structure):
                array.setflags(write=False)

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._lock()  # NumPy pickles arrays without their lock

    def __setattr__(self, name: str, value: Any) -> NoReturn:
        raise AttributeError(f"a Probe cannot be changed; make a new one to set {name}.")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"a Probe cannot be changed, so {name} cannot be deleted.")

    def __repr__(self) -> str:
        shape = "×".join(str(length) for length in self.drawn.shape[1:])
        return (
            f"<Probe of {self.size} images {shape} {self.drawn.dtype}, "
            f"fingerprint {self.fingerprint[:12]}>"
        )
