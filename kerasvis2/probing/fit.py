"""What a user's own display does to pixels, found out by trying it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from kerasvis2.probing.scales import Affine, Bounds, Layout

LARGEST = 4_000_000  # values of one example that are tried for where they are shown


def fit_affine(
    function: Callable[[np.ndarray], np.ndarray],
    sample: np.ndarray,
    clipped: Bounds | None = (0.0, 1.0),
) -> Affine | None:
    """The affine map of a pixel's channels that `function` is, or None where it is not one.

    Tries the function on pixels around those of the sample, leaves out what came back clipped,
    solves for the map, and checks it on the sample itself.

    Args:
        function: a batch (N, H, W, C) to (N, H, W, D).
        sample: a batch in the function's domain.
        clipped: bounds that the function may clip its result to; None if it does not.
    """
    if sample.ndim != 4:
        return None
    channels = sample.shape[-1]
    pixels = sample.reshape(-1, channels).astype(np.float64)
    shape = (max(1, 256 // sample[0].size), *sample.shape[1:])
    around = np.random.default_rng(0).uniform(-1, 1, shape)
    trials = (pixels.mean(axis=0) + max(pixels.std(), 1e-3) * around).astype(np.float32)

    def run(batch: np.ndarray) -> np.ndarray:
        with np.errstate(all="ignore"):  # the trials may lie outside the function's domain
            result = function(batch)
        return result[..., np.newaxis] if result.ndim == 3 else result

    shown = run(trials)
    if shown.shape[:-1] != trials.shape[:-1]:
        return None
    known = np.column_stack([trials.reshape(-1, channels), np.ones(trials[..., 0].size)])
    columns = []
    for found in shown.reshape(-1, shown.shape[-1]).astype(np.float64).T:
        free = slice(None) if clipped is None else (found > clipped[0]) & (found < clipped[1])
        if len(found[free]) < 2 * (channels + 1):
            return None
        columns.append(np.linalg.lstsq(known[free], found[free], rcond=None)[0])
    solution = np.column_stack(columns)
    fitted = Affine(solution[:-1], solution[-1])
    low, high = clipped or (-np.inf, np.inf)
    for batch in (trials, sample.astype(np.float32)):
        wanted = np.clip(run(batch), low, high)
        error = np.abs(np.clip(fitted.forward(batch), low, high) - wanted)
        if error.max() > 1e-4 * max(1.0, float(np.abs(wanted).max())):
            return None
    return fitted


def fit_layout(
    function: Callable[[np.ndarray], np.ndarray], sample: np.ndarray, bounded: bool = True
) -> Layout | None:
    """Where each value of an example is shown and how it is scaled, or None.

    Each value is told by the bits of its place: it is low where the bit is 0 and high where it is
    1, so that ⌈log₂ values⌉ pictures tell all places at once. What was found is then checked on
    values in between and on the sample itself.

    Args:
        function: from (N, *shape) to (N, H, W) or (N, H, W, C).
        sample: a batch in the function's domain.
        bounded: whether the function may clip its result to [0, 1].
    """
    shape = sample.shape[1:]
    count = int(np.prod(shape))
    if not 0 < count <= LARGEST:
        return None
    low, high = float(sample.min()), float(sample.max())
    high = high if high > low else low + 1.0
    bits = max(1, int(np.ceil(np.log2(max(count, 2)))))
    places = np.arange(count)
    inner = np.random.default_rng(0).permutation(count) / max(count - 1, 1)
    parts = [np.zeros(count), np.ones(count), *((places >> bit) & 1 for bit in range(bits))]
    parts += [np.full(count, part) for part in (0.4, 0.5, 0.6)] + [0.3 + 0.4 * inner]
    trials = (low + (high - low) * np.stack(parts)).reshape(-1, *shape).astype(np.float32)
    with np.errstate(all="ignore"):
        shown = np.asarray(function(trials), np.float64)
    shown = shown[..., np.newaxis] if shown.ndim == 3 else shown
    if shown.ndim != 4 or len(shown) != len(trials) or not np.isfinite(shown).all():
        return None
    dark, light = shown[0], shown[1]
    if (dark == light).any():
        return None
    above = np.abs(shown[2 : 2 + bits] - light) < np.abs(shown[2 : 2 + bits] - dark)
    source = (above * (1 << np.arange(bits)).reshape(-1, 1, 1, 1)).sum(axis=0)
    if source.max() >= count:
        return None
    below, middle, over = shown[2 + bits : 5 + bits]
    gain = (over - below) / (0.2 * (high - low))
    if (gain == 0).any():
        return None
    found = Layout(source, gain, middle - gain * (low + 0.5 * (high - low)), shape)
    for batch, wanted in ((trials[-1:], shown[-1:]), (sample[:4], None)):
        if wanted is None:
            wanted = np.asarray(function(batch), np.float64)
            wanted = wanted[..., np.newaxis] if wanted.ndim == 3 else wanted
        said = found.forward(batch)
        if bounded:
            said, wanted = np.clip(said, 0, 1), np.clip(wanted, 0, 1)
        if np.abs(said - wanted).max() > 1e-3:
            return None
    return found
