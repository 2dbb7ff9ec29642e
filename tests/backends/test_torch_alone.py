"""What there is on PyTorch only."""

import threading
import weakref

import custom_loop
import keras
import networks
import numpy as np
import pytest
import torch
from keras import layers
from torch.utils.checkpoint import checkpoint
from torch.utils.data import DataLoader, TensorDataset

import kerasvis2 as kv
from kerasvis2.observe.backend.torch_notes import FunctionNotes


class Named(TensorDataset):
    classes = ("cat", "dog", "leopard")


def loader(**options):
    x = torch.arange(24, dtype=torch.float32).reshape(24, 1, 1, 1).expand(24, 6, 6, 3) / 24
    return DataLoader(Named(x, torch.arange(24) % 3), batch_size=5, **options)


@pytest.mark.parametrize("workers", [0, 2])
def test_a_probe_of_a_data_loader(workers):
    probe = kv.Probe.from_dataset(loader(num_workers=workers), size=6)
    np.testing.assert_array_equal(np.sort(probe.labels), [0, 0, 1, 1, 2, 2])
    np.testing.assert_array_equal(np.round(probe.inputs[:, 0, 0, 0] * 24) % 3, probe.labels)
    assert list(probe.class_names) == ["cat", "dog", "leopard"]


def test_reading_a_data_loader_moves_no_generator():
    def orders(look):
        torch.manual_seed(0)
        own = torch.Generator().manual_seed(1)
        loaders = loader(shuffle=True), loader(shuffle=True, generator=own)
        if look:
            for each in loaders:
                kv.Probe.from_dataset(each, size=6)
        return [torch.cat([y for _, y in each]).tolist() for each in loaders]

    assert orders(True) == orders(False)


def test_a_loop_of_ones_own(tmp_path, monkeypatch):
    custom_loop.check("custom_loop_torch", tmp_path, monkeypatch)


VIEWS = [
    *(kv.GradCAM(), kv.Saliency(), kv.GuidedBackprop(), kv.IntegratedGradients(points=8)),
    *(kv.LayerHealth(gradients=True), kv.ActivationMaximization(layers="head", steps=2)),
]


@pytest.mark.parametrize("around", [torch.enable_grad, torch.no_grad, torch.inference_mode])
def test_parameters_keep_their_gradients_flags_and_modes(around):
    model = networks.functional()
    model.compile("adam", "sparse_categorical_crossentropy")
    model.get_layer("norm").train()
    model.get_layer("conv1").trainable = False
    session = kv.Session(
        model, kv.Probe(networks.images(), networks.labels(), display=(0, 1)), progress=False
    )
    parameters = list(model.parameters())
    for i, parameter in enumerate(parameters[1:]):  # the first has none
        if parameter.requires_grad:
            parameter.grad = torch.full_like(parameter, i)
    given = [p.grad for p in parameters]
    copies = [None if g is None else g.clone() for g in given]
    flags = [p.requires_grad for p in parameters]
    modes = [m.training for m in model.modules()]
    with around():
        for view in VIEWS:
            session.compute(view)
    assert all(p.grad is g for p, g in zip(parameters, given, strict=True))
    assert all(g is None or torch.equal(g, c) for g, c in zip(given, copies, strict=True))
    assert [p.requires_grad for p in parameters] == flags
    assert [m.training for m in model.modules()] == modes
    assert not any(p.grad_fn for p in parameters)


@pytest.mark.parametrize("around", [torch.no_grad, torch.inference_mode])
def test_maps_are_the_same_where_no_gradients_are_taken(around):
    model, probe = networks.functional(), kv.Probe(networks.images(), display=(0, 1))
    expected = kv.Saliency(target=1).compute(model, probe)["input"]
    with around():
        found = kv.Saliency(target=1).compute(model, probe)["input"]
    assert np.abs(expected).max() > 0
    np.testing.assert_array_equal(found, expected)


def wrapping():
    """A Keras model around a network of PyTorch's own, whose maps have their channels first."""
    torch.manual_seed(0)
    module = torch.nn.Sequential(
        torch.nn.Conv2d(3, 6, 3), torch.nn.BatchNorm2d(6), torch.nn.ReLU(), torch.nn.Conv2d(6, 8, 3)
    )
    image = keras.Input(networks.SHAPE)
    x = layers.Permute((3, 1, 2), name="first")(image)
    x = layers.TorchModuleWrapper(module, name="wrapped", output_shape=(None, 8, 8, 6))(x)
    x = layers.GlobalAveragePooling2D(data_format="channels_first", name="pool")(x)
    return keras.Model(image, layers.Dense(5, activation="softmax", name="head")(x)), module


def test_a_wrapped_module_is_looked_at_with_its_channels_first():
    model, module = wrapping()
    probe = kv.Probe(networks.images(), networks.labels(), display=(0, 1))
    module.eval()
    a = module(torch.tensor(probe.inputs).permute(0, 3, 1, 2)).detach()
    kernel = model.get_layer("head").kernel.value.detach()
    of_class = kernel[:, torch.tensor(probe.labels)].T[:, :, None, None]
    expected = (of_class / (8 * 6) * a).sum(1).relu()
    found = kv.GradCAM(layers="wrapped").compute(model, probe)["wrapped"]
    np.testing.assert_allclose(found, expected, atol=1e-6)
    guided = kv.GuidedBackprop().compute(model, probe)["input"]
    assert not np.allclose(
        guided, kv.SmoothGrad(samples=1, noise=1e-6).compute(model, probe)["input"]
    )


def test_a_wrapped_module_stays_as_it_is(tmp_path):
    model, module = wrapping()
    module.train()
    module[1].eval()  # somebody froze its statistics
    modes = [each.training for each in module.modules()]
    before = {name: value.clone() for name, value in module.state_dict().items()}
    probe = kv.Probe(networks.images(), networks.labels(), display=(0, 1))
    session = kv.Session(model, probe, progress=False)
    for view in (kv.GradCAM(), kv.Saliency(), kv.ModelGraph()):
        session.compute(view)
    assert [each.training for each in module.modules()] == modes
    for name, value in module.state_dict().items():
        assert torch.equal(value, before[name]), name


def test_of_what_no_output_comes_of_nothing_is_kept():
    with FunctionNotes() as notes:
        before = torch.rand(4, 3).T
        gone = weakref.ref(before)
        after = before.contiguous()  # what a channels-last convolution ends in
        del before
        assert gone() is None
        watched = torch.rand(3)
        notes.watch(watched)
        gone = weakref.ref(torch.relu(watched))
        assert gone() is not None  # who wants the ReLU's output has it here
        watched.sum()
        assert gone() is None
    assert after.shape == (3, 4)


def test_an_activation_is_found_behind_what_nobody_kept():
    with FunctionNotes() as notes:
        scores = torch.rand(2, 3)
        value = torch.softmax(scores, -1).half().float().reshape(2, 3, 1)[..., 0]
        logits, head, trail = notes.logits(value)
    assert logits is scores
    assert head == "softmax"
    assert len(trail) == 6


class Beside(layers.Layer):
    """While it is called, another thread trains a step that saves memory."""

    def __init__(self):
        super().__init__(name="beside")
        self.called = []

    def call(self, x):
        def step(reentrant):
            times = []

            def saving(y):
                times.append(y)
                return y**2

            y = torch.ones(1, requires_grad=True)
            checkpoint(saving, y, use_reentrant=reentrant).backward()
            self.called.append(len(times))

        for reentrant in (False, True):
            thread = threading.Thread(target=step, args=(reentrant,))
            thread.start()
            thread.join()
        return x


def test_what_another_thread_trains_meanwhile_is_what_it_is():
    beside = Beside()
    inputs = keras.Input((12, 10, 3))
    x = layers.Conv2D(3, 3, activation="relu")(beside(inputs))
    model = keras.Model(inputs, layers.Dense(5)(layers.Flatten()(x)))
    probe = kv.Probe(networks.images(), networks.labels(), display=(0, 1))
    beside.called.clear()
    kv.GradCAM().compute(model, probe)
    assert len(beside.called) > 0
    assert set(beside.called) == {2}
