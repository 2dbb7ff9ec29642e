"""Modules of PyTorch's own in Keras models: addressed, captured, drawn, and left as they are."""

import random

import keras
import numpy as np
import pytest
import torch
import wrapped
from keras import layers
from torch import nn

import kerasvis2 as kv

RNG = np.random.default_rng(0)
IMAGES, LABELS = RNG.random((6, *wrapped.SHAPE), "float32"), np.arange(6) % 5


def probe(images=IMAGES):
    return kv.Probe(images, LABELS, display=(0, 1))


def session(model):
    return kv.Session(model, probe(), progress=False)


def by_hand(module, names, images=IMAGES):
    """The labels' scores differentiated by PyTorch alone: outputs and gradients by name."""
    module.eval()
    x = torch.tensor(images).permute(0, 3, 1, 2).clone().requires_grad_()
    outputs = {}

    def keep(name):
        def hook(module, given, output):
            kept = output[0] if isinstance(output, tuple) else output
            outputs.setdefault(name, []).append(kept)
            copy = kept.clone()  # what follows may work in place
            return (copy, *output[1:]) if isinstance(output, tuple) else copy

        return module.get_submodule(name).register_forward_hook(hook)

    handles = [keep(name) for name in names]
    logits = module(x.clone())
    for handle in handles:
        handle.remove()
    score = logits[range(6), torch.tensor(LABELS)].sum()
    flat = [(name, output) for name in names for output in outputs[name]]
    *found, image = torch.autograd.grad(score, [output for _, output in flat] + [x])
    return [(output.detach(), slope) for (_, output), slope in zip(flat, found)], image


def cam(output, gradient):
    return (gradient.mean((2, 3), keepdim=True) * output).sum(1).relu()


def test_by_default_what_the_stages_end_in_is_looked_at():
    model, module = wrapped.made(wrapped.ResNet, softmax=True)
    found = session(model).compute(kv.GradCAM())
    assert list(found) == ["net/relu", "net/layer1.1", "net/layer2.0"]
    seen, _ = by_hand(module, ["relu", "layer1.1", "layer2.0"])
    for array, each in zip(found.values(), seen, strict=True):
        np.testing.assert_allclose(array, cam(*each), atol=1e-6)
        assert array.max() > 0
    assert list(session(model).compute(kv.default_views()[2])) == ["net/layer2.0"]


def test_inner_modules_go_by_their_dotted_paths():
    model, module = wrapped.made(wrapped.ResNet)
    names = ["layer1.0.conv1", "layer1.0.bn2", "layer2.0.downsample.0"]
    found = session(model).compute(kv.GradCAM(layers=[f"net/{name}" for name in names]))
    seen, image = by_hand(module, names)
    for name, each in zip(names, seen, strict=True):
        np.testing.assert_allclose(found[f"net/{name}"], cam(*each), atol=1e-6)
    short = session(model).compute(kv.GradCAM(layers="layer1.0.bn2"))
    assert list(short) == ["net/layer1.0.bn2"]
    with pytest.raises(ValueError, match=r"Did you mean .*'net/layer1\.0\.conv2'"):
        session(model).compute(kv.GradCAM(layers="net/layer1.0.conv3"))
    np.testing.assert_allclose(
        session(model).compute(kv.Saliency())["input"], image.abs().amax(1), atol=1e-7
    )


def test_what_goes_on_in_place_does_not_change_what_was_seen():
    model, module = wrapped.made(wrapped.ResNet)
    names = ["bn1", "layer1.0.bn1", "layer1.0.bn2", "layer2.0.bn2"]
    seen, _ = by_hand(module, names)
    found = session(model).compute(kv.Activations(layers=[f"net/{name}" for name in names]))
    for name, (output, _) in zip(names, seen, strict=True):
        np.testing.assert_allclose(found[f"net/{name}"], output, atol=1e-6)
        assert output.min() < 0
    health = session(model).compute(kv.LayerHealth())
    # A ReLU reads the first directly; to the second the shortcut is added before.
    assert "net/layer1.0.bn1/positive" in health
    assert "net/layer1.0.bn2/positive" not in health
    share = (seen[1][0] > 0).float().mean((2, 3))
    np.testing.assert_allclose(health["net/layer1.0.bn1/positive"], share, atol=1e-6)


def test_maps_stand_the_right_way_round():
    model, module = wrapped.made(wrapped.ResNet)
    found = session(model).compute(kv.LayerCAM(layers="net/layer1.0.conv1"))
    ((output, gradient),), _ = by_hand(module, ["layer1.0.conv1"])
    assert output.shape == (6, 8, 8, 6)
    expected = (gradient.relu() * output).sum(1).relu()
    np.testing.assert_allclose(found["net/layer1.0.conv1"], expected, atol=1e-6)


def test_kernels_are_stored_as_pytorch_has_them_and_drawn_like_any():
    model, module = wrapped.made(wrapped.Odd)
    found = session(model).compute(kv.Filters())
    torch.testing.assert_close(torch.tensor(found["net/first"]), module.first.weight.detach())
    pictures = session(model).render(kv.Filters())
    assert len(pictures) == 4
    twin = keras.Sequential([keras.Input(wrapped.SHAPE), layers.Conv2D(6, 3, name="first")])
    twin.layers[0].kernel.assign(module.first.weight.detach().permute(2, 3, 1, 0))
    (own,) = kv.Filters().render(twin, probe()).values()
    first = next(picture for tag, picture in pictures.items() if "first" in tag)
    np.testing.assert_array_equal(first[60:], own[60:])  # below the title


def test_what_the_graph_and_the_weights_are_called():
    model, module = wrapped.made(wrapped.ResNet)
    found = session(model).compute(kv.ModelGraph())
    expected = {f"net/{name}" for name, _ in module.named_parameters()}
    assert {key.replace("/", ".").replace("net.", "net/", 1) for key in found} == expected
    looked = session(model).survey
    assert ("net/layer1.0.relu:2", "net/layer1.1.conv1") in looked.edges
    assert sum(p.numel() for p in module.parameters()) == looked.facts["net"].parameters
    assert looked.facts["net/layer1.0.conv1"].words == "Conv2D 3×3"


def test_a_module_that_is_called_twice_tuples_dicts_and_relus_that_are_functions():
    model, module = wrapped.made(wrapped.Odd)
    given = IMAGES - 0.5
    kept = given.copy()
    own = kv.Session(model, kv.Probe(given, LABELS, display=(-0.5, 0.5)), progress=False)
    found = own.compute(kv.GradCAM(layers=["net/shared", "net/two", "net/named"]))
    head = module.head.weight.detach()

    x = own.compute(kv.Activations(layers=["net/shared", "net/two", "net/named"]))
    assert list(found) == ["net/shared", "net/shared:2", "net/two", "net/named"]
    # Linear behind it: half of the gradient of the head, for each pixel alike.
    slope = (head[LABELS] / (16 * 12))[:, :, None, None]
    named = torch.tensor(x["net/named"])
    np.testing.assert_allclose(found["net/named"], cam(named, slope.expand_as(named)), atol=1e-6)
    two = torch.tensor(x["net/two"])
    np.testing.assert_allclose(found["net/two"], cam(two, 2 * slope.expand_as(two)), atol=1e-6)
    np.testing.assert_array_equal(own.probe.inputs, kept)
    for _ in range(2):  # nothing was written into the images
        again = own.compute(kv.GradCAM(layers=["net/shared", "net/two", "net/named"]))
        np.testing.assert_array_equal(again["net/shared:2"], found["net/shared:2"])
    assert np.abs(own.compute(kv.GuidedBackprop())["input"]).max() > 0


def test_the_weights_of_an_attention_that_keeps_them_to_itself():
    model, module = wrapped.made(wrapped.ViT)
    own = session(model)
    found = own.compute(kv.Attention())
    names = [f"net/encoder.layers.{i}.self_attn" for i in (0, 1)]
    assert list(found) == names
    module.eval()
    told = []

    def tell(attention, args):
        told.append(attention(*args, average_attn_weights=False)[1].detach())

    with torch.no_grad():
        x = torch.tensor(IMAGES).permute(0, 3, 1, 2)
        tokens = module.patches(x).flatten(2).transpose(1, 2)
        tokens = torch.cat([module.token.expand(6, -1, -1), tokens], 1)
        for layer in module.encoder.layers:
            normed = layer.norm1(tokens)
            tell(layer.self_attn, (normed, normed, normed))
            tokens = tokens + layer.self_attn(normed, normed, normed)[0]
            tokens = tokens + layer.linear2(torch.relu(layer.linear1(layer.norm2(tokens))))
    for name, expected in zip(names, told, strict=True):
        np.testing.assert_allclose(found[name], expected, atol=1e-6)
    assert own.compute(kv.AttentionRollout())["input"].shape == (6, 16, 12)
    maps = own.compute(kv.GradCAM())
    assert list(maps)[-1] == "net/encoder.layers.1.norm1"  # before the last attention
    assert all(each.shape == (6, 4, 3) for each in maps.values())


@pytest.mark.parametrize("kind", [wrapped.ResNet, wrapped.ViT, wrapped.Odd, wrapped.Recurrent])
def test_gradients_of_the_loss_with_respect_to_inner_weights(kind):
    model, module = wrapped.made(kind, softmax=kind is not wrapped.Odd)
    model.compile("sgd", "sparse_categorical_crossentropy")
    found = session(model).compute(kv.LayerHealth(gradients=True))
    module.eval()
    out = module(torch.tensor(IMAGES).permute(0, 3, 1, 2))
    logits = out.log() if kind is wrapped.Odd else out
    loss = nn.functional.cross_entropy(logits, torch.tensor(LABELS))
    names = dict(module.named_parameters())
    slopes = torch.autograd.grad(loss, list(names.values()))
    expected = {}
    for name, slope in zip(names, slopes, strict=True):
        owner = "net/" + name.rsplit(".", 1)[0].removesuffix(".out_proj")
        expected[owner] = expected.get(owner, 0) + float(slope.square().sum())
    gradients = {k: float(v) for k, v in found.items() if k.endswith("/gradient")}
    assert gradients
    for key, value in gradients.items():
        assert value == pytest.approx(expected[key.removesuffix("/gradient")], rel=1e-3), key


def state(model, module):
    return [
        *model.get_weights(),
        *(value.numpy().copy() for value in module.state_dict().values()),
        *(np.asarray(v) for v in model.optimizer.variables),
        torch.random.get_rng_state().numpy(),
        np.random.get_state()[1],
        np.array(random.getstate()[1]),
    ]


@pytest.mark.parametrize("kind", [wrapped.ResNet, wrapped.ViT, wrapped.Odd, wrapped.Saving])
def test_a_training_is_the_same_bit_for_bit(kind, tmp_path):
    views = [
        *kv.default_views()[:-1],
        kv.ActivationMaximization(units="probe", steps=2),
        *(kv.LayerHealth(gradients=True), kv.ModelGraph(), kv.Saliency(), kv.Drift()),
        kv.Attention() if kind is wrapped.ViT else kv.GuidedBackprop(),
    ]

    def trained(*callbacks):
        model, module = wrapped.made(kind, softmax=kind is not wrapped.Odd)
        random.seed(0)
        model.compile("adam", "sparse_categorical_crossentropy")
        history = model.fit(IMAGES, LABELS, epochs=3, batch_size=4, verbose=0, callbacks=callbacks)
        flags = [(m.training, dict(m._forward_hooks), dict(vars(m))) for m in module.modules()]
        assert not any(hooks for _, hooks, _ in flags)
        return history.history, state(model, module), [flag for flag, *_ in flags]

    plain = trained()
    watched = trained(kv.Monitor(tmp_path, probe(), views, on_error="raise"))
    assert plain[0] == watched[0]
    assert plain[2] == watched[2]
    for a, b in zip(plain[1], watched[1], strict=True):
        np.testing.assert_array_equal(a, b)


def test_what_would_be_computed_once_more_is_seen_as_any_other(monkeypatch):
    model, module = wrapped.made(wrapped.Saving)
    names = ["kept.0", "kept.2", "old.0", "old.2"]
    view = kv.GradCAM(layers=[f"net/{name}" for name in names], target="label")
    found = session(model).compute(view)
    monkeypatch.setattr(wrapped, "checkpoint", lambda call, x, **_: call(x))
    expected, _ = by_hand(module, names)
    for name, (output, gradient) in zip(names, expected, strict=True):
        np.testing.assert_allclose(
            found[f"net/{name}"], cam(output, gradient), rtol=1e-3, atol=1e-7, err_msg=name
        )


class Subclassed(keras.Model):
    """Two modules, one of which Keras wraps by itself, and a wrapper inside a Keras layer."""

    class Inside(layers.Layer):
        def __init__(self):
            super().__init__(name="inside")
            self.net = nn.Sequential(nn.Conv2d(6, 6, 3), nn.SiLU(inplace=True))

        def call(self, x):
            return self.net(x)

    def __init__(self):
        super().__init__()
        self.stem = layers.TorchModuleWrapper(nn.Conv2d(3, 6, 3), name="stem")
        self.inside = self.Inside()
        self.head = layers.Dense(5, name="head")

    def call(self, x):
        x = self.inside(self.stem(x.permute(0, 3, 1, 2)))
        return self.head(x.mean(dim=(2, 3)))


def test_several_wrappers_in_a_model_of_ones_own():
    keras.utils.set_random_seed(0)
    model = Subclassed()
    model(IMAGES)
    own = session(model)
    paths = [info.path for info in own.survey.layers]
    assert "stem/module" in paths
    assert [path for path in paths if path.startswith("inside/") and path.endswith("/0")]
    found = own.compute(kv.Filters())
    assert next(iter(found)) == "stem/module"
    assert own.compute(kv.GradCAM(layers="stem/module"))["stem/module"].shape == (6, 14, 10)
    assert len(own.compute(kv.GradCAM())) == 2


def test_a_wrapper_in_a_wrapper():
    keras.utils.set_random_seed(0)
    deep = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU())
    outer = nn.Sequential(layers.TorchModuleWrapper(deep, name="deep"), nn.Conv2d(4, 5, 3))
    image = keras.Input((3, 20, 18))
    x = layers.TorchModuleWrapper(outer, name="net", output_shape=(None, 5, 16, 14))(image)
    model = keras.Model(image, layers.GlobalAveragePooling2D(data_format="channels_first")(x))
    pictures = np.random.default_rng(0).random((len(LABELS), 3, 20, 18), "float32")
    own = kv.Session(model, kv.Probe(pictures, LABELS, display=(0, 1)), progress=False)
    assert own.compute(kv.GradCAM(layers="net/deep/0"))["net/deep/0"].shape == (6, 18, 16)
    assert own.compute(kv.GradCAM(layers="net/1"))["net/1"].shape == (6, 16, 14)


def test_a_compiled_module_is_looked_at_as_it_was_written():
    model, module = wrapped.made(wrapped.ResNet)
    expected = session(model).compute(kv.GradCAM())
    again = wrapped.around(torch.compile(module, backend="eager"))
    found = session(again).compute(kv.GradCAM())
    assert list(found) == list(expected)
    for key, array in expected.items():
        np.testing.assert_array_equal(found[key], array)


def test_nothing_of_a_look_stays_alive():
    import gc
    import weakref

    model, module = wrapped.made(wrapped.ResNet)
    own = session(model)
    own.compute(kv.GradCAM())
    known = weakref.ref(model), weakref.ref(module)
    del model, module, own
    gc.collect()
    assert [ref() for ref in known] == [None, None]
