"""Sheets of the training monitor: what stands where, and that nothing is hidden."""

import shutil
import sys

import numpy as np
import pytest
from reading import says

from kerasvis2.render.colour import NOT_A_NUMBER, WRONG
from kerasvis2.render.diagram import Box, diagram_sheet
from kerasvis2.render.filmstrip import filmstrip_sheet, key_columns
from kerasvis2.render.folding import fold_repeats
from kerasvis2.render.graphviz_layout import by_graphviz, read_plain
from kerasvis2.render.heatmap import Panel, heatmap_sheet
from kerasvis2.render.layout import by_ranks
from kerasvis2.render.matrix import matrix_sheet
from kerasvis2.render.placing import lay_out
from kerasvis2.render.predictions import SHOWN_CLASSES, confusion_sheet, prediction_sheet

RNG = np.random.default_rng(0)


def has(picture, colour):
    return bool((picture == colour).all(-1).any())


# Heat maps


def sheet(values, **options):
    values = np.asarray(values, float)
    panel = Panel("quantity", values, (-6.0, 0.0), -3.0, **options)
    rows = [f"row {i}" for i in range(len(values))]
    return heatmap_sheet([panel], rows, range(values.shape[1]), title="Title")


def test_equal_values_get_equal_colours_whatever_their_row():
    def colours(values):
        pixels = sheet(values).reshape(-1, 3)
        found, counts = np.unique(pixels, axis=0, return_counts=True)
        return dict(zip(map(tuple, found.tolist()), counts.tolist()))

    # The same two values, crosswise, and each in a row of its own, which a row's own scale would
    # draw alike.
    crossed, apart = colours([[-3, -1], [-1, -3]]), colours([[-3, -3], [-1, -1]])
    assert crossed == apart
    assert colours([[-3, -3], [-3, -3]]) != crossed


def test_broken_numbers_have_a_colour_of_their_own():
    assert has(sheet([[np.nan, -3]]), NOT_A_NUMBER)
    assert not has(sheet([[-3, -3]]), NOT_A_NUMBER)


def test_what_is_absent_is_not_broken():
    absent = np.array([[True, False]])
    assert not has(sheet([[np.nan, -3]], absent=absent), NOT_A_NUMBER)


def test_what_stands_still_is_hatched():
    still, moving = sheet([[-np.inf]]), sheet([[-3.0]])
    assert has(still, (176, 178, 184))
    assert not has(moving, (176, 178, 184))


def test_marks_are_written():
    assert not np.array_equal(sheet([[-3.0]], marks=np.array([["F"]])), sheet([[-3.0]]))


def test_many_rows_and_steps_fit():
    values = RNG.normal(size=(200, 2000)) - 3
    picture = sheet(values)
    assert picture.shape[1] == 652
    assert picture.shape[0] < 1200


def test_of_more_steps_than_pixels_the_last_is_drawn():
    values = np.full((1, 3000), -3.0)
    values[0, -1] = np.nan
    assert has(sheet(values), NOT_A_NUMBER)


# Film strips


def test_key_columns_are_spaced_by_the_logarithm():
    assert key_columns(range(7)) == list(range(7))
    kept = key_columns(range(1000))
    assert len(kept) == 10
    assert (kept[0], kept[-1]) == (0, 999)
    assert kept == sorted(set(kept))
    gaps = np.diff(kept)
    assert (np.diff(gaps[1:]) >= 0).all()


def test_a_film_strip_marks_what_was_wrong_and_keeps_one_scale():
    films = np.zeros((3, 2, 4, 4))
    films[2] = 0.4
    wrong = np.zeros((3, 2), bool)
    options = {"title": "Film", "names": ["a", "b"]}
    images = np.zeros((2, 8, 8, 1))
    plain, top = filmstrip_sheet(images, films, [0, 5, 9], wrong=wrong, **options)
    assert top == 0.5
    assert not has(plain, WRONG)
    wrong[1, 0] = True
    marked, _ = filmstrip_sheet(images, films, [0, 5, 9], wrong=wrong, **options)
    assert has(marked, WRONG)


# Predictions


def test_changed_and_wrong_images_are_told_apart_by_shape():
    images = np.full((2, 8, 8, 1), 0.5)
    options = {"title": "P", "captions": [["true a", "a"], ["true b", "a"]]}
    quiet = prediction_sheet(images, wrong=[False, False], changed=[False, False], **options)
    changed = prediction_sheet(images, wrong=[False, False], changed=[False, True], **options)
    wrong = prediction_sheet(images, wrong=[False, True], changed=[False, False], **options)
    assert has(changed, (0, 92, 175))
    assert not has(quiet, (0, 92, 175))
    assert has(wrong, WRONG)
    assert not has(changed, WRONG)


def test_confusions_are_blue_where_right_and_orange_where_wrong():
    counts = np.array([[4, 0, 0], [0, 1, 3], [0, 0, 0]])
    picture = confusion_sheet(counts, ["a", "b", "c"], title="Confusion")[70:].astype(int)
    blue = picture[..., 2] - picture[..., 0]
    assert (blue > 60).any()
    assert (blue < -60).any()
    right, _ = confusion_sheet(np.eye(3, dtype=int), ["a", "b", "c"], title="C")[70:].astype(int), 0
    assert (right[..., 2] - right[..., 0]).min() > -60


def test_extreme_shapes_are_drawn_too():
    for shape in ((1, 1, 1), (16, 2, 3), (2, 16, 1), (500, 2, 3), (2, 500, 1)):
        images = np.full((3, *shape), 0.5)
        sheet = prediction_sheet(
            images, title="P", captions=[["a"]] * 3, wrong=[True] * 3, changed=[True] * 3
        )
        assert max(sheet.shape) <= 1200
        films = np.random.default_rng(0).random((4, 3, *shape[:2]))
        strip, _ = filmstrip_sheet(images, films, [0, 1, 2, 3], title="F", names=list("abc"))
        assert strip.shape[1] == 652
        heatmap_sheet(
            [Panel("q", np.zeros((3, 2)), (-1.0, 1.0), 0.0, bad="low")],
            list("abc"),
            [0, 1],
            title="H",
            images=images,
        )


@pytest.mark.parametrize("scale", ["image", "98%"])
def test_a_film_strip_may_scale_each_step_and_says_so(scale):
    films = np.ones((3, 2, 4, 4)) * np.array([0.001, 0.1, 0.4])[:, None, None, None]
    options = {"title": "Film", "names": ["a", "b"], "overlay": False, "quantity": "logit"}
    images = np.zeros((2, 8, 8, 1))
    together, top = filmstrip_sheet(images, films, [0, 5, 9], **options)
    apart, _ = filmstrip_sheet(images, films, [0, 5, 9], scale=scale, **options)
    assert top == 0.5
    assert apart.shape[0] > together.shape[0]  # each step's range at its head
    faint = [
        (abs(sheet[100:].astype(int) - (1, 1, 6)).max(-1) < 3).sum() for sheet in (together, apart)
    ]
    assert faint[0] > 3000
    assert faint[1] == 0


def test_what_is_bad_is_orange_and_what_is_good_is_blue():
    def colours(value, bad):
        panel = Panel("q", np.array([[value]]), (-1.0, 1.0), 0.0, bad=bad)
        return heatmap_sheet([panel], ["r"], [0], title="t")[-50:-36].astype(int)

    for value, bad, wrong in ((-1, "low", True), (1, "low", False), (1, "high", True)):
        cell = colours(value, bad)
        blue = cell[..., 2] - cell[..., 0]
        assert (blue < -60).any() == wrong
        assert (blue > 60).any() != wrong


def test_confusions_of_many_classes_are_cut_and_say_so():
    names = [f"class {i}" for i in range(40)]
    picture = confusion_sheet(np.eye(40, dtype=int), names, title="Confusion")
    assert picture.shape[1] == 652
    assert says(picture, f"{SHOWN_CLASSES} of 40 classes")
    few = confusion_sheet(np.eye(3, dtype=int), names[:3], title="Confusion")
    assert not says(few, "3 of 3 classes")


def test_a_matrix_tells_numbers_apart():
    one = matrix_sheet(np.array([[0.1, 0.9]]), ["a"], ["b", "c"], title="M")
    other = matrix_sheet(np.array([[0.9, 0.1]]), ["a"], ["b", "c"], title="M")
    assert not np.array_equal(one, other)


@pytest.mark.parametrize("shape", [(1, 1), (3, 200), (200, 3), (100, 100)])
def test_large_matrices_leave_some_out_evenly(shape):
    rows, columns = ([f"{'ж' * 40} {i}" for i in range(count)] for count in shape)
    values = np.zeros(shape)
    values[-1, -1] = 1
    sheet = matrix_sheet(values, rows, columns, title="M")
    assert max(sheet.shape) <= 1200
    assert has(sheet[100:], (252, 255, 164))  # the last is among them
    for count, word in zip(shape, ("rows", "columns")):
        assert says(sheet, f"48 of {count} {word}, evenly spread") == (count > 48)


# Diagrams


def apart(layout, sizes):
    """No two boxes overlap."""
    corners = [
        (x - w / 2, y - h / 2, x + w / 2, y + h / 2) for (x, y), (w, h) in zip(layout, sizes)
    ]
    return all(
        a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]
        for i, a in enumerate(corners)
        for b in corners[i + 1 :]
    )


def downward(layout, edges):
    """Each edge's boxes and line; it leads down."""
    for (start, end), line in zip(edges, layout.lines):
        assert layout.centres[start, 1] < layout.centres[end, 1]
        yield start, end, line


def random_network(seed):
    """Every box but the first is fed by one or two earlier ones."""
    rng = np.random.default_rng(seed)
    count = 30
    edges = {(int(rng.integers(max(0, i - 4), i)), i) for i in range(1, count)}
    edges |= {(int(rng.integers(0, i)), i) for i in range(2, count, 3)}
    sizes = [(float(rng.integers(40, 200)), float(rng.integers(20, 90))) for _ in range(count)]
    return sizes, sorted(edges)


@pytest.mark.parametrize("seed", range(5))
def test_boxes_do_not_overlap_and_edges_run_down(seed):
    sizes, edges = random_network(seed)
    layout = by_ranks(sizes, edges)
    assert apart(layout.centres, sizes)
    for start, end, line in downward(layout, edges):
        assert line[0] == pytest.approx(
            (layout.centres[start, 0], layout.centres[start, 1] + sizes[start][1] / 2)
        )
        assert line[-1] == pytest.approx(
            (layout.centres[end, 0], layout.centres[end, 1] - sizes[end][1] / 2)
        )
        heights = [y for _, y in line]
        assert heights == sorted(heights)
    low = layout.centres - np.array(sizes) / 2
    high = layout.centres + np.array(sizes) / 2
    assert low.min() >= -1e-6
    assert (high <= np.array(layout.size) + 1e-6).all()


def test_a_cycle_is_drawn_too():
    layout = by_ranks([(50, 20)] * 3, [(0, 1), (1, 2), (2, 0)])
    assert apart(layout.centres, [(50, 20)] * 3)


@pytest.mark.skipif(shutil.which("dot") is None, reason="no Graphviz on this machine")
@pytest.mark.parametrize("seed", range(3))
def test_graphviz_itself_places_the_boxes(seed):
    sizes, edges = random_network(seed)
    layout = by_graphviz(sizes, edges)
    assert apart(layout.centres, sizes)
    for start, end, line in downward(layout, edges):
        away = np.abs(np.array(line[0]) - layout.centres[start]) - np.array(sizes[start]) / 2
        assert away.max() <= 2  # it comes out of its box
        assert line[-1] == pytest.approx(layout.centres[end])
    assert lay_out(sizes, edges).size == layout.size


def test_a_broken_graphviz_is_done_without(tmp_path, monkeypatch):
    program = tmp_path / "dot"
    program.write_text(f"#!{sys.executable}\nimport sys; sys.exit('Format not recognized')\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    sizes, edges = random_network(0)
    np.testing.assert_array_equal(lay_out(sizes, edges).centres, by_ranks(sizes, edges).centres)


def test_graphviz_places_are_read():
    plain = (
        "graph 1 2 3\n"
        'node 0 1 2.5 1 0.5 "" solid box black lightgrey\n'
        'node 1 1 0.5 1 0.5 "" solid box black lightgrey\n'
        "edge 0 1 4 1 2.25 1 1.9 1 1.2 1 0.75 solid black\n"
        "stop\n"
    )
    layout = read_plain(plain, 2, [(0, 1)])
    assert layout.size == (144, 216)
    np.testing.assert_allclose(layout.centres, [[72, 36], [72, 180]])
    (line,) = layout.lines
    assert line[0] == pytest.approx((72, 54))
    assert line[-1] == pytest.approx((72, 180))


def residual(blocks, size=4, width=64):
    """A stem, so many residual blocks of `size` boxes, the last one their sum, and a head."""
    boxes = [Box("input", ("64×64×3",), "input"), Box("stem", ("Conv2D 7×7",), "weights")]
    edges, last = [(0, 1)], 1
    for block in range(blocks):
        first = len(boxes)
        for step in range(size - 1):
            boxes.append(Box(f"b{block}_{step}", (f"Conv2D {step}", f"{width} weights"), "weights"))
            edges.append((last if step == 0 else first + step - 1, first + step))
        boxes.append(Box(f"b{block}_add", ("Add",)))
        edges += [(first + size - 2, first + size - 1), (last, first + size - 1)]
        last = first + size - 1
    boxes.append(Box("head", ("Dense",), "weights"))
    return boxes, [*edges, (last, len(boxes) - 1)]


def folded(boxes, edges):
    return fold_repeats([(box.lines, box.kind) for box in boxes], edges)


@pytest.mark.parametrize(("blocks", "size"), [(2, 2), (5, 4), (30, 3)])
def test_blocks_that_repeat_are_folded_with_their_number(blocks, size):
    boxes, edges = residual(blocks, size)
    found = folded(boxes, edges)
    assert found.kept == [*range(2 + size), len(boxes) - 1]
    assert found.repeats == [(tuple(range(2, 2 + size)), blocks)]
    assert set(found.edges) == {*residual(1, size)[1]}


def test_what_is_not_alike_is_not_folded():
    boxes, edges = residual(3)
    boxes[7] = Box("b1_1", ("Conv2D 5×5",), "weights")
    assert len(folded(boxes, edges).kept) == len(boxes)
    boxes, edges = residual(3)
    reached = folded(boxes, [*edges, (4, len(boxes) - 1)])  # a way from inside the first block
    assert len(reached.kept) == len(boxes) - 4
    frozen = [*boxes[:2], *(Box(b.name, b.lines, "frozen") for b in boxes[2:6]), *boxes[6:]]
    assert len(folded(frozen, edges).kept) == len(boxes) - 4


def test_boxes_in_parts_of_other_names_are_alike():
    boxes, edges = residual(4)
    inside = [Box(b.name, b.lines, b.kind, f"part {i // 4}") for i, b in enumerate(boxes)]
    assert folded(inside, edges) == folded(boxes, edges)


@pytest.mark.parametrize("seed", range(5))
def test_folding_loses_no_way_through_a_network(seed):
    sizes, edges = random_network(seed)
    found = fold_repeats([i % 3 for i in range(len(sizes))], edges)
    ends = {end for _, end in found.edges}
    starts = {start for start, _ in found.edges}
    assert ends == set(range(1, len(found.kept)))  # each box but the first is still fed
    dead_ends = set(range(len(sizes))) - {start for start, _ in edges}
    assert len(set(range(len(found.kept))) - starts) <= len(dead_ends)


@pytest.mark.parametrize("count", [1, 12, 70, 400])
@pytest.mark.parametrize("graphviz", [True, False])
def test_no_diagram_is_larger_than_1200_pixels(count, graphviz, monkeypatch):
    if not graphviz:
        monkeypatch.setattr(shutil, "which", lambda name: None)
    boxes = [
        Box(f"layer {i} {'ж' * 99}", ("Conv2D", f"{i} weights"), "weights") for i in range(count)
    ]
    edges = [(i, i + 1) for i in range(count - 1)] + [(i, i + 3) for i in range(0, count - 3, 5)]
    picture = diagram_sheet(boxes, edges, title="Model")
    assert max(picture.shape) <= 1200
    assert picture.shape[1] >= 652
    assert np.array_equal(picture, diagram_sheet(boxes, edges, title="Model"))


def test_a_folded_network_is_drawn_with_its_words():
    boxes, edges = residual(16)
    picture = diagram_sheet(boxes, edges, title="Model")
    assert has(picture, (236, 236, 232))  # the ground of what repeats
    assert picture.shape[0] <= 1000
    assert not has(diagram_sheet(*residual(1), title="Model"), (236, 236, 232))


def test_frozen_boxes_are_hatched():
    open_, frozen = (
        diagram_sheet([Box("conv", ("a",), kind)], [], title="M") for kind in ("weights", "frozen")
    )
    assert has(frozen, (214, 216, 222))
    assert not has(open_, (214, 216, 222))
