"""`kerasvis2 explain`: what a saved model sees in image files."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

import numpy as np


def main(args: argparse.Namespace) -> int:
    """Draws one view of a saved model and writes it as a PNG.

    Args:
        args: `model`, `images`, `view`, `layers`, `target`, `range` and `output`.

    Raises:
        ValueError: on what does not fit, in the words of the options.
        FileNotFoundError: where the model or a picture is not there.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    output = Path(args.output)
    if output.suffix != ".png":
        raise ValueError(f"-o {args.output}: the picture is a PNG; give a name that ends in .png.")
    if not Path(args.model).is_file():
        raise FileNotFoundError(f"{args.model}: no such model file")
    view = _view(args.view, args.layers, args.target)

    import keras

    from kerasvis2.probe import Probe

    model = keras.models.load_model(args.model, compile=False)
    if not isinstance(model.input_shape, tuple) or len(model.input_shape) != 4:
        raise ValueError(
            f"{args.model}: the model takes {model.input_shape}; explain works on models of one "
            "image. Use the view's render(model, probe) in Python for others."
        )
    _, height, width, channels = model.input_shape
    low, high = args.range
    probe = Probe.from_images(
        args.images,
        size=(height or 224, width or 224),
        channels=channels,
        preprocess=lambda pixels: pixels / 255 * (high - low) + low,
        display=(low, high),
    )
    pictures = list(view.render(model, probe).values())
    if args.layers is None:
        pictures = pictures[-1:]  # the deepest of the view's own layers says most
    output.write_bytes(_encode(pictures))
    return 0


def _view(name: str, layers: str | None, target: str | None) -> Any:
    """The view of a name in snake case, with its settings."""
    import kerasvis2
    from kerasvis2.views.base import View, snake

    classes = {
        snake(one): getattr(kerasvis2, one)
        for one in kerasvis2.__all__
        if isinstance(getattr(kerasvis2, one), type) and issubclass(getattr(kerasvis2, one), View)
    }
    classes.pop("view")
    if name not in classes:
        raise ValueError(f"--view {name}: give one of {', '.join(sorted(classes))}.")
    settings: dict[str, Any] = {}
    if layers is not None:
        settings["layers"] = layers if layers == "all" else layers.split(",")
    if target is not None:
        settings["target"] = int(target) if target.lstrip("-").isdigit() else target
    try:
        return classes[name](**settings)
    except TypeError as error:
        raise ValueError(f"--view {name} does not take {' or '.join(settings)}: {error}") from error


def _encode(pictures: list[np.ndarray]) -> bytes:
    """One below the other, as one PNG."""
    from kerasvis2.render.png import encode

    width = max(picture.shape[1] for picture in pictures)
    padded = [
        np.pad(picture, ((0, 0), (0, width - picture.shape[1]), (0, 0)), constant_values=255)
        for picture in pictures
    ]
    return encode(np.concatenate(padded))
