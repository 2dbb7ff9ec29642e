"""Reading runs back: anybody's pictures, resumed and damaged files, odd names."""

import io
import json
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from kerasvis2.record import events, reader
from kerasvis2.record.frames import Damaged
from kerasvis2.record.writer import EventFile


def picture(seed, height=12, width=16):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def write(folder, *steps, tag="grad_cam/03_conv", wall_time=100.0, seed=0, since=None):
    """An event file with one picture a step, each of its own."""
    file = EventFile(folder, since)
    for step in steps:
        description = f"Markdown\n\nscale: 0…{step + 1}"
        value = events.image(tag, picture(seed + step), description)
        file.append(step, wall_time + step, [value])
    return file.path


def only(found):
    [run] = found.values()
    return run


@pytest.fixture
def run(tmp_path):
    """A run as this package lays it out."""
    folder = tmp_path / "baseline"
    write(folder / "vis", 0, 1, 2)
    for part in ("train", "validation"):
        file = EventFile(folder / part)
        for step in range(3):
            loss = step / 10 if part == "train" else step / 5
            values = [events.scalar("epoch_loss", loss)]
            if part == "train":
                values.append(events.scalar("epoch_learning_rate", 0.5))
            file.append(step, 50.0 + step, values)
    (folder / "vis" / "about.json").write_text(json.dumps({"probe": "abc"}))
    return only(reader.runs(tmp_path))


def test_a_run_is_its_three_folders(run, tmp_path):
    assert run.name == "baseline"
    assert run.path == tmp_path / "baseline"
    assert run.tags() == ["grad_cam/03_conv"]
    assert run.tags("scalars") == [
        "train/epoch_learning_rate",
        "train/epoch_loss",
        "validation/epoch_loss",
    ]
    assert run.about == {"probe": "abc"}
    assert run.damage == []


def test_the_card_of_an_older_run(tmp_path):
    write(tmp_path / "vis", 0)
    (tmp_path / "vis" / "kerasvis.json").write_text(json.dumps({"probe": "old"}))
    assert only(reader.runs(tmp_path)).about == {"probe": "old"}
    (tmp_path / "vis" / "about.json").write_text(json.dumps({"probe": "new"}))
    assert only(reader.runs(tmp_path)).about == {"probe": "new"}


@pytest.mark.parametrize("content", ["", "[]", "{", "[" * 100_000, "\0", '{"a": ' * 100_000])
def test_a_card_that_is_none_says_nothing(tmp_path, content):
    write(tmp_path / "vis", 0)
    (tmp_path / "vis" / "about.json").write_text(content)
    assert only(reader.runs(tmp_path)).about == {}


def test_texts(tmp_path):
    file = EventFile(tmp_path)
    file.append(0, 0.0, [events.text("notes", "# größer"), events.scalar("x", 1.0)])
    file.append(3, 0.0, [events.text("notes", "")])
    run = only(reader.runs(tmp_path))
    assert [run.text("notes", step) for step in run.steps("notes")] == ["# größer", ""]
    with pytest.raises(LookupError, match=r"no 'notes' at step 2; the nearest is 3"):
        run.text("notes", 2)
    with pytest.raises(LookupError, match="no tag 'x'"):
        run.text("x", 0)


def test_pictures_come_back_as_they_were(run):
    assert run.steps("grad_cam/03_conv") == [0, 1, 2]
    assert run.wall_times("grad_cam/03_conv") == [100.0, 101.0, 102.0]
    for step, pixels in run.pictures("grad_cam/03_conv").items():
        assert np.array_equal(pixels, picture(step))
    assert np.array_equal(run.picture("grad_cam/03_conv"), picture(2))  # the last one
    assert run.scale("03_conv", 1) == "0…2"
    assert run.description("03_conv", 1).startswith("Markdown")


def test_curves(run):
    steps, values = run.scalars("validation/epoch_loss")
    assert steps.tolist() == [0, 1, 2]
    np.testing.assert_allclose(values, [0.0, 0.2, 0.4], rtol=1e-6)
    assert run.scalars("learning_rate")[1].tolist() == [0.5, 0.5, 0.5]


@pytest.mark.parametrize("tag", ["grad_cam/03_conv", "03_conv", "conv", "grad*", "*/0?_*"])
def test_a_tag_by_name_ending_or_glob(run, tag):
    assert run.steps(tag) == [0, 1, 2]


def test_tags_that_do_not_fit(run):
    with pytest.raises(LookupError, match=r"'epoch_loss' fits several.*'train/.*'validation/"):
        run.scalars("epoch_loss")
    with pytest.raises(LookupError, match=r"no tag 'grad_cm/03_conv' in baseline.*'grad_cam/03_c"):
        run.picture("grad_cm/03_conv", 0)
    with pytest.raises(LookupError, match=r"no 'grad_cam/03_conv' at step 7; the nearest is 2"):
        run.picture("grad_cam/03_conv", 7)


def test_runs_at_any_depth_and_others_layouts(tmp_path):
    write(tmp_path / "a" / "vis", 0)
    write(tmp_path / "deep" / "b" / "vis", 0)
    write(tmp_path / "plain", 0)
    write(tmp_path / "plain" / "plots", 0)
    (tmp_path / "empty").mkdir()
    assert list(reader.runs(tmp_path)) == ["a", "deep/b", "plain", "plain/plots"]
    assert list(reader.runs(tmp_path / "a")) == ["a"]
    assert list(reader.runs(tmp_path / "a" / "vis")) == ["vis"]
    assert reader.runs(tmp_path / "empty") == {}
    with pytest.raises(FileNotFoundError, match="nowhere"):
        reader.runs(tmp_path / "nowhere")


def test_after_a_resume_the_latest_by_wall_time_wins(tmp_path):
    write(tmp_path, 0, 1, 2, 3, wall_time=100.0)
    write(tmp_path, 2, 3, 4, wall_time=200.0, seed=50)
    run = only(reader.runs(tmp_path))
    assert run.steps("conv") == [0, 1, 2, 3, 4]
    assert run.wall_times("conv") == [100.0, 101.0, 202.0, 203.0, 204.0]
    assert np.array_equal(run.picture("conv", 1), picture(1))
    assert np.array_equal(run.picture("conv", 2), picture(52))


def test_after_a_resume_the_steps_not_yet_repeated_are_gone(tmp_path):
    write(tmp_path, 0, 1, 2, 3)
    write(tmp_path, 1, 2, wall_time=200.0, seed=50)
    write(tmp_path, 2, wall_time=150.0, seed=80)
    run = only(reader.runs(tmp_path))
    assert run.steps("conv") == [0, 1, 2]
    found = [run.picture("conv", step) for step in range(3)]
    assert np.array_equal(found, [picture(0), picture(51), picture(82)])


def test_of_two_writers_at_a_time_the_later_by_the_clock_wins(tmp_path):
    write(tmp_path, 0, wall_time=200.0, seed=50)
    write(tmp_path, 0, wall_time=100.0, since=0.0)
    assert np.array_equal(only(reader.runs(tmp_path)).picture("conv", 0), picture(50))


def test_a_cut_file_is_read_up_to_there_and_named(tmp_path):
    path = write(tmp_path, 0, 1, 2)
    data = path.read_bytes()
    ends = set()
    for cut in range(len(data)):
        path.write_bytes(data[:cut])
        run = only(reader.runs(tmp_path))
        ends.add((len(run.series), tuple(run.steps("conv")) if run.series else ()))
        # A file may also end between two records, and then nothing is wrong with it.
        assert all(str(path) in wrong and "cut off" in wrong for wrong in run.damage)
        assert len(run.damage) <= 1
    assert ends == {(0, ()), (1, (0,)), (1, (0, 1))}


def test_any_flipped_byte_loses_nothing_before_it_and_is_never_shown(tmp_path):
    """A wrong length or key ends the file there; wrong pixels are found on reading."""
    path = tmp_path / "events.out.tfevents.1"
    noise = [picture(seed, 40, 60) for seed in range(2)]  # beyond what is checked when indexing
    file = EventFile(tmp_path / "good")
    file.append(0, 0.0, [events.image("x", noise[0])])
    first = file.path.stat().st_size
    file.append(1, 0.0, [events.image("x", noise[1])])
    data = file.path.read_bytes()
    file.path.unlink()

    for place in range(first, len(data), 97):
        path.write_bytes(data[:place] + bytes([data[place] ^ 0x10]) + data[place + 1 :])
        run = only(reader.runs(tmp_path))
        assert np.array_equal(run.picture("x", 0), noise[0])
        if run.damage:
            assert run.steps("x") == [0]
            continue
        last = run.tags()[-1]
        with pytest.raises((Damaged, LookupError), match=r"checksum|at step 1"):
            run.picture(last, run.steps(last)[-1] or 1)


def test_garbage_and_empty_files(tmp_path):
    (tmp_path / "events.out.tfevents.0").write_bytes(b"")
    (tmp_path / "events.out.tfevents.1").write_bytes(b"no event file, but long enough to look")
    write(tmp_path, 0)
    run = only(reader.runs(tmp_path))
    assert run.steps("conv") == [0]
    [wrong] = run.damage
    assert "tfevents.1: the record's length at byte 0 fails its checksum" in wrong


def test_a_picture_that_is_none(tmp_path):
    value = events.image("x", picture(0))
    value.tensor.string_val[2] = b"no PNG"
    EventFile(tmp_path).append(0, 0.0, [value])
    with pytest.raises(ValueError, match="cannot be decoded"):
        only(reader.runs(tmp_path)).picture("x", 0)


def test_a_growing_file(tmp_path):
    file = EventFile(tmp_path)
    for step in range(3):
        file.append(step, 0.0, [events.image("x", picture(step))])
        assert only(reader.runs(tmp_path)).steps("x") == list(range(step + 1))


def test_odd_tags_and_steps_survive(tmp_path):
    names = ["<b>&\"'", "../../etc/passwd", "a" * 300, "שלום \u202eevil", "", "*[x]"]
    file = EventFile(tmp_path)
    file.append(-5, 1.5, [events.image(tag, picture(1)) for tag in names])
    file.append(2**62, 1.5, [events.image(tag, picture(0)) for tag in names])
    run = only(reader.runs(tmp_path))
    assert run.tags() == sorted(names)
    for tag in names:
        assert run.steps(tag) == [-5, 2**62]
        assert np.array_equal(run.picture(tag, -5), picture(1))


@pytest.fixture(scope="module")
def tensorflow_logs(tmp_path_factory):
    """What TensorFlow's own writers, of both versions, make of the same data."""
    import tensorflow as tf

    folder = tmp_path_factory.mktemp("logs")
    with tf.summary.create_file_writer(str(folder / "two")).as_default():
        for step in range(2):
            batch = np.stack([picture(step), picture(step + 10)]) / 255
            tf.summary.image("pictures", batch, step=step, description="words", max_outputs=2)
            tf.summary.scalar("loss", step / 4, step=step)
            tf.summary.scalar("double", tf.constant(step / 3, tf.float64), step=step)
            tf.summary.histogram("weights", np.arange(10.0), step=step)
            tf.summary.text("notes", "words", step=step)
    with tf.Graph().as_default():
        writer = tf.compat.v1.summary.FileWriter(str(folder / "one"))
        for step in range(2):
            buffer = io.BytesIO()
            Image.fromarray(picture(step)).save(buffer, "PNG")
            legacy = tf.compat.v1.Summary.Image(encoded_image_string=buffer.getvalue())
            summary = tf.compat.v1.Summary()
            summary.value.add(tag="pictures/image/0", image=legacy)
            summary.value.add(tag="loss", simple_value=step / 4)
            writer.add_summary(summary, step)
        writer.close()
    return reader.runs(folder)


def test_what_tensorflow_2_writes(tensorflow_logs):
    run = tensorflow_logs["two"]
    assert run.damage == []
    assert {run.series[tag].kind: tag for tag in run.tags(None)} == {
        "images": "pictures",
        "scalars": "loss",
        "histograms": "weights",
        "text": "notes",
    }
    assert len(run.encoded("pictures", 1)) == 2
    assert np.array_equal(run.picture("pictures", 1), picture(1))
    assert run.description("pictures", 0) == "words"
    assert run.text("notes", 1) == "words"
    assert run.scalars("loss")[1].tolist() == [0.0, 0.25]
    np.testing.assert_allclose(run.scalars("double")[1], [0, 1 / 3], rtol=1e-6)


def test_what_tensorflow_1_wrote(tensorflow_logs):
    run = tensorflow_logs["one"]
    assert np.array_equal(run.picture("pictures/image/0", 1), picture(1))
    assert run.scalars("loss")[1].tolist() == [0.0, 0.25]


def test_reading_does_not_import_tensorflow(tmp_path):
    write(tmp_path, 0)
    EventFile(tmp_path).append(0, 0.0, [events.scalar("loss", 0.0)])
    script = f"""if True:
        import sys
        from kerasvis2.record import reader
        [run] = reader.runs({str(tmp_path)!r}).values()
        run.picture("conv", 0), run.scalars("loss")
        print([name for name in ("tensorflow", "keras") if name in sys.modules])
    """
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert result.stdout == "[]\n", result.stderr
