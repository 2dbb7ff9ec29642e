"""What a run is: `kerasvis.json`, and the same in words."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from kerasvis2.layers import LayerInfo

if TYPE_CHECKING:
    from kerasvis2.probe import Probe
    from kerasvis2.views.base import View

CARD = "kerasvis.json"


def run_info(
    model: Any,
    probe: Probe | None,
    views: Mapping[str, View],
    layers: Sequence[LayerInfo],
    hparams: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """The content of `kerasvis.json`."""
    import keras
    import numpy
    import tensorflow

    import kerasvis2

    return {
        "versions": {
            "kerasvis2": kerasvis2.__version__,
            "keras": keras.__version__,
            "tensorflow": tensorflow.__version__,
            "numpy": numpy.__version__,
            "python": platform.python_version(),
        },
        "model": {"name": model.name, "parameters": model.count_params()},
        "probe": None
        if probe is None
        else {
            "fingerprint": probe.fingerprint,
            "size": probe.size,
            "shape": list(probe.images.shape[1:]),
        },
        "class_names": None if probe is None else _plain(probe.class_names),
        "views": [
            {"name": name, "view": type(view).__name__, "settings": _plain(view.settings())}
            for name, view in views.items()
        ],
        "layers": [
            {
                "place": info.place,
                "path": info.path,
                "type": info.kind,
                "output_shape": _plain(info.shape),
                "parameters": info.layer.count_params() if info.layer.built else None,
                "trainable": info.layer.trainable,
                "dtype": str(info.layer.compute_dtype),
            }
            for info in layers
        ],
        "hparams": _plain(hparams),
    }


def run_card(info: Mapping[str, Any]) -> str:
    """The run in Markdown, for TensorBoard's Text tab."""
    probe = info["probe"]
    lines = [f"## {_cell(info['model']['name'])}", ""]
    lines.append(f"{info['model']['parameters']:,} parameters in {len(info['layers'])} layers.")
    lines.append("")
    if probe is not None:
        shape = " × ".join(str(size) for size in probe["shape"])
        lines += [
            f"Probe of {probe['size']} images, drawn as {shape}.",
            "",
            f"probe fingerprint: {probe['fingerprint']}",
            "",
        ]
    for title, table in (("Settings", info["hparams"]), ("Versions", info["versions"])):
        if table:
            lines += [f"| {title} | |", "|---|---|"]
            lines += [f"| {_cell(key)} | {_cell(value)} |" for key, value in table.items()]
            lines.append("")
    lines += ["| View | Settings |", "|---|---|"]
    for view in info["views"]:
        settings = ", ".join(f"{key}={value}" for key, value in view["settings"].items())
        lines.append(f"| {_cell(view['name'])} | {_cell(settings)} |")
    return "\n".join(lines)


def _cell(value: Any) -> str:
    return str(value).replace("|", "\\|").replace("\n", " ")


def _plain(value: Any) -> Any:
    """JSON for what can be JSON, words for the rest."""
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if value == value and abs(value) != float("inf") else str(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(item) for item in value]
    if hasattr(value, "item") and getattr(value, "ndim", None) == 0:
        return _plain(value.item())
    if hasattr(value, "shape"):
        return f"array of shape {tuple(value.shape)}"
    return getattr(value, "name", None) or getattr(value, "__name__", None) or repr(value)
