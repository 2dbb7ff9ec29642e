"""How a view is called in tags."""

from __future__ import annotations

import re


def snake(name: str) -> str:
    """`"GradCAMPlusPlus"` → `"grad_cam_plus_plus"`."""
    parts = re.sub(r"([a-z0-9])([A-Z])|([A-Z])([A-Z][a-z])", r"\1\3_\2\4", name)
    return parts.lower()
