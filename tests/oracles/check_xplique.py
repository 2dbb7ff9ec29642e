"""Against Xplique, see README.md."""

import networks
import numpy as np
import pytest
import tensorflow as tf
from toys import near
from xplique import attributions as theirs

import kerasvis2 as kv


@pytest.fixture(scope="module")
def probe():
    return kv.Probe(networks.images(), networks.labels(), display=(0, 1))


@pytest.fixture
def model():
    return networks.functional()


@pytest.fixture
def linear(model):
    """Xplique takes the gradient of what the model returns, so its head must give logits."""
    return networks.without_activation(model)


@pytest.fixture(scope="module")
def onehot(probe):
    return np.eye(networks.CLASSES, dtype="float32")[probe.labels]


def raw(explainer, probe, onehot):
    """The map before it is enlarged, and what it was made of."""
    a, g = explainer._gradient(tf.constant(probe.inputs), tf.constant(onehot))
    weights = explainer._compute_weights(g, a)
    return explainer._apply_weights(weights, a).numpy(), a.numpy(), g.numpy()


@pytest.mark.parametrize("layer", ["conv1", "conv2", "relu2"])
def test_grad_cam(model, linear, probe, onehot, layer):
    expected, *_ = raw(theirs.GradCAM(linear, conv_layer=layer), probe, onehot)
    near(kv.GradCAM(layers=layer).compute(model, probe)[layer], expected)


@pytest.mark.parametrize("layer", ["conv1", "relu2"])
def test_grad_cam_plus_plus_differs_by_means_for_sums(model, linear, probe, onehot, layer):
    found, a, g = raw(theirs.GradCAMPP(linear, conv_layer=layer), probe, onehot)

    def written_out(over_space):
        alpha = 1 / (2 + g * over_space(a, axis=(1, 2), keepdims=True))
        weights = over_space(alpha * np.maximum(g, 0), axis=(1, 2), keepdims=True)
        return np.maximum((weights * a).sum(-1), 0)

    near(found, written_out(np.mean), 1e-4)
    near(kv.GradCAMPlusPlus(layers=layer).compute(model, probe)[layer], written_out(np.sum), 1e-4)


def test_saliency_and_gradient_times_input(model, linear, probe, onehot):
    gradient = theirs.Saliency(linear, reducer=None).explain(probe.inputs, onehot).numpy()
    near(kv.Saliency().compute(model, probe)["input"], np.abs(gradient).max(-1))
    product = theirs.GradientInput(linear, reducer=None).explain(probe.inputs, onehot).numpy()
    near(kv.GradientTimesInput().compute(model, probe)["input"], product)


def test_integrated_gradients_meet_as_the_steps_grow(model, linear, probe, onehot):
    ours = kv.IntegratedGradients(points=400).compute(model, probe)["input"]
    distances = []
    for steps in (25, 100, 400):
        explainer = theirs.IntegratedGradients(
            linear, reducer=None, steps=steps, batch_size=None, baseline_value=0.0
        )
        found = explainer.explain(probe.inputs, onehot).numpy()
        distances.append(np.abs(found - ours).max() / np.abs(ours).max())
    assert distances == sorted(distances, reverse=True)
    assert distances[-1] < 5e-3


@pytest.mark.parametrize(
    ("mine", "name"), [(kv.GuidedBackprop, "GuidedBackprop"), (kv.DeconvNet, "DeconvNet")]
)
def test_relu_rules(model, linear, probe, onehot, mine, name):
    expected = getattr(theirs, name)(linear, reducer=None).explain(probe.inputs, onehot).numpy()
    near(mine().compute(model, probe)["input"], expected)


def test_smooth_grad_within_its_noise(model, linear, probe, onehot):
    explainer = theirs.SmoothGrad(linear, reducer=None, nb_samples=400, noise=0.15)
    expected = explainer.explain(probe.inputs, onehot).numpy()
    mean = kv.SmoothGrad(samples=400).compute(model, probe)["input"]
    variance = kv.VarGrad(samples=400).compute(model, probe)["input"]
    error = np.sqrt(2 * variance / 400) + 1e-9
    assert (np.abs(mean - expected) / error).mean() < 1.2  # 0.8 for normal errors


@pytest.mark.parametrize(
    ("patch", "stride", "cut"),
    [
        ((4, 2), (4, 2), (0, 0)),  # side by side
        ((4, 2), (2, 1), (0, 0)),  # overlapping
        ((5, 3), (4, 4), (1, 1)),  # the last row and column reach over the edge
    ],
)
@pytest.mark.parametrize("fill", [0.0, 0.25])
def test_occlusion_is_the_sum_over_whole_windows(
    model, linear, probe, onehot, patch, stride, cut, fill
):
    explainer = theirs.Occlusion(
        linear, patch_size=patch, patch_stride=stride, occlusion_value=fill
    )
    expected = explainer.explain(probe.inputs, onehot).numpy()[..., 0]
    costs = kv.Occlusion(patch, stride, fill).compute(model, probe)["input"]
    rows, columns = (size - less for size, less in zip(costs.shape[1:], cut))
    painted = np.zeros(expected.shape)
    for row in range(rows):
        for column in range(columns):
            down, right = row * stride[0], column * stride[1]
            cost = costs[:, row, column, None, None]
            painted[:, down : down + patch[0], right : right + patch[1]] += cost
    near(painted, expected, 1e-4)
