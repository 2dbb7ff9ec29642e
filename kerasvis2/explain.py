"""`kerasvis2 explain`: what a saved model sees in image files."""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

ASCENT = "activation_maximization"
CHUNK = 16  # units that climb at a time: more of a large model's do not fit into memory


def main(args: argparse.Namespace) -> int:
    """Draws one view of a saved model, writes it as a PNG and says what it wrote.

    Args:
        args: `model`, `images`, `view`, `layers`, `target`, `units`, `range`, `class_names` and
            `output`.

    Raises:
        ValueError: on what does not fit, in the words of the options.
        FileNotFoundError: where the model, a picture or the folder to write to is not there.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    output = Path(args.output)
    if output.suffix != ".png":
        raise ValueError(f"-o {args.output}: the picture is a PNG; give a name that ends in .png.")
    if not output.absolute().parent.is_dir():
        raise FileNotFoundError(f"-o {args.output}: no folder {str(output.parent)!r}")
    if not Path(args.model).is_file():
        raise FileNotFoundError(f"{args.model}: no such model file")
    names = None if args.class_names is None else class_names(Path(args.class_names))
    view = _view(args)
    model = _load(args.model)
    probe = _probe(args, model, names)
    tags: list[str] = []
    pictures: list[np.ndarray] = []
    from kerasvis2.observe.session import Session

    session = Session(model, probe)
    for one in _parts(args, view, model):
        found = dict(session.render(one))
        if args.layers is None:
            found = _best(found)
        tags += [tag for tag in found if tag not in tags]
        pictures += found.values()
    if not pictures:
        raise ValueError(f"--view {args.view} draws nothing of this model.")
    picture = _stacked(pictures)
    from kerasvis2.render.png import encode

    output.write_bytes(encode(picture))
    height, width = picture.shape[:2]
    size = f"{width}×{height}, {output.stat().st_size / 1e6:.1f} MB"
    if hint := _unknown(args, session, view):
        sys.stderr.write(f"kerasvis2: {hint}\n")
    low, high = args.range
    fed = f"to the model black is {low:g} and white {high:g} (--range)"
    sys.stdout.write(f"{output}: {', '.join(tags)}, {size}; {fed}\n")
    return 0


def class_names(path: Path) -> list[str]:
    """Class names from a file: one a line, or JSON.

    JSON may be a list of names, or a dict from class indices to names or to lists that end in one,
    as in Keras's `imagenet_class_index.json`; or from names to indices.

    Raises:
        ValueError: the file holds no such thing.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError(f"--class-names {path}: it is no text in UTF-8.") from None
    if path.suffix.lower() != ".json":
        return [line.strip() for line in text.rstrip().splitlines()]
    try:
        found = json.loads(text)
        if isinstance(found, dict) and all(isinstance(value, int) for value in found.values()):
            found = {index: name for name, index in found.items()}
        if isinstance(found, dict):
            by_class = {int(key): value for key, value in found.items()}
            found = [by_class[index] for index in range(len(by_class))]
        return [str(name[-1] if isinstance(name, list) else name) for name in found]
    except (ValueError, KeyError, TypeError, IndexError):
        raise ValueError(
            f"--class-names {path}: give a list of names, or a dict from 0, 1, … to names."
        ) from None


def _view(args: argparse.Namespace) -> Any:
    """The view of a name in snake case, with its settings."""
    import kerasvis2
    from kerasvis2.views.base import View, snake

    classes = {
        snake(one): getattr(kerasvis2, one)
        for one in kerasvis2.__all__
        if isinstance(getattr(kerasvis2, one), type) and issubclass(getattr(kerasvis2, one), View)
    }
    classes.pop("view")
    if args.view not in classes:
        usable = sorted(name for name, view in classes.items() if not view.needs_training)
        raise ValueError(f"--view {args.view}: give one of {', '.join(usable)}.")
    if why := classes[args.view].needs_training:
        raise ValueError(
            f"--view {args.view}: {why}, and a saved model is one moment. Give kerasvis2.Monitor "
            "to fit, or another view."
        )
    settings: dict[str, Any] = {}
    if args.layers is not None:
        settings["layers"] = args.layers if args.layers == "all" else args.layers.split(",")
    if args.target is not None:
        settings["target"] = int(args.target) if args.target.isdigit() else args.target
    if args.units is not None and args.view != ASCENT:
        raise ValueError(f"--units are those of --view {ASCENT}.")
    try:
        return classes[args.view](**settings)
    except TypeError as error:
        told = " or ".join(f"--{name}" for name in settings)
        hint = f" Give --units for {ASCENT}." if args.view == ASCENT else ""
        raise ValueError(f"--view {args.view} does not take {told}: {error}.{hint}") from error


def _load(path: str) -> Any:
    """The model, in Keras's safe mode: no Python code in the file is run."""
    try:
        import keras
    except ModuleNotFoundError as error:
        raise ImportError(
            f"{error}. explain needs Keras and the backend that it is set to; install for instance "
            "tensorflow, or set KERAS_BACKEND to the one that is there."
        ) from error
    try:
        return _compiled(keras, path)
    except Exception:  # a loss, metric or optimizer of its own; the model itself may be known
        pass
    try:
        return keras.models.load_model(path, compile=False, safe_mode=True)
    except Exception as error:  # Keras raises what the layer in question raises
        words = str(error)
        if "safe_mode" in words or "lambda" in words.lower() or "unsafe" in words:
            why = (
                "it holds Python code (a Lambda layer), which loading it would run, so Keras's "
                "safe mode refuses it"
            )
            way = "load_model(path, safe_mode=False), if you trust the file"
        elif "locate class" in words or "register_keras_serializable" in words:
            named = re.search(r"locate class '([^']+)'", words)
            which = f", {named[1]}," if named else ""
            why = f"it uses a class of its own{which} that only the program which made it knows"
            way = "load_model(path, custom_objects=…)"
        else:
            raise ValueError(f"{path} cannot be loaded: {_first(words)}") from error
        raise ValueError(
            f"{path}: {why}. Load it in Python, keras.models.{way}, and call the view's "
            "render(model, probe)."
        ) from error


def _compiled(keras: Any, path: str) -> Any:
    """The model with its loss, which tells linear outputs that are classes from others."""
    import warnings

    with warnings.catch_warnings():  # of the optimizer's state, which nobody needs here
        warnings.simplefilter("ignore")
        return keras.models.load_model(path, compile=True, safe_mode=True)


def _unknown(args: argparse.Namespace, session: Any, view: Any) -> str | None:
    """What to give where nothing says what the outputs are, so that maps are of their sum."""
    outputs = session.survey.outputs
    if args.target is not None or not hasattr(view, "targets") or len(outputs) != 1:
        return None
    task = outputs[0].task
    if task.kind != "unknown" or task.units == 1:
        return None
    return (
        f"{task.why}; the map is of their sum. --class-names FILE says that they are classes, "
        f"--target 0 … {task.units - 1} takes one of them"
    )


def _best(found: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """One picture of several: of layers the deepest, which says most; else the first."""
    places = {tag.rpartition("/")[2].partition("_")[0] for tag in found}
    tags = list(found)
    deepest = len(places) > 1 and not tags[0].startswith("filters/")
    return {tag: found[tag] for tag in (tags[-1:] if deepest else tags[:1])}


def _first(words: str) -> str:
    return words.strip().partition("\n")[0][:300]


def _probe(args: argparse.Namespace, model: Any, names: list[str] | None) -> Any:
    """The pictures as the model takes them."""
    from kerasvis2.probe import Probe
    from kerasvis2.probing.guess import channels_first
    from kerasvis2.probing.orders import taken_first

    try:
        shape: Any = model.input_shape
    except (AttributeError, ValueError):  # a model that was never called has none
        shape = None
    taken = shape or "what it does not say"
    shape = tuple(shape[1:]) if isinstance(shape, tuple) and len(shape) in (3, 4) else ()
    first = len(shape) == 3 and None not in shape and channels_first(shape)
    known = taken_first(model, shape) if None not in shape else None
    first = first if known is None else known
    rows, columns, channels = (
        (*shape[1:], shape[0]) if first else (*shape, 1) if len(shape) == 2 else shape or (0, 0, 0)
    )
    if channels not in (1, 3, None):
        raise ValueError(
            f"{args.model}: the model takes {taken}; explain works on models of one picture, "
            "(height, width, 1 or 3). Use the view's render(model, probe) in Python for others."
        )
    low, high = args.range

    def scaled(pixels: np.ndarray) -> np.ndarray:
        values = pixels / 255 * (high - low) + low
        return (
            np.moveaxis(values, -1, 1) if first else values[..., 0] if len(shape) == 2 else values
        )

    def shown(values: np.ndarray) -> np.ndarray:
        return (np.moveaxis(values, 1, -1) - low) / (high - low)

    return Probe.from_images(
        args.images,
        size=(rows or 224, columns or 224),
        channels=channels or 3,
        preprocess=scaled,
        display=shown if first else (low, high),
        class_names=names,
    )


def _parts(args: argparse.Namespace, view: Any, model: Any) -> Iterator[Any]:
    """The view, or an ascent of many units as several, saying how long they will take."""
    if args.view != ASCENT:
        yield view
        return
    units = _units(args, model)
    if units is None:
        yield view
        return
    chunks = [units[start : start + CHUNK] for start in range(0, len(units), CHUNK)]
    begun = time.monotonic()
    for place, chunk in enumerate(chunks):
        view.units = chunk
        yield view
        took, done = time.monotonic() - begun, sum(map(len, chunks[: place + 1]))
        if place + 1 < len(chunks):
            left = took / done * (len(units) - done)
            sys.stderr.write(
                f"kerasvis2: {done:,} of {len(units):,} units in {_lasting(took)}; the others will "
                f"take about {_lasting(left)}\n"
            )


def _units(args: argparse.Namespace, model: Any) -> list[int] | None:
    """The units to raise; None for all of a layer that the user named."""
    if args.units not in (None, "all"):
        try:
            return [int(unit) for unit in args.units.split(",")]
        except ValueError:
            raise ValueError(f"--units {args.units}: give indices such as 0,3,7, or all.") from None
    shape = getattr(model, "output_shape", None)
    if args.layers is not None or not isinstance(shape, tuple) or not shape[-1]:
        return None
    return list(range(shape[-1]))


def _lasting(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _stacked(pictures: list[np.ndarray]) -> np.ndarray:
    """One below the other, on white."""
    width = max(picture.shape[1] for picture in pictures)
    return np.concatenate(
        [
            np.pad(picture, ((0, 0), (0, width - picture.shape[1]), (0, 0)), constant_values=255)
            for picture in pictures
        ]
    )
