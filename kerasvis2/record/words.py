"""What the recorder tells the user that is no error."""

from __future__ import annotations

from collections.abc import Iterable

_MOST = 20  # spans of steps in one sentence


def company(other: str, log_dir: object) -> str:
    """Somebody else is writing there."""
    return (
        f"{other} is writing to {str(log_dir)!r} too. TensorBoard reads only one writer of a "
        "folder at a time and would hide some of the data: give one of the two another log_dir."
    )


def earlier(held: int, log_dir: object) -> str:
    """Counting begins at 0 again."""
    return (
        f"{str(log_dir)!r} holds an earlier training up to step {held}, and this one begins at 0 "
        "again: from now on TensorBoard shows the new steps in place of the old ones. To keep "
        "both, stop and give another log_dir; to go on counting, pass initial_epoch= to fit, such "
        f"as {held + 1}."
    )


def behind(step: int, log_dir: object, patience: float) -> str:
    """Drawing or writing is too slow."""
    return (
        f"the pictures of step {step} are dropped, and maybe later ones: drawing them, or writing "
        f"them to {str(log_dir)!r}, is far behind, and training waits {patience:g} seconds at "
        "most. Look less often, such as with freq=5, or at fewer layers."
    )


def dropped(steps: list[int]) -> str:
    """How many were, at the end."""
    return (
        f"the pictures of {len(steps)} steps were dropped, since drawing or writing was too slow: "
        f"{listed(steps)}"
    )


def listed(steps: Iterable[int]) -> str:
    """Steps: "steps 3, 5…9"."""
    spans: list[list[int]] = []
    for step in sorted(set(steps)):
        if spans and step == spans[-1][1] + 1:
            spans[-1][1] = step
        else:
            spans.append([step, step])
    words = [f"{low}…{high}" if high > low else str(low) for low, high in spans]
    more = f" and {len(words) - _MOST} more spans" if len(words) > _MOST else ""
    one = len(spans) == 1 and spans[0][0] == spans[0][1]
    return f"step{'' if one else 's'} {', '.join(words[:_MOST])}{more}"
