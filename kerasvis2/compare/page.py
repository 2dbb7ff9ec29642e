"""One HTML file that holds everything: pictures, sliders, and no address of any other place."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from importlib.resources import files
from typing import Any

from kerasvis2.compare.align import Comparison
from kerasvis2.record.frames import Damaged


def page(comparison: Comparison) -> str:
    """The comparison as a page to explore, or to mail: HTML that needs no network."""
    style, script = _part("page.css"), _part("page.js")
    # No "<" may reach the HTML parser from names, and none is needed: JSON has an escape for it.
    data = json.dumps(_data(comparison)).replace("<", "\\u003c")
    policy = (
        f"default-src 'none'; img-src data:; script-src {_hash(script)}; style-src {_hash(style)}"
    )
    parts = {
        "policy": policy,
        "title": html.escape(comparison.tag),
        "style": style,
        "script": script,
        "data": data,
    }
    return re.sub("@([a-z]+)@", lambda place: parts[place[1]], _part("page.html"))


def _data(comparison: Comparison) -> dict[str, Any]:
    pictures: dict[str, int] = {}  # by address, so that pictures that never change are kept once
    cells = [
        [_cell(comparison, run, step, pictures) for step in comparison.steps]
        for run in comparison.runs
    ]
    return {
        "tag": comparison.tag,
        "notes": comparison.notes,
        "runs": list(comparison.runs),
        "steps": comparison.steps,
        "cells": cells,
        "pictures": list(pictures),
    }


def _cell(comparison: Comparison, run: str, step: int, pictures: dict[str, int]) -> dict[str, Any]:
    try:
        encoded = comparison.encoded(run, step)
    except Damaged:
        return {"missing": "damaged in the event file", "nearest": None}
    if encoded is None:
        nearest = comparison.nearest(run, step)
        return {"missing": comparison.why_missing(run, step), "nearest": nearest}
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


def _part(name: str) -> str:
    return (files("kerasvis2.compare") / name).read_text(encoding="utf-8")


def _hash(code: str) -> str:
    digest = base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()
    return f"'sha256-{digest}'"
