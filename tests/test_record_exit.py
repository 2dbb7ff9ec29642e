"""The background thread in processes of their own: how they end, and when their disk is full."""

import signal
import subprocess
import sys
import textwrap

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator


def steps(folder, tag="x"):
    accumulator = EventAccumulator(str(folder), size_guidance={"tensors": 0}).Reload()
    return [event.step for event in accumulator.Tensors(tag)]


def run(script):
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, timeout=60
    )


ENDINGS = {
    "normal": ("", 0, ""),
    "sys.exit": ("sys.exit(3)", 3, ""),
    "unhandled exception": ("raise ValueError('training failed')", 1, "training failed"),
    "Ctrl-C": ("os.kill(os.getpid(), signal.SIGINT); time.sleep(30)", -2, "KeyboardInterrupt"),
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_everything_is_on_disk_however_the_interpreter_ends(tmp_path, ending):
    code, status, message = ENDINGS[ending]
    script = f"""
    import os, signal, sys, time
    from kerasvis2.record import events
    from kerasvis2.record.recorder import Recorder

    signal.signal(signal.SIGINT, signal.default_int_handler)  # jobs in the background ignore it

    def draw():
        time.sleep(0.05)  # so that most is still to be done when the main thread ends
        return {{"vis": [events.scalar("x", 1.0)]}}

    recorder = Recorder({str(tmp_path)!r}, on_error=print)
    for step in range(10):
        recorder.submit(step, draw, nbytes=0)
    {code}
    """
    result = run(script)
    assert result.returncode == status
    assert message in result.stderr
    assert result.stdout == ""
    assert steps(tmp_path / "vis") == list(range(10))


def test_no_tensorflow_is_needed_to_write(tmp_path):
    script = f"""
    import sys
    from kerasvis2.record import events
    from kerasvis2.record.recorder import Recorder
    recorder = Recorder({str(tmp_path)!r}, on_error=print)
    recorder.submit(0, lambda: {{"vis": [events.scalar("x", 1.0)]}}, 0)
    recorder.drain()
    print("tensorflow" in sys.modules)
    """
    assert run(script).stdout == "False\n"


def test_a_full_disk_is_reported_once_and_later_steps_are_written(tmp_path):
    script = f"""
    import resource, signal
    from kerasvis2.record import events
    from kerasvis2.record.recorder import Recorder
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, resource.RLIM_INFINITY))
    recorder = Recorder({str(tmp_path)!r}, on_error=lambda doing, error: print(doing, "|", error))
    sizes = [10, 200_000, 200_000, 10, 200_000, 10]
    for step, size in enumerate(sizes):
        recorder.submit(step, lambda size=size: {{"vis": [events.text("x", "y" * size)]}}, 0)
    recorder.drain()
    """
    lines = run(script).stdout.splitlines()
    assert [line.split(" to ")[0] for line in lines] == ["writing step 1", "writing step 4"]
    assert all("File too large" in line for line in lines)
    assert steps(tmp_path / "vis") == [0, 3, 5]


SIGTERM = """
import os, signal, sys, threading
from kerasvis2.record import events
from kerasvis2.record.recorder import Recorder

def ours():
    return signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL

def submit(name, draw=lambda: {"vis": [events.scalar("x", 1.0)]}):
    recorder = Recorder(os.path.join(sys.argv[1], name), on_error=print)
    recorder.submit(0, draw, nbytes=0)
    return recorder

go = threading.Event()
"""
HANDLERS = {
    "another one still works": """
one, other = submit("one", lambda: go.wait() and {}), submit("other")
other.drain()
print(ours())
go.set()
one.drain()
print(ours())
""",
    "the thread ends by itself": """
threading.excepthook = print
one = submit("one")
one.wait(60)
for thread in threading.enumerate():
    if thread is not threading.main_thread():
        thread.join()
print(ours())
submit("other").drain()
print(ours())
""",
    "a fork trains": """
one = submit("one", lambda: go.wait() and {})
print(ours(), flush=True)
child = os.fork()
if child == 0:
    submit("other").drain()
    print(ours(), flush=True)
    os._exit(0)
os.waitpid(child, 0)
go.set()
""",
}


@pytest.mark.parametrize("way", HANDLERS)
def test_sigterm_has_a_handler_while_somebody_works_and_no_longer(tmp_path, way):
    script = [sys.executable, "-c", SIGTERM + HANDLERS[way], str(tmp_path)]
    done = subprocess.run(script, capture_output=True, text=True, timeout=60)
    assert done.stdout.split() == ["True", "False"], done.stderr
    assert done.stderr == ""


ALONE = """
def alone():
    for thread in threading.enumerate():
        if thread is not threading.main_thread():
            thread.join()

def term():
    os.kill(os.getpid(), signal.SIGTERM)
"""
SIGNALS = {
    "between two looks somebody else's": """
one = submit("one")
alone()
before = signal.signal(signal.SIGTERM, lambda *_: print("theirs"))
term()
signal.signal(signal.SIGTERM, before)
two = submit("two", lambda: go.wait(1) or {})
two.drain()
""",
    "meanwhile somebody else's": """
one = submit("one", lambda: go.wait(1) or {})
signal.signal(signal.SIGTERM, lambda *_: print("theirs"))
term()
one.drain()
""",
    "afterwards a loop's": """
submit("one").drain()
print("theirs" if signal.set_wakeup_fd(-1) == -1 else "ours")
""",
}


@pytest.mark.parametrize("way", SIGNALS)
def test_signals_that_are_others_are_left_to_them(tmp_path, way):
    script = [sys.executable, "-c", SIGTERM + ALONE + SIGNALS[way], str(tmp_path)]
    done = subprocess.run(script, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "theirs\n", "")


def test_sigterm_waits_at_every_look(tmp_path):
    script = """
one = submit("one")
alone()
submit("two", lambda: go.wait(1) or {"vis": [events.scalar("x", 1.0)]})
term()
go.wait()
"""
    script = [sys.executable, "-c", SIGTERM + ALONE + script, str(tmp_path)]
    done = subprocess.run(script, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (-signal.SIGTERM, "")
    assert steps(tmp_path / "one" / "vis") == steps(tmp_path / "two" / "vis") == [0]
