from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from PIL import ImageFont, features

from kerasvis2.render import fonts, text
from kerasvis2.render.page import WIDTH, legend_of, page
from kerasvis2.render.scale import Scale


def test_control_characters_and_newlines_become_spaces():
    assert text.clean("a\nb\tc\x00d\x1b[31m  e\u202e") == "a b c d [31m e"


def test_what_fits_is_left_as_it_is():
    assert text.shorten("conv3", 200) == "conv3"


def test_long_text_loses_its_middle_and_fits():
    name = "backbone/block_13_expand_relu_with_a_very_long_name"
    for width in (60, 120, 250):
        short = text.shorten(name, width)
        assert text.width_of(short) <= width
        head, tail = short.split("…")
        assert name.startswith(head)
        assert name.endswith(tail)
        assert abs(len(head) - len(tail)) <= 1


def test_no_room_leaves_the_ellipsis():
    assert text.shorten("abcdef", 1) == "…"


def test_wrapping_keeps_every_word_where_it_can():
    words = "one two three four five six seven"
    lines = text.wrap(words, 130, 4)
    assert " ".join(lines) == words
    assert all(text.width_of(line) <= 130 for line in lines)


def test_wrapping_stops_at_the_last_line():
    lines = text.wrap("one two three four five six seven", 90, 2)
    assert len(lines) == 2
    assert "…" in lines[1]
    assert all(text.width_of(line) <= 90 for line in lines)


def test_writing_outside_of_the_picture_is_cut():
    picture = np.full((10, 10, 3), 255, np.uint8)
    for left, top in ((-5, -5), (8, 8), (50, 50), (-500, 0)):
        text.write(picture, left, top, "WWW")
    assert picture.shape == (10, 10, 3)
    assert picture.min() < 255


def test_full_ink_is_the_colour_and_none_the_ground():
    picture = np.full((1, 3, 3), 200, np.uint8)
    text.stamp(picture, 0, 0, np.array([[0, 255, 128]], np.uint8), (0, 0, 0))
    np.testing.assert_array_equal(picture[0, :, 0], [200, 0, 100])


def test_threads_draw_the_same_as_one():
    words = [f"{name} {i}" for name in ("cat", "espresso", "μ ∂ …") for i in range(30)]
    text.mask.cache_clear()
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(text.mask, words))
    text.mask.cache_clear()
    for ink, word in zip(together, words, strict=True):
        np.testing.assert_array_equal(ink, text.mask(word))


@pytest.mark.parametrize("title", ["short", "long " * 60, "x" * 500, ""])
def test_a_page_has_its_body_unchanged_below_its_words(title):
    body = np.random.default_rng(0).integers(0, 256, (40, 300, 3), dtype=np.uint8)
    sheet = page(body, title=title, notes=["a note"], legend=legend_of(Scale(1, False)))
    assert sheet.shape[1] == WIDTH
    assert sheet.dtype == np.uint8
    np.testing.assert_array_equal(sheet[-52:-12, 12:312], body)


def test_a_wide_body_widens_the_page():
    assert page(np.zeros((5, 700, 3), np.uint8), title="t").shape[1] == 724


def test_the_legend_counts_and_names_the_ends():
    legend = legend_of(Scale(0.5, True, bad=3, clipped=0.004))
    assert legend.ends == ("−0.5", "0.5")
    assert legend.remarks == ("0.4 % of values beyond", "3 NaN/inf")
    assert legend_of(Scale(0, False)).remarks == ("zero everywhere",)
    assert legend_of(Scale(0, False, bad=9)).remarks == ("9 NaN/inf",)
    assert "each image its own scale" in legend_of(Scale(2, False, per_image=True)).remarks


def test_a_legend_of_many_words_stays_on_the_page():
    scale = Scale(2e-30, True, bad=123456789, clipped=0.00001, per_image=True)
    body = np.zeros((1, 1, 3), np.uint8)
    assert page(body, title="t", legend=legend_of(scale)).shape[1] == WIDTH


@pytest.fixture
def system_fonts(monkeypatch):
    """Sets which fonts the system has beside matplotlib's own."""

    def chosen(*names):
        folder = Path(matplotlib.get_data_path(), "fonts", "ttf")
        monkeypatch.setattr(fonts, "_system", lambda: tuple(str(folder / name) for name in names))
        for cached in (fonts.font_of, text.width_of, text.shorten, text.mask):
            cached.cache_clear()

    yield chosen
    monkeypatch.undo()
    for cached in (fonts.font_of, text.width_of, text.shorten, text.mask):
        cached.cache_clear()


def test_a_letter_that_our_font_lacks_is_drawn_by_one_that_has_it(system_fonts):
    beam = "\u2336"  # of APL: in DejaVu Sans Mono, not in DejaVu Sans
    system_fonts()
    assert text.clean(beam) == "[apl functional symbol i-beam]"
    system_fonts("cmr10.ttf", "DejaVuSansMono.ttf")
    assert text.clean(f"a {beam} b") == f"a {beam} b"
    alone = ImageFont.truetype(fonts.font_of(beam), 16).getlength(beam)
    assert text.width_of(beam) == np.ceil(alone)
    both = text.mask(f"ab{beam}")
    np.testing.assert_array_equal(both[:, : text.width_of("ab") - 1], text.mask("ab")[:, :-1])
    assert both[:, text.width_of("ab") :].max() > 200


def test_names_that_no_font_can_write_are_told_apart(system_fonts):
    system_fonts()
    assert text.clean("猫 0.9") == "[U+732B] 0.9"
    assert text.clean("狗") != text.clean("猫")
    assert text.clean("곰ね") == "[gom ne]"
    for plain in ("кошка", "Ελλάδα", "naïve", "f(x) − f(black) 0.3", "✗ → ½ ×"):
        assert text.clean(plain) == plain


@pytest.mark.skipif(not features.check("raqm"), reason="Pillow without Raqm")
def test_arabic_letters_join_and_run_from_right_to_left():
    scorpion = "\u0639\u0642\u0631\u0628"
    assert text.width_of(scorpion) < sum(text.width_of(letter) for letter in scorpion) - 4
    ink = text.mask("\u0628\u0627\u0627")  # beh and two alefs: its dot lies below the line
    dot = np.flatnonzero(ink[text.BODY + 1 :].any(0))
    assert dot.min() > ink.shape[1] // 2
