"""Trainings that end in every way but the right one: what was finished is on disk, and whole."""

import random
import signal
import textwrap
import time

import fits
import numpy as np
import pytest
from record_loaders import LOADERS

from kerasvis2.record.reader import runs

FOREVER = "fit(sys.argv[1], 1_000_000, more=[Slower()])"
SLOWER = """
class Slower(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        time.sleep(0.02)
"""


def whole(folder, loaders=True):
    """Checks that everything in a run is whole, and returns the epochs of its pictures."""
    [run] = runs(folder).values()
    assert all("cut off" in wrong for wrong in run.damage), run.damage
    assert len(run.damage) <= 3  # the last record of a folder, at most
    steps = run.steps("saliency/00_input")
    assert steps == list(range(len(steps)))
    for tag in run.tags():
        for picture in run.pictures(tag).values():
            assert picture.any()
    even = run.steps("grad_cam/00_conv")
    assert even == list(range(0, len(steps), 2))
    losses = run.steps("train/epoch_loss")
    assert abs(len(losses) - len(steps)) <= 1
    for loader in LOADERS if loaders else ():
        load = loader(folder)
        shown = load.pictures("run/vis", "saliency/00_input", steps)
        assert np.array_equal(shown[-1], run.picture("saliency/00_input", steps[-1]))
        load.steps("scalars", "run/train", "epoch_loss", losses)
    out, err, status = fits.cards(folder)
    assert status == 0, err
    assert "Traceback" not in err
    assert f" {len(steps)} step" in out
    return steps


def until_drawn(folder):
    """Returns once a picture is on disk; the first takes long on a busy machine."""
    while not any(run.tags() for run in runs(folder).values()):
        time.sleep(0.02)


def kill_at(folder, delay, loaders):
    process = fits.start(SLOWER + FOREVER, folder / "run")
    fits.wait_for(process, "epoch 3")
    until_drawn(folder)
    time.sleep(delay)
    process.send_signal(signal.SIGKILL)
    rest = process.stdout.read().splitlines()
    process.communicate()
    finished = 4 + sum(line.startswith("epoch") for line in rest)
    shown = whole(folder, loaders)
    # What was finished some looks ago is there; the last ones may have been waiting to be drawn.
    assert len(shown) >= finished - 33
    return len(shown), finished


@pytest.mark.parametrize("delay", [0.01, 0.4])
def test_killed_at_any_moment_what_is_there_is_whole(tmp_path, delay):
    shown, _ = kill_at(tmp_path, delay, loaders=True)
    assert shown > 0


@pytest.mark.soak
@pytest.mark.parametrize("attempt", range(50))
def test_killed_at_fifty_moments(tmp_path, attempt):
    kill_at(tmp_path, random.Random(attempt).uniform(0, 1.5), loaders=attempt % 5 == 0)


ENDS = {
    "Ctrl-C": ("os.kill(os.getpid(), signal.SIGINT)", {-signal.SIGINT, 1, 130}),
    "SIGTERM": ("os.kill(os.getpid(), signal.SIGTERM)", {-signal.SIGTERM}),
    "exception": ("raise RuntimeError('on purpose')", {1}),
}
DYING = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)  # jobs in the background ignore it

class Die(keras.callbacks.Callback):
    def on_train_batch_begin(self, batch, logs=None):
        if self.params["epochs"] == 8 and self.epoch == 5:
            print("dying", flush=True)
            {end}
            time.sleep(30)
    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

class SlowView(kv.Saliency):
    def draw(self, arrays, about):
        time.sleep(0.2)  # so that several looks still wait when the end comes
        return super().draw(arrays, about)

views = lambda: [kv.Curves(), SlowView(), kv.GradCAM(layers="conv", freq=2)]
"""


@pytest.mark.parametrize("end", ENDS)
def test_what_was_looked_at_is_on_disk_however_a_training_ends(tmp_path, end):
    code, statuses = ENDS[end]
    process = fits.start(
        DYING.format(end=code) + "fit(sys.argv[1], 8, more=[Die()])", tmp_path / "run"
    )
    fits.wait_for(process, "dying")
    begun = time.monotonic()
    _, err = process.communicate(timeout=60)
    assert time.monotonic() - begun < 5
    assert process.returncode in statuses, err
    [run] = runs(tmp_path).values()
    assert run.damage == []
    assert run.steps("slow_view/00_input") == [0, 1, 2, 3, 4]
    assert run.steps("train/epoch_loss") == [0, 1, 2, 3, 4]
    assert run.steps("validation/epoch_loss") == [0, 1, 2, 3, 4]


HANGING = """
import signal, threading

class Hangs(kv.Saliency):
    def draw(self, arrays, about):
        threading.Event().wait()

class Die(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        print("dying", flush=True)
        os.kill(os.getpid(), signal.SIGTERM)

views = lambda: [Hangs()]
fit(sys.argv[1], 8, more=[Die()])
"""


def test_sigterm_waits_for_a_drawing_that_hangs_no_longer_than_it_says(tmp_path):
    process = fits.start(HANGING, tmp_path / "run")
    fits.wait_for(process, "dying")
    try:
        process.communicate(timeout=20)  # it says 4 seconds
    finally:
        process.kill()
    assert process.returncode == -signal.SIGTERM


LONG_CALL = """
import hashlib, signal, threading

class SlowView(kv.Saliency):
    def draw(self, arrays, about):
        time.sleep(0.5 * {drawing})
        return super().draw(arrays, about)

def term():
    time.sleep(0.3)  # the main thread is in its call
    while not waiting():
        time.sleep(0.01)
    os.kill(os.getpid(), signal.SIGTERM)

class Call(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 2:
            print("dying", flush=True)
            threading.Thread(target=term, daemon=True).start()
            hashlib.pbkdf2_hmac("sha256", b"", b"", 400_000_000)  # minutes, without Python

def waiting():
    drawing = any(t.name == "kerasvis2-recorder" for t in threading.enumerate())
    return drawing == {drawing}

views = lambda: [SlowView()]
fit(sys.argv[1], 8, more=[Call()])
"""


@pytest.mark.parametrize("drawing", [0, 1], ids=["nothing waits", "drawings wait"])
def test_sigterm_ends_a_training_that_is_in_one_long_call(tmp_path, drawing):
    """Python runs no handler then, and without one the signal ends the process."""
    process = fits.start(LONG_CALL.format(drawing=drawing), tmp_path / "run")
    fits.wait_for(process, "dying")
    try:
        process.communicate(timeout=30)
    finally:
        process.kill()
    assert process.returncode == -signal.SIGTERM
    [run] = runs(tmp_path).values()
    assert run.damage == []
    assert run.steps("slow_view/00_input") == [0, 1]


FORKS = """
import signal, threading

class Fork(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        child = os.fork()
        if child == 0:
            signal.signal(signal.SIGTERM, lambda *_: os._exit(7))
            os.kill(os.getpid(), signal.SIGTERM)
            os._exit(8)
        print("child", os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)

fit(sys.argv[1], 3, more=[Fork()])
print("done", [t.name for t in threading.enumerate() if "kerasvis2" in t.name])
"""


def test_a_signal_of_a_forks_own_is_none_of_the_trainings(tmp_path):
    lines, err, status = fits.run(FORKS, tmp_path / "run")
    assert status == 0, err
    assert lines.count("child 7") == 3
    assert lines[-1] == "done []"


LOOP = """
import asyncio, signal

async def main():
    heard = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, heard.set)
    fit(sys.argv[1], 3)
    os.kill(os.getpid(), signal.SIGUSR1)
    await asyncio.wait_for(heard.wait(), 20)
    print("heard", flush=True)

asyncio.run(main())
"""


def test_an_event_loop_hears_its_own_signals(tmp_path):
    lines, err, status = fits.run(LOOP, tmp_path / "run")
    assert status == 0, err
    assert lines[-1] == "heard"


NOTEBOOK = """
import threading
try:
    fit(sys.argv[1], 8, more=[Die()])
except KeyboardInterrupt:
    for _ in range(100):
        names = [t.name for t in threading.enumerate() if "kerasvis2" in t.name]
        if not names:
            break
        time.sleep(0.05)
    print("threads", names)
fit(sys.argv[1], 7, initial_epoch=5)
print("handler", signal.getsignal(signal.SIGTERM) is signal.SIG_DFL)
"""


def test_an_interrupted_notebook_is_left_with_no_thread_and_no_handler(tmp_path):
    script = DYING.format(end="raise KeyboardInterrupt") + textwrap.dedent(NOTEBOOK)
    lines, err, status = fits.run(script, tmp_path / "run")
    assert status == 0, err
    assert "threads []" in lines
    assert "handler True" in lines
    [run] = runs(tmp_path).values()
    assert run.steps("slow_view/00_input") == list(range(7))


def test_a_handler_of_somebody_elses_is_left_alone(tmp_path):
    script = """
    import signal
    mine = lambda *_: print("mine", flush=True)
    signal.signal(signal.SIGTERM, mine)
    class Term(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            os.kill(os.getpid(), signal.SIGTERM)
    fit(sys.argv[1], 2, more=[Term()])
    print(signal.getsignal(signal.SIGTERM) is mine)
    """
    lines, err, status = fits.run(script, tmp_path / "run")
    assert status == 0, err
    assert lines.count("mine") == 2
    assert lines[-1] == "True"
