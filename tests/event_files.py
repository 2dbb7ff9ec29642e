"""Reading event files back with TensorBoard's own reader."""

import io
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator


def accumulate(folder: Path) -> Any:
    """All of a folder's events, nothing sampled away."""
    events = EventAccumulator(str(folder), size_guidance={"tensors": 0})
    return events.Reload()


def tags(folder: Path, plugin: str) -> list[str]:
    events = accumulate(folder)
    found = events.Tags()["tensors"]
    return [t for t in found if events.SummaryMetadata(t).plugin_data.plugin_name == plugin]


def steps(folder: Path, tag: str) -> list[int]:
    return [event.step for event in accumulate(folder).Tensors(tag)]


def scalars(folder: Path, tag: str) -> list[float]:
    return [float(_float(event.tensor_proto)) for event in accumulate(folder).Tensors(tag)]


def pictures(folder: Path, tag: str) -> list[np.ndarray]:
    """The pictures of a tag, their declared sizes checked against the PNGs'."""
    found = []
    for event in accumulate(folder).Tensors(tag):
        width, height, png = event.tensor_proto.string_val
        image = Image.open(io.BytesIO(png))
        assert image.size == (int(width), int(height))
        found.append(np.asarray(image.convert("RGB")))
    return found


def texts(folder: Path, tag: str) -> list[str]:
    return [e.tensor_proto.string_val[0].decode() for e in accumulate(folder).Tensors(tag)]


def _float(tensor: Any) -> float:
    if tensor.float_val:
        return tensor.float_val[0]
    return float(np.frombuffer(tensor.tensor_content, np.float32)[0])
