"""Disks that are full, gone or read-only in mid-training; names of all kinds; and long trainings.

All trainings are of one process, since starting it takes most of the time; each test reads its own.
"""

import os
import subprocess
import tempfile
from pathlib import Path

import fits
import numpy as np
import pytest
from record_loaders import LOADERS

from kerasvis2.record.reader import runs

SCRIPT = r"""
import contextlib, json, resource, shutil, signal, threading
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
root, tmpfs = sys.argv[1:]
said = []
warnings.showwarning = lambda message, *rest, **more: said.append(str(message))
alone = train(8, [])

class At(keras.callbacks.Callback):
    # Does something when an epoch begins, with all before it on disk.
    def __init__(self, **does):
        super().__init__()
        self.does = does
    def on_epoch_begin(self, epoch, logs=None):
        if does := self.does.get(f"epoch{epoch}"):
            self.monitor._recorder.wait(30)
            does(self.monitor)

def case(name, folder, **does):
    said.clear()
    at = At(**does)
    at.monitor = kv.Monitor(folder, probe, views())
    result = train(8, [at.monitor, at])
    told = [words for words in said if words.startswith("kerasvis2")]
    print(json.dumps({"case": name, "same": result == alone, "said": told}), flush=True)

def limit(size):
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

case("untouched", f"{root}/untouched")
case("full", f"{root}/full", epoch2=lambda m: limit(100), epoch5=lambda m: limit(-1))
case("removed", f"{root}/removed", epoch3=lambda m: shutil.rmtree(m.log_dir))

def sealed(monitor):
    for folder, _, files in os.walk(monitor.log_dir, topdown=False):
        for file in files:
            os.chmod(f"{folder}/{file}", 0o400)
        os.chmod(folder, 0o500)

def unsealed(monitor):
    os.seteuid(0) if os.getuid() == 0 else None
    for folder, _, files in os.walk(monitor.log_dir):
        os.chmod(folder, 0o700)
        for file in files:
            os.chmod(f"{folder}/{file}", 0o600)
    os.seteuid(65534) if os.getuid() == 0 else None

if os.getuid() == 0:  # to whom nothing is read-only
    os.makedirs(f"{root}/sealed")
    os.chown(f"{root}/sealed", 65534, 65534)
    os.seteuid(65534)
case("sealed", f"{root}/sealed", epoch2=sealed, epoch5=unsealed)
if os.getuid() == 0:
    os.seteuid(0)

if tmpfs:
    def fill(monitor):
        with contextlib.suppress(OSError), open(f"{tmpfs}/ballast", "wb") as file:
            while True:
                file.write(bytes(4096))
                file.flush()
    case("tmpfs", f"{tmpfs}/run", epoch2=fill, epoch5=lambda m: os.unlink(f"{tmpfs}/ballast"))

names = ["a>b", ".c-d_e", "n" * 300]  # TensorFlow takes no others for scopes
image = keras.Input((8, 8, 1), name="image")
flow = image
for name in names:
    flow = keras.layers.Conv2D(2, 3, padding="same", name=name)(flow)
branches = [
    keras.Sequential([keras.layers.Conv2D(2, 3, name="twin")], name=name)
    for name in ("left", "right")
]
flow = keras.layers.Concatenate()([branch(flow) for branch in branches])
flow = keras.layers.GlobalAveragePooling2D()(flow)
model = keras.Model(image, keras.layers.Dense(3, activation="softmax")(flow), name="i>x")
model.compile("adam", "sparse_categorical_crossentropy")
classes = ["<script>alert(1)</script>", "é" * 300, " "]
named = kv.Probe(x[:4], y[:4], class_names=classes, display=(-4, 4))
said.clear()
given = [kv.Curves(), kv.GradCAM(layers="all"), kv.Filters(layers="all"), kv.Predictions()]
train(2, [kv.Monitor(f"{root}/named/run", named, given, hparams={"<b>": "ü"})], model=model)
told = [words for words in said if words.startswith("kerasvis2")]
print(json.dumps({"case": "names", "said": told}), flush=True)

class Count(keras.callbacks.Callback):
    def on_train_begin(self, logs=None):
        self.seen = []
    def on_epoch_end(self, epoch, logs=None):
        if epoch % 10 == 9:
            self.monitor._recorder.wait(30)
            time.sleep(0.05)  # the thread goes by itself
            self.seen.append([len(os.listdir("/proc/self/fd")), threading.active_count()])
count = Count()
count.monitor = kv.Monitor(f"{root}/long", probe, [kv.Curves(), kv.Saliency()])
train(60, [count.monitor, count])
print(json.dumps({"case": "long", "seen": count.seen}), flush=True)
"""


@pytest.fixture(scope="module")
def root():
    """Not pytest's own, as that is for one user only."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        yield Path(folder)


@pytest.fixture(scope="module")
def tmpfs(root):
    """A small file system of its own, where this user may mount one."""
    folder = root / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    mounted = os.getuid() == 0 and subprocess.run(mount, capture_output=True).returncode == 0
    yield folder if mounted else None
    if mounted:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture(scope="module")
def cases(root, tmpfs):
    lines, err, status = fits.run(SCRIPT, root, tmpfs or "", timeout=300)
    assert status == 0, err
    return {found["case"]: found for found in fits.parsed(lines)}


TAG = "saliency/00_input"


def test_nothing_is_said_where_nothing_is_wrong(root, cases):
    assert cases["untouched"] == {"case": "untouched", "same": True, "said": []}
    [run] = runs(root / "untouched").values()
    assert run.steps(TAG) == list(range(8))


@pytest.mark.parametrize("case", ["full", "sealed", "tmpfs"])
def test_a_disk_that_cannot_be_written_costs_its_epochs_and_no_more(root, tmpfs, cases, case):
    if case == "tmpfs" and tmpfs is None:
        case = "full"  # this user can have no small disk; the limit stands for it
    found = cases[case]
    assert found["same"]
    [run] = runs(tmpfs / "run" if case == "tmpfs" else root / case).values()
    assert run.damage == []
    assert run.steps(TAG) == [0, 1, 5, 6, 7]
    # Small things may find room on a disk that is full for pictures.
    parts = ["vis"] if case == "tmpfs" else ["vis", "train", "validation"]
    for part in parts:
        said = [
            words
            for words in found["said"]
            if f"{case}/{part} " in words or f"run/{part} " in words
        ]
        assert [words for words in said if "written again; it lacks steps 2…4" in words]
    for part in parts[1:]:
        assert run.steps(f"{part}/epoch_loss") == [0, 1, 5, 6, 7]
    assert sum("an error" in words for words in found["said"]) <= 3  # one a folder


def test_a_folder_that_is_removed_is_made_again(root, cases):
    assert cases["removed"]["same"]
    [run] = runs(root / "removed").values()
    assert run.steps(TAG) == [3, 4, 5, 6, 7]
    assert sum("was deleted" in words for words in cases["removed"]["said"]) == 3


def test_names_of_all_kinds_are_kept(root, cases):
    assert cases["names"]["said"] == []
    [run] = runs(root / "named").values()
    assert run.damage == []
    tags = run.tags()
    for name in ("a>b", ".c-d_e", "n" * 300, "left.twin", "right.twin"):
        assert sum(tag.startswith("grad_cam/") and name in tag for tag in tags) == 1, name
    out, err, status = fits.cards(root / "named")
    assert status == 0, err
    assert "a>b" in out
    for loader in LOADERS:
        load = loader(root / "named")
        for tag in [tag for tag in tags if tag.startswith("grad_cam/")][:2]:
            shown = load.pictures("run/vis", tag, [0, 1])
            assert np.array_equal(shown[1], run.picture(tag, 1))


def test_a_long_training_holds_no_more_files_and_threads(cases):
    handles, threads = zip(*cases["long"]["seen"])
    assert max(handles) <= handles[0] + 1
    assert max(threads) <= threads[0]
