"""Why something failed, in one line of the words of who knows best."""

from __future__ import annotations

import re

_CALLING, _CODE = "Exception encountered when calling", "in user code:"
_SHAPE = "Error encountered:"
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def reason(error: BaseException) -> str:
    """The first line of a message; of what Keras and AutoGraph wrap, the line inside."""
    lines = [line.strip() for line in _COLOUR.sub("", str(error)).splitlines()]
    lines = [line for line in lines if line]
    if not lines:
        return type(error).__name__
    if (lines[0].startswith(_CALLING) or lines[0].endswith(_SHAPE)) and len(lines) > 1:
        return reason(RuntimeError("\n".join(lines[1:])))
    if lines[0].startswith(_CODE):
        told = [line for line in lines if re.match(r"\w+(Error|Exception|Warning): ", line)]
        return told[-1] if told else lines[-1]
    return lines[0]
