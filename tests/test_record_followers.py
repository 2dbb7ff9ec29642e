"""Programs that follow a run's folders while it is written, each by rules of its own."""

import json
import re
import socket
import time

import pytest
from runs_on_disk import picture
from tensorboard.backend.event_processing import directory_watcher
from tensorboard.backend.event_processing.event_file_loader import LegacyEventFileLoader

from kerasvis2.record import events
from kerasvis2.record.card import CARD
from kerasvis2.record.files import write_json
from kerasvis2.record.recorder import Recorder
from kerasvis2.record.writer import EventFile

PARTS = ("vis", "train", "validation")


class Follower:
    """As Aim follows a folder: TensorBoard's watcher, but of all the files in it."""

    def __init__(self, folder):
        self.watcher = directory_watcher.DirectoryWatcher(str(folder), LegacyEventFileLoader)
        self.steps = []

    def look(self):
        self.steps += [event.step for event in self.watcher.Load() if event.HasField("summary")]
        return self.steps


def log(recorder, *steps):
    for step in steps:
        values = [events.image("x", picture(step)), events.scalar("y", step)]
        recorder.submit(step, lambda values=values: dict.fromkeys(PARTS, values), 0)
    recorder.drain()


def follow_three_sessions(run):
    followers = [Follower(run / part) for part in PARTS]
    seen = []
    for session in range(3):
        write_json(run / "vis", CARD, {"session": session})
        recorder = Recorder(run, on_error=print)
        for step in range(3 * session, 3 * session + 3):
            log(recorder, step)
            seen.append(step)
            for follower in followers:
                assert follower.look() == seen
    return followers


def test_a_watcher_of_all_files_sees_every_step_once(tmp_path):
    follow_three_sessions(tmp_path / "run")


@pytest.mark.parametrize("name", ["kerasvis.json", "scales.json"])
def test_a_file_behind_the_event_files_would_stop_it(tmp_path, name, monkeypatch):
    """So that the test above is known to notice."""
    monkeypatch.setitem(globals(), "CARD", name)
    with pytest.raises(AssertionError):
        follow_three_sessions(tmp_path / "run")


def created_by(name, host, since):
    """W&B's rule: the parts of a file's name, at its dots."""
    parts = name.split(".")
    if "tfevents" not in parts:
        return False
    at = parts.index("tfevents") + 1
    whole = re.fullmatch(r"[0-9]+", parts[at]) and int(parts[at]) >= int(since)
    return bool(whole) and parts[at + 1 : at + 1 + len(host.split("."))] == host.split(".")


@pytest.mark.parametrize("host", [socket.gethostname(), "node7.cluster.example"])
def test_names_tell_the_second_and_the_host(tmp_path, monkeypatch, host):
    monkeypatch.setattr(socket, "gethostname", lambda: host)
    began = time.time()
    log(Recorder(tmp_path, on_error=print), 0)
    for part in PARTS:
        [name] = [path.name for path in (tmp_path / part).iterdir()]
        assert created_by(name, host, began)
        assert name.endswith(".kerasvis")


def test_by_name_is_by_time(tmp_path):
    """Also where many begin in one second, and beside files of an older version."""
    old = tmp_path / f"events.out.tfevents.{time.time():.6f}.host.1.0.kerasvis"
    old.write_bytes(b"")
    begun = [old.name]
    for step in range(5):
        file = EventFile(tmp_path)
        file.append(step, 0.0, [events.scalar("x", step)])
        begun.append(file.path.name)
    assert sorted(path.name for path in tmp_path.iterdir()) == begun


def test_nothing_but_event_files_and_the_card_lies_in_the_folders(tmp_path):
    write_json(tmp_path / "vis", CARD, {})
    log(Recorder(tmp_path, on_error=print), 0, 1)
    names = sorted(path.name for path in (tmp_path / "vis").iterdir())
    assert names[0] == "about.json"
    assert all(name.startswith("events.out.tfevents.") for name in names[1:])
    assert json.loads((tmp_path / "vis" / CARD).read_text()) == {}
