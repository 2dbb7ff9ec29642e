"""Contact sheets and animations, pixel by pixel."""

import numpy as np
import pytest
from PIL import Image
from runs_on_disk import HOSTILE, TAG, picture, write_run

import kerasvis2 as kv
from kerasvis2.compare.animation import frames
from kerasvis2.compare.palette import with_palette
from kerasvis2.compare.sheet import contact_sheet


def places(page, part):
    """Where a picture lies in a page: all (top, left)."""
    height, width = part.shape[:2]
    corners = np.argwhere((page == part[0, 0]).all(-1))
    return [
        (int(top), int(left))
        for top, left in corners
        if page[top : top + height, left : left + width].shape == part.shape
        and (page[top : top + height, left : left + width] == part).all()
    ]


def test_rows_are_runs_and_columns_are_steps(tmp_path):
    write_run(tmp_path / "a", range(3))
    write_run(tmp_path / "b", [0, 2], seed=100)
    sheet = contact_sheet(kv.compare(tmp_path, TAG))
    assert sheet.dtype == np.uint8
    where = {}
    for run, seed in (("a", 0), ("b", 100)):
        for step in range(3):
            found = places(sheet, picture(seed + step))
            assert len(found) == (0 if (run, step) == ("b", 1) else 1)
            if found:
                where[run, step] = found[0]
    assert len({where["a", step][0] for step in range(3)}) == 1
    assert where["a", 0][1] < where["a", 1][1] < where["a", 2][1]
    assert where["b", 0][1] == where["a", 0][1]
    assert where["b", 2][1] == where["a", 2][1]
    # Between b's steps 0 and 2: a grey box, not paper and not another picture.
    top, left = where["b", 0][0], where["a", 1][1]
    assert (sheet[top + 2, left : left + 64] == 236).all()


def test_of_many_steps_eight_are_shown_and_it_says_so(tmp_path):
    write_run(tmp_path / "a", range(30))
    comparison = kv.compare(tmp_path, TAG)
    sheet = contact_sheet(comparison)
    shown = [step for step in range(30) if places(sheet, picture(step))]
    assert len(shown) == 8
    assert (shown[0], shown[-1]) == (0, 29)
    said = contact_sheet(kv.compare(tmp_path, TAG, steps=shown))
    assert sheet.shape[0] > said.shape[0]  # the line that says that 8 of 30 are shown


def test_pictures_of_unequal_size(tmp_path):
    write_run(tmp_path / "small", [0, 1], size=(10, 12))
    write_run(tmp_path / "large", [0, 1], size=(90, 300), seed=50)
    comparison = kv.compare(tmp_path, TAG)
    sheet = contact_sheet(comparison)
    assert places(sheet, picture(0, 10, 12))
    assert places(sheet, picture(50, 90, 300))
    first, second = frames(comparison)
    assert first.shape == second.shape
    assert places(second, picture(51, 90, 300))
    assert places(second, picture(1, 10, 12))


def test_a_huge_sheet_is_made_smaller(tmp_path):
    write_run(tmp_path / "a", range(8), size=(8, 2500))
    sheet = contact_sheet(kv.compare(tmp_path, TAG))
    assert max(sheet.shape[:2]) == 16_000


def test_a_damaged_picture_is_said_and_the_rest_is_shown(tmp_path):
    write_run(tmp_path / "a", range(2), size=(80, 80))
    [path] = (tmp_path / "a" / "vis").glob("*tfevents*")
    data = bytearray(path.read_bytes())
    data[-5000] ^= 1  # in the pixels of step 1
    path.write_bytes(data)
    comparison = kv.compare(tmp_path, TAG)
    with pytest.raises(ValueError, match="fails its checksum"):
        comparison.picture("a", 1)
    sheet = contact_sheet(comparison)
    assert places(sheet, picture(0, 80, 80))
    assert not places(sheet, picture(1, 80, 80))
    assert (sheet == 236).all(-1).sum() > 60 * 200  # the grey box
    assert len(list(frames(comparison))) == 2


def test_hostile_names_are_drawn_as_one_line(tmp_path):
    runs = kv.read(write_run(tmp_path / "a", [0]))
    for name in HOSTILE:
        comparison = kv.compare({name: runs["a"]}, TAG)
        assert contact_sheet(comparison).shape == contact_sheet(kv.compare(runs, TAG)).shape


def test_a_frame_a_step_with_the_runs_side_by_side(tmp_path):
    write_run(tmp_path / "a", range(3))
    write_run(tmp_path / "b", [0, 2], seed=100)
    comparison = kv.compare(tmp_path, TAG)
    for step, frame in enumerate(frames(comparison)):
        [(top, left)] = places(frame, picture(step))
        right = places(frame, picture(100 + step))
        if step == 1:
            assert right == []
        else:
            assert right[0][0] == top
            assert right[0][1] > left


def test_the_animation_as_a_file(tmp_path):
    write_run(tmp_path / "runs" / "a", range(3))
    kv.compare(tmp_path / "runs", TAG).save(tmp_path / "out.gif")
    with Image.open(tmp_path / "out.gif") as animation:
        assert animation.n_frames == 3
        assert animation.info["loop"] == 0
        pauses = []
        for frame in range(3):
            animation.seek(frame)
            animation.load()
            pauses.append(animation.info["duration"])
            shown = np.array(animation.convert("RGB")).astype(int)
            first = next(frames(kv.compare(tmp_path / "runs", TAG, [frame])))
            assert shown.shape == first.shape
            assert np.abs(shown - first).mean() < 3
    assert pauses == [500, 500, 2000]


def test_one_step_makes_an_animation_too(tmp_path):
    write_run(tmp_path / "runs" / "a", [4])
    kv.compare(tmp_path / "runs", TAG).save(tmp_path / "out.gif")
    with Image.open(tmp_path / "out.gif") as animation:
        assert animation.n_frames == 1


def test_rare_colours_survive_the_palette():
    """A heat map's peak is a few pixels among paper and photographs."""
    rng = np.random.default_rng(0)
    frame = np.full((400, 400, 3), 255, np.uint8)
    frame[:200] = rng.normal(120, 40, (200, 400, 1)).clip(0, 255)
    frame[300:304, 300:304] = (252, 255, 164)  # inferno's top
    frame[350:354, 300:304] = (255, 0, 255)
    image = with_palette(frame)
    assert image.mode == "P"
    shown = np.array(image.convert("RGB")).astype(int)
    assert np.abs(shown - frame)[300:304, 300:304].max() <= 8
    assert np.abs(shown - frame)[350:354, 300:304].max() <= 8
    assert np.abs(shown - frame).max() <= 16


def test_the_sheet_as_a_file_and_bad_names(tmp_path):
    comparison = kv.compare(write_run(tmp_path / "a", [0]), TAG)
    comparison.save(tmp_path / "out.PNG")
    with Image.open(tmp_path / "out.PNG") as image:
        assert np.array_equal(np.array(image), comparison.sheet())
    with pytest.raises(ValueError, match=r"must end in \.png, \.gif or \.html, got 'out\.jpg'"):
        comparison.save("out.jpg")
    with pytest.raises(FileNotFoundError):
        comparison.save(tmp_path / "missing" / "out.png")
