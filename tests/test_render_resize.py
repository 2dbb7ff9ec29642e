import numpy as np
import pytest
from PIL import Image

from kerasvis2.render.colour import NOT_A_NUMBER
from kerasvis2.render.png import encode
from kerasvis2.render.resize import (
    as_pictures,
    draw_maps,
    fitted,
    resize_maps,
    resize_pictures,
    shrink,
)


def test_brightness_is_rounded_and_never_wraps_around():
    image = np.array([[[[-3.0], [0.0], [0.5], [1.0], [1.2], [300.0]]]])
    np.testing.assert_array_equal(as_pictures(image)[0, 0, :, 0], [0, 0, 128, 255, 255, 255])


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_1_2_3_and_4_channels(dtype):
    values = np.array([0.0, 0.2, 0.6, 1.0], dtype)
    expected = {1: [0, 0, 0], 2: [26, 26, 26], 3: [0, 51, 153], 4: [0, 51, 153]}
    for channels, colour in expected.items():
        image = np.broadcast_to(values[:channels], (2, 3, 5, channels))
        pictures = as_pictures(image)
        assert pictures.shape == (2, 3, 5, 3)
        assert np.abs(pictures.astype(int) - colour).max() <= 1


def test_images_without_a_channel_axis_are_grey():
    np.testing.assert_array_equal(as_pictures(np.ones((2, 3, 5))), np.full((2, 3, 5, 3), 255))


def test_pixels_that_are_not_finite_are_shown():
    image = np.full((1, 2, 2, 3), 0.5)
    image[0, 0, 1, 2] = np.nan
    pictures = as_pictures(image)
    np.testing.assert_array_equal(pictures[0, 0, 1], NOT_A_NUMBER)
    np.testing.assert_array_equal(pictures[0, 1, 1], [128] * 3)


@pytest.mark.parametrize("shape", [(4,), (4, 4), (0, 4, 4, 3), (1, 4, 4, 0), (1, 1, 1, 1, 1)])
def test_other_shapes_are_refused(shape):
    with pytest.raises(ValueError, match="images has shape"):
        as_pictures(np.zeros(shape))


def test_small_pictures_grow_by_a_whole_factor_and_large_ones_shrink():
    assert fitted(np.empty((1, 32, 32)), 100, 100) == (96, 96)
    assert fitted(np.empty((1, 8, 16)), 100, 100) == (48, 96)
    assert fitted(np.empty((1, 64, 64)), 100, 100) == (100, 100)
    assert fitted(np.empty((1, 100, 400)), 100, 100) == (25, 100)
    assert fitted(np.empty((1, 1, 4000)), 100, 100) == (1, 100)


def test_a_whole_factor_repeats_pixels():
    pictures = np.random.default_rng(0).integers(0, 256, (2, 3, 5, 3), dtype=np.uint8)
    large = resize_pictures(pictures, (6, 20))
    np.testing.assert_array_equal(large, pictures.repeat(2, axis=1).repeat(4, axis=2))


def test_maps_are_enlarged_by_area_as_pillow_does():
    maps = np.random.default_rng(0).normal(size=(2, 4, 8)).astype(np.float32)
    expected = [np.asarray(Image.fromarray(m).resize((80, 60), Image.BILINEAR)) for m in maps]
    np.testing.assert_allclose(resize_maps(maps, (60, 80)), expected, atol=1e-6)


def test_enlarging_keeps_mirror_images_mirror_images():
    maps = np.random.default_rng(0).random((1, 3, 5), np.float32)
    there = resize_maps(maps[:, ::-1, ::-1], (31, 47))
    np.testing.assert_allclose(there[:, ::-1, ::-1], resize_maps(maps, (31, 47)), atol=1e-6)


def test_enlarging_a_constant_changes_nothing():
    np.testing.assert_allclose(resize_maps(np.full((1, 3, 5), 0.3), (30, 40)), 0.3, rtol=1e-6)


def test_nan_covers_its_own_pixel_and_does_not_spread():
    maps = np.full((1, 5, 5), 0.3, np.float32)
    maps[0, 2, 3] = np.inf
    large = resize_maps(maps, (50, 50))[0]
    assert np.isnan(large[23:27, 33:37]).all()
    rows, columns = np.nonzero(np.isnan(large))
    assert rows.min() >= 20
    assert rows.max() < 30
    assert columns.min() >= 30
    assert columns.max() < 40
    np.testing.assert_allclose(large[np.isfinite(large)], 0.3, rtol=1e-5)


def test_a_single_nan_survives_shrinking():
    maps = np.zeros((1, 224, 224), np.float32)
    maps[0, 100, 57] = np.nan
    assert np.isnan(resize_maps(maps, (96, 96))).any()


def test_shrinking_keeps_the_largest_magnitude_and_its_sign():
    maps = np.arange(16.0).reshape(1, 4, 4)
    np.testing.assert_array_equal(draw_maps(maps, (2, 2)), [[[5, 7], [13, 15]]])
    maps[0, 0, 0] = -9
    np.testing.assert_array_equal(shrink(maps, (2, 2)), [[[-9, 7], [13, 15]]])


@pytest.mark.parametrize("size", [(96, 96), (100, 33), (224, 1), (1, 1), (223, 224)])
def test_no_strong_pixel_is_lost_by_shrinking(size):
    maps = np.random.default_rng(0).normal(size=(2, 224, 224)).astype(np.float32)
    small = shrink(maps, size)
    assert small.shape == (2, *size)
    assert abs(small).max() == abs(maps).max()
    strong = (abs(maps) > 2).mean()
    assert (abs(small) > 2).mean() >= strong


def test_shrinking_keeps_channels_apart_and_its_argument_as_it_is():
    values = np.random.default_rng(0).normal(size=(1, 8, 6, 3))
    before = values.copy()
    small = shrink(values, (4, 2))
    for channel in range(3):
        np.testing.assert_array_equal(small[..., channel], shrink(values[..., channel], (4, 2)))
    np.testing.assert_array_equal(values, before)


def test_photographs_that_are_smoothed_take_a_third_fewer_bytes_and_others_keep_every_bit():
    down, across = np.mgrid[0:224, 0:224]
    photo = 128 + 90 * np.sin(down / 40) * np.cos(across / 23)
    noisy = photo[..., None] + np.random.default_rng(0).normal(size=(224, 224, 3)) * 6
    pictures = np.clip(noisy, 0, 255).astype(np.uint8)[None]
    small = resize_pictures(pictures, (150, 150))
    exact = np.asarray(Image.fromarray(pictures[0]).resize((150, 150), Image.Resampling.BILINEAR))
    assert np.abs(small[0].astype(int) - exact).max() < 4
    assert len(encode(small[0])) < 0.72 * len(encode(exact))
    np.testing.assert_array_equal(resize_pictures(pictures, (448, 448))[:, ::2, ::2], pictures)
    np.testing.assert_array_equal(resize_pictures(pictures, (224, 224)), pictures)
