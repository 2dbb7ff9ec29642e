"""Which image tags there are, in which runs."""

from __future__ import annotations

from typing import Any

from kerasvis2.board import runs
from kerasvis2.record.maps import MAPS_TAG

HEAD = 2
"""An image summary is a width, a height and the pictures."""


def listed(images: dict[str, Any], blobs: dict[str, Any], order: list[str]) -> list[dict[str, Any]]:
    """Every image tag once: its name, description, pictures a step, and the runs that have it.

    Args:
        images: by run and tag, what TensorBoard knows of the pictures.
        blobs: the same of numbers.
        order: the runs, as they are to be listed.
    """
    tags: dict[str, dict[str, Any]] = {}

    def tag_of(name: str) -> dict[str, Any]:
        empty = {"name": name, "description": "", "samples": 0, "runs": [], "maps": []}
        return tags.setdefault(name, empty)

    for run in order:
        for name, series in images.get(run, {}).items():
            tag = tag_of(name)
            tag["description"] = tag["description"] or series.description
            tag["samples"] = max(tag["samples"], (series.max_length or 0) - HEAD)
            tag["runs"].append(run)
        for name in filter(is_map, blobs.get(run, ())):
            tag = tag_of(name[len(MAPS_TAG) :])
            tag["maps"].append(run)
            if run not in tag["runs"]:
                tag["runs"].append(run)
    return [tags[name] for name in sorted(tags, key=runs.natural)]


def is_map(tag: str) -> bool:
    """Whether these are the maps of an image tag in numbers."""
    return tag.startswith(MAPS_TAG)


def usual_first(tag: str) -> tuple[bool, list[tuple[int, float, str]]]:
    """Sorts Keras's curves (`epoch_loss`) before those of single views (`view/layer/…`)."""
    return "/" in tag, runs.natural(tag)
