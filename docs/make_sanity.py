"""Prints the table of views/index.md: how much maps change with the weights and with the class.

python docs/make_sanity.py --cache runs/views

On the demo's network and six images: Spearman's rank correlation of a map's magnitudes with those
that the untrained network gives, and with those of another class. 1 is the same order of places.
"""

import argparse
from pathlib import Path
from typing import Any

import make_views
import numpy as np
from make_views import fixed, probe, untrained
from scipy.stats import spearmanr

import kerasvis2 as kv

CAMS = ["GradCAM", "HiResCAM", "XGradCAM", "GradCAMPlusPlus", "LayerCAM", "ScoreCAM", "EigenCAM"]
SETTINGS: dict[str, dict[str, Any]] = {
    **{name: {"layers": "conv5"} for name in CAMS},
    **{name: {} for name in ["Saliency", "GradientTimesInput"]},
    "IntegratedGradients": {"points": 16},
    **{name: {"samples": 8} for name in ["SmoothGrad", "VarGrad"]},
    **{name: {} for name in ["GuidedBackprop", "DeconvNet", "GuidedGradCAM"]},
    "Occlusion": {"patch": 12, "stride": 6},
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cache", type=Path, default=make_views.CACHE, help="%(default)s")
    make_views.CACHE = parser.parse_args().cache
    said = fixed().predict(probe().inputs, verbose=0).argmax(-1)
    own, another = said.tolist(), ((said + 1) % 3).tolist()
    for name, settings in SETTINGS.items():
        targets = [{}, {}] if name == "EigenCAM" else [{"target": own}, {"target": another}]
        first, second = (getattr(kv, name)(**settings, **target) for target in targets)
        trained = magnitudes(fixed(), first)
        weights = likeness(trained, magnitudes(untrained(), first))
        classes = likeness(trained, magnitudes(fixed(), second))
        print(f"| {name} | {weights:.2f} | {classes:.2f} |", flush=True)


def magnitudes(model: Any, view: kv.View) -> np.ndarray:
    """(N, h, w)."""
    found = np.abs(next(iter(view.compute(model, probe()).values())))
    return found.sum(axis=-1) if found.ndim == 4 else found


def likeness(first: np.ndarray, second: np.ndarray) -> float:
    """The mean over the images; those whose map is the same everywhere have no order."""
    pairs = [(a.ravel(), b.ravel()) for a, b in zip(first, second) if np.ptp(a) and np.ptp(b)]
    return float(np.mean([spearmanr(*pair).statistic for pair in pairs]))


if __name__ == "__main__":
    main()
