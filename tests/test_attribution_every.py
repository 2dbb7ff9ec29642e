"""What holds for every attribution method, whatever it computes."""

import keras
import networks
import numpy as np
import pytest
from kinds import GRADIENT_CAMS, HIDING
from toys import near

import kerasvis2 as kv

BLOCKS = np.arange(4).repeat(3)[:, None] * 2 + np.arange(2).repeat(5)  # (12, 10), 8 parts
GRADIENTS = {
    "Saliency": {},
    "GradientTimesInput": {},
    "SmoothGrad": {"samples": 3},
    "VarGrad": {"samples": 3},
    "IntegratedGradients": {"points": 5},
    "GuidedBackprop": {},
    "DeconvNet": {},
    "GuidedGradCAM": {},
}
PERTURBATIONS = {
    "ScoreCAM": {},
    **{name: {} for name in HIDING},
    "RISE": {"masks": 60},
    "LIME": {"samples": 60, "segments": BLOCKS},
}
EVERY = {**{name: {} for name in GRADIENT_CAMS}, **GRADIENTS, **PERTURBATIONS}


def view_of(name, **settings):
    return getattr(kv, name)(**EVERY[name], **settings)


@pytest.mark.parametrize("name", EVERY)
def test_the_network_may_be_written_in_any_way_and_looked_at_in_chunks(model, probe, name):
    view = view_of(name)
    plain = view.compute(model, probe)
    for other in (networks.nested(), networks.subclassed()):
        found = view.compute(other, probe)
        assert [key.rsplit("/", 1)[-1] for key in found] == [
            key.rsplit("/", 1)[-1] for key in plain
        ]
        for mine, his in zip(found.values(), plain.values()):
            near(mine, his, 1e-4)
    for key, value in view.compute(model, probe, batch_size=3).items():
        near(value, plain[key], 1e-4)


@pytest.mark.parametrize("name", [name for name in EVERY if name != "EigenCAM"])
def test_several_targets_have_a_key_each(model, probe, name):
    found = view_of(name, targets=("label", "predicted", 3)).compute(model, probe)
    alone = view_of(name, target=3).compute(model, probe)
    assert len(found) == 3 * len(alone)
    for key, value in alone.items():
        near(found[f"{key}@3"], value)
        assert found[f"{key}@label"].shape == found[f"{key}@predicted"].shape == value.shape
    assert any(np.abs(found[f"{key}@label"] - value).max() > 0 for key, value in alone.items())


@pytest.mark.parametrize(("policy", "bound"), [("mixed_float16", 0.02), ("mixed_bfloat16", 0.08)])
def test_mixed_precision_is_close_to_float32(probe, policy, bound):
    before = keras.config.dtype_policy()
    try:
        keras.config.set_dtype_policy(policy)
        half = networks.functional()
    finally:
        keras.config.set_dtype_policy(before)
    whole = networks.functional()
    whole.set_weights(half.get_weights())
    # relu2, since XGrad-CAM divides by sums that come near 0 before a ReLU.
    views = [view_of(name, layers="relu2") for name in GRADIENT_CAMS] + [
        view_of(name) for name in GRADIENTS
    ]
    for view in views:
        plain, found = (next(iter(view.compute(m, probe).values())) for m in (whole, half))
        assert found.dtype == np.float32
        distance = np.linalg.norm(found - plain) / np.linalg.norm(plain)
        # A variance is made of the small differences between gradients.
        assert distance < bound * (4 if view.name == "var_grad" else 1), view.name
