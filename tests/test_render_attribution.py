import warnings

import numpy as np
import pytest

from kerasvis2.render import attribution_sheet, paint, pixel_sheet
from kerasvis2.render.colour import NOT_A_NUMBER

TITLE = "Grad-CAM · conv3 · epoch 12"


def box(mask):
    """(first row, last row, first column, last column) of what is true."""
    rows, columns = np.nonzero(mask)
    return rows.min(), rows.max(), columns.min(), columns.max()


def differs(one, other):
    assert one.shape == other.shape
    return (one != other).any(-1)


def is_nan(picture):
    return (picture == NOT_A_NUMBER).all(-1)


def overlay(maps, images=None, **options):
    images = np.full((len(maps), 40, 80, 3), 0.5) if images is None else images
    return attribution_sheet(images, maps, title=TITLE, scale=1.0, **options)[0]


@pytest.mark.parametrize(("row", "column"), [(0, 0), (0, 7), (3, 0), (3, 7)])
def test_a_hot_corner_lands_in_its_corner(row, column):
    maps = np.zeros((1, 4, 8))
    blank = overlay(maps)
    top, bottom, left, right = box(differs(overlay(maps + 1), blank))
    assert (right - left) // 2 == pytest.approx((bottom - top), abs=1)
    maps[0, row, column] = 1
    hot = box(differs(overlay(maps), blank))
    height, width = bottom - top + 1, right - left + 1
    edges = (top, left) if (row, column) == (0, 0) else None
    if row == 0:
        assert hot[0] == top
        assert hot[1] < top + height * 0.4
    else:
        assert hot[1] == bottom
        assert hot[0] > bottom - height * 0.4
    if column == 0:
        assert hot[2] == left
        assert hot[3] < left + width * 0.2
    else:
        assert hot[3] == right
        assert hot[2] > right - width * 0.2
    assert edges is None or edges == (hot[0], hot[2])


def test_original_and_overlay_have_the_same_place_in_every_image():
    images = np.zeros((6, 30, 50, 3))
    for index in range(6):
        plain = overlay(np.zeros((6, 3, 5)), images)
        lit, heat = images.copy(), np.zeros((6, 3, 5))
        lit[index, :, :, 0] = 1  # red: grey in the overlay
        heat[index] = 1
        both = box(differs(overlay(np.zeros((6, 3, 5)), lit), plain))
        hot = box(differs(overlay(heat, images), plain))
        assert (hot[0], hot[1], hot[3]) == (both[0], both[1], both[3])
        assert (both[3] - both[2] + 1) == 2 * (hot[3] - hot[2] + 1) + 2


def test_an_all_zero_map_is_the_grey_picture_and_says_0():
    images = np.random.default_rng(0).random((1, 32, 32, 1))
    sheet, top = attribution_sheet(images, np.zeros((1, 4, 4)), title=TITLE)
    assert top == 0
    body, edge = sheet[-12 - 288 : -12, 12:], 288
    np.testing.assert_array_equal(body[:, :edge], body[:, edge + 2 : 2 * edge + 2])
    assert len(np.unique(body[:, :edge])) > 200
    weak, _ = attribution_sheet(images, np.full((1, 4, 4), 1e-9), title=TITLE)
    assert differs(sheet, weak)[:-300].any()  # the printed scale
    assert differs(sheet, weak)[-300:].any()


def test_maps_of_the_same_scale_compare_pixel_by_pixel():
    images = np.full((2, 16, 16, 1), 0.5)
    rng = np.random.default_rng(0)
    one, other = rng.random((2, 16, 16)), rng.random((2, 16, 16)) * 0.9
    other[0] = one[0]
    first, top = pixel_sheet(images, one, title=TITLE)
    second, again = pixel_sheet(images, other, title=TITLE)
    assert top == again == 1
    changed = box(differs(first, second))
    assert changed[2] > first.shape[1] // 2  # only the second image's map, at the right


def test_pixels_are_drawn_in_the_colours_of_their_values():
    values = np.array([[0, 0.25], [0.5, 1]])
    sheet, _ = pixel_sheet(np.ones((1, 2, 2, 1)), values[None], title=TITLE)
    body = sheet[-12 - 300 : -12, -12 - 300 : -12]
    corners = body[[20, 20, -20, -20], [20, -20, 20, -20]]
    np.testing.assert_array_equal(corners, paint(values.ravel(), False))


def test_signed_maps_are_neutral_at_zero():
    values = np.array([[-1.0, 0], [0, 1]])
    sheet, top = pixel_sheet(np.ones((1, 2, 2, 1)), values[None], signed=True, title=TITLE)
    body = sheet[-12 - 300 : -12, -12 - 300 : -12]
    assert top == 1
    corners = body[[20, 20, -20, -20], [20, -20, 20, -20]]
    np.testing.assert_array_equal(corners, paint(values.ravel(), True))


@pytest.mark.parametrize("draw", [attribution_sheet, pixel_sheet])
def test_nan_is_visible_and_nothing_warns(draw):
    maps = np.ones((2, 8, 8), np.float32)
    images = np.full((2, 24, 24, 3), 0.5)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        clean, _ = draw(images, maps, title=TITLE)
        maps[1, 2, 3] = np.nan
        maps[1, 2, 4] = np.inf
        broken, top = draw(images, maps, title=TITLE)
        draw(images, np.full((2, 8, 8), np.nan), title=TITLE)
    assert not is_nan(clean).any()
    assert top == 1
    assert is_nan(broken)[broken.shape[0] // 2 :].sum() > 100


def test_nan_is_counted_on_the_picture():
    images = np.full((1, 24, 24, 3), 0.5)
    maps = np.ones((1, 8, 8))
    maps[0, 0, 0] = np.nan
    counted, _ = attribution_sheet(images, maps, title=TITLE)
    legend = counted[36:62]
    assert is_nan(legend).any()


def test_signed_channels_are_summed_and_magnitudes_show_the_largest():
    rng = np.random.default_rng(0)
    images = np.full((1, 16, 16, 3), 0.5)
    maps = rng.normal(size=(1, 16, 16, 3))
    summed, top = pixel_sheet(images, maps, signed=True, scale=2, title=TITLE)
    plain, _ = pixel_sheet(
        images, maps.sum(-1), signed=True, scale=2, title=TITLE, notes=["sum of 3 channels"]
    )
    np.testing.assert_array_equal(summed, plain)
    largest, _ = pixel_sheet(images, abs(maps), scale=2, title=TITLE)
    plain, _ = pixel_sheet(
        images, abs(maps).max(-1), scale=2, title=TITLE, notes=["largest of 3 channels"]
    )
    np.testing.assert_array_equal(largest, plain)
    assert top == 2


def test_one_channel_is_no_channel():
    images, maps = np.ones((1, 8, 8, 1)), np.random.default_rng(0).random((1, 8, 8, 1))
    np.testing.assert_array_equal(
        pixel_sheet(images, maps, title=TITLE)[0], pixel_sheet(images, maps[..., 0], title=TITLE)[0]
    )


def test_wrong_predictions_are_framed_and_crossed():
    images, maps = np.ones((2, 16, 16, 3)), np.zeros((2, 4, 4))
    options = {"title": TITLE, "captions": [("true a", "b 0.9")] * 2}
    right, _ = attribution_sheet(images, maps, wrong=[False, False], **options)
    wrong, _ = attribution_sheet(images, maps, wrong=np.array([False, True]), **options)
    changed = box(differs(right, wrong))
    assert changed[2] > right.shape[1] // 2
    frame = differs(right, wrong)[changed[0] : changed[0] + 3, changed[2] : changed[3]]
    assert frame.all()
    text = slice(changed[1] - 16, changed[1] + 1)
    grey = [sheet[text].astype(int).sum(-1) for sheet in (right, wrong)]
    assert (grey[0] != grey[1]).any()  # not by its colour alone


def test_at_most_16_images_are_drawn_and_the_scale_is_theirs():
    images, maps = np.full((64, 8, 8, 3), 0.5), np.full((64, 4, 4), 0.4)
    maps[16:] = 100
    many, top = attribution_sheet(images, maps, title=TITLE)
    few, _ = attribution_sheet(images[:16], maps[:16], title=TITLE, notes=["16 of 64 images"])
    assert top == 0.5
    np.testing.assert_array_equal(many, few)


def test_per_image_scales_show_weak_and_strong_maps_alike():
    images = np.full((2, 8, 8, 1), 0.5)
    maps = np.ones((2, 8, 8)) * np.array([1e-6, 1])[:, None, None]
    sheet, top = attribution_sheet(images, maps, scale="image", title=TITLE)
    assert top == 1
    same, _ = attribution_sheet(images, maps, scale="nice", title=TITLE)
    middle = sheet.shape[1] // 2
    assert differs(sheet[-100:, :middle], same[-100:, :middle]).any()


def test_a_frozen_scale_stays():
    images, maps = np.full((1, 8, 8, 1), 0.5), np.ones((1, 4, 4))
    _, top = attribution_sheet(images, maps, scale="run", title=TITLE)
    assert top == 1
    later, again = attribution_sheet(images, maps * 30, scale="run", frozen=top, title=TITLE)
    assert again == 1
    assert later.dtype == np.uint8


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 7, 16])
@pytest.mark.parametrize("shape", [(8, 8, 1), (32, 32, 3), (224, 160, 4), (30, 300, 2)])
def test_sheets_are_as_wide_as_a_card_can_show(count, shape):
    images, maps = np.ones((count, *shape)), np.ones((count, 3, 5))
    sheet, _ = attribution_sheet(
        images, maps, title=TITLE, captions=[("a", "b")] * count, wrong=[True] * count
    )
    assert sheet.dtype == np.uint8
    assert sheet.shape[1] == 652
    assert sheet.shape[2] == 3


def test_unfitting_arguments_are_named():
    images = np.ones((2, 8, 8, 3))
    with pytest.raises(ValueError, match="2 images and 3 maps"):
        attribution_sheet(images, np.ones((3, 4, 4)), title=TITLE)
    with pytest.raises(ValueError, match="maps has shape"):
        attribution_sheet(images, np.ones((2, 4, 4, 3)), title=TITLE)
    with pytest.raises(ValueError, match="maps has shape"):
        pixel_sheet(images, np.ones((2, 4)), title=TITLE)
    with pytest.raises(ValueError, match="scale='minmax'"):
        pixel_sheet(images, np.ones((2, 8, 8)), scale="minmax", title=TITLE)
    with pytest.raises(ValueError, match="0 images"):
        attribution_sheet(images[:0], np.ones((0, 4, 4)), title=TITLE)


def test_arguments_are_left_alone():
    images = np.random.default_rng(0).random((2, 16, 16, 3)).astype(np.float32)
    maps = np.random.default_rng(1).normal(size=(2, 4, 4)).astype(np.float32)
    notes: list[str] = []
    before = images.copy(), maps.copy()
    attribution_sheet(images, maps, title=TITLE, notes=notes)
    pixel_sheet(images, maps, title=TITLE, notes=notes)
    np.testing.assert_array_equal(images, before[0])
    np.testing.assert_array_equal(maps, before[1])
    assert notes == []
