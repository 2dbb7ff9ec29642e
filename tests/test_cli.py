"""The command line as people use it: in a process of its own."""

import signal
import subprocess
import sys

import map_logs
import numpy as np
import pytest
from PIL import Image
from runs_on_disk import HOSTILE, TAG, write_run

import kerasvis2
from kerasvis2 import cli
from kerasvis2.record import events
from kerasvis2.record.maps import MAPS_TAG, encode_maps
from kerasvis2.record.writer import EventFile


def kerasvis2_command(*arguments, **kwargs):
    command = [sys.executable, "-m", "kerasvis2", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, **kwargs)


@pytest.fixture
def two(tmp_path):
    write_run(tmp_path / "runs" / "a", range(6), probe="1" * 64)
    write_run(tmp_path / "runs" / "b", [0, 2, 4], seed=100, probe="2" * 64)
    return tmp_path / "runs"


def test_list(two):
    result = kerasvis2_command("list", two)
    assert result.returncode == 0
    assert result.stderr == ""
    lines = result.stdout.splitlines()
    assert lines[0] == f"a  ({two / 'a'})"
    assert lines[1].split() == ["images", TAG, "6", "steps", "0…5"]
    assert lines[2].split() == ["scalars", "train/epoch_loss", "6", "steps", "0…5"]
    assert lines[4].split() == ["images", TAG, "3", "steps", "0…4"]


def test_list_leaves_the_scales_of_pictures_out(tmp_path, capsys):
    write_run(tmp_path / "a", [0], scale=0.5)
    assert cli.main(["list", str(tmp_path)]) == 0
    assert "scale/" not in capsys.readouterr().out


@pytest.mark.parametrize("kind", ["png", "gif", "html"])
def test_compare(two, tmp_path, capsys, kind):
    output = tmp_path / f"out.{kind}"
    arguments = ["compare", str(two / "b"), str(two / "a"), "--tag", "conv", "-o", str(output)]
    assert cli.main([*arguments, "--steps", "0,4"]) == 0
    printed = capsys.readouterr()
    assert printed.out.startswith(f"{output}: 2 runs, 2 steps of {TAG}, ")
    assert "kerasvis2: The probes differ" in printed.err
    if kind == "gif":
        with Image.open(output) as animation:
            assert animation.n_frames == 2
    if kind == "png":
        with Image.open(output) as image:
            assert np.array(image).shape[2] == 3
    if kind == "html":
        assert output.read_text("utf-8").startswith("<!doctype html>")


def test_steps_of_maps_are_told_where_they_are_more_than_those_of_pictures(tmp_path, capsys):
    own = "layer_cam/05_last"
    map_logs.write_maps(tmp_path / "runs")  # as many maps as pictures
    maps = encode_maps(map_logs.maps("one", 0, map_logs.CONV), {})
    values = [events.blob(MAPS_TAG + own, maps)]
    write_run(tmp_path / "runs" / "few", [0], tag=own)
    more = EventFile(tmp_path / "runs" / "few" / "vis")
    for step in range(3):
        more.append(step, 1e9 + step, values)
    assert cli.main(["list", str(tmp_path / "runs")]) == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("  maps")]
    assert [line.split() for line in lines] == [["maps", own, "3", "steps", "0…2"]]
    arguments = ["compare", str(tmp_path / "runs"), "--tag", own, "-o", str(tmp_path / "x.png")]
    assert cli.main([*arguments, "--steps", "77"]) == 1, "also where some runs have no such tag"
    assert "there are 0, 1, 2." in capsys.readouterr().err


def test_compare_says_which_steps_have_no_picture(two, tmp_path, capsys):
    arguments = ["compare", str(two), "--tag", "conv", "-o", str(tmp_path / "out.png")]
    assert cli.main([*arguments, "--steps", "0,77"]) == 0
    assert "kerasvis2: no run has a picture at step 77" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["list", "nowhere"], "no folder 'nowhere'"),
        (["compare", "a", "runs", "--tag", TAG, "-o", "x.png"], "no folder 'a'; is it 'runs/a'?"),
        (["list", "."], "no event files in '.'"),
        (["list", "abfs://bucket/run"], "pip install 'kerasvis2[cloud]'"),
        (["compare", "runs", "--tag", "grad_cm", "-o", "x.png"], "the closest are 'grad_cam/03"),
        (["compare", "runs", "--tag", "conv", "-o", "x.jpg"], "must end in .png, .gif or .html"),
        (["compare", "runs", "--tag", "conv", "-o", "no/x.png"], "No such file or directory"),
        (
            ["compare", "runs", "--tag", "conv", "--steps", "77", "-o", "x.png"],
            f"--steps 77: no run has a picture of {TAG} there; there are 0.",
        ),
    ],
)
def test_errors_are_one_line_without_a_traceback(tmp_path, monkeypatch, capsys, arguments, message):
    if "runs" in arguments:
        write_run(tmp_path / "runs" / "a", [0])
    monkeypatch.chdir(tmp_path)
    assert cli.main(arguments) == 1
    printed = capsys.readouterr()
    [line] = printed.err.splitlines()
    assert line.startswith("kerasvis2: ")
    assert message in line
    assert printed.out == ""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "required"),
        (["lsit"], "invalid choice: 'lsit'"),
        (["compare", "a", "--tag", "t", "--steps", "1,x", "-o", "o.png"], "'1,x' is no list of"),
        (["demo", "--epochs", "0"], "0 is not a positive number"),
        (["explain", "model.keras", "-o", "out.png"], "IMAGE"),
    ],
)
def test_usage_errors(capsys, arguments, message):
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    assert ended.value.code == 2
    assert message in capsys.readouterr().err


def test_version():
    assert kerasvis2_command("--version").stdout == f"{kerasvis2.__version__}\n"


def test_damage_is_named_and_the_rest_is_shown(two, capsys):
    [path] = (two / "a" / "vis").glob("*tfevents*")
    path.write_bytes(path.read_bytes()[:-100])
    assert cli.main(["list", str(two)]) == 0
    printed = capsys.readouterr()
    assert f"kerasvis2: {path}: the record at byte" in printed.err
    assert "cut off" in printed.err
    assert "5 steps" in printed.out


def test_a_terminal_is_not_given_orders(tmp_path, capsys):
    write_run(tmp_path / "a", [0], tag="x" + "".join(HOSTILE))
    assert cli.main(["list", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert "\\x1b[31mred" in printed
    assert "\\u202e" in printed
    assert "שלום" in printed
    assert all(letter.isprintable() or letter == "\n" for letter in printed)


def test_nor_by_names_of_files(tmp_path, capsys):
    """In what is wrong, in what is warned of, and in what was written."""
    [path] = write_run(tmp_path / "\x1b[31mred", [0, 1]).glob("vis/*tfevents*")
    path.write_bytes(path.read_bytes()[:-100])
    assert cli.main(["list", str(tmp_path)]) == 0
    for name, status in (("\x1b[31mred.png", 0), ("\x1b[31mred.jpg", 1)):
        arguments = ["compare", str(tmp_path), "--tag", TAG, "-o", str(tmp_path / name)]
        assert cli.main(arguments) == status
    printed = capsys.readouterr()
    assert printed.err.count("\\x1b[31mred") >= 3
    assert "\\x1b[31mred.png: 1 runs" in printed.out
    assert all(letter.isprintable() or letter == "\n" for letter in printed.out + printed.err)


def test_a_narrow_encoding_and_a_closed_pipe(two):
    result = kerasvis2_command("list", two, env={"PYTHONIOENCODING": "ascii"})
    assert result.returncode == 0
    assert "0\\u20265" in result.stdout
    command = f"{sys.executable} -m kerasvis2 list {two} | true"
    result = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60)
    assert result.stderr == ""


def test_ctrl_c_and_a_closed_pipe_end_a_command_without_a_word(tmp_path):
    """In the middle of a list that is longer than a pipe takes."""
    values = [
        events.image(f"{'long' * 20}/{i}", np.zeros((1, 1, 3), np.uint8)) for i in range(2000)
    ]
    EventFile(tmp_path / "a" / "vis").append(0, 0.0, values)
    script = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
        "from kerasvis2.cli import main; raise SystemExit(main())"
    )
    command = [sys.executable, "-c", script, "list", str(tmp_path)]
    with subprocess.Popen(command, stdout=-1, stderr=-1, text=True) as process:
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err == ""
    shell = f"{sys.executable} -m kerasvis2 list {tmp_path} | head -1"
    done = subprocess.run(["bash", "-c", shell], capture_output=True, text=True, timeout=60)
    assert done.stderr == ""


def test_no_command_of_ours_imports_tensorflow(two, tmp_path):
    script = f"""if True:
        import sys
        from kerasvis2 import cli
        cli.main(["list", {str(two)!r}])
        for kind in ("png", "gif", "html"):
            out = {str(tmp_path)!r} + "/out." + kind
            cli.main(["compare", {str(two)!r}, "--tag", "conv", "-o", out])
        heavy = {{"tensorflow", "keras", "scipy", "matplotlib.pyplot"}} & set(sys.modules)
        print(sorted(heavy))
    """
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert result.stdout.splitlines()[-1] == "[]", result.stderr


def test_help_imports_nothing_heavy():
    script = """if True:
        import sys
        from kerasvis2 import cli
        try:
            cli.main(["--help"])
        except SystemExit:
            print(sorted({"numpy", "google.protobuf", "PIL", "tensorflow"} & set(sys.modules)))
    """
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert result.stdout.splitlines()[-1] == "[]"
