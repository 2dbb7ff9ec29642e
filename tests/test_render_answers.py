"""Sheets of signals, tables, texts, volumes, and of answers that are no class."""

import numpy as np
import pytest

from kerasvis2.render import paint
from kerasvis2.render.answers import LABELS, mask_sheet, reconstruction_sheet, values_sheet
from kerasvis2.render.bars import bars_sheet
from kerasvis2.render.boxes import boxes_sheet
from kerasvis2.render.captions import Said
from kerasvis2.render.colour import NOT_A_NUMBER, RIGHT, WRONG
from kerasvis2.render.lettering import Words
from kerasvis2.render.signal import signal_sheet
from kerasvis2.render.volume import volume_sheet
from kerasvis2.render.words import words_sheet

RNG = np.random.default_rng(0)
HEAD = 70
LONG = "ж猫🐈" * 100


def is_(sheet, colour):
    return (sheet[HEAD:] == colour).all(-1)


def draw(kind, count, maps):
    """One sheet of so many examples with the given (count, 12) attributions."""
    options = {
        "title": f"{kind} {LONG}",
        "how": "50 points",
        "quantity": "logit",
        "why": "dead",
        "captions": [(f"true {LONG}", Said("b 0.9"))] * count,
        "wrong": [True] * count,
    }
    if kind == "signal":
        return signal_sheet(RNG.normal(size=(count, 12)), maps, **options)
    if kind == "channels":
        values = RNG.normal(size=(count, 700, 3))
        return signal_sheet(values, np.repeat(maps[..., None], 3, 2), channels="xyz", **options)
    if kind == "bars":
        return bars_sheet(RNG.normal(size=(count, 12)), maps, names=[LONG, "age"], **options)
    if kind == "words":
        return words_sheet([["the", LONG, None, "\n", "猫"] * 2] * count, maps, **options)
    grid = maps.reshape(count, 3, 2, 2)
    return volume_sheet(RNG.random((count, 3, 8, 6)), grid, signed=True, **options)


KINDS = ("signal", "channels", "bars", "words", "volume")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("count", [1, 3, 64])
@pytest.mark.parametrize("values", ["normal", "zero", "broken", "nan"])
def test_any_number_of_examples_and_any_values_are_a_sheet(kind, count, values):
    maps = RNG.normal(size=(count, 12))
    if values == "zero":
        maps[:] = 0
    if values == "broken":
        maps[0, :2] = np.nan, -np.inf
    if values == "nan":
        maps[:] = np.nan
    with np.errstate(all="raise", under="ignore"):
        sheet, top = draw(kind, count, maps)
    assert sheet.dtype == np.uint8
    assert sheet.shape[1] == 652
    assert sheet.shape[0] <= 1200
    assert (top == 0) == (values in ("zero", "nan"))
    assert (sheet == NOT_A_NUMBER).all(-1).any() == (values in ("broken", "nan"))
    assert is_(sheet, WRONG).any()  # the cross and the bar


@pytest.mark.parametrize("kind", KINDS)
def test_the_scale_is_kept_between_epochs(kind):
    maps = np.full((2, 12), 0.52)
    assert draw(kind, 2, maps)[1] == 1
    options = {"title": "t", "previous": 0.5}
    steady = {
        "signal": lambda: signal_sheet(np.zeros((2, 12)), maps, **options),
        "channels": lambda: signal_sheet(np.zeros((2, 12, 1)), maps[..., None], **options),
        "bars": lambda: bars_sheet(None, maps, **options),
        "words": lambda: words_sheet([["a"] * 12] * 2, maps, **options),
        "volume": lambda: volume_sheet(np.zeros((2, 3, 4, 4)), maps.reshape(2, 3, 2, 2), **options),
    }
    assert steady[kind]()[1] == 0.5


def test_a_strip_lies_below_its_place_in_time():
    maps = np.zeros((1, 10))
    maps[0, -1] = 1
    sheet, _ = signal_sheet(np.zeros((1, 400)), maps, title="t", scale=1.0)
    _, columns = np.nonzero(is_(sheet, paint(np.array(1.0), True)))
    assert columns.min() > 12 + 56 + 0.9 * 572
    assert columns.max() == 639


def test_peaks_of_long_signals_are_kept():
    maps = np.zeros((1, 20_000))
    maps[0, [7_777, 15_000]] = 1, -1
    sheet, _ = signal_sheet(np.zeros((1, 20_000)), maps, title="t", scale=1.0)
    for value in (1.0, -1.0):
        assert is_(sheet, paint(np.array(value), True)).any()


def test_bars_point_to_their_sign_and_are_as_long_as_their_values():
    sheet, _ = bars_sheet(
        np.zeros((1, 3)), np.array([[1.0, -1.0, 0.5]]), names=list("abc"), title="t", scale=1.0
    )
    colours = paint(np.array([1.0, -1.0, 0.5]), True)
    boxes = [np.argwhere(is_(sheet, colour)) for colour in colours]
    (up, down, half) = [(box[:, 1].min(), box[:, 1].max()) for box in boxes]
    assert abs(down[1] - up[0]) <= 4
    assert half[1] - half[0] == pytest.approx((up[1] - up[0]) / 2, abs=2)
    assert boxes[0][:, 0].max() < boxes[1][:, 0].min()


def test_of_many_features_the_strongest_of_any_example_are_drawn():
    maps = np.zeros((2, 40))
    maps[0, 7], maps[1, 33] = 1, -1
    sheet, _ = bars_sheet(None, maps, title="t", scale=1.0)
    for value in (1.0, -1.0):
        assert is_(sheet, paint(np.array(value), True)).any()


def test_padding_is_left_out_of_texts_and_of_their_scale():
    maps = np.array([[0.4, 0.3, 99.0]])
    sheet, top = words_sheet([["good", "film", None]], maps, title="t")
    assert top == 0.5
    assert is_(sheet, paint(np.array(0.8), True)).sum() > 200
    assert not is_(sheet, paint(np.array(1.0), True)).any()


def test_slices_lie_above_their_maps():
    volumes = np.full((1, 4, 8, 8), 0.5)
    maps = np.zeros((1, 4, 8, 8))
    maps[0, 3] = 1
    sheet, _ = volume_sheet(volumes, maps, over=False, title="t", scale=1.0)
    hot = np.argwhere(is_(sheet, paint(np.array(1.0), False)))
    grey = np.argwhere(is_(sheet, 128))
    hot = hot[hot[:, 0] > 25]
    assert hot[:, 0].min() > grey[:, 0].max()
    assert abs(hot[:, 1].max() - grey[:, 1].max()) <= 1


@pytest.mark.parametrize("units", [1, 2, 3, 9])
def test_values_on_the_diagonal_agree(units):
    true = RNG.normal(size=(30, units))
    good = values_sheet(true, true, title="t")
    bad = values_sheet(-true, true, title="t")
    assert good.shape[1] == 652
    assert max(good.shape) <= 1200
    points = np.argwhere(is_(good, RIGHT))
    assert len(points) > 30
    if units == 1:
        assert np.corrcoef(points.T)[0, 1] < -0.99  # rows run downwards
        assert np.corrcoef(np.argwhere(is_(bad, RIGHT)).T)[0, 1] > 0.9


def test_values_that_are_not_finite_are_counted():
    true = np.arange(5.0)
    broken = np.where(true == 2, np.inf, true)
    assert (values_sheet(broken, true, title="t") == NOT_A_NUMBER).all(-1).any()
    assert values_sheet(true * np.nan, true, title="t").shape[1] == 652
    with pytest.raises(ValueError, match="give the same"):
        values_sheet(np.ones((3, 2)), np.ones(3), title="t")


def test_masks_lie_beside_the_truth():
    true = np.zeros((2, 8, 8), int)
    true[:, :4] = 1
    other = true.copy()
    other[1] = 1 - other[1]
    images = np.full((2, 8, 8, 3), 0.5)
    sheet = mask_sheet(images, other, true, title="t", names=["sky", LONG])
    assert sheet.shape[1] == 652
    blue = is_(sheet, (86, 180, 233))
    wide = np.flatnonzero(blue.any(0))
    assert wide.max() - wide.min() > 200  # in the truth's column and in the prediction's
    assert mask_sheet(images, other, title="t").shape[1] == 652
    void = mask_sheet(images, other, np.where(true == 1, 255, -1), title="t")
    assert is_(void, (86, 180, 233)).sum() < blue.sum()


@pytest.mark.parametrize("classes", [2, 30])
@pytest.mark.parametrize("count", [1, 16, 64])
def test_label_maps_of_any_size_and_number_of_classes(classes, count):
    images = RNG.random((count, 32, 24, 1))
    predicted = RNG.integers(0, classes, (count, 16, 12))
    sheet = mask_sheet(images, predicted, predicted, title="t", captions=[(LONG,)] * count)
    assert max(sheet.shape) <= 1200


def test_reconstructions_show_how_far_they_are_off():
    targets = np.full((3, 8, 8, 1), 0.5)
    outputs = targets.copy()
    outputs[1, 2, 2] = 1.0
    outputs[2, 0, 0] = np.nan
    sheet, top = reconstruction_sheet(targets, outputs, title="t")
    assert top == 0.5
    assert is_(sheet, paint(np.array(1.0), False)).any()
    assert is_(sheet, NOT_A_NUMBER).any()
    assert max(reconstruction_sheet(*[RNG.random((40, 64, 64, 3))] * 2, title="t")[0].shape) <= 1200


def test_boxes_are_where_they_were_found():
    images = np.full((1, 64, 64, 3), 0.5)
    plain = boxes_sheet(images, [[]], title="t")
    sheet = boxes_sheet(
        images, [[(0.5, 0.5, 1.2, 0.9)]], words=[["cat 0.9"]], true=[[(0, 0, 0.4, 0.4)]], title="t"
    )
    edge = int(((plain == 128).all(-1).sum(1) > 100).sum())
    found = np.argwhere((sheet[-15 - edge : -15, 12 : 12 + edge] == (32, 32, 36)).all(-1))
    assert found[:, 0].min() == pytest.approx(0.5 * edge, abs=4)
    assert found[:, 1].min() == pytest.approx(0.5 * edge, abs=4)
    assert (sheet == RIGHT).all(-1).any()
    broken = boxes_sheet(images, [[(np.nan, 0, 1, 1), (0.9, 0, 0.1, 1)]], title="t")
    assert broken.shape[1] == 652


def test_unfitting_shapes_are_named():
    with pytest.raises(ValueError, match="signals has shape"):
        signal_sheet(np.ones((2, 4)), np.ones((3, 4)), title="t")
    with pytest.raises(ValueError, match="rows has shape"):
        bars_sheet(np.ones((2, 4)), np.ones((2, 5)), title="t")
    with pytest.raises(ValueError, match="2 texts of up to 3 tokens"):
        words_sheet([["a"] * 3] * 2, np.ones((2, 2)), title="t")
    with pytest.raises(ValueError, match="volumes has shape"):
        volume_sheet(np.ones((2, 4, 4)), np.ones((2, 4, 4, 4)), title="t")
    with pytest.raises(ValueError, match="outputs"):
        reconstruction_sheet(np.ones((2, 4, 4, 3)), np.ones((2, 4, 4, 1)), title="t")


def test_label_maps_that_shrink_have_no_colour_but_the_labels():
    maps = np.random.default_rng(0).integers(0, 3, (16, 224, 224))
    sheet = mask_sheet(np.zeros((16, 224, 224, 3)), maps, maps, title="Predictions")
    colours = {tuple(each) for each in np.unique(sheet[120:].reshape(-1, 3), axis=0).tolist()}
    grey = {each for each in colours if len(set(each)) == 1}
    assert colours - grey == set(LABELS[:3])


def test_the_ends_of_a_signal_are_whole_numbers_of_fewer_digits_where_room_is_short(written):
    signals = np.linspace(-0.3521, 104.7, 20)[None]
    signal_sheet(signals, np.zeros((1, 20)), title="", captions=[])
    assert "−0.35" in written
    assert "105" in written
    assert not [line for line in written if "…" in line]


def test_the_second_column_of_words_begins_below_its_tile():
    """However wide the room beside a single tile is."""
    words = Words([["cat", "score 1.75", "p 0.85"]])
    lettering, fits = words.fitting(256, 640)
    assert fits
    assert lettering.double
    assert lettering.column(1, 256, 640)[0] < 256
