"""What a run is: `about.json`, and the same in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from kerasvis2.facts import LayerFacts, Layers, parameters

if TYPE_CHECKING:
    from kerasvis2.probe import Probe
    from kerasvis2.views.base import View

CARD = "about.json"
"""The card's name. It sorts before those of event files: programs that follow a folder in the order
of names, Aim's for one, read no event file to its end once there is something behind it."""


def run_info(
    name: str,
    probe: Probe | None,
    views: Mapping[str, View],
    layers: Layers,
    hparams: Mapping[str, Any] | None,
    *,
    versions: Mapping[str, str],
    task: Sequence[str] = (),
    left_out: Sequence[str] = (),
) -> dict[str, Any]:
    """The content of `about.json`.

    Args:
        name: the model's.
        probe: the probe, if there is one.
        views: the views by their names in the tags.
        layers: the facts of each layer, by path.
        hparams: the run's settings.
        versions: of what is in use, by name.
        task: what the model's output was taken for, and why; one line each.
        left_out: which view is left out, why, and what would bring it; one line each.
    """
    return {
        "versions": dict(versions),
        "model": {"name": name, "parameters": parameters(layers)},
        "task": list(task),
        "probe": None
        if probe is None
        else {
            "fingerprint": probe.fingerprint,
            "size": probe.size,
            "shape": list((probe.drawn if probe.images is None else probe.images).shape[1:]),
        },
        "class_names": None if probe is None else _plain(probe.class_names),
        "views": [
            {"name": name, "view": type(view).__name__, "settings": _plain(view.settings())}
            for name, view in views.items()
        ],
        "left_out": list(left_out),
        "layers": [_layer(facts) for facts in layers.values()],
        "hparams": _plain(hparams),
    }


def run_card(info: Mapping[str, Any]) -> str:
    """The run in Markdown, for TensorBoard's Text tab."""
    probe = info["probe"]
    lines = [f"## {_cell(info['model']['name'])}", ""]
    lines.append(f"{info['model']['parameters']:,} parameters in {len(info['layers'])} layers.")
    lines.append("")
    lines += [f"{_cell(line)}\n" for line in info.get("task", ())]
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
    if info.get("left_out"):
        lines += ["", "Left out:", ""]
        lines += [f"- {_cell(line)}" for line in info["left_out"]]
    return "\n".join(lines)


def _layer(facts: LayerFacts) -> dict[str, Any]:
    return {
        "place": facts.place,
        "path": facts.path,
        "type": facts.kind,
        "output_shape": _plain(facts.shape),
        "parameters": facts.parameters,
        "trainable": facts.trainable,
        "dtype": facts.dtype,
    }


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
