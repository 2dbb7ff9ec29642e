"""What stands on pictures, for networks whose truth is known by construction.

The words are those that are really written into the pixels, line by line.
"""

import keras
import numpy as np
import pytest

import kerasvis2 as kv
from kerasvis2.render.colour import AROUND_BLACK, NEUTRAL

L = keras.layers
DRAW = np.random.default_rng(0)


def left_bright(activation="sigmoid"):
    """One unit that says how much brighter the left half is."""
    image = keras.Input((16, 16, 1))
    seen = L.Conv2D(1, 1, activation="relu", name="conv")(image)
    model = keras.Model(image, L.Dense(1, activation=activation, name="head")(L.Flatten()(seen)))
    weights = np.full((16, 16, 1), 1 / 32)
    weights[:, 8:] *= -1
    model.get_layer("conv").set_weights([np.ones((1, 1, 1, 1)), np.zeros(1)])
    model.get_layer("head").set_weights([weights.reshape(-1, 1), np.zeros(1)])
    return model


def halves(count=8):
    images = DRAW.uniform(0, 0.2, (count, 16, 16, 1)).astype("float32")
    labels = np.arange(count) % 2
    images[labels == 1, :, :8] += 0.7
    images[labels == 0, :, 8:] += 0.7
    return images, labels


def small(units, activation=None, shape=(16, 16, 1)):
    image = keras.Input(shape)
    seen = L.Conv2D(4, 3, activation="relu", name="conv")(image)
    return keras.Model(image, L.Dense(units, activation, name="head")(L.GlobalMaxPool2D()(seen)))


NAMES = ["right bright", "left bright"]


def test_one_unit_is_class_1_wherever_it_is_named(written):
    images, labels = halves()
    labels[0] = 1 - labels[0]
    probe = kv.Probe(images, labels, class_names=NAMES, display=(0, 1))
    model = left_bright()
    kv.GradCAM(target=0).render(model, probe)
    assert "Grad-CAM · conv (conv + ReLU) · 0 right bright" in written
    assert written.count("✗ pred right bright 0.94") == 1
    assert sum(line.startswith("map of: right bright") for line in written) == 8
    assert any(line.startswith("0 everywhere: no evidence") for line in written)
    written.clear()
    pictures = kv.ActivationMaximization(steps=64).render(model, probe)
    assert "left bright" in written
    assert "right bright" not in written
    best = next(iter(pictures.values()))[100:340]
    left, right = best[:, 14:120].mean(), best[:, 150:260].mean()
    assert left > right + 50


def test_units_of_label_maps_and_of_several_labels_have_their_names(written):
    images, _ = halves(4)
    labels = np.array([[1, 0, 1], [0, 0, 0], [1, 1, 1], [0, 1, 0]], "float32")
    several = small(3)
    several.compile(loss=keras.losses.BinaryCrossentropy(from_logits=True))
    probe = kv.Probe(images, labels, class_names=["sand", "sea", "sky"], display=(0, 1))
    kv.ActivationMaximization(steps=2).render(several, probe)
    assert [line for line in written if line in ("sand", "sea", "sky")] == ["sand", "sea", "sky"]
    assert sum("p 0." in line for line in written) == 3
    written.clear()
    image = keras.Input((16, 16, 1))
    maps = keras.Model(image, L.Conv2D(3, 1, activation="softmax", name="map")(image))
    truth = np.zeros((4, 16, 16), int)
    probe = kv.Probe(images, truth, class_names=["road", "car", "sign"], display=(0, 1))
    kv.ActivationMaximization(steps=2).render(maps, probe)
    assert [line for line in written if line in ("road", "car", "sign")] == ["road", "car", "sign"]


def test_two_logits_under_binary_crossentropy_have_a_sigmoid_each():
    images, labels = halves(4)
    model = small(2)
    model.compile(loss=keras.losses.BinaryCrossentropy(from_logits=True))
    probe = kv.Probe(images, np.eye(2, dtype="float32")[labels], display=(0, 1))
    found = kv.ActivationMaximization(steps=4).compute(model, probe)
    logits = found["head/score"]
    np.testing.assert_allclose(found["head/probability"], 1 / (1 + np.exp(-logits)), atol=1e-5)


def test_a_number_is_no_logit_and_no_class(written):
    images, _ = halves(4)
    model = small(1)
    model.compile(loss="mse")
    probe = kv.Probe(images, images.mean((1, 2, 3)), display=(0, 1))
    kv.IntegratedGradients(points=5).render(model, probe)
    kv.Predictions().render(model, probe)
    assert "share of the output" in written
    assert not any("logit" in line or "✗" in line for line in written)
    said = np.asarray(model(images))[:, 0]
    kv.RISE(masks=8).render(model, probe)
    assert not any("probability" in line for line in written)
    assert f"map of: output {said[0]:.3g}".replace("-", "−") in written
    assert sum(line.startswith("sum ") for line in written) == 4
    assert not any("-" in line for line in written)  # minus signs are −


def test_a_wrong_prediction_is_crossed_beside_its_activations_too(written):
    images, labels = halves(4)
    probe = kv.Probe(images, 1 - labels, class_names=NAMES, display=(0, 1))
    kv.Activations().render(left_bright(), probe)
    assert sum(line.startswith("✗ pred ") for line in written) >= 4
    assert not any(line.startswith("pred ") for line in written)


def test_without_names_a_class_is_a_class_and_a_unit_a_unit_wherever_it_is_said(written):
    images, labels = halves(4)
    probe = kv.Probe(images, labels, display=(0, 1))
    views = (kv.GradCAM(target=2), kv.ActivationMaximization(steps=2), kv.Predictions())
    for view in views:
        view.render(small(3, "softmax"), probe)
    assert "Grad-CAM · conv (conv + ReLU) · class 2" in written
    assert sum(line.startswith("map of: class 2 0.") for line in written) == 4
    assert sum(line.startswith(("pred class ", "✗ pred class ")) for line in written) == 8
    assert {"true class 0", "true class 1", "class 0", "class 1", "class 2"} <= set(written)
    assert not any(line.startswith("unit ") for line in written)
    written.clear()
    kv.ActivationMaximization(steps=2).render(small(1, "sigmoid"), probe)
    assert "class 1" in written
    assert "class 0" not in written
    written.clear()
    model = small(3)
    model.compile(loss="mse")
    probe = kv.Probe(images, np.zeros((4, 3), "float32"), display=(0, 1))
    for view in (kv.GradCAM(target=2), kv.ActivationMaximization(steps=2)):
        view.render(model, probe)
    assert "Grad-CAM · conv (conv + ReLU) · unit 2" in written
    assert {"unit 0", "unit 1", "unit 2"} <= set(written)
    assert not any(line.startswith("class ") for line in written)


def test_activations_that_must_shrink_keep_their_peaks(written):
    image = keras.Input((96, 96, 1))
    same = L.Conv2D(2, 1, name="same")
    model = keras.Model(image, L.GlobalMaxPool2D()(same(image)))
    same.set_weights([np.array([[[[1.0, -1.0]]]]), np.zeros(2)])
    images = np.zeros((2, 96, 96, 1), "float32")
    images[:, 95, 95] = 1  # in the last corner, where a mean is a ninth of it
    probe = kv.Probe(images, display=(0, 1))
    arrays = kv.Session(model, probe).render(kv.Activations(layers="same"))
    assert any("32×32, the largest magnitude of each block" in line for line in written)
    assert "peak 1 of 1" in written
    picture = next(iter(arrays.values()))[100:].astype(int)
    warm = picture[..., 0] - picture[..., 2]
    assert (warm > 60).any()
    assert (warm < -60).any()


def test_layers_that_are_called_as_pictures_are_do_not_give_them_their_place(written):
    images, labels = halves(4)
    image = seen = keras.Input((16, 16, 1))
    for name in ("images", "input", "confusion"):
        seen = L.Conv2D(3, 3, activation="relu", name=name)(seen)
    model = keras.Model(image, L.Dense(3, "softmax", name="margins")(L.GlobalMaxPool2D()(seen)))
    probe = kv.Probe(images, labels, display=(0, 1))
    tags = set(kv.Predictions().render(model, probe)) | set(kv.Saliency().render(model, probe))
    assert tags == {f"predictions/00_{name}" for name in ("images", "margins", "confusion")} | {
        "saliency/00_input"
    }
    assert "Saliency · input" in written
    assert list(kv.GradCAM(layers="images").render(model, probe)) == ["grad_cam/01_images"]
    assert "Grad-CAM · images (conv + ReLU)" in written


def test_of_how_many_images_activations_show_the_first_few_is_said(written):
    images, labels = halves(7)
    probe = kv.Probe(images, labels, display=(0, 1))
    kv.Activations(layers="conv").render(small(3, "softmax"), probe)
    assert any(line.endswith("4 of 7 images") for line in written)


def test_activations_of_signals_are_channels_by_positions(written):
    waves = np.sin(np.linspace(0, 20, 200))[None, :, None].repeat(3, 0).astype("float32")
    signal = keras.Input((200, 1))
    seen = L.Conv1D(8, 5, padding="same", name="conv")(signal)
    model = keras.Model(signal, L.Dense(2, "softmax")(L.GlobalMaxPool1D()(seen)))
    pictures = kv.Activations(layers="conv").render(model, kv.Probe(waves, [0, 1, 0]))
    assert any("rows = channels, columns = positions" in line for line in written)
    picture = next(iter(pictures.values()))
    coloured = np.ptp(picture.astype(int), axis=-1) > 20
    rows = np.flatnonzero(coloured[100:, 100:500].mean(1) > 0.3)
    assert len(rows) > 3 * 8 * 10  # each channel of three signals at least ten pixels high


def test_attention_over_tokens_is_drawn(written):
    ids = np.arange(12).reshape(2, 6) % 5
    tokens = keras.Input((6,), dtype="int32")
    seen = L.Embedding(5, 8)(tokens)
    seen = L.MultiHeadAttention(2, 4, name="att")(seen, seen)
    model = keras.Model(tokens, L.Dense(2, "softmax")(L.GlobalAveragePooling1D()(seen)))
    probe = kv.Probe(ids, [0, 1], tokens=list("abcde"))
    pictures = kv.Attention().render(model, probe)
    assert "rows look at columns" in written
    assert min(next(iter(pictures.values())).shape[:2]) > 200
    weights = kv.AttentionRollout().compute(model, probe)["input"]
    np.testing.assert_allclose(weights.sum(1), 1, rtol=1e-5)
    assert list(kv.AttentionRollout().render(model, probe)) == ["attention_rollout/00_input"]


def test_channels_first_with_a_range_is_no_picture_three_pixels_high():
    images = DRAW.uniform(0, 1, (4, 3, 32, 24)).astype("float32")
    probe = kv.Probe(images, display=(0, 1))
    np.testing.assert_allclose(probe.images, np.moveaxis(images, 1, -1), atol=1e-6)
    first = {"data_format": "channels_first"}
    image = keras.Input((3, 32, 24))
    seen = L.Conv2D(4, 3, padding="same", activation="relu", name="conv", **first)(image)
    model = keras.Model(image, L.Dense(2, "softmax")(L.GlobalAveragePooling2D(**first)(seen)))
    sheet = next(iter(kv.Saliency().render(model, probe).values()))
    assert sheet.shape[0] > 300


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("label", "maps of: the true class"),
        ("predicted", "maps of: what was predicted then"),
        (0, "maps of: right bright"),
    ],
)
def test_a_film_strip_says_of_what_and_in_which_unit(written, target, said):
    images, labels = halves(4)
    probe = kv.Probe(images, labels, class_names=NAMES, display=(0, 1))
    kv.Filmstrip(kv.GradCAM(layers="conv", target=target)).render(left_bright(), probe)
    assert said in written
    assert "evidence (logit)" in written


def test_a_film_strip_joins_the_channels_of_maps_of_pixels():
    images, labels = halves(4)
    probe = kv.Probe(images, labels, class_names=NAMES, display=(0, 1))
    for view in (kv.GradientTimesInput(), kv.VarGrad(samples=2)):
        assert kv.Filmstrip(view).render(left_bright(), probe)


def test_a_film_strip_of_shrunk_maps_has_the_colours_of_the_maps_themselves(written):
    images = DRAW.uniform(0, 0.9, (3, 96, 96, 1)).astype("float32")
    probe = kv.Probe(images, [0, 1, 0], class_names=NAMES, display=(0, 1))
    view, model = kv.GradientTimesInput(), small(2, "softmax", (96, 96, 1))
    (strip,) = kv.Filmstrip(view).render(model, probe).values()
    (sheet,) = view.render(model, probe).values()
    zero = AROUND_BLACK[len(AROUND_BLACK) // 2]
    for picture in (strip, sheet):
        body = picture[120:].reshape(-1, 3)
        assert (np.abs(body.astype(int) - zero).max(-1) <= 3).sum() > 300
        assert (body == NEUTRAL).all(-1).sum() < 100
    assert "96×96 values drawn as 48×48 pixels, each the largest magnitude of its block" in written


@pytest.mark.parametrize(
    ("view", "how"),
    [
        (kv.GradCAM(layers="conv"), "14×14 places, enlarged smoothly"),
        (kv.LIME(samples=20), "20 samples, superpixels by SLIC"),
        (kv.RISE(masks=10, grid=3), "10 masks of 3×3 cells, 50 % visible"),
    ],
    ids=lambda one: getattr(one, "name", ""),
)
def test_a_film_strip_says_how_its_maps_were_made(written, view, how):
    images, labels = halves(4)
    probe = kv.Probe(images, labels, class_names=NAMES, display=(0, 1))
    assert len(kv.Filmstrip(view).render(small(2, "softmax"), probe)) == 1
    assert how in written


def test_a_map_as_fine_as_the_image_is_not_said_to_be_enlarged(written):
    images, labels = halves(4)
    probe = kv.Probe(images, labels, class_names=NAMES, display=(0, 1))
    kv.GradCAM(layers="conv").render(left_bright(), probe)  # 16×16 as the images
    assert "16×16 places" in written
    kv.GradCAM(layers="conv").render(small(2, "softmax"), probe)
    assert "14×14 places, enlarged smoothly" in written


@pytest.mark.parametrize(("activation", "lowest"), [("relu", "0"), (None, "−")])
def test_eigen_cam_has_a_signed_scale_only_where_there_are_signs(written, activation, lowest):
    images, labels = halves(4)
    probe = kv.Probe(images - 0.5, labels, class_names=NAMES, display=(-0.5, 0.5))
    image = keras.Input((16, 16, 1))
    seen = L.Conv2D(4, 3, activation=activation, name="conv")(image)
    model = keras.Model(image, L.Dense(2, "softmax")(L.GlobalMaxPool2D()(seen)))
    for view in (kv.EigenCAM(), kv.Filmstrip(kv.EigenCAM())):
        written.clear()
        assert view.render(model, probe)
        low = written[written.index("activation") - 2]
        assert low == "0" if lowest == "0" else low.startswith("−")


def test_panels_of_values_have_two_numbers_on_an_axis(written):
    from kerasvis2.render.answers import values_sheet

    true = np.array([[-1.2, 0.4, 7.0], [0.9, 0.1, 7.3], [1.4, -0.2, 7.9]])
    values_sheet(true + 0.1, true, title="Values", names=["a", "b", "c"])
    numbers = [line for line in written if line.lstrip("−").replace(".", "").isdigit()]
    assert len(numbers) >= 2 * 2 * 3
