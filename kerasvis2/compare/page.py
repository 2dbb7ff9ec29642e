"""One HTML file that holds everything: pictures, sliders, and no address of any other place."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from importlib.resources import files
from typing import Any

from kerasvis2.compare.bundle import bundle
from kerasvis2.compare.grid import Grid
from kerasvis2.compare.numbers import Numbers
from kerasvis2.record.frames import Damaged


def page(comparison: Grid) -> str:
    """The comparison as a page to explore, or to mail: HTML that needs no network."""
    style, script = _part("page.css"), bundle("page", _module)
    # No "<" may reach the HTML parser from names, and none is needed: JSON has an escape for it.
    data = json.dumps(_data(comparison)).replace("<", "\\u003c")
    policy = (
        f"default-src 'none'; img-src data:; script-src {_hash(script)}; style-src {_hash(style)}"
    )
    parts = {
        "policy": policy,
        "title": html.escape(_readable(comparison.tag)),
        "style": style,
        "script": script,
        "data": data,
    }
    return re.sub("@([a-z]+)@", lambda place: parts[place[1]], _part("page.html"))


def _data(comparison: Grid) -> dict[str, Any]:
    numbers = comparison.numbers
    if numbers is not None and numbers.minus is None:
        return _head(comparison) | _numbers(comparison, numbers)
    pictures: dict[str, int] = {}  # by address, so that pictures that never change are kept once
    cells = [
        [_cell(comparison, run, step, pictures) for step in comparison.steps]
        for run in comparison.runs
    ]
    return _head(comparison) | {"cells": cells, "pictures": list(pictures)}


def _head(comparison: Grid) -> dict[str, Any]:
    return {
        "tag": comparison.tag,
        "title": _readable(comparison.tag),
        "notes": comparison.notes,
        "runs": list(comparison.runs),
        "steps": comparison.steps,
    }


def _readable(tag: str) -> str:
    """A tag without its layer's place in the model, by which only programs go."""
    view, slash, layer = tag.partition("/")
    return view + slash + re.sub(r"^[0-9]{2,}_(?=.)", "", layer)


def _numbers(comparison: Grid, numbers: Numbers) -> dict[str, Any]:
    """The maps themselves, a hundredth of their pictures' size, and the one scale."""
    blobs: dict[bytes, int] = {}
    cells = []
    for run in comparison.runs:
        row: list[dict[str, Any]] = []
        for step in comparison.steps:
            try:
                blob = numbers.blob(run, step)
            except Damaged:
                row.append({"missing": "damaged in the event file", "nearest": None})
                continue
            except LookupError:
                row.append(_missing(comparison, run, step))
                continue
            cell = {
                "blob": blobs.setdefault(blob, len(blobs)),
                "time": comparison.wall_time(run, step),
                "scale": comparison.scale(run, step),
            }
            row.append(cell | numbers.answered(run, step))
        cells.append(row)
    probes = []
    for run in comparison.runs:
        probe = numbers.probe_blob(run)
        probes.append(None if probe is None else blobs.setdefault(probe, len(blobs)))
    encoded = [base64.b64encode(blob).decode() for blob in blobs]
    return {
        "cells": cells,
        "pictures": [],
        "blobs": encoded,
        "probes": probes,
        "top": numbers.top,
        "signed": numbers.signed,
    }


def _missing(comparison: Grid, run: str, step: int) -> dict[str, Any]:
    """Why nothing is shown, and where something is."""
    nearest = comparison.nearest(run, step)
    return {
        "missing": comparison.why_missing(run, step),
        "nearest": None if nearest == step else nearest,
    }


def _cell(comparison: Grid, run: str, step: int, pictures: dict[str, int]) -> dict[str, Any]:
    try:
        encoded = comparison.encoded(run, step)
    except Damaged:
        return {"missing": "damaged in the event file", "nearest": None}
    if encoded is None:
        return _missing(comparison, run, step)
    address = f"data:{_media_type(encoded)};base64,{base64.b64encode(encoded).decode()}"
    return {
        "picture": pictures.setdefault(address, len(pictures)),
        "time": comparison.wall_time(run, step),
        "scale": comparison.scale(run, step),
    }


def _media_type(encoded: bytes) -> str:
    if encoded.startswith(b"\xff\xd8"):
        return "image/jpeg"
    return "image/gif" if encoded.startswith(b"GIF8") else "image/png"


def _module(name: str) -> str:
    return _part(f"{name}.js" if name.startswith("page") else f"js/{name}.js")


def _part(name: str) -> str:
    return (files("kerasvis2.compare") / name).read_text(encoding="utf-8")


def _hash(code: str) -> str:
    digest = base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()
    return f"'sha256-{digest}'"
