"""Against Captum, on a Keras model that runs on PyTorch, see README.md."""

import captum.attr as theirs
import keras
import networks
import numpy as np
import pytest
import torch
from toys import near

import kerasvis2 as kv

IMAGES, LABELS = networks.images(), networks.labels()
PICTURES, TARGETS = torch.tensor(IMAGES), torch.tensor(LABELS)
SEAMS = ("conv1", "norm", "conv2", "relu2")


class Logits(torch.nn.Module):
    """The network's own layers as Captum wants them called.

    It gives logits, its ReLUs are modules of PyTorch's, and behind every layer there is a module
    whose output has its channels first.
    """

    def __init__(self):
        super().__init__()
        self.network = networks.without_activation(networks.functional())
        self.relus = torch.nn.ModuleDict({name: torch.nn.ReLU() for name in ("conv1", "relu2")})
        self.seams = torch.nn.ModuleDict({name: torch.nn.Identity() for name in SEAMS})
        self.network.get_layer("conv1").activation = keras.activations.linear

    def forward(self, x):
        for layer in self.network.layers[1:]:
            if layer.name != "relu2":
                x = layer(x, training=False)
            if layer.name in self.relus:
                x = self.relus[layer.name](x)
            if layer.name in self.seams:
                x = self.seams[layer.name](x.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)
        return x


@pytest.fixture(scope="module")
def probe():
    return kv.Probe(IMAGES, LABELS, display=(0, 1))


@pytest.fixture(scope="module")
def model():
    return networks.functional()


@pytest.fixture(scope="module")
def logits():
    return Logits()


def explained(explainer, *given, **options):
    return explainer.attribute(PICTURES, *given, target=TARGETS, **options).detach().numpy()


@pytest.mark.parametrize("layer", SEAMS)
def test_grad_cam(model, logits, probe, layer):
    explainer = theirs.LayerGradCam(logits, logits.seams[layer])
    expected = explained(explainer, relu_attributions=True)[:, 0]
    assert expected.max() > 0
    near(kv.GradCAM(layers=layer).compute(model, probe)[layer], expected)


def test_saliency_and_gradient_times_input(model, logits, probe):
    expected = explained(theirs.Saliency(logits)).max(-1)
    near(kv.Saliency().compute(model, probe)["input"], expected)
    expected = explained(theirs.InputXGradient(logits))
    near(kv.GradientTimesInput().compute(model, probe)["input"], expected)


@pytest.mark.parametrize("baseline", [0.0, 0.4])
def test_integrated_gradients(model, logits, probe, baseline):
    explainer = theirs.IntegratedGradients(logits)
    expected = explained(explainer, baseline, n_steps=50, method="gausslegendre")
    given = "black" if baseline == 0 else baseline
    found = kv.IntegratedGradients(points=50, baseline=given).compute(model, probe)["input"]
    near(found, expected, 1e-4)


@pytest.mark.parametrize(
    ("mine", "other"),
    [(kv.GuidedBackprop, theirs.GuidedBackprop), (kv.DeconvNet, theirs.Deconvolution)],
)
def test_relu_rules(model, logits, probe, mine, other):
    expected = explained(other(logits))
    assert not np.allclose(expected, explained(theirs.Saliency(logits), abs=False))
    near(mine().compute(model, probe)["input"], expected)


def test_guided_grad_cam_before_and_behind_the_enlarging(model, logits, probe):
    guided = explained(theirs.GuidedBackprop(logits))
    coarse = kv.GradCAM(layers="relu2").compute(model, probe)["relu2"]
    size = IMAGES.shape[1:3]
    fine = torch.nn.functional.interpolate(torch.tensor(coarse)[:, None], size, mode="bilinear")
    expected = guided * fine[:, 0, :, :, None].numpy()
    near(kv.GuidedGradCAM(layer="relu2").compute(model, probe)["input"], expected, 1e-4)


@pytest.mark.parametrize("fill", [0.0, 0.25])
@pytest.mark.parametrize("patch", [(4, 2), (3, 5)])
def test_occlusion(model, logits, probe, patch, fill):
    explainer = theirs.Occlusion(logits)
    expected = explained(explainer, (*patch, 3), (*patch, 3), fill)[..., 0]
    found = kv.Occlusion(patch, patch, fill).compute(model, probe)["input"]
    near(found, expected[:, :: patch[0], :: patch[1]], 1e-4)


def test_smooth_grad_and_var_grad_within_their_noise(model, logits, probe):
    torch.manual_seed(0)
    tunnel = theirs.NoiseTunnel(theirs.Saliency(logits))
    options = {"nt_samples": 400, "stdevs": 0.15, "nt_samples_batch_size": 50, "abs": False}
    expected = explained(tunnel, nt_type="smoothgrad", **options)
    spread = explained(tunnel, nt_type="vargrad", **options)
    mean = kv.SmoothGrad(samples=400).compute(model, probe)["input"]
    variance = kv.VarGrad(samples=400).compute(model, probe)["input"]
    error = np.sqrt(2 * variance / 400) + 1e-9
    assert (np.abs(mean - expected) / error).mean() < 1.2  # 0.8 for normal errors
    assert 0.9 < variance.mean() / spread.mean() < 1.1


@pytest.mark.parametrize("name", ["relu", "layer1.1", "layer2.0"])
def test_grad_cam_of_a_module_of_pytorchs_own(name):
    import wrapped

    model, module = wrapped.made(wrapped.ResNet, softmax=True)
    pictures = np.random.default_rng(0).random((6, *wrapped.SHAPE), "float32")
    labels = np.arange(6) % 5
    module.eval()
    explainer = theirs.LayerGradCam(module, module.get_submodule(name))
    given = torch.tensor(pictures).permute(0, 3, 1, 2)
    expected = explainer.attribute(given, torch.tensor(labels), relu_attributions=True)[:, 0]
    found = kv.GradCAM(layers=f"net/{name}").compute(model, kv.Probe(pictures, labels))
    near(found[f"net/{name}"], expected.detach().numpy())
