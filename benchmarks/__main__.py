"""`python -m benchmarks`: our cost as a ratio to a floor measured in the same run."""

from __future__ import annotations

import argparse
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import kerasvis2 as kv
from benchmarks.networks import NETWORKS, probe_for
from benchmarks.shared_pass import floor, shared
from benchmarks.timing import by_turns, median_ms, ratio


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--repeats", type=int, default=31)
    parser.add_argument("--only", default="", help="networks whose name holds this")
    args = parser.parse_args()
    print("| network | views | floor | ours | ratio |\n|---|---|---|---|---|")
    for name, make in NETWORKS.items():
        if args.only not in name:
            continue
        model = make()
        probe = probe_for(model)
        chosen = {
            "Grad-CAM of every convolution, saliency": [
                kv.GradCAM(layers="*[cC]onv*"),
                kv.Saliency(),
            ],
            "default without ascent": [
                view
                for view in kv.default_views()
                if not isinstance(view, kv.ActivationMaximization)
            ],
        }
        works = {"floor": floor(model, probe)}
        works |= {words: shared(model, probe, views) for words, views in chosen.items()}
        seconds = by_turns(works, args.repeats)
        base = f"{median_ms(seconds['floor']):.1f} ms"
        for words in chosen:
            ours = f"{median_ms(seconds[words]):.1f} ms"
            print(f"| {name} | {words} | {base} | {ours} | {ratio(seconds, words, 'floor'):.2f} |")


if __name__ == "__main__":
    main()
