"""Against tf-keras-vis, which runs in a process of its own with Keras 2; see README.md."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from toys import near

import kerasvis2 as kv

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def theirs(model, probe, tmp_path_factory):
    """Maps by "method/layer", gradients and activations among them."""
    folder = tmp_path_factory.mktemp("maps")
    weights = {f"w{i}": value for i, value in enumerate(model.get_weights())}
    np.savez(folder / "in.npz", x=probe.inputs, y=probe.labels, **weights)
    command = [sys.executable, str(HERE / "tf_keras_vis_maps.py"), str(folder)]
    subprocess.run(command, check=True, env={**os.environ, "TF_USE_LEGACY_KERAS": "1"})
    return dict(np.load(folder / "out.npz"))


@pytest.mark.parametrize("layer", ["conv1", "conv2"])
@pytest.mark.parametrize("method", ["GradCAM", "LayerCAM"])
def test_maps(model, probe, theirs, method, layer):
    near(
        getattr(kv, method)(layers=layer).compute(model, probe)[layer], theirs[f"{method}/{layer}"]
    )


@pytest.mark.parametrize("layer", ["conv1", "conv2"])
def test_grad_cam_plus_plus_differs_by_the_division(model, probe, theirs, layer):
    a, g, score = (theirs[f"{name}/{layer}"] for name in ("a", "g", "score"))
    alpha = np.where(g == 0, 0, 1 / (2 + g * a.sum((1, 2), keepdims=True)))
    total = alpha.sum((1, 2), keepdims=True)
    divided = alpha / np.where(total == 0, 1, total)

    def map_of(alpha):
        return np.maximum(((alpha * np.maximum(g, 0)).sum((1, 2), keepdims=True) * a).sum(-1), 0)

    scale = np.exp(score)[:, None, None]
    near(theirs[f"GradCAMPlusPlus/{layer}"], map_of(divided) * scale, 1e-3)
    near(kv.GradCAMPlusPlus(layers=layer).compute(model, probe)[layer], map_of(alpha), 1e-3)


def test_saliency(model, probe, theirs):
    near(kv.Saliency().compute(model, probe)["input"], theirs["Saliency/input"])
