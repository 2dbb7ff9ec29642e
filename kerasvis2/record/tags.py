"""Finding the tag that is meant."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable
from difflib import get_close_matches


def find_tag(tag: str, tags: Iterable[str], where: str) -> str:
    """The one tag that is meant: by its name, a glob, or an ending.

    Raises:
        LookupError: If none or several fit. The message lists the closest.
    """
    tags = list(tags)
    if tag in tags:
        return tag
    fits = [name for name in sorted(tags) if name.endswith(tag) or fnmatch.fnmatchcase(name, tag)]
    if len(fits) == 1:
        return fits[0]
    if fits:
        raise LookupError(f"{tag!r} fits several tags of {where}: {_listed(fits)}")
    close = get_close_matches(tag, tags, n=5, cutoff=0.3) or sorted(tags)[:5]
    hint = f"; the closest are {_listed(close)}" if close else ", which has none of this kind"
    raise LookupError(f"there is no tag {tag!r} in {where}{hint}")


def _listed(names: list[str], most: int = 8) -> str:
    shown = ", ".join(map(repr, names[:most]))
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"
