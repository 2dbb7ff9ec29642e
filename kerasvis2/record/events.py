"""Summary values that TensorBoard's stock dashboards show.

Each function returns one `Summary.Value`: a tag, its data and the metadata that names the
dashboard. Values of other plugins (HParams, for one) may be mixed with these freely.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from tensorboard.compat.proto import summary_pb2, tensor_pb2, tensor_shape_pb2, types_pb2

from kerasvis2.record.index import RUN_GRAPH, SCALE_TAG, SCALES
from kerasvis2.record.maps import ANSWERS, MAPS
from kerasvis2.render import png

Value: TypeAlias = summary_pb2.Summary.Value


def scalar(tag: str, value: float, description: str = "") -> Value:
    """One point of a curve, for the Time Series and Scalars tabs.

    Args:
        tag: The curve's name; curves of one name in several folders share a chart.
        value: The number, kept as float32. NaN and infinities are kept as such.
        description: Markdown, shown with the card.
    """
    tensor = tensor_pb2.TensorProto(
        dtype=types_pb2.DT_FLOAT,
        tensor_shape=tensor_shape_pb2.TensorShapeProto(),
        # Through NumPy: a float64 beyond float32's range becomes infinite instead of raising.
        float_val=[_float32(value)],
    )
    return Value(tag=utf8(tag), tensor=tensor, metadata=_metadata("scalars", description))


def image(tag: str, picture: NDArray[np.uint8], description: str = "") -> Value:
    """One picture, for the Time Series and Images tabs.

    Args:
        tag: The picture's name.
        picture: uint8 (H, W, 3).
        description: Markdown, shown with the card in the Images tab.

    Raises:
        ValueError: If `picture` is not uint8 (H, W, 3).
    """
    if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3:
        raise ValueError(
            f"picture for tag {tag!r} must be uint8 of shape (H, W, 3), "
            f"got {picture.dtype} of shape {picture.shape}"
        )
    height, width = picture.shape[:2]
    strings = [str(width).encode(), str(height).encode(), png.encode(picture)]
    tensor = _string_tensor(strings, shape=[3])
    return Value(tag=utf8(tag), tensor=tensor, metadata=_metadata("images", description))


def histogram(tag: str, buckets: NDArray[np.float64], description: str = "") -> Value:
    """How values are spread, for the Time Series, Distributions and Histograms tabs.

    Args:
        tag: The histogram's name.
        buckets: (k, 3): each bucket's lower and upper edge and how many values lie between.
        description: Markdown, shown with the card.

    Raises:
        ValueError: If `buckets` has another shape.
    """
    buckets = np.asarray(buckets, np.float64)
    if buckets.ndim != 2 or buckets.shape[1] != 3:
        raise ValueError(
            f"buckets for tag {tag!r} must be (k, 3): low, high, count; got {buckets.shape}"
        )
    sizes = [tensor_shape_pb2.TensorShapeProto.Dim(size=size) for size in buckets.shape]
    tensor = tensor_pb2.TensorProto(
        dtype=types_pb2.DT_DOUBLE,
        tensor_shape=tensor_shape_pb2.TensorShapeProto(dim=sizes),
        tensor_content=buckets.astype("<f8").tobytes(),
    )
    return Value(tag=utf8(tag), tensor=tensor, metadata=_metadata("histograms", description))


def graph(graph_def: bytes) -> Value:
    """The graph of the run, for the Graphs tab, which shows one a folder.

    Args:
        graph_def: A serialized `tensorflow.GraphDef`.
    """
    tensor = _string_tensor([graph_def], shape=[])
    return Value(tag=RUN_GRAPH, tensor=tensor, metadata=_metadata("graphs", ""))


def numbers(tag: str, array: NDArray[np.float32]) -> Value:
    """An array of float32, for programs that read the run; no tab shows it."""
    sizes = [tensor_shape_pb2.TensorShapeProto.Dim(size=size) for size in array.shape]
    tensor = tensor_pb2.TensorProto(
        dtype=types_pb2.DT_FLOAT,
        tensor_shape=tensor_shape_pb2.TensorShapeProto(dim=sizes),
        tensor_content=np.asarray(array, "<f4").tobytes(),
    )
    return Value(tag=utf8(tag), tensor=tensor, metadata=_metadata("kerasvis_numbers", ""))


def blob(tag: str, data: bytes) -> Value:
    """Numbers in the format of `kerasvis2.record.maps`, which this package's own tab draws."""
    value = Value(
        tag=utf8(tag), tensor=_string_tensor([data], shape=[1]), metadata=_metadata(MAPS, "")
    )
    # What TensorBoard does not know it reads by its class: kept apart from the series, as pictures.
    value.metadata.data_class = summary_pb2.DATA_CLASS_BLOB_SEQUENCE
    return value


def answers(tag: str, data: bytes) -> Value:
    """Numbers in the same format, few enough for all steps of a run to be read at once."""
    value = Value(
        tag=utf8(tag), tensor=_string_tensor([data], shape=[]), metadata=_metadata(ANSWERS, "")
    )
    value.metadata.data_class = summary_pb2.DATA_CLASS_TENSOR
    return value


def scale(tag: str, top: float) -> Value:
    """The display scale of the picture `tag` of the same Event; no tab shows it but this package's.

    TensorBoard keeps the description of a tag's first picture only, hence a value of its own.

    Args:
        tag: The picture's tag.
        top: What the ends of its colours stand for.
    """
    value = scalar(SCALE_TAG + tag, top)
    value.metadata.plugin_data.plugin_name = SCALES
    # Data of plugins that TensorBoard does not know are read by their class, or not at all.
    value.metadata.data_class = summary_pb2.DATA_CLASS_TENSOR
    return value


def utf8(words: str) -> str:
    """The same, as it can be written: half characters, as in names of files, are spelled out."""
    return words.encode(errors="backslashreplace").decode()


def text(tag: str, markdown: str) -> Value:
    """One text, for the Text tab, which renders it as Markdown."""
    tensor = _string_tensor([utf8(markdown).encode()], shape=[])
    return Value(tag=utf8(tag), tensor=tensor, metadata=_metadata("text", ""))


def _float32(value: float) -> float:
    with np.errstate(over="ignore"):
        return float(np.float32(value))


def _string_tensor(strings: list[bytes], shape: list[int]) -> tensor_pb2.TensorProto:
    sizes = [tensor_shape_pb2.TensorShapeProto.Dim(size=size) for size in shape]
    return tensor_pb2.TensorProto(
        dtype=types_pb2.DT_STRING,
        tensor_shape=tensor_shape_pb2.TensorShapeProto(dim=sizes),
        string_val=strings,
    )


def _metadata(plugin: str, description: str) -> summary_pb2.SummaryMetadata:
    # These plugins keep a version and nothing else in `content`; at version 0 it is empty.
    return summary_pb2.SummaryMetadata(
        plugin_data=summary_pb2.SummaryMetadata.PluginData(plugin_name=plugin),
        summary_description=utf8(description),
    )
