import numpy as np
import pytest

from kerasvis2.render import channel_sheet, paint
from kerasvis2.render.colour import NOT_A_NUMBER, in_steps

TITLE = "Activations · conv3 · epoch 12"
LINE = 150


def tiles(sheet, height, width, rows, columns):
    """The tiles of the last block, in index order, found by their distance from the bottom."""
    bottom, left = sheet.shape[0] - 12, 12 + 30
    top = bottom - rows * (height + 1) + 1
    return [
        sheet[
            top + row * (height + 1) : top + row * (height + 1) + height,
            left + column * (width + 1) : left + column * (width + 1) + width,
        ]
        for row in range(rows)
        for column in range(columns)
    ]


@pytest.mark.parametrize(("channels", "rows", "columns", "edge"), [(64, 4, 16, 40), (16, 2, 8, 72)])
def test_channels_keep_their_index_order(channels, rows, columns, edge):
    levels = np.arange(1, channels + 1) / channels
    activations = np.broadcast_to(levels, (2, 8, 8, channels))
    sheet, top = channel_sheet(np.ones((2, 16, 16, 3)), activations, scale=1.0, title=TITLE)
    assert top == 1
    for tile, level in zip(tiles(sheet, edge, edge, rows, columns), levels, strict=True):
        assert (tile == paint(in_steps(level, False), False)).all()
        assert abs(in_steps(level, False) - level) < 0.005


def test_sheets_of_photographs_have_so_few_colours_that_they_are_small():
    draw = np.random.default_rng(0)
    images, activations = draw.random((4, 90, 90, 3)), draw.normal(size=(4, 30, 30, 64))
    activations[0, 0, 0] = np.nan
    captions = [["true cat", "pred dog 0.94"]] * 4
    for values in (activations, np.abs(activations)):
        sheet, _ = channel_sheet(
            images, values, title=TITLE, captions=captions, wrong=[True] * 4, how="30×30 places"
        )
        assert len(np.unique(sheet.reshape(-1, 3), axis=0)) <= 256


def test_tiles_are_enlarged_by_whole_pixels():
    activations = np.zeros((1, 2, 4, 1))
    activations[0, 1, 3, 0] = 1
    sheet, _ = channel_sheet(None, activations, scale=1.0, title=TITLE)
    (tile,) = tiles(sheet, 38, 76, 1, 1)
    hot = (tile == paint(np.array(1.0), False)).all(-1)
    assert hot[19:, 57:].all()
    assert hot.sum() == 19 * 19


def test_at_most_64_channels_are_drawn():
    activations = np.random.default_rng(0).random((1, 8, 8, 256))
    images = np.ones((1, 16, 16, 3))
    many, _ = channel_sheet(images, activations, title=TITLE)
    cut, _ = channel_sheet(images, activations[..., :64], total=256, title=TITLE)
    np.testing.assert_array_equal(many, cut)


def test_all_channels_or_some_of_them_is_said():
    activations = np.ones((1, 8, 8, 64))
    every, _ = channel_sheet(None, activations, title=TITLE)
    some, _ = channel_sheet(None, activations, total=256, title=TITLE)
    assert (every != some).any()


def test_negative_values_make_the_scale_signed():
    activations = np.full((1, 8, 8, 1), -0.3)
    sheet, top = channel_sheet(None, activations, title=TITLE)
    assert top == 0.5
    (tile,) = tiles(sheet, 72, 72, 1, 1)
    assert (tile == paint(np.array(-0.6), True)).all()


def test_large_maps_keep_their_largest_values():
    activations = np.zeros((1, 112, 112, 64))
    activations[0, 0, 0, 0] = 9  # one of the 3 × 3 that one pixel shows
    sheet, _ = channel_sheet(None, activations, scale=1.0, title=TITLE)
    first = tiles(sheet, 38, 38, 4, 16)[0]
    hot = (first == paint(np.array(1.0), False)).all(-1)
    assert hot[0, 0]
    assert hot.sum() == 1


def test_a_dead_layer_is_blank():
    sheet, top = channel_sheet(None, np.zeros((1, 8, 8, 16)), title=TITLE)
    assert top == 0
    for tile in tiles(sheet, 72, 72, 2, 8):
        assert (tile == paint(np.array(0.0), False)).all()


@pytest.mark.parametrize("shape", [(2, 8, 8, 16), (2, 112, 112, 64), (2, 10), (2, 12, 16)])
def test_nan_is_visible(shape):
    activations = np.ones(shape)
    activations[(1, *(0,) * (len(shape) - 1))] = np.nan
    clean, _ = channel_sheet(None, np.ones(shape), title=TITLE)
    sheet, top = channel_sheet(None, activations, title=TITLE)
    half = sheet.shape[0] // 2
    assert top == 1
    assert not (clean == NOT_A_NUMBER).all(-1).any()
    assert (sheet[half:] == NOT_A_NUMBER).all(-1).any()
    assert (sheet[36:62] == NOT_A_NUMBER).all(-1).any()  # the legend counts it


def test_vectors_are_one_row_of_cells_an_image():
    levels = np.arange(1, 11) / 10
    sheet, _ = channel_sheet(
        np.ones((2, 8, 8, 1)), np.stack([levels * 0, levels]), scale=1.0, title=TITLE
    )
    row = sheet[-12 - 72 + 34]  # the last block is as high as its original
    colours = paint(levels, False)
    places = [np.flatnonzero((row == colour).all(-1)) for colour in colours]
    assert all(len(place) == 39 for place in places)
    assert [place[0] for place in places] == sorted(place[0] for place in places)


def test_sequences_are_drawn_as_channels_by_positions():
    activations = np.zeros((1, 20, 4))
    activations[0, 19, 0] = 1  # the last position of the first channel: at the upper right
    sheet, _ = channel_sheet(None, activations, scale=1.0, title=TITLE)
    body = sheet[-12 - 192 : -12, 12 : 12 + 20 * 31]
    hot = (body == paint(np.array(1.0), False)).all(-1)
    assert hot[:48, -31:].all()
    assert hot.sum() == 48 * 31


def test_volumes_have_their_slices_side_by_side():
    volume = np.random.default_rng(0).random((1, 3, 4, 5, 2))
    flat = np.concatenate(list(volume[0]), axis=1)[None]
    solid, _ = channel_sheet(None, volume, title=TITLE)
    plain, _ = channel_sheet(None, flat, title=TITLE)
    assert solid.shape == plain.shape
    np.testing.assert_array_equal(solid[-30:], plain[-30:])


@pytest.mark.parametrize("shape", [(1, 100), (100, 1), (3, 3), (49, 7), (300, 200)])
@pytest.mark.parametrize("channels", [1, 5, 33, 64])
def test_any_map_fits_on_the_page(shape, channels):
    sheet, _ = channel_sheet(np.ones((2, 9, 9, 3)), np.ones((2, *shape, channels)), title=TITLE)
    assert 652 <= sheet.shape[1] <= 720
    assert 100 < sheet.shape[0] <= 1200


@pytest.mark.parametrize("count", [1, 16, 64])
def test_of_many_images_as_many_as_fit_are_drawn(count):
    rng = np.random.default_rng(0)
    sheet, _ = channel_sheet(
        rng.random((count, 9, 9, 3)), rng.random((count, 40, 40, 64)), title=TITLE
    )
    assert sheet.shape[0] <= 1200


def test_per_image_scales_show_weak_images_too():
    activations = np.ones((2, 8, 8, 1)) * np.array([1e-5, 1]).reshape(2, 1, 1, 1)
    sheet, top = channel_sheet(None, activations, scale="image", title=TITLE)
    full = paint(np.array(1.0), False)
    assert top == 1
    assert (sheet == full).all(-1).sum() >= 2 * 72 * 72


def test_unfitting_arguments_are_named():
    with pytest.raises(ValueError, match="3 images and activations for 2"):
        channel_sheet(np.ones((3, 8, 8, 3)), np.ones((2, 8, 8, 4)), title=TITLE)
    for shape in ((4,), (1, 8, 8, 0), (1,) * 6):
        with pytest.raises(ValueError, match="activations has shape"):
            channel_sheet(None, np.ones(shape), title=TITLE)
