import numpy as np
import pytest

from kerasvis2.render import image_sheet, kernel_sheet, paint
from kerasvis2.render.colour import NOT_A_NUMBER

TITLE = "Filters · conv1 · epoch 12"
MARGIN = 12
AXIS = 22


def draw(kernel, kind="conv", **options):
    return kernel_sheet(kernel, kind=kind, title=TITLE, **options)


def last_row(sheet, height):
    return sheet[sheet.shape[0] - MARGIN - height : sheet.shape[0] - MARGIN, MARGIN:]


def has_nan(picture):
    return (picture == NOT_A_NUMBER).all(-1).any()


def test_three_inputs_are_red_green_and_blue_about_mid_grey():
    kernel = np.zeros((1, 1, 3, 4))
    kernel[0, 0, :, 1] = [1, 0, -1]
    kernel[0, 0, :, 2] = [0.5, 0, 0]
    kernel[0, 0, :, 3] = 1
    sheet, top = draw(kernel)
    assert top == 1
    row = last_row(sheet, 10)
    edge = 144
    tiles = [row[5, i * (edge + 3) + 5] for i in range(4)]
    np.testing.assert_array_equal(tiles[0], [128, 128, 128])
    np.testing.assert_array_equal(tiles[1], [255, 128, 1])
    np.testing.assert_array_equal(tiles[2], [191, 128, 128])
    np.testing.assert_array_equal(tiles[3], [255, 255, 255])


def test_one_input_is_one_tile_a_filter_in_index_order():
    levels = np.linspace(-1, 1, 16)
    sheet, top = draw(np.broadcast_to(levels, (3, 3, 1, 16)))
    assert top == 1
    edge = 75
    rows = last_row(sheet, 2 * edge + 3)
    for index, level in enumerate(levels):
        row, column = divmod(index, 8)
        tile = rows[row * (edge + 3) :, column * (edge + 3) :][:edge, :edge]
        assert (tile == paint(np.array(level), True)).all()


def test_more_inputs_are_the_whole_matrix_of_inputs_by_filters():
    kernel = np.zeros((3, 3, 5, 7))
    kernel[0, 2, 1, 4] = 1  # upper right weight of the tile in row 1 and column 4
    kernel[2, 0, 0, 0] = -1  # lower left weight of the tile at the upper left
    sheet, _ = draw(kernel)
    tile = 72
    body = sheet[-MARGIN - 5 * (tile + 1) + 1 : -MARGIN, MARGIN + AXIS :][:, : 7 * (tile + 1) - 1]
    hot = np.argwhere((body == paint(np.array(1.0), True)).all(-1))
    cold = np.argwhere((body == paint(np.array(-1.0), True)).all(-1))
    weight = tile // 3
    assert len(hot) == len(cold) == weight**2
    np.testing.assert_array_equal(hot[0], [tile + 1, 4 * (tile + 1) + 2 * weight])
    np.testing.assert_array_equal(cold[0], [2 * weight, 0])


def test_64_by_64_of_the_commonest_kernel_fit_on_a_page():
    kernel = np.random.default_rng(0).normal(size=(3, 3, 128, 256))
    sheet, _ = draw(kernel)
    assert sheet.shape[1] <= 720
    cut, _ = draw(kernel[:, :, :64, :64], total=(128, 256), scale=5.0)
    full, _ = draw(kernel, scale=5.0)
    np.testing.assert_array_equal(last_row(cut, 600), last_row(full, 600))


@pytest.mark.parametrize(
    ("kernel", "kind"),
    [
        ((5, 16, 32), "conv"),
        ((7, 1, 8), "conv"),
        ((3, 3, 3, 1, 8), "conv"),
        ((3, 3, 3, 3, 8), "conv"),
        ((3, 3, 3, 16, 32), "conv"),
        ((1, 1, 64, 128), "conv"),
        ((11, 11, 64, 96), "conv"),
        ((31, 31, 3, 8), "conv"),
        ((200, 1, 16), "conv"),
        ((3, 3, 32, 1), "depthwise"),
        ((3, 3, 8, 4), "depthwise"),
        ((5, 8, 1), "depthwise"),
        ((1, 1), "dense"),
        ((7, 1000), "dense"),
        ((2000, 10), "dense"),
        ((1025, 513), "dense"),
    ],
)
def test_no_kernel_is_refused_and_a_nan_in_it_is_seen(kernel, kind):
    weights = np.random.default_rng(0).normal(size=kernel)
    clean, top = draw(weights, kind)
    assert clean.dtype == np.uint8
    assert clean.shape[1] <= 720
    assert top > 0
    assert not has_nan(clean)
    weights[(0,) * len(kernel)] = np.nan
    broken, _ = draw(weights, kind)
    assert has_nan(broken[70:])
    assert has_nan(broken[:70])  # counted beside the scale


@pytest.mark.parametrize(
    ("shape", "kind", "neutral"),
    [
        ((3, 3, 3, 8), "conv", (128, 128, 128)),
        ((3, 3, 1, 8), "conv", (247, 247, 247)),
        ((3, 3, 8, 8), "conv", (247, 247, 247)),
        ((3, 3, 8, 1), "depthwise", (247, 247, 247)),
        ((8, 8), "dense", (247, 247, 247)),
    ],
)
def test_zero_is_neutral_and_says_so(shape, kind, neutral):
    sheet, top = draw(np.zeros(shape), kind)
    assert top == 0
    np.testing.assert_array_equal(sheet[-MARGIN - 3, MARGIN + AXIS + 3], neutral)


def test_depthwise_kernels_are_a_tile_a_channel_in_order():
    levels = np.linspace(-1, 1, 8)
    kernel = np.broadcast_to(levels.reshape(4, 2), (3, 3, 4, 2))
    sheet, _ = draw(kernel, "depthwise")
    row = last_row(sheet, 75)
    for index, level in enumerate(levels):
        assert (row[40, index * 78 + 10] == paint(np.array(level), True)).all()


def test_dense_kernels_are_inputs_down_and_units_across():
    kernel = np.zeros((8, 4))
    kernel[7, 0] = 1
    sheet, _ = draw(kernel, "dense")
    body = sheet[-MARGIN - 8 * 40 : -MARGIN, MARGIN + AXIS :][:, : 4 * 40]
    hot = (body == paint(np.array(1.0), True)).all(-1)
    assert hot[-40:, :40].all()
    assert hot.sum() == 1600


def test_large_dense_kernels_keep_their_largest_weights():
    kernel = np.full((1024, 1024), 0.1)
    kernel[1, 1] = -0.9
    sheet, top = draw(kernel, "dense", scale=1.0)
    assert top == 1
    body = sheet[-MARGIN - 512 : -MARGIN, MARGIN + AXIS :][:, :512]
    assert (body[0, 0] == paint(np.array(-0.9), True)).all()
    assert (body[1:, 1:] == paint(np.array(0.1), True)).all()


@pytest.mark.parametrize(("inputs", "filters"), [(1, 64), (3, 8), (96, 24), (500, 2), (2, 200)])
@pytest.mark.parametrize("size", [(1, 1), (7, 1), (1, 7), (3, 3), (11, 2)])
@pytest.mark.parametrize("kind", ["conv", "depthwise"])
def test_no_sheet_of_kernels_is_larger_than_1200_pixels(kind, size, inputs, filters):
    sheet, _ = draw(np.ones((*size, inputs, filters), np.float16), kind)
    assert max(sheet.shape) <= 1200


def test_kernels_of_whole_photographs_fit_on_a_sheet():
    sheet, _ = draw(np.random.default_rng(0).normal(size=(224, 224, 1, 64)))
    assert max(sheet.shape) <= 1200


def test_dense_kernels_over_pixels_are_a_picture_a_unit():
    kernel = np.random.default_rng(0).normal(size=(8 * 6 * 3, 10))
    pictures, _ = draw(kernel, "dense", image_shape=(8, 6, 3))
    tiles, _ = draw(kernel.reshape(8, 6, 3, 10))
    np.testing.assert_array_equal(last_row(pictures, 100), last_row(tiles, 100))


def test_the_scale_can_be_frozen_or_given():
    kernel = np.ones((3, 3, 1, 4))
    assert draw(kernel, scale="run", frozen=5.0)[1] == 5
    assert draw(kernel, scale="run")[1] == 1
    assert draw(kernel, scale=3)[1] == 3
    assert draw(kernel * 7, scale="image")[1] == 10


def test_unfitting_arguments_are_named():
    with pytest.raises(ValueError, match="kind='pool'"):
        draw(np.ones((3, 3, 3, 8)), "pool")
    with pytest.raises(ValueError, match="kernel has shape"):
        draw(np.ones((3, 3)), "conv")
    with pytest.raises(ValueError, match="kernel has shape"):
        draw(np.ones((3, 3, 0, 8)), "conv")
    with pytest.raises(ValueError, match="image_shape="):
        draw(np.ones((10, 3)), "dense", image_shape=(3, 3, 1))


def test_images_are_drawn_in_order_and_enlarged_by_whole_pixels():
    levels = 30 + np.arange(10) * 20
    images = np.broadcast_to(levels.reshape(10, 1, 1, 1) / 255, (10, 8, 8, 1))
    sheet = image_sheet(images, title="Activation maximization")
    found = [np.argwhere((sheet == level).all(-1)) for level in levels]
    found = [each[each[:, 0] > 40] for each in found]
    edges = {round(len(each) ** 0.5) for each in found}
    assert len(edges) == 1
    assert edges.pop() % 8 == 0
    middles = [tuple(np.median(each, 0)) for each in found]
    assert middles == sorted(middles)


def test_more_images_than_asked_for_are_counted():
    images = np.zeros((30, 8, 8, 3))
    few = image_sheet(images[:16], title="t", notes=["16 of 30 images"])
    cut = image_sheet(images, title="t")
    assert abs(cut.shape[0] - few.shape[0]) <= 100
    assert image_sheet(images, title="t", shown=30).shape[0] > 200


@pytest.mark.parametrize("count", [1, 2, 3, 10, 16, 64])
@pytest.mark.parametrize("shape", [(224, 224, 3), (8, 8, 1), (2, 64, 1), (64, 2, 3), (1, 1, 1)])
def test_pictures_are_no_larger_than_256_and_their_sheets_than_1200(count, shape):
    images = np.broadcast_to(np.linspace(0.2, 0.8, count).reshape(-1, 1, 1, 1), (count, *shape))
    sheet = image_sheet(
        images, title="t", captions=[("unit", "score 3", "p 0.5")] * count, shown=64
    )
    assert max(sheet.shape) <= 1200
    drawn = (sheet == sheet[..., :1]).all(-1) & (sheet[..., 0] == round(0.2 * 255))
    assert np.flatnonzero(drawn.sum(1) > 256).size == 0 if count == 1 else True


def test_images_that_diverged_are_seen():
    images = np.full((2, 8, 8, 3), 0.5)
    images[1] = np.nan
    sheet = image_sheet(images, title="t", captions=[("cat",), ("dog",)])
    assert has_nan(sheet)
