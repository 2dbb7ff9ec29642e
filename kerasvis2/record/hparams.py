"""What TensorBoard's HParams tab reads: a run's settings, and how it ended.

Written to the folder of the scalars that settings are judged by: the tab finds these by itself, and
shows the last point of each as a final metric. A summary of the experiment is left out on purpose:
TensorBoard takes the first it finds, and so would show the settings and metrics of one run only.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
from tensorboard.plugins.hparams import api_pb2, metadata, plugin_data_pb2

from kerasvis2.record.events import Value, utf8

_STATUS = {
    "success": api_pb2.STATUS_SUCCESS,
    "failure": api_pb2.STATUS_FAILURE,
    "running": api_pb2.STATUS_RUNNING,
}


def session_start(hparams: Mapping[str, Any], wall_time: float) -> Value:
    """Says which settings this run has. Runs of equal settings are one group in the tab.

    Args:
        hparams: The run's settings.
        wall_time: Seconds since 1970.

    Raises:
        TypeError: If a setting is not a number, a string, a bool, None, a list or a
            tuple.
    """
    plain = plain_values(hparams)
    group = hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()
    info = plugin_data_pb2.SessionStartInfo(group_name=group, start_time_secs=wall_time)
    for name, value in plain.items():
        if isinstance(value, bool):
            info.hparams[name].bool_value = value
        elif isinstance(value, str):
            info.hparams[name].string_value = value
        else:
            info.hparams[name].number_value = value
    content = plugin_data_pb2.HParamsPluginData(session_start_info=info)
    return _value(metadata.SESSION_START_INFO_TAG, content)


def session_end(status: Literal["success", "failure", "running"], wall_time: float) -> Value:
    """Says how the run ended, and when (seconds since 1970)."""
    info = plugin_data_pb2.SessionEndInfo(status=_STATUS[status], end_time_secs=wall_time)
    content = plugin_data_pb2.HParamsPluginData(session_end_info=info)
    return _value(metadata.SESSION_END_INFO_TAG, content)


def plain_values(hparams: Mapping[str, Any]) -> dict[str, bool | int | float | str]:
    """The settings as the tab can hold them: NumPy scalars as Python's, lists and None as text.

    Raises:
        TypeError: If a name is not a string, or a setting is not a number, a string, a bool, None,
            a list or a tuple.
    """
    return {utf8(str(name)): _plain(name, value) for name, value in hparams.items()}


def _plain(name: object, value: Any) -> bool | int | float | str:
    if not isinstance(name, str):
        raise TypeError(f"hparams must have strings as names, got {name!r}")
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, str):
        return utf8(value)
    if isinstance(value, bool | int | float):
        return value
    if value is None or isinstance(value, list | tuple):
        return utf8(str(value))
    raise TypeError(
        f"hparams[{name!r}] must be a number, a string, a bool, None or a list, got {value!r} "
        f"({type(value).__name__}); for an object, give its name"
    )


def _value(tag: str, content: Any) -> Value:
    return Value(
        tag=tag,
        tensor=metadata.NULL_TENSOR,
        metadata=metadata.create_summary_metadata(content),
    )
