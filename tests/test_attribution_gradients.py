"""SmoothGrad, VarGrad and integrated gradients against what theory says exactly."""

import keras
import networks
import numpy as np
import pytest
import tensorflow as tf
from keras import ops
from toys import linear, near, of_function, pixels

import kerasvis2 as kv
from kerasvis2.attribution.baseline import blurred
from kerasvis2.attribution.quadrature import gauss_legendre


def squares(x):
    return ops.sum(x * x, axis=(1, 2, 3), keepdims=False)[:, None]


def test_smooth_grad_of_a_linear_model_is_its_weights_and_var_grad_0():
    model = linear((4, 5, 2))
    images = np.random.default_rng(0).random((3, 4, 5, 2)).astype("float32")
    weights = model.get_layer("dense").kernel.numpy().T.reshape(3, 4, 5, 2)
    for target in ("label", "predicted"):
        probe = kv.Probe(images, [2, 0, 1], display=(0, 1))
        # The noise would flip some predictions; the class is that of the clean image.
        classes = [2, 0, 1] if target == "label" else model(images).numpy().argmax(1)
        near(
            kv.SmoothGrad(noise=1.0, target=target).compute(model, probe)["input"], weights[classes]
        )
        assert kv.VarGrad(target=target).compute(model, probe)["input"].max() < 1e-12


def test_moments_of_the_gradient_of_a_sum_of_squares():
    """The gradient at x + ε is 2x + 2ε: mean 2x, variance 4σ²."""
    model, sigma, samples = of_function(squares, (3, 4, 2)), 0.15, 400
    probe = kv.Probe(np.random.default_rng(0).random((2, 3, 4, 2)).astype("float32"))
    off = kv.SmoothGrad(samples=samples).compute(model, probe)["input"] - 2 * probe.inputs
    assert 0 < np.abs(off).max() < 4 * 2 * sigma / np.sqrt(samples)
    near(off[0], off[1], 1e-3)  # the same noise for every image
    found = kv.VarGrad(samples=samples).compute(model, probe)["input"]
    assert abs(found.mean() / (4 * sigma**2) - 1) < 4 * np.sqrt(2 / (24 * samples))


def test_both_views_see_the_same_noise():
    model, x = of_function(squares, (3, 4, 2)), np.full((1, 3, 4, 2), 0.5, "float32")
    probe = kv.Probe(x, display=(0, 1))

    def found(view):
        return view.compute(model, probe)["input"]

    first = found(kv.SmoothGrad(samples=1)) / 2 - x
    second = found(kv.SmoothGrad(samples=2)) - 2 * x - first
    assert np.abs(first - second).min() > 0
    near(found(kv.VarGrad(samples=2)), 2 * (first - second) ** 2, 1e-4)
    wide = kv.Probe(x, display=(-2, 2))
    near(kv.SmoothGrad(samples=1).compute(model, wide)["input"] / 2 - x, 4 * first)


def test_the_noise_follows_each_channels_display_range():
    model = of_function(squares, (3, 4, 2))
    x = np.random.default_rng(0).uniform(-0.4, 0.4, (4, 3, 4, 2)).astype("float32")
    scaled = x * np.float32([1, 10])
    probe = kv.Probe(scaled, display=lambda v: v * np.float32([1, 0.1]) + 0.5)
    found = kv.VarGrad(samples=50).compute(model, probe)["input"]
    assert 60 < found[..., 1].mean() / found[..., 0].mean() < 160


@pytest.mark.parametrize("view", [kv.SmoothGrad, kv.VarGrad])
def test_the_same_seed_gives_the_same_array(model, probe, view):
    first = view(samples=4, seed=1).compute(model, probe)["input"]
    np.testing.assert_array_equal(view(samples=4, seed=1).compute(model, probe)["input"], first)
    assert np.abs(view(samples=4, seed=2).compute(model, probe)["input"] - first).max() > 0


def test_nobodys_random_numbers_are_used(model, probe):
    def draws():
        return [
            keras.random.uniform((3,)).numpy(),
            tf.random.uniform((3,)).numpy(),
            np.random.random(3),
        ]

    def seeded():
        keras.utils.clear_session()  # Keras before 3.13 seeds its own generator only when made
        keras.utils.set_random_seed(5)

    seeded()
    expected = draws()
    seeded()
    kv.SmoothGrad(samples=2).compute(model, probe)
    for mine, his in zip(draws(), expected):
        np.testing.assert_array_equal(mine, his)


def test_integrated_gradients_worked_out_by_hand():
    """relu(relu(x₁) − 1 − relu(x₂)) at (3, 1) from (0, 0)."""
    model = of_function(
        lambda x: ops.relu(ops.relu(x[:, 0, :1, 0]) - 1 - ops.relu(x[:, 0, 1:, 0])), (1, 2, 1)
    )
    found = kv.IntegratedGradients().compute(model, pixels([3, 1], display=(0, 3)))
    np.testing.assert_allclose(found["input"].ravel(), [1.5, -0.5], rtol=1e-5)
    np.testing.assert_allclose(found["input/gap"], 0, atol=1e-5)


def test_completeness(model, probe):
    found = kv.IntegratedGradients(points=200).compute(model, probe)
    logits = networks.without_activation(model)
    rows = np.arange(probe.size)
    at_image = logits(probe.inputs).numpy()[rows, probe.labels]
    at_black = logits(np.zeros_like(probe.inputs)).numpy()[rows, probe.labels]
    total = found["input"].sum((1, 2, 3))
    np.testing.assert_allclose(total, at_image - at_black, atol=5e-3)
    np.testing.assert_allclose(found["input/gap"], total - (at_image - at_black), atol=1e-5)


@pytest.mark.parametrize("points", [2, 7])
def test_no_bias_at_the_ends(points):
    """∫ of the slope of x³ is 1, exactly with two points; rules that use the ends miss it."""
    model = of_function(lambda x: ops.sum(x**3, axis=(1, 2)), (1, 1, 1))
    found = kv.IntegratedGradients(points=points).compute(model, pixels([1]))["input"]
    np.testing.assert_allclose(found.ravel(), 1, rtol=1e-6)


def test_gauss_legendre_is_exact_for_polynomials():
    nodes, weights = gauss_legendre(5)
    for degree in range(10):
        np.testing.assert_allclose((weights * nodes**degree).sum(), 1 / (degree + 1))


def test_baselines_of_a_linear_model():
    """One point is enough: w⊙(x − b)."""
    model, weights = linear((4, 5, 2)), None
    weights = model.get_layer("dense").kernel.numpy().T.reshape(3, 4, 5, 2)[[1]]
    images = np.random.default_rng(0).uniform(-1, 1, (1, 4, 5, 2)).astype("float32")
    probe = kv.Probe(images, [1], display=(-1, 1))
    given = np.random.default_rng(1).random((4, 5, 2))
    for baseline, start in (
        ("black", -1),
        (0.5, 0),
        (1, 1),
        (given, given),
        (given[:1, :1], given[:1, :1]),
        ("mean", images.mean((1, 2), keepdims=True)),
        ("blur", np.asarray(blurred(tf.constant(images)))),
    ):
        found = kv.IntegratedGradients(points=1, baseline=baseline).compute(model, probe)["input"]
        near(found, weights * (images - start))


def test_bad_settings_are_refused(model, probe):
    for make, words in (
        (lambda: kv.SmoothGrad(samples=0), "samples=0"),
        (lambda: kv.VarGrad(samples=1), "2 or more"),
        (lambda: kv.SmoothGrad(noise=0), "noise=0"),
        (lambda: kv.IntegratedGradients(points=0), "points=0"),
        (lambda: kv.IntegratedGradients(baseline="white"), "baseline='white'"),
    ):
        with pytest.raises(ValueError, match=words):
            make()
    with pytest.raises(ValueError, match=r"baseline has shape \(3, 3\)"):
        kv.IntegratedGradients(baseline=np.zeros((3, 3))).compute(model, probe)
    crooked = kv.Probe(networks.images(), display=lambda x: x**2)
    with pytest.raises(ValueError, match="display"):
        kv.SmoothGrad().needs(model, crooked)
    with pytest.raises(ValueError, match="display"):
        kv.IntegratedGradients().needs(model, crooked)


def test_pictures_say_what_must_be_said(model, probe):

    view = kv.IntegratedGradients(points=5, targets=("label", 3))
    arrays = view.compute(model, probe)
    assert sorted(arrays) == ["input/gap@3", "input/gap@label", "input@3", "input@label"]
    drawing = view.draw(arrays, kv.About(images=probe.images))
    assert list(drawing.pictures) == ["input@label", "input@3"]
    assert drawing.scalars["input/gap@3"] == pytest.approx(np.abs(arrays["input/gap@3"]).mean())
    (line,), *_ = view.remarks(arrays, kv.Key("input", target="3"), kv.About())
    total, gap = arrays["input@3"][0].sum(), arrays["input/gap@3"][0]
    summed, rise = line.replace("−", "-").removeprefix("sum ").split(" of ")
    assert float(summed) == pytest.approx(total, rel=1e-2)
    assert float(rise) == pytest.approx(total - gap, rel=1e-2)
    assert "f(x) − f(black)" in view.how(kv.About(), kv.Key("input"))
    for view in (kv.GuidedBackprop(), kv.DeconvNet(), kv.GuidedGradCAM()):
        assert "randomisation test" in view.notes[0]
        assert "weight-randomisation test" in type(view).__doc__
        (tag,) = view.render(model, probe)
        assert tag == f"{view.name}/00_input"
