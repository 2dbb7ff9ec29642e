"""The probe by itself: copies, labels, display transforms, fingerprint, bad arguments."""

import copy
import hashlib
import pickle
import struct
from pathlib import Path

import keras
import numpy as np
import pytest
from skimage import data as photographs

from kerasvis2 import Probe
from kerasvis2.probe import DisplayError


@pytest.fixture(scope="module")
def photos() -> np.ndarray:
    """Two photographs, (2, 60, 80, 3) uint8."""
    crops = [photographs.chelsea()[60:180, 100:260], photographs.coffee()[100:220, 150:310]]
    return np.stack([crop[::2, ::2] for crop in crops])


def vgg_units(pictures: np.ndarray) -> np.ndarray:
    return keras.applications.vgg16.preprocess_input(pictures.astype("float32"))


def vgg_display(x: np.ndarray) -> np.ndarray:
    return np.clip((x + [103.939, 116.779, 123.68])[..., ::-1] / 255, 0, 1)


def test_arrays_are_copied_and_locked(digits):
    x, y = digits.x_test[:4].copy(), digits.y_test[:4].copy()
    probe = Probe(x, y)
    before = probe.inputs.copy()
    x[:] = 0
    y[:] = 0
    np.testing.assert_array_equal(probe.inputs, before)
    np.testing.assert_array_equal(probe.labels, digits.y_test[:4])
    for array in (probe.inputs, probe.labels, probe.images):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1
    with pytest.raises(AttributeError, match="cannot be changed"):
        probe.inputs = x
    with pytest.raises(AttributeError, match="cannot be"):
        del probe.labels


@pytest.mark.parametrize("again", [lambda p: pickle.loads(pickle.dumps(p)), copy.deepcopy])
def test_pickle_and_deepcopy_keep_everything(photos, again):
    masks = np.zeros(photos.shape[:3], bool)
    masks[:, 10:20] = True
    probe = Probe(vgg_units(photos), [1, 0], class_names=["cup", "cat"], display=vgg_display)
    probe = again(Probe(probe.inputs, probe.labels, display=vgg_display, masks=masks))
    np.testing.assert_array_equal(probe.inputs, vgg_units(photos))
    np.testing.assert_array_equal(probe.masks, masks)
    np.testing.assert_allclose(probe.to_display(probe.inputs) * 255, photos, atol=1e-3)
    assert not probe.inputs.flags.writeable
    assert not probe.masks.flags.writeable


def test_dtype_is_kept_but_for_float64(photos):
    assert Probe(photos).inputs.dtype == np.uint8
    assert Probe(photos / 255).inputs.dtype == np.float32
    assert Probe((photos / 255).astype("float16")).inputs.dtype == np.float16
    assert Probe(photos, np.array([0.5, 0.1])).labels.dtype == np.float64
    tensor = keras.ops.cast(keras.ops.convert_to_tensor(photos / 255), "bfloat16")
    np.testing.assert_allclose(Probe(tensor).images, photos / 255, atol=4e-3)


@pytest.mark.parametrize(
    ("scale", "shift", "dtype", "expected"),
    [
        (1, 0, "uint8", (0, 255)),
        (1, 0, "float32", (0, 255)),
        (1, 0, "int32", (0, 255)),
        (1 / 255, 0, "float32", (0, 1)),
        (2 / 255, -1, "float64", (-1, 1)),
    ],
)
def test_auto_display_tells_the_usual_ranges(photos, scale, shift, dtype, expected):
    probe = Probe((photos * np.float64(scale) + shift).astype(dtype))
    assert probe.display_range == expected
    np.testing.assert_allclose(probe.images * 255, photos, atol=1e-3)
    np.testing.assert_allclose(probe.from_display(0), expected[0])
    np.testing.assert_allclose(probe.from_display(probe.images), probe.inputs, atol=1e-3)


def standardised(pictures):
    return (pictures / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]


@pytest.mark.parametrize(
    ("units", "words", "error"),
    [
        (vgg_units, "BGR less ImageNet's mean", 1e-3),
        (standardised, "ImageNet's mean and deviation", 1e-3),
        (lambda p: p / 255 - (p / 255).mean(), "as standardised, from each channel's", 0.2),
        (lambda p: p / 255 - [0.3, 0.4, 0.5], "as standardised", 0.2),
        (lambda p: (p / 255 - 0.45) / 0.225, "as standardised, from", 0.2),
        (lambda p: (p / 255 - (p / 255).mean()) / (p / 255).std(), "as standardised, from", 0.2),
        (lambda p: standardised(p // 2 + 60), "ImageNet's mean and deviation", 0),
        (lambda p: p / 16.0, "white 15.9375", 0.05),  # 0…16, as scikit-learn's digits
        (lambda p: p.astype("uint16") * 257, "white 65535", 0.05),
        (lambda p: p.astype("float32") * 1.02 - 2, "as standardised", 0.2),
    ],
)
def test_auto_display_guesses_and_says_so(photos, units, words, error):
    inputs = units(photos)
    with pytest.warns(UserWarning, match=r'display="auto" guessed') as said:
        probe = Probe(inputs)
    assert len(said) == 1
    assert said[0].filename == __file__
    assert words in probe.display_note
    assert "Give display=" in probe.display_note
    wanted = photos // 2 + 60 if error == 0 else photos
    assert np.abs(probe.images - wanted / 255).max() < (error or 1e-3)
    np.testing.assert_allclose(probe.from_display(probe.images), inputs, rtol=1e-3, atol=1e-3)


def test_what_is_sure_is_not_noted(photos):
    assert Probe(photos).display_note is None
    assert Probe(photos / 16.0, display=(0, 16)).display_note is None


def test_limits_are_those_of_the_display_or_of_the_probe(photos, digits):
    low, high = Probe(photos).limits()
    assert (float(low), float(high)) == (0, 255)
    low, high = Probe(vgg_units(photos), display=vgg_display).limits()
    np.testing.assert_allclose(low, [-103.939, -116.779, -123.68], atol=0.1)
    np.testing.assert_allclose(high - low, 255, rtol=1e-3)
    table = np.array([[1.0, -5], [2, 7]])
    low, high = Probe(table).limits()
    assert (low.tolist(), high.tolist()) == ([1, -5], [2, 7])


def test_display_range_and_its_inverse(photos):
    probe = Probe(photos / 16.0, display=(0, 255 / 16))
    assert probe.display_range == (0, 255 / 16)
    np.testing.assert_allclose(probe.images * 255, photos, atol=1e-3)
    assert probe.from_display(1.0) == pytest.approx(255 / 16)
    beyond = probe.to_display(np.full((1, 2, 2, 3), 99.0))
    assert beyond.max() == 1


def test_callable_display_is_inverted_with_channels_reordered(photos):
    probe = Probe(vgg_units(photos), display=vgg_display)
    assert probe.display_range is None
    np.testing.assert_allclose(probe.images * 255, photos, atol=1e-3)
    black = vgg_units(np.zeros((1, 1, 1, 3)))[0, 0, 0]
    red = vgg_units(np.array([255, 0, 0]).reshape(1, 1, 1, 3))[0, 0, 0]
    np.testing.assert_allclose(probe.from_display(0), black, atol=0.02)
    np.testing.assert_allclose(probe.from_display([1, 0, 0]), red, atol=0.02)
    np.testing.assert_allclose(probe.from_display(probe.images), probe.inputs, atol=0.05)


def test_callable_display_of_grey_pictures_is_inverted(digits):
    x = (digits.x_test[:3] - 0.3) / 0.4
    for inputs, display in (
        (x, lambda v: v * 0.4 + 0.3),
        (x, lambda v: v[..., 0] * 0.4 + 0.3),
        (x, lambda v: np.repeat(v, 3, axis=-1) * 0.4 + 0.3),
        (x[..., 0], lambda v: v * 0.4 + 0.3),
    ):
        probe = Probe(inputs, display=display)
        np.testing.assert_allclose(probe.images[..., :1], digits.x_test[:3], atol=1e-6)
        np.testing.assert_allclose(probe.from_display(0.0), -0.75, atol=1e-3)
        assert probe.from_display(np.zeros(inputs.shape)).shape == inputs.shape


@pytest.mark.parametrize(
    "display",
    [
        lambda x: (x / 255) ** 2.2,  # not linear
        lambda x: x.mean(axis=-1) / 255,  # loses colours
        lambda x: np.flip(x, 1)[:, :30] / 255 * x.mean(),  # not the same for all
    ],
)
def test_callable_display_that_cannot_be_inverted_says_so(photos, display):
    probe = Probe(photos, display=display)
    with pytest.raises(ValueError, match="display .*(callable|inverted)"):
        probe.from_display(0)


@pytest.mark.parametrize(
    ("to_model", "display"),
    [
        (lambda x: x.reshape(-1, 64), lambda x: x.reshape(-1, 8, 8)),
        (lambda x: x.reshape(-1, 64), lambda x: x.reshape(-1, 8, 8, 1)),
        (lambda x: np.moveaxis(x, -1, 1), lambda x: np.moveaxis(x, 1, -1)),
        (lambda x: np.moveaxis(x, -1, 1), lambda x: x[:, 0]),
        (lambda x: x.transpose(0, 2, 1, 3), lambda x: x.transpose(0, 2, 1, 3)),
        (lambda x: x[:, ::-1] * 255, lambda x: np.clip(x[:, ::-1] / 255, 0, 1)),
        (lambda x: x.reshape(-1, 8, 8) * 4 - 2, lambda x: (x.reshape(-1, 8, 8, 1) + 2) / 4),
        (lambda x: x.reshape(-1, 1, 8, 8, 1), lambda x: x[:, 0]),
    ],
)
def test_any_display_draws_and_is_taken_back(digits, to_model, display):
    pictures = digits.x_test[:3]
    probe = Probe(to_model(pictures), display=display)
    assert probe.kind == "pictures"
    np.testing.assert_allclose(probe.images, pictures, atol=1e-6)
    black, white = (to_model(np.full_like(pictures, value))[:1] for value in (0.0, 1.0))
    for shown, wanted in ((0, black), (1, white)):
        found = np.broadcast_to(probe.from_display(shown), wanted.shape)
        np.testing.assert_allclose(found, wanted, atol=1e-3)
    weights = np.random.default_rng(0).normal(size=probe.drawn.shape)
    laid = probe.arrange(weights)
    assert laid.shape == pictures.shape
    back = to_model(laid)
    sign = np.sign((back * weights).sum())
    assert sign > 0
    assert np.corrcoef(back.ravel(), weights.ravel())[0, 1] == pytest.approx(1)


def test_a_display_may_do_more_than_move_values(photos, digits):
    graded = Probe(photos, display=lambda x: x / 255 * np.linspace(0.5, 1, x.shape[2])[:, None])
    np.testing.assert_allclose(graded.from_display(0.5)[:, 0], 255, rtol=1e-3)
    small = Probe(photos, display=lambda x: x[:, ::2, ::2] / 255)
    assert small.images.shape == (2, 30, 40, 3)
    assert float(small.from_display(1)) == pytest.approx(255, rel=1e-3)
    assert Probe(photos, display=lambda x: x.mean(axis=-1) / 255).arrange(photos) is not None
    with pytest.raises(ValueError, match=r"must return \(N, H, W\).*returned \(3, 64\)"):
        Probe(digits.x_test[:3].reshape(3, 64), display=lambda x: x)
    with pytest.raises(DisplayError, match="the callable failed .* ZeroDivisionError"):
        Probe(photos, display=lambda x: x / (1 // 0))


def test_pictures_of_other_channel_counts(photos):
    unit = (photos / 255).astype("float32")
    grey = Probe(unit.mean(axis=-1))
    assert grey.images.shape == (2, 60, 80, 1)
    two = Probe(unit[..., :2]).images
    np.testing.assert_array_equal(two, unit[..., [0, 1, 1]])
    bands = np.concatenate([unit, unit], axis=-1)
    np.testing.assert_array_equal(Probe(bands[..., :4]).images, unit)
    np.testing.assert_array_equal(Probe(bands).images, unit)


def test_constant_and_blank_pictures_are_drawn():
    assert Probe(np.zeros((2, 4, 4, 1))).images.max() == 0
    assert Probe(np.ones((2, 4, 4, 1))).images.min() == 1


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ([2, 0, 1], [2, 0, 1]),
        (np.array([[2], [0], [1]], "uint8"), [2, 0, 1]),
        (np.array([1.0, 0.0, 1.0]), [1, 0, 1]),
        (np.eye(3, dtype="float32")[[2, 0, 1]], [2, 0, 1]),
        ([[0, 0, 1], [1, 0, 0], [0, 1, 0]], [2, 0, 1]),
        (np.eye(3)[[2, 0, 1]] * 0.9 + 0.1 / 3, [2, 0, 1]),
        (np.array([0.5, 1.25, 3.0]), None),
        (np.array([[1, 1, 0], [0, 0, 0], [0, 1, 0]]), None),
        (None, None),
    ],
)
def test_class_indices(digits, labels, expected):
    found = Probe(digits.x_test[:3], labels).class_indices()
    assert expected == (None if found is None else found.tolist())


def test_class_indices_of_label_maps(digits):
    maps = np.zeros((3, 8, 8), "uint8")
    maps[0, :4], maps[0, 4] = 2, 1
    maps[1, 0, 0], maps[1, 4:] = 4, 255
    probe = Probe(digits.x_test[:3], maps)
    assert probe.class_indices().tolist() == [2, 0, 0]
    assert Probe(digits.x_test[:3], maps[..., None]).class_indices().tolist() == [2, 0, 0]
    one_hot = np.eye(5)[np.where(maps == 255, 0, maps)]
    assert Probe(digits.x_test[:3], one_hot).class_indices().tolist() == [2, 0, 0]


def test_labels_of_several_outputs(digits):
    digit, even = digits.y_test[:3], digits.y_test[:3, None] % 2
    named = Probe(digits.x_test[:3], {"digit": digit, "even": even})
    assert named.class_indices().tolist() == digit.tolist()
    assert named.class_indices("even").tolist() == even[:, 0].tolist()
    listed = Probe(digits.x_test[:3], [digit, even])
    assert listed.class_indices(1).tolist() == even[:, 0].tolist()
    with pytest.raises(KeyError):
        named.class_indices("odd")


def test_several_inputs(digits):
    x, extra = digits.x_test[:3], np.arange(6.0).reshape(3, 2)
    named = Probe({"extra": extra, "picture": x})
    assert named.image_key == "picture"
    assert named.inputs["extra"].dtype == np.float32
    np.testing.assert_array_equal(named.images, x)
    listed = Probe([extra, x, x * 0.5], image=2)
    assert listed.image_key == 2
    np.testing.assert_array_equal(listed.images, x * 0.5)
    lone = Probe({"picture": x[..., 0]})
    assert lone.image_key == "picture"
    assert Probe(x).image_key is None
    with pytest.warns(UserWarning, match=r"\['left'\] is the input that is drawn.*'right'"):
        assert Probe({"left": x, "right": x}).image_key == "left"
    with pytest.raises(ValueError, match=r"np\.stack"):
        Probe([x[0], x[1]], [3, 5])
    with pytest.raises(ValueError, match="image='photo' is none of the inputs"):
        Probe({"picture": x}, image="photo")
    with pytest.raises(ValueError, match="inputs is one array"):
        Probe(x, image="picture")
    assert Probe({"extra": extra, "picture": x}, image="extra").kind == "tables"
    tokens = Probe({"padding_mask": np.ones((2, 5), int), "token_ids": np.ones((2, 5), int)})
    assert tokens.image_key == "token_ids"


def test_fingerprint_is_the_documented_hash_on_every_platform(digits):
    x = np.arange(8, dtype="<f4").reshape(2, 2, 2, 1) / 8
    text = b"kerasvis2 probe 1\ninputs:float32:2x2x2x1\n" + struct.pack("<8f", *x.flat)
    text += b"labels:int64:2\n" + struct.pack("<2q", 0, 1)
    known = hashlib.sha256(text).hexdigest()
    assert Probe(x, [0, 1]).fingerprint == known
    same = (
        Probe(x.astype(">f4"), np.array([0, 1], "int32")),
        Probe(np.asfortranarray(x), (0, 1)),
        Probe(x.astype("float64"), [0, 1], class_names=["a", "b"], display=(0, 2)),
    )
    assert {other.fingerprint for other in same} == {known}
    other = (
        Probe(x, [1, 0]),
        Probe(x),
        Probe(x, [0.0, 1.0]),
        Probe(x[..., 0], [0, 1]),
        Probe(x.astype("float16"), [0, 1]),
        Probe({"x": x}, [0, 1]),
    )
    assert len({probe.fingerprint for probe in other} | {known}) == len(other) + 1
    a, b = Probe({"x": x, "y": x + 1}, image="x"), Probe({"y": x + 1, "x": x}, image="x")
    assert a.fingerprint == b.fingerprint


def test_caption_name(digits):
    probe = Probe(digits.x_test[:2], [0, 1], class_names=["zero", "one"])
    assert [probe.caption_name(i) for i in (0, 1, 2, -1)] == ["zero", "one", "2", "-1"]
    assert Probe(digits.x_test[:2]).caption_name(np.int64(7)) == "7"


def test_masks(digits):
    ones = np.ones((2, 8, 8), "uint8")
    assert Probe(digits.x_test[:2], masks=ones).masks.dtype == bool
    assert Probe(digits.x_test[:2], masks=ones[..., None]).masks.shape == (2, 8, 8)
    with pytest.raises(ValueError, match=r"masks has shape \(2, 4, 8\).*\(2, 8, 8\)"):
        Probe(digits.x_test[:2], masks=ones[:, :4])
    with pytest.raises(ValueError, match="masks must be bool"):
        Probe(digits.x_test[:2], masks=ones * 255)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"labels": [0, 1]}, "labels holds 2 entries, but inputs holds 3 examples"),
        ({"labels": ["cat", "dog", "cat"]}, "class_names="),
        ({"labels": 3}, "labels is a single number"),
        ({"labels": [0, 5, 1], "class_names": ["a", "b"]}, "class_names has 2 names.*class 5"),
        ({"display": "rgb"}, "display='rgb'"),
        ({"display": (1, 0)}, "low must be less than high"),
        ({"display": (0, 1, 2)}, "range of two numbers"),
        ({"display": (0, np.inf)}, "both finite"),
    ],
)
def test_bad_arguments(digits, arguments, message):
    with pytest.raises(ValueError, match=message):
        Probe(digits.x_test[:3], **arguments)


@pytest.mark.parametrize("names", ["cat", 3])
def test_class_names_must_be_a_list(digits, names):
    with pytest.raises(TypeError, match="class_names"):
        Probe(digits.x_test[:3], class_names=names)


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        (np.zeros((0, 8, 8, 1)), "no example"),
        (np.zeros((8, 0, 3)), "holds no values"),
        (np.zeros((2, 3), complex), "holds complex128 values"),
        (np.zeros((2, 3), "datetime64[s]"), r"holds datetime64"),
        (np.float32(3), "is a single number.*x\\[:1\\]"),
        ("cat.png", "is 'cat.png', not an array.*Probe.from_images"),
        (Path("cat.png"), "Probe.from_images"),
        (None, "objects"),
        (np.array([np.zeros((2, 2)), np.zeros((3, 2))], object), "objects"),
        ({}, "inputs is empty"),
    ],
)
def test_what_cannot_be_a_probe(inputs, message):
    with pytest.raises(ValueError, match=message):
        Probe(inputs)


def test_nan_is_counted_and_located(digits):
    x = digits.x_test[:5].copy()
    x[1, 2, 3, 0] = np.nan
    x[4, :, 0, 0] = np.inf
    message = r"inputs has 1 NaN and 8 infinite values, in 2 of 5 examples \(1, 4; .*\(1, 2, 3, 0\)"
    with pytest.raises(ValueError, match=message):
        Probe(x)
    with pytest.raises(ValueError, match=r"labels\['age'\] has 1 NaN"):
        Probe(digits.x_test[:2], {"age": np.array([3.5, np.nan])})


def test_repr_tells_what_it_is(digits_probe):
    text = repr(digits_probe)
    assert "16 images 8×8×1 float32" in text
    assert digits_probe.fingerprint[:12] in text
