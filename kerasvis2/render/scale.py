"""What number a full colour stands for: round, printed, and the same whenever it can be.

A scale of 1, 2 or 5 times a power of ten needs no memory of earlier epochs or of other runs, and
two pictures that print the same scale can be compared colour by colour.
"""

import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

HELD = "98%"  # The mode that clips at this share of the sum of an image's magnitudes.

FINE = 1.5
"""How far beyond a scale the 99th percentile of maps as fine as photographs may lie. Few of their
pixels are strong: on a scale that is far above these, nothing else can be seen."""

_FUZZ = 1e-6  # How far a float32 may lie above a round number and still count as that number.
_OVER = 1.1  # A scale is left upwards by values this much beyond its top,
_UNDER = 0.8  # and downwards by those below this part of a lower one's.


@dataclass(frozen=True)
class Scale:
    """The display range of one picture: 0…top, or −top…top where `signed`.

    Args:
        top: The magnitude that gets the full colour; 0 for a map that is zero everywhere.
        signed: Whether negative values are drawn as such.
        bad: How many values are NaN or infinite.
        clipped: The share of the finite values that lie beyond the range.
        per_image: Whether the range is one image's own, so that images do not compare.
        was: The top at the look before, where that was another.
        held: The share of the sum of magnitudes at which the range ends, such as "98%", if any.
        zero: Whether all values are 0.
    """

    top: float
    signed: bool
    bad: int = 0
    clipped: float = 0.0
    per_image: bool = False
    was: float | None = None
    held: str = ""
    zero: bool = False

    @property
    def ends(self) -> tuple[str, str]:
        """The lowest and the highest value, in print."""
        high = number(self.top)
        return (f"−{high}" if self.signed and self.top else "0"), high

    @property
    def range(self) -> str:
        """The range alone, such as "0…0.5" or "±0.02"."""
        if not self.top:
            return "0"
        return f"±{number(self.top)}" if self.signed else f"0…{number(self.top)}"

    def unit(self, values: Any) -> np.ndarray:
        """`values` over `top`, clipped to [0, 1] or [−1, 1]; NaN where they are not finite."""
        values = as_float(values)
        if self.top < np.finfo(np.float32).tiny:
            values = values.astype(np.float64)  # As a float32 the top itself could become 0.
        with np.errstate(invalid="ignore", over="ignore"):
            units = values / self.top if self.top else values * 0
        np.clip(units, -1 if self.signed else 0, 1, out=units)
        finite = np.isfinite(values)
        if not finite.all():
            units[~finite] = np.nan
        return units


def nice(value: float) -> float:
    """The smallest of 1, 2, 5 × 10ⁿ not below `value`; 0 for 0 and for what is not finite."""
    if not math.isfinite(value) or value <= 0:
        return 0.0
    return min(_rung(_rung_of(value)), sys.float_info.max)


def steady(previous: float | None, value: float) -> float:
    """The top of a scale that does not flicker: it changes only when the values clearly leave it.

    Args:
        previous: The top at the look before; None or 0 where there was none.
        value: What the scale has to hold, such as the 99th percentile of the magnitudes.

    Returns:
        `previous`, unless `value` is more than a tenth beyond it or below four fifths of the next
        lower step; then the smallest of 1, 2, 5 × 10ⁿ that holds `value`.
    """
    return _steady(previous, nice(value), lambda bound: value > bound)


def check_mode(mode: Any) -> None:
    """Raises a ValueError unless `mode` is one that `fit` takes."""
    if isinstance(mode, str) and mode in ("nice", "image", "run", HELD):
        return
    is_number = isinstance(mode, (int, float, np.number)) and not isinstance(mode, bool)
    if is_number and math.isfinite(mode) and mode > 0:
        return
    raise ValueError(
        f'scale={mode!r} is not a display scale: give "nice" (1, 2 or 5 × 10ⁿ), "image" (each '
        f'image its own), "{HELD}" (each image its own, clipped where its magnitudes have reached '
        "98 % of their sum, as Captum does), "
        '"run" (frozen at the first picture) or a finite number above 0.'
    )


def fit(
    values: Any,
    mode: Any = "nice",
    *,
    signed: bool,
    frozen: float | None = None,
    previous: float | None = None,
    slack: float = 1.0,
) -> "Scale | list[Scale]":
    """The scale to draw `values` with.

    Args:
        values: An array of any shape; for a scale per image its first axis counts the images.
        mode: "nice": the smallest of 1, 2, 5 × 10ⁿ that holds the 99th percentile of the finite
            magnitudes (of the largest, where that percentile is 0 but not all is). "image": one
            scale per image, which holds that image's largest. "98%": one scale per image, which
            ends at the magnitude up to which the magnitudes, sorted, make up 98 % of their sum,
            as Captum's; not rounded. "run": `frozen`, or "nice" until there is one above 0. A
            number: that number.
        signed: Whether the range reaches as far below zero as above it.
        frozen: The top of the run's first picture, for `mode="run"`.
        previous: The top at the look before, which "nice" keeps as `steady` does.
        slack: By what factor the 99th percentile may lie beyond a "nice" scale.

    Returns:
        A `Scale`; for `mode="image"` and "98%" a list of them, one per image.

    Raises:
        ValueError: If `mode` is none of these.
    """
    check_mode(mode)
    values = as_float(values)
    if mode in ("image", HELD):
        return [_scale(image, mode, signed, frozen, None, slack) for image in values]
    return _scale(values, mode, signed, frozen, previous, slack)


def fit_one(
    values: Any,
    mode: Any = "nice",
    *,
    signed: bool,
    frozen: float | None = None,
    previous: float | None = None,
) -> Scale:
    """`fit` for a picture that is one image: "image" then means its largest value."""
    values = np.asarray(values)[None]
    scales = fit(values, mode, signed=signed, frozen=frozen, previous=previous)
    return scales[0] if isinstance(scales, list) else scales


def number(value: float, digits: int = 3) -> str:
    """A number in little room: 0.0005, 2e-7, 5000, 1e6; so many digits at most."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else ("∞" if value > 0 else "−∞")
    size = abs(value)
    if size and not 1e-4 <= size < 1e5:
        mantissa, power = f"{value:.{digits - 1}e}".split("e")
        mantissa = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
        text = f"{mantissa}e{int(power)}"
    else:
        text = f"{value:.{digits}g}"
        text = f"{value:.0f}" if "e" in text else text
    return text.replace("-", "−", 1) if value < 0 else text


def share(part: float) -> str:
    """A share in per cent, never rounded down to nothing."""
    return "< 0.1 %" if part < 0.001 else f"{100 * part:.2g} %"


def as_float(values: Any) -> np.ndarray:
    """`values` as float32, or as float64 where they already are."""
    values = np.asarray(values)
    return values if values.dtype in (np.float32, np.float64) else values.astype(np.float32)


def in_units(values: np.ndarray, scales: "Scale | list[Scale]") -> np.ndarray:
    """`values` in units of the full colour, by one scale or by each image's own."""
    if isinstance(scales, Scale):
        return scales.unit(values)
    return np.stack([own.unit(each) for own, each in zip(scales, values, strict=True)])


def overall(scales: "Scale | Sequence[Scale]") -> Scale:
    """One scale that speaks for all: itself, or the widest of the images' own with all counts."""
    if isinstance(scales, Scale):
        return scales
    return Scale(
        top=max((scale.top for scale in scales), default=0.0),
        signed=any(scale.signed for scale in scales),
        bad=sum(scale.bad for scale in scales),
        per_image=True,
        held=next((scale.held for scale in scales), ""),
        zero=bool(scales) and all(scale.zero for scale in scales),
    )


def _scale(
    values: np.ndarray,
    mode: Any,
    signed: bool,
    frozen: float | None,
    previous: float | None,
    slack: float,
) -> Scale:
    finite = np.isfinite(values)
    bad = values.size - int(np.count_nonzero(finite))
    magnitudes = np.abs(values[finite] if bad else values)
    was = None
    if not isinstance(mode, str):
        top = float(mode)
    elif mode == "run" and frozen:
        top = float(frozen)
    elif mode == HELD:
        top = _held(magnitudes)
    else:
        top = nice(float(magnitudes.max(initial=0)))
        top = top if mode == "image" else _holding(magnitudes, top, slack)
        if mode == "nice" and previous:
            spare = magnitudes.size // 100
            top = _steady(previous, top, lambda bound: _beyond(magnitudes, bound * slack) > spare)
            was = previous if top != previous else None
    beyond = _beyond(magnitudes, top) / max(1, magnitudes.size)
    apart = mode in ("image", HELD) if isinstance(mode, str) else False
    held = HELD if isinstance(mode, str) and mode == HELD else ""
    zero = bool(magnitudes.size) and not magnitudes.any()
    return Scale(top, signed, bad, beyond, apart, was, held, zero)


def _steady(previous: float | None, fitting: float, leaves: Callable[[float], bool]) -> float:
    """`previous` or the top that fits now; `leaves`: whether the values lie beyond a number."""
    if not previous or not math.isfinite(previous):
        return fitting
    if fitting > previous:
        return fitting if leaves(previous * _OVER) else previous
    if fitting < previous:
        # The next lower step, also of a previous top that is none of the ladder's.
        lower = _rung(_rung_of(previous) - 1)
        return previous if not fitting or leaves(lower * _UNDER) else fitting
    return previous


def _held(magnitudes: np.ndarray) -> float:
    """The smallest magnitude at which the sorted sum of them has reached 98 % of the whole."""
    ordered = np.sort(magnitudes, axis=None).astype(np.float64)
    sums = np.cumsum(ordered)
    if not sums.size or not sums[-1] or not math.isfinite(sums[-1]):
        return 0.0 if not sums.size or not sums[-1] else float(ordered[-1])
    return float(ordered[np.searchsorted(sums, 0.98 * sums[-1])])


def _holding(magnitudes: np.ndarray, largest: float, slack: float) -> float:
    """The lowest rung that, `slack` times, holds 99 of 100 magnitudes; `largest` if so many are 0.

    By counting rather than by a percentile: the zeros of a ReLU make NumPy's selection quadratic.
    """
    spare = magnitudes.size // 100
    if _beyond(magnitudes, 0) <= spare:
        return largest
    rung = _rung_of(largest)
    while _beyond(magnitudes, _rung(rung - 1) * slack) <= spare:
        rung -= 1
    return min(_rung(rung), largest)


def _beyond(magnitudes: np.ndarray, top: float) -> int:
    with np.errstate(over="ignore"):
        return int(np.count_nonzero(magnitudes > top * (1 + _FUZZ)))


def _rung_of(value: float) -> int:
    """The lowest rung not below a value above 0."""
    rung = 3 * math.floor(math.log10(value)) - 3
    while _rung(rung) * (1 + _FUZZ) < value:
        rung += 1
    return rung


def _rung(rung: int) -> float:
    """The ladder 1, 2, 5, 10, 20, 50 …; rung 0 is 1."""
    return float(f"{(1, 2, 5)[rung % 3]}e{rung // 3}")
