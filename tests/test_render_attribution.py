import warnings

import numpy as np
import pytest
from reading import says

from kerasvis2.render import attribution_sheet, paint, pixel_sheet
from kerasvis2.render.arrange import arrange
from kerasvis2.render.captions import Said, squeezed
from kerasvis2.render.colour import NOT_A_NUMBER, WRONG, paint_fine
from kerasvis2.render.lettering import Words
from kerasvis2.render.mosaic import cell_width

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


HEAD = 70  # Rows of the title and the legend, where there are no notes.


def overlay(maps, images=None, **options):
    images = np.full((len(maps), 40, 80, 3), 0.5) if images is None else images
    return attribution_sheet(images, maps, title=TITLE, scale=1.0, **options)[0]


def heat(sheet):
    """Where a sheet of grey pictures is coloured, below its legend."""
    spread = sheet.max(-1).astype(int) - sheet.min(-1)
    spread[:HEAD] = 0
    return spread > 12


@pytest.mark.parametrize(("row", "column"), [(0, 0), (0, 7), (3, 0), (3, 7)])
def test_a_hot_corner_lands_in_its_corner(row, column):
    maps = np.zeros((1, 4, 8))
    top, bottom, left, right = box(heat(overlay(maps + 1)))
    height, width = bottom - top + 1, right - left + 1
    assert width == 2 * height
    maps[0, row, column] = 1
    hot = box(heat(overlay(maps)))
    down, across = (top, bottom), (left, right)
    near = (hot[0] - top, bottom - hot[1]), (hot[2] - left, right - hot[3])
    assert near[0][row > 0] == near[1][column > 0] == 0
    assert near[0][row == 0] > height * 0.6, down
    assert near[1][column == 0] > width * 0.8, across


def test_an_overlay_lies_beside_or_below_its_own_original():
    lit = np.full((6, 30, 50, 3), 0.5)
    lit[..., 0] = 1
    for index in range(6):
        images, maps = np.full((6, 30, 50, 3), 0.5), np.zeros((6, 3, 5))
        images[index] = lit[index]
        original = box(heat(overlay(maps, images)))
        maps[index] = 1
        drawn = box(heat(overlay(maps, np.full_like(images, 0.5))))
        size = original[1] - original[0], original[3] - original[2]
        assert size == (drawn[1] - drawn[0], drawn[3] - drawn[2])
        beside = drawn[0] == original[0] and drawn[2] == original[3] + 3
        below = drawn[2] == original[2] and drawn[0] == original[1] + 3
        assert beside or below


def test_an_all_zero_map_is_the_photograph_in_middle_greys_and_says_why():
    images = np.random.default_rng(0).random((1, 32, 32, 1))
    sheet, top = attribution_sheet(images, np.zeros((1, 4, 4)), title=TITLE)
    assert top == 0
    assert not heat(sheet).any()
    assert len(np.unique(sheet[100:-60])) > 60  # the photograph can be seen
    reason, _ = attribution_sheet(images, np.zeros((1, 4, 4)), title=TITLE, why="dead")
    assert len(reason) == len(sheet) + 20  # a note, which is not cut as a caption would be
    weak, _ = attribution_sheet(images, np.full((1, 4, 4), 1e-9), title=TITLE)
    assert heat(weak).any()


def test_maps_of_the_same_scale_compare_pixel_by_pixel():
    images = np.full((2, 16, 16, 1), 0.5)
    rng = np.random.default_rng(0)
    one, other = rng.random((2, 16, 16)), rng.random((2, 16, 16)) * 0.9
    other[0] = one[0]
    first, top = pixel_sheet(images, one, title=TITLE)
    second, again = pixel_sheet(images, other, title=TITLE)
    assert top == again == 1
    changed = box(differs(first, second))
    assert changed[0] > first.shape[0] // 2  # only the second image's map, below the first one's


def places(sheet, colours):
    """Where, below the words, the middle of each colour's pixels is: [(row, column)]."""
    found = [np.argwhere((sheet[HEAD:] == colour).all(-1)) for colour in colours]
    assert all(len(each) > 1000 for each in found)
    return [tuple(each.mean(0)) for each in found]


@pytest.mark.parametrize("signed", [False, True])
def test_pixels_are_drawn_in_the_colours_of_their_values(signed):
    values = np.array([[-1.0, -0.5], [0.0, 1.0]]) if signed else np.array([[0.1, 0.25], [0.5, 1]])
    images = np.full((1, 2, 2, 1), 0.5)
    sheet, top = pixel_sheet(images, values[None], signed=signed, title=TITLE)
    assert top == 1
    a, b, c, d = places(sheet, paint_fine(values.ravel(), signed))
    assert a[0] == pytest.approx(b[0], abs=1)
    assert c[0] == pytest.approx(d[0], abs=1)
    assert a[1] == pytest.approx(c[1], abs=1)
    assert b[1] == pytest.approx(d[1], abs=1)
    assert a[0] < c[0]
    assert a[1] < b[1]


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


def test_wrong_predictions_are_framed_and_crossed_where_they_are_stated():
    images, maps = np.ones((2, 16, 16, 3)), np.zeros((2, 4, 4))
    options = {"title": TITLE, "captions": [("true a", Said("b 0.9"), "R² 0.5")] * 2}
    right, _ = attribution_sheet(images, maps, wrong=[False, False], **options)
    wrong, _ = attribution_sheet(images, maps, wrong=np.array([False, True]), **options)
    changed = box(differs(right, wrong))
    assert changed[0] > right.shape[0] // 2
    frame = differs(right, wrong)[changed[0] : changed[0] + 3, changed[2] : changed[3]]
    assert frame.mean() > 0.99
    # The words of the cross alone are orange: one line of four.
    orange = (wrong == WRONG).all(-1)
    rows = np.flatnonzero(orange[:, 12:300].any(1))
    below = rows[rows > rows[0] + 320]
    assert 8 <= np.ptp(below) <= 20


def test_a_frame_lies_outside_of_its_picture_and_words_begin_with_it():
    images, maps = np.full((2, 16, 16, 3), 0.5), np.ones((2, 16, 16))
    options = {"title": TITLE, "captions": [("WWW",)] * 2}
    right, _ = pixel_sheet(images, maps, wrong=[False, False], **options)
    wrong, _ = pixel_sheet(images, maps, wrong=[True, True], **options)
    inside = (right[HEAD:] == 128).all(-1)
    assert (wrong[HEAD:][inside] == 128).all()
    left = np.flatnonzero((right[HEAD:] < 200).any(-1).any(0))[0]
    assert left == 12
    assert np.flatnonzero((right[-40:] < 200).any(-1).any(0))[0] in (12, 13)


def test_at_most_16_images_are_drawn_and_the_scale_is_theirs():
    images, maps = np.full((64, 8, 8, 3), 0.5), np.full((64, 4, 4), 0.4)
    maps[16:] = 100
    many, top = attribution_sheet(images, maps, title=TITLE)
    few, same = attribution_sheet(images[:16], maps[:16], title=TITLE)
    assert top == same == 0.5
    assert abs(many.shape[0] - few.shape[0]) <= 60  # a line more, "16 of 64 images"
    assert heat(many).sum() == pytest.approx(heat(few).sum(), rel=0.2)


def test_per_image_scales_show_weak_and_strong_maps_alike():
    images = np.full((2, 8, 8, 1), 0.5)
    maps = np.ones((2, 8, 8)) * np.array([1e-6, 1])[:, None, None]
    sheet, top = attribution_sheet(images, maps, scale="image", title=TITLE)
    assert top == 1
    same, _ = attribution_sheet(images, maps, scale="nice", title=TITLE)
    assert heat(sheet).sum() == 2 * heat(same).sum()


def test_a_frozen_scale_stays():
    images, maps = np.full((1, 8, 8, 1), 0.5), np.ones((1, 4, 4))
    _, top = attribution_sheet(images, maps, scale="run", title=TITLE)
    assert top == 1
    later, again = attribution_sheet(images, maps * 30, scale="run", frozen=top, title=TITLE)
    assert again == 1
    assert later.dtype == np.uint8


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 7, 16, 64])
@pytest.mark.parametrize(
    "shape",
    [(8, 8, 1), (32, 32, 3), (224, 160, 4), (30, 300, 2), (1, 1, 1), (16, 2, 3), (2, 700, 1)],
)
@pytest.mark.parametrize("draw", [attribution_sheet, pixel_sheet])
def test_no_sheet_is_larger_than_1200_pixels(draw, count, shape):
    images = np.ones((count, *shape))
    maps = np.ones((count, 3, 5) if draw is attribution_sheet else (count, *shape[:2]))
    sheet, _ = draw(
        images,
        maps,
        title=TITLE,
        how="7×7 · bilinear",
        quantity="logit",
        captions=[("a" * 300, "pred b", "ж 猫 🐈")] * count,
        wrong=[True] * count,
    )
    assert sheet.dtype == np.uint8
    assert sheet.shape[2] == 3
    assert max(sheet.shape) <= 1200
    if draw is attribution_sheet and max(shape) < 100:
        assert sheet.shape[1] == 652


@pytest.mark.parametrize("count", range(1, 17))
def test_no_row_holds_a_single_picture_of_several(count):
    plan = arrange(
        count,
        (224, 224),
        panels=2,
        words=Words([["true a", "pred b 0.5", "map of: b 0.5", "max 1 of 2"]] * 16),
        head=lambda width: 100,
    )
    assert plan.shown == count
    assert plan.columns == 1 or count % plan.columns != 1


def test_three_photographs_are_large():
    plan = arrange(
        3,
        (224, 224),
        panels=2,
        words=Words([["true a", "pred b 0.5", "map of: b 0.5", "max 1 of 2"]] * 16),
        head=lambda width: 100,
    )
    assert min(plan.size) >= 200


@pytest.mark.parametrize(("count", "shown"), [(1, 1), (4, 4), (16, 6)])
def test_pixel_maps_of_photographs_are_drawn_at_their_own_size(count, shown):
    images = np.full((count, 224, 224, 3), 0.5)
    maps = np.zeros((count, 224, 224))
    maps[:, 1::3, ::3] = 1
    sheet, _ = pixel_sheet(images, maps, title=TITLE, captions=[("true a", "pred b")] * count)
    hot = (sheet[HEAD:] == paint(np.array(1.0), False)).all(-1)
    assert hot.sum() // (75 * 75) == shown  # and a few of the legend


def test_maps_that_must_shrink_keep_their_peaks_and_say_so():
    images, maps = np.full((4, 640, 640, 1), 0.5), np.zeros((4, 640, 640))
    maps[:, 333, 77], maps[:, 20, 600] = 1, -1
    sheet, _ = pixel_sheet(images, maps, signed=True, scale=1.0, title=TITLE)
    for value in (1.0, -1.0):
        assert (sheet[150:] == paint_fine(np.array(value), True)).all(-1).sum() >= 4
    assert max(sheet.shape) <= 1200
    assert any(
        says(
            sheet,
            f"640×640 values drawn as {edge}×{edge} pixels, each the largest magnitude of its "
            "block",
        )
        for edge in range(200, 640)
    )


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


@pytest.mark.parametrize(("size", "name"), [(16, "right bright"), (224, "Egyptian cat")])
@pytest.mark.parametrize("count", [1, 3, 8, 16])
def test_no_name_and_no_number_below_a_map_is_cut(count, size, name):
    captions = [(f"true {name}", f"pred {name} 0.94", f"map of: {name} 0.94")] * count
    words = Words([(*each, "max 0.00053 of 0.0005") for each in captions], [True] * count)
    plan = arrange(count, (size, size), panels=2, words=words, head=lambda width: 100)
    cell = cell_width(plan.columns, plan.inner)
    tile = plan.size[1] if plan.stacked else 2 * plan.size[1] + 2
    assert plan.shown == count
    assert words.fit(plan.lettering, tile, cell)


def test_small_pictures_are_not_drawn_smaller_than_there_is_room():
    """Five lines below each and a title of two must not make 28 pixels of room for 56."""
    said = (
        "true eight",
        "✗ pred seven 0.22",
        "map of: eight",
        "minus: class 8",
        "peak 0.03 of 0.1",
    )
    words = Words([said] * 16, [True] * 16)
    plan = arrange(16, (28, 28), panels=2, words=words, head=lambda width: 120, native=True)
    assert plan.shown == 16
    assert plan.size == (56, 56)


def test_what_is_said_of_a_map_stands_below_the_map():
    words = ("pred a", "map of: a", "sum 1", "peak 2 of 5")
    setting = Words([words]).settings(300)[0]
    assert setting.double
    assert setting.split(words) == 1
    assert setting.column(1, 292, 300)[0] == 147


def test_words_in_two_columns_leave_room_for_more_maps_and_little_paper():
    said = ("true class 834", "pred class 450 0.22", "map of: class 834 0.00", "max 1 of 0.001")
    words = Words([said] * 6, [True] * 6)
    plan = arrange(6, (224, 224), panels=2, words=words, head=lambda width: 200, native=True)
    assert plan.shown == 6
    assert plan.size == (224, 224)
    assert plan.lettering.double
    assert plan.columns * (2 * 224 + 2) > 0.9 * plan.inner
    first, second = (plan.lettering.column(place, 450, 488) for place in (0, 1))
    assert sum(first) < second[0]


@pytest.mark.parametrize("count", [9, 12, 16])
def test_photographs_are_not_drawn_smaller_than_can_be_seen(count):
    words = Words([("true Egyptian cat", "pred Egyptian cat 0.40", "map of: Egyptian cat 0.40")])
    plan = arrange(count, (224, 224), panels=2, words=words, head=lambda width: 120)
    assert 100 <= min(plan.size) <= 330
    assert plan.shown == count
    words = Words([("true 7", "pred 7 0.94", "map of: 7 0.94")])
    small = arrange(count, (28, 28), panels=2, words=words, head=lambda width: 80)
    assert small.inner == 628


@pytest.mark.parametrize(
    ("line", "width", "shown"),
    [
        ("max 0.00053 of 0.0005", 120, "max 0.00053"),
        ("peak −0.00053 of 0.0005", 120, "peak −0.00053"),
        ("true 0.914, −1.01, 3.5, −2.19, 7", 215, "true 0.914, −1.01, … 3 more"),
        ("✗ pred right bright 0.94", 150, "✗ right bright 0.94"),
        ("pred a", 150, "pred a"),
    ],
)
def test_what_must_be_cut_is_a_name_and_never_a_number(line, width, shown):
    assert squeezed(line, width, 14) == shown


def test_a_white_tile_is_told_from_the_paper():
    sheet, _ = pixel_sheet(np.ones((1, 16, 16, 3)), np.ones((1, 16, 16)), title=TITLE)
    assert (sheet[HEAD + 40 : -60, 11] < 230).all()
