"""Maps as numbers: what is written comes back, and nothing hostile does harm."""

import json
import struct
import tracemalloc
import zlib

import numpy as np
import pytest

from kerasvis2.record import probed
from kerasvis2.record.maps import decode_maps, encode_maps, pack, unpack


def maps(signed=False, shape=(3, 5, 7), seed=0):
    values = (
        np.random.default_rng(seed).normal(size=shape) * np.array([1e-30, 1, 1e30])[:, None, None]
    )
    return (values if signed else np.abs(values)).astype(np.float32)


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("bits", [8, 16])
def test_maps_come_back_to_half_a_step_of_each_images_own_scale(signed, bits):
    values = maps(signed)
    header, found = decode_maps(encode_maps(values, {"layer": "conv"}, bits))
    step = np.abs(values).max((1, 2)) / (2**bits / (2 if signed else 1) - 2)
    assert header["layer"] == "conv"
    assert found.dtype == np.float32
    assert (np.abs(found - values).max((1, 2)) <= 0.51 * step).all()
    assert (found[values == 0] == 0).all()


def test_what_is_no_number_comes_back_as_nan_and_takes_nothing_with_it():
    values = maps(shape=(3, 4, 4))
    values[0, 1, 2], values[1, 0, 0], values[2] = np.nan, np.inf, -np.inf
    _, found = decode_maps(encode_maps(values, {}))
    assert np.array_equal(np.isnan(found), ~np.isfinite(values))
    np.testing.assert_allclose(found[1, 1:], values[1, 1:], atol=values[1, 1:].max() / 254)


def test_zero_is_exactly_zero_and_colours_keep_their_axis():
    _, found = decode_maps(encode_maps(np.zeros((2, 3, 3, 3)), {}))
    assert found.shape == (2, 3, 3, 3)
    assert not found.any()


def forged(header, payload=b"", raw=None):
    head = json.dumps(header).encode() if raw is None else raw
    return b"KVM1" + struct.pack("<I", len(head)) + head + zlib.compress(payload)


def of_maps(shape=(1, 2, 2), payload=bytes(4), **changed):
    header = {
        "version": 1,
        "kind": "maps",
        "arrays": [{"name": "values", "dtype": "|u1", "shape": list(shape)}],
        "scale": [1.0] * shape[0],
        "nan": 255,
    }
    return forged({**header, **changed}, payload)


HOSTILE = {
    "nothing": b"",
    "another magic": b"PNG" + of_maps(),
    "a header longer than the blob": b"KVM1" + struct.pack("<I", 2**32 - 1) + b"{}",
    "a header of a megabyte": of_maps(words="x" * (1 << 20)),
    "no JSON": forged({}, raw=b"{"),
    "JSON too deep": forged({}, raw=b"[" * 100_000),
    "no object": forged([]),
    "another version": of_maps(version=3),
    "residuals of what are no pictures": of_maps(
        arrays=[{"name": "values", "dtype": "|u1", "shape": [1, 2, 2], "residual": True}], version=2
    ),
    "residuals that are a word": of_maps(
        arrays=[{"name": "values", "dtype": "|u1", "shape": [1, 2, 2, 1], "residual": "yes"}],
        version=2,
    ),
    "another kind": of_maps(kind="probe"),
    "fewer values than said": of_maps(payload=bytes(3)),
    "more values than said": of_maps(payload=bytes(5)),
    "a bomb": of_maps(payload=bytes(1 << 24)),
    "a size no memory has": of_maps((1 << 23, 1 << 23, 1 << 23), scale=[1.0]),
    "a size just too large": of_maps((1, 1 << 14, 1 << 14)),
    "a negative size": of_maps((1, -2, -2)),
    "a size that is no integer": of_maps(
        arrays=[{"name": "values", "dtype": "|u1", "shape": [1, True, 4]}]
    ),
    "a list instead of maps": of_maps((4,), scale=[1.0] * 4),
    "a type that there is not": of_maps(
        arrays=[{"name": "values", "dtype": "xyz", "shape": [1, 2, 2]}]
    ),
    "objects": of_maps(arrays=[{"name": "values", "dtype": "|O", "shape": [1, 2, 2]}]),
    "a scale of NaN": of_maps(scale=[float("nan")]),
    "a scale too few": of_maps(scale=[]),
    "a scale that is a word": of_maps(scale=["1"]),
    "another code for NaN": of_maps(nan=0),
    "no deflated values": of_maps()[:-8],
    "junk for values": of_maps()[:-12] + bytes(12),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_blobs_are_refused(name):
    with pytest.raises(ValueError, match="blob|array|values|scale|maps|code|header|bytes"):
        decode_maps(HOSTILE[name])


def test_a_bomb_takes_no_memory():
    blob = of_maps(payload=bytes(1 << 26))
    tracemalloc.start()
    with pytest.raises(ValueError, match="values that are not"):
        decode_maps(blob)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 1 << 22


def test_maps_too_weak_for_a_float32s_inverse_come_back():
    maps = np.array([[[1e-37, 5e-38], [0, 1e-37]]], np.float32)
    decoded = decode_maps(encode_maps(maps, {}))[1]
    np.testing.assert_allclose(decoded, maps, rtol=0, atol=1e-39)


def test_a_good_one_among_them_is_read():
    assert decode_maps(of_maps())[1].shape == (1, 2, 2)


def test_the_probe_and_what_is_answered():
    pictures = np.random.default_rng(0).random((2, 4, 5, 3)).astype(np.float32)
    masks = pictures[..., 0] > 0.5
    blob = probed.probe_blob(
        pictures, fingerprint="f", labels=[1, 0], class_names=["a", "b"], masks=masks
    )
    header, arrays = unpack(blob)
    assert np.abs(arrays["images"] / 255 - pictures).max() <= 0.501 / 255
    assert (arrays["masks"] == masks).all()
    assert header["hashes"] == [probed.hash_of(each) for each in arrays["images"]]
    assert len(set(header["hashes"])) == 2
    hidden, nothing = unpack(
        probed.probe_blob(pictures, fingerprint="f", masks=masks, private=True)
    )
    assert hidden["hashes"] == header["hashes"]
    assert nothing == {}


def photographs(channels, shape=(3, 40, 52)):
    """uint8, smooth with a little noise, and wrapping around both ends of a byte."""
    draw = np.random.default_rng(0)
    down, across = np.mgrid[: shape[1], : shape[2]]
    waves = [np.sin(down / 9 + i) + np.cos(across / 7 - i) for i in range(shape[0])]
    grey = np.stack(waves)[..., None] * 80 + 128 + np.arange(channels) * 9
    return np.clip(grey + draw.normal(size=(*shape, channels)), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("channels", [1, 3])
def test_photographs_are_kept_in_less_room_and_come_back_exactly(channels):
    pictures = photographs(channels)
    masks = pictures[..., 0] > 128
    blob = probed.probe_blob(pictures / np.float32(255), fingerprint="f", masks=masks)
    header, arrays = unpack(blob)
    assert header["version"] == 2, "older readers must not take residuals for pictures"
    assert np.array_equal(arrays["images"], pictures)
    assert np.array_equal(arrays["masks"], masks)
    assert header["hashes"] == [probed.hash_of(each) for each in arrays["images"]]
    plain = {"images": pictures, "masks": masks.astype(np.uint8)}
    assert len(blob) < 0.75 * len(pack(header, plain))


def test_what_residuals_do_not_make_smaller_is_kept_as_it_is():
    noise = np.random.default_rng(0).random((4, 28, 28, 3)).astype(np.float32)
    header, arrays = unpack(probed.probe_blob(noise, fingerprint="f"))
    assert header["version"] == 1
    assert np.array_equal(arrays["images"], np.rint(noise * 255).astype(np.uint8))


def test_margins_are_those_of_the_logits():
    logits = np.random.default_rng(0).normal(size=(4, 7)) * 3
    shares = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    true, guess = np.array([0, 1, 2, 3]), logits.argmax(1)
    _, arrays = unpack(probed.answers_blob(shares.astype(np.float32), true=true, guess=guess))
    others = logits.copy()
    others[np.arange(4), true] = -np.inf
    np.testing.assert_allclose(
        arrays["margin"], logits[np.arange(4), true] - others.max(1), rtol=1e-4, atol=1e-4
    )
    np.testing.assert_allclose(arrays["truth"], shares[np.arange(4), true], rtol=1e-5)
    assert (arrays["top"][:, 0] == guess).all()
    assert (np.diff(arrays["shares"], axis=1) <= 0).all()


def test_one_unit_stands_for_class_one():
    shares = np.array([[0.9], [0.2]], np.float32)
    _, arrays = unpack(probed.answers_blob(shares, true=[1, 1], guess=[1, 0]))
    assert arrays["top"].tolist() == [[1, 0], [0, 1]]
    np.testing.assert_allclose(arrays["truth"], [0.9, 0.2], rtol=1e-6)
    np.testing.assert_allclose(arrays["margin"], np.log([9, 0.25]), rtol=1e-5)


def test_pack_says_what_is_too_large():
    with pytest.raises(ValueError, match="a blob holds"):
        pack({}, {"values": np.broadcast_to(np.uint8(0), (1 << 14, 1 << 14))})


def standing(model):
    """A copy that training leaves as it is, so that what was logged can be computed again."""
    import keras

    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())
    for layer in copy.layers:
        layer.trainable = not isinstance(layer, keras.layers.BatchNormalization)
    copy.compile(keras.optimizers.SGD(0.0), "sparse_categorical_crossentropy")
    return copy


def test_a_training_keeps_its_maps_its_probe_and_what_was_answered(tmp_path, digits, digits_model):
    import kerasvis2 as kv

    masks = digits.x_test[:6, ..., 0] > 0.5
    probe = kv.Probe(digits.x_test[:6], digits.y_test[:6], display=(0, 1), masks=masks)
    views = [kv.GradCAM(targets=("label", "predicted")), kv.Saliency()]
    monitor = kv.Monitor(tmp_path, probe, views)
    digits_model = standing(digits_model)
    digits_model.fit(
        digits.x_train[:32], digits.y_train[:32], epochs=2, verbose=0, callbacks=[monitor]
    )
    run = kv.read(tmp_path)[tmp_path.name]
    for view in views:
        for key, values in view.compute(digits_model, probe).items():
            tag = next(tag for tag in run.tags() if tag.endswith(key.replace("/", ".")))
            found = run.maps(tag, 1)
            assert found.shape == values.shape
            largest = np.abs(values).reshape(len(values), -1).max(1)
            assert (np.abs(found - values).reshape(len(values), -1).max(1) <= 0.005 * largest).all()
            header, _ = unpack(run.blob("maps/" + tag, 0))
            assert f"{header['layer']}{'@' * bool(header['target'])}{header['target']}" == key
    header, arrays = unpack(run.blob("kerasvis/probe", 0))
    assert header["labels"] == digits.y_test[:6].tolist()
    assert (arrays["masks"] == masks).all()
    _, arrays = unpack(run.blob("kerasvis/answers", 1))
    assert (arrays["predicted"] == digits_model.predict(probe.inputs, verbose=0).argmax(1)).all()
    assert run.steps("kerasvis/answers") == [0, 1]
    assert run.steps("kerasvis/probe") == [0]


@pytest.mark.parametrize("bits", [False, 16])
def test_maps_may_be_left_out_or_kept_in_16_bits(tmp_path, digits, digits_model, bits):
    import kerasvis2 as kv

    probe = kv.Probe(digits.x_test[:3], digits.y_test[:3], display=(0, 1))
    view = kv.Saliency()
    monitor = kv.Monitor(tmp_path, probe, [view], maps=bits)
    digits_model = standing(digits_model)
    digits_model.fit(digits.x_train[:32], digits.y_train[:32], verbose=0, callbacks=[monitor])
    run = kv.read(tmp_path)[tmp_path.name]
    if not bits:
        assert run.tags("kerasvis_maps") == []
        with pytest.raises(LookupError, match="no tag"):
            run.maps("saliency", 0)
        return
    (tag,) = run.tags()
    (values,) = view.compute(digits_model, probe).values()
    np.testing.assert_allclose(run.maps(tag, 0), values, atol=values.max() / 60_000)


def test_a_private_probe_leaves_no_image_behind(tmp_path, digits, digits_model):
    import kerasvis2 as kv

    model = standing(digits_model)
    found = {}
    for private in (False, True):
        probe = kv.Probe(digits.x_test[:3], digits.y_test[:3], display=(0, 1), private=private)
        monitor = kv.Monitor(tmp_path / str(private), probe, [kv.GradCAM(), kv.Predictions()])
        model.fit(digits.x_train[:32], digits.y_train[:32], verbose=0, callbacks=[monitor])
        found[private] = kv.read(tmp_path / str(private))[str(private)]
    tag = next(
        tag for tag in found[True].tags() if tag.startswith("predictions/") and "images" in tag
    )
    seen, hidden = (found[private].picture(tag, 0) for private in (False, True))
    assert (hidden == 128).all(-1).mean() > 0.1, "grey where the images were"
    assert (seen == 128).all(-1).mean() < 0.1
    for tag in (tag for tag in found[True].tags() if tag.startswith("grad_cam/")):
        assert np.array_equal(found[True].maps(tag, 0), found[False].maps(tag, 0))
    header, arrays = unpack(found[True].blob("kerasvis/probe", 0))
    assert header["private"] is True
    assert arrays == {}


def test_channels_of_activations_are_kept_where_they_are_asked_for(tmp_path, digits, digits_model):
    import kerasvis2 as kv

    model = standing(digits_model)
    probe = kv.Probe(digits.x_test[:6], digits.y_test[:6], display=(0, 1))
    view = kv.Activations(maps=(0, 3, 10_000))
    monitor = kv.Monitor(tmp_path, probe, [view])
    model.fit(digits.x_train[:32], digits.y_train[:32], verbose=0, callbacks=[monitor])
    run = kv.read(tmp_path)[tmp_path.name]
    for key, values in view.compute(model, probe).items():
        if values.ndim != 4:
            continue
        (tag,) = [tag for tag in run.tags() if tag.endswith(f"_{key}")]
        for channel in (0, 3):
            found = run.maps(f"{tag}.{channel}", 0)
            assert found.shape == values.shape[:3], "of all images"
            np.testing.assert_allclose(found, values[..., channel], atol=np.abs(values).max() / 100)
    assert not any("10000" in tag for tag in run.tags("kerasvis_maps"))
    with pytest.raises(ValueError, match="indices of channels"):
        kv.Activations(maps=(-1,))
