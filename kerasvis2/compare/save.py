"""Comparisons as files."""

from __future__ import annotations

import os
from pathlib import Path

from kerasvis2.compare.grid import Grid

KINDS = (".png", ".gif", ".html")


def checked(path: str | os.PathLike[str]) -> Path:
    """`path`, if a comparison can be written under this name.

    Raises:
        ValueError: If it ends in something else than .png, .gif or .html.
    """
    target = Path(path)
    if target.suffix.lower() not in KINDS:
        raise ValueError(f"the output must end in .png, .gif or .html, got {str(path)!r}")
    return target


def save(comparison: Grid, path: str | os.PathLike[str]) -> None:
    """See `Comparison.save`."""
    target = checked(path)
    kind = target.suffix.lower()
    if kind == ".png":
        from kerasvis2.compare.sheet import contact_sheet
        from kerasvis2.render import png

        target.write_bytes(png.encode(contact_sheet(comparison)))
    elif kind == ".gif":
        from kerasvis2.compare.animation import save_animation

        save_animation(comparison, target)
    else:
        from kerasvis2.compare.page import page

        target.write_text(page(comparison), encoding="utf-8")
