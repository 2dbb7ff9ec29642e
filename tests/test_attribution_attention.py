"""Attention weights, rollout, and class activation maps over tokens."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf
import transformers
from keras import layers, ops
from kinds import GRADIENT_CAMS
from toys import near
from transformers import GRID, HEADS, SHAPE, composed, images, weights_of

import kerasvis2 as kv

LABELS = np.array([0, 1, 2, 3, 0])
EXTRAS = [0, 1, 5]  # no class token; one; one and four registers


@pytest.fixture(scope="module")
def probe():
    return kv.Probe(images(), LABELS, display=(0, 1))


@pytest.fixture(scope="module", params=EXTRAS)
def extra(request):
    return request.param


@pytest.fixture(scope="module")
def model(extra):
    return composed(extra)


def test_weights_are_those_that_the_layer_returns(model, extra, probe):
    found = kv.Attention().compute(model, probe)
    assert list(found) == [f"block_{i}/mha" for i in range(3)]
    for mine, his in zip(found.values(), weights_of(model, probe.inputs)):
        np.testing.assert_allclose(mine, his, rtol=1e-3, atol=1e-5)
        np.testing.assert_allclose(mine.sum(-1), 1, rtol=1e-5)
    (some,) = kv.Attention([2, 0], layers="block_1/mha").compute(model, probe).values()
    near(some, found["block_1/mha"][:, [2, 0]])
    (mean,) = kv.Attention("mean", layers="block_1/mha").compute(model, probe).values()
    near(mean, found["block_1/mha"].mean(1, keepdims=True))


def test_rollout_equals_its_paper(model, extra, probe):
    count = GRID[0] * GRID[1]
    total = np.eye(count + extra)
    for weights in weights_of(model, probe.inputs):
        mixed = 0.5 * weights.mean(1) + 0.5 * np.eye(count + extra)
        total = mixed / mixed.sum(-1, keepdims=True) @ total
    patches = (total[:, 0] if extra else total.mean(1))[:, extra:].reshape(-1, *GRID)
    wanted = tf.image.resize(patches[..., None], SHAPE[:2])[..., 0]
    near(kv.AttentionRollout().compute(model, probe)["input"], wanted)


def test_rollout_of_layers_that_attend_to_one_patch_points_there(probe):
    """By hand: half of the class token comes from the patch, then half of the rest again."""
    from kerasvis2.attribution.attention import from_the_image, rollout

    weights = np.zeros((1, 2, 25, 25), "float32")
    weights[..., 8] = 1  # all look at token 8: patch 7 behind one class token
    found = np.asarray(from_the_image(rollout([tf.constant(weights)] * 2), GRID))
    assert found.shape == (1, *GRID)
    assert found[0, 1, 1] == pytest.approx(0.75)
    assert found.sum() == pytest.approx(0.75)


def test_maps_over_tokens_fold_to_the_grid(model, extra, probe):
    """Against the formulas on the tokens, with the tokens in front cut off first."""
    linear = composed(extra)
    linear.layers[-1].activation = keras.activations.linear
    block = linear.get_layer("block_1")
    with tf.GradientTape() as tape:
        x = linear.get_layer("block_0")(linear.get_layer("patches")(probe.inputs))
        tokens = block.layer_norm_1(x)
        x = block.mha(tokens, tokens) + x
        x = x + block.mlp(block.layer_norm_2(x))
        x = linear.get_layer("ln")(linear.get_layer("block_2")(x))
        x = x[:, 0] if extra else ops.mean(x, axis=1)
        score = tf.gather(linear.layers[-1](x), LABELS, batch_dims=1)
    gradient = tape.gradient(score, tokens)
    a, g = (np.reshape(v[:, extra:], (5, *GRID, -1)) for v in (tokens, gradient))
    layer = "block_1/ln_1"
    near(
        kv.GradCAM(layers=layer).compute(model, probe)[layer],
        np.maximum((g.mean((1, 2), keepdims=True) * a).sum(-1), 0),
    )
    near(
        kv.HiResCAM(layers=layer).compute(model, probe)[layer],
        np.maximum((g * a).sum(-1), 0),
    )


@pytest.mark.parametrize("method", GRADIENT_CAMS)
def test_default_layers_of_a_transformer_see_something(model, probe, method):
    found = getattr(kv, method)().compute(model, probe)
    names = [f"block_{i}/{norm}" for i in range(3) for norm in ("ln_1", "ln_2")]
    assert list(found) == ["patches/patch_embedding", *names[:-1]]
    for value in found.values():
        assert value.shape == (5, *GRID)
        assert np.isfinite(value).all()
        assert np.abs(value).max() > 0


def test_chunks_and_nesting_change_nothing(model, probe):
    for view in (kv.Attention(), kv.AttentionRollout(), kv.LayerCAM(layers="block_1/ln_1")):
        plain = list(view.compute(model, probe).values())
        nested = view.compute(keras.Sequential([keras.Input(SHAPE), model]), probe)
        for other in (nested, view.compute(model, probe, batch_size=2)):
            for mine, his in zip(other.values(), plain, strict=True):
                np.testing.assert_allclose(mine, his, rtol=1e-3, atol=1e-5)


def test_the_caller_gets_what_it_asked_for(probe):
    """A block that uses the weights itself."""

    class Curious(layers.Layer):
        def __init__(self):
            super().__init__()
            self.mha = layers.MultiHeadAttention(2, 4, name="mha")

        def call(self, x):
            y, weights = self.mha(x, x, return_attention_scores=True)
            return y + ops.mean(weights)

    image = keras.Input(SHAPE)
    x = layers.Reshape((24, 8))(layers.Conv2D(8, 4, strides=4)(image))
    model = keras.Model(image, layers.Dense(4)(layers.Flatten()(Curious()(x))))
    before = model(probe.inputs).numpy()
    (found,) = kv.Attention().compute(model, probe).values()
    assert found.shape == (5, 2, 24, 24)
    np.testing.assert_array_equal(model(probe.inputs), before)


def test_a_shared_layer_and_grouped_queries(probe):
    image = keras.Input(SHAPE)
    x = layers.Reshape((24, 8))(layers.Conv2D(8, 4, strides=4)(image))
    shared = layers.GroupQueryAttention(4, 4, 2, name="gqa")
    x = shared(shared(x, x), x)
    model = keras.Model(image, layers.Dense(4)(layers.Flatten()(x)))
    found = kv.Attention().compute(model, probe)
    assert {key: value.shape for key, value in found.items()} == {
        "gqa": (5, 4, 24, 24),
        "gqa:2": (5, 4, 24, 24),
    }
    assert np.abs(found["gqa"] - found["gqa:2"]).max() > 0


def test_attention_over_two_axes_has_them_in_a_row(probe):
    image = keras.Input(SHAPE)
    x = layers.Conv2D(8, 4, strides=4)(image)
    x = layers.MultiHeadAttention(2, 4, attention_axes=(1, 2), name="mha")(x, x)
    model = keras.Model(image, layers.Dense(4)(layers.Flatten()(x)))
    found = kv.Attention().compute(model, probe)["mha"]
    assert found.shape == (5, 2, 24, 24)
    np.testing.assert_allclose(found.sum(-1), 1, rtol=1e-5)


def test_errors_say_what_is_missing(model, probe):
    with pytest.raises(ValueError, match="heads='best'"):
        kv.Attention("best")
    with pytest.raises(ValueError, match=f"heads 0 to {HEADS - 1}"):
        kv.Attention([3]).compute(model, probe)
    plain = keras.Sequential([keras.Input(SHAPE), layers.Flatten(), layers.Dense(4)])
    with pytest.raises(ValueError, match="no multi-head attention layer"):
        kv.Attention().compute(plain, probe)
    with pytest.raises(ValueError, match="no multi-head attention layer over the patches"):
        kv.AttentionRollout().compute(plain, probe)
    image = keras.Input(SHAPE)
    x = layers.Reshape((24, 8))(layers.Conv2D(8, 4, strides=4)(image))
    x = layers.MultiHeadAttention(2, 4)(x, layers.AveragePooling1D(2)(x))
    crossed = keras.Model(image, layers.Dense(4)(layers.Flatten()(x)))
    with pytest.raises(ValueError, match="the same tokens"):
        kv.AttentionRollout().compute(crossed, probe)


def test_pictures(model, extra, probe):
    drawn = kv.Attention().render(model, probe)
    assert [tag.split("_", 1)[1] for tag in drawn] == [f"block_{i}.mha" for i in range(3)]
    assert list(kv.AttentionRollout().render(model, probe)) == ["attention_rollout/00_input"]


@pytest.mark.parametrize(("heads", "rows"), [(1, 1), (2, 1), (5, 1), (8, 1), (12, 2)])
def test_each_head_has_its_place_beside_the_original(heads, rows):
    from kerasvis2.render.colour import paint
    from kerasvis2.render.heads import head_sheet

    def places(lit):
        maps = np.zeros((3, 4, 6, heads), "float32")
        maps[1, ..., lit] = 1
        drawn, top = head_sheet(np.ones((3, *SHAPE)), maps, names=["heads"], scale=1.0, title="")
        assert top == 1
        full = (drawn == paint(np.ones((1, 1), "float32"), False)).all(-1)
        full[:60] = False  # the legend
        return [(where.min(), where.max()) for where in np.nonzero(full)]

    found = [places(head) for head in range(heads)]
    assert len({down for down, _ in found}) == rows
    for (_, right), (_, next_right) in itertools.pairwise(found[: heads // rows]):
        assert right[1] < next_right[0]
    ((top, bottom), (left, right)) = found[0]
    assert (bottom - top + 1) * 6 == (right - left + 1) * 4  # all patches equally large
    assert bottom - top >= 40


def test_heads_go_by_their_own_numbers():
    assert kv.Attention([2, 0])._names(2) == ["heads", "2", "0"]
    assert kv.Attention("mean")._names(1) == ["mean of the heads"]
    assert kv.Attention()._names(3) == ["heads", "0", "1", "2"]


def test_nothing_stays_patched(probe):
    model = composed(1)
    before = transformers.weights_of(model, probe.inputs)
    kv.Attention().compute(model, probe)
    assert "call" not in vars(model.get_layer("block_0").mha)
    near(transformers.weights_of(model, probe.inputs)[0], before[0])
