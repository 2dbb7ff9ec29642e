"""The tab over damaged logs, asked for what is not there, and by a thousand at once."""

import asyncio
import base64
import contextlib
import http.client
import json
import os
import random
import urllib.parse
from pathlib import Path

import numpy as np
import pytest
from board_server import Server
from runs_on_disk import picture
from tensorboard.backend.event_processing import data_provider, plugin_event_multiplexer
from tensorboard.plugins import base_plugin
from test_fuzz import TAG, mutated, write
from werkzeug.test import Client

import kerasvis2
from kerasvis2.board.tab import KerasvisTab
from kerasvis2.record import events
from kerasvis2.record.maps import unpack
from kerasvis2.record.writer import EventFile


class Clients:
    """The tab's addresses as TensorBoard serves them, over the logs of a folder."""

    def __init__(self, folder):
        read = plugin_event_multiplexer.EventMultiplexer(tensor_size_guidance={"images": 0})
        read.AddRunsFromDirectory(str(folder))
        for run in list(read.Runs()):
            with contextlib.suppress(Exception):  # TensorBoard's own reader stops at some
                read.GetAccumulator(run).Reload()
        provider = data_provider.MultiplexerDataProvider(read, str(folder))
        tab = KerasvisTab(base_plugin.TBContext(data_provider=provider, logdir=str(folder)))
        self._by_path = {path: Client(app) for path, app in tab.get_plugin_apps().items()}

    def get(self, path, **arguments):
        reply = self._by_path[path].get(path, query_string=arguments)
        assert reply.status_code in (200, 400, 415), (path, arguments, reply.data[:300])
        if path == "/picture" and reply.status_code == 200:  # nothing that a browser would run
            assert reply.mimetype in ("image/png", "image/jpeg", "image/gif", "image/bmp")
        return reply.data if reply.status_code == 200 else None


def keys_of(found):
    """Every key that an answer names, however deep."""
    if isinstance(found, dict):
        for name, inside in found.items():
            if name in ("key", "keys"):
                yield from [inside] if isinstance(inside, str) else inside
            else:
                yield from keys_of(inside)
    elif isinstance(found, list):
        for inside in found:
            yield from keys_of(inside)


def ask_everything(folder):
    """What the page asks for, of all that there is; the number of answers."""
    clients = Clients(folder)
    index = json.loads(clients.get("/index"))
    asked = [("/index", {}), ("/answers", {}), ("/maps", {"tag": TAG}), ("/curves", {"tag": "x"})]
    asked += [("/curves", {"tag": tag}) for tag in index["scalars"]]
    for tag in index["tags"]:
        asked += [("/series", {"tag": tag["name"]}), ("/maps", {"tag": tag["name"]})]
    keys = set()
    for path, arguments in asked:
        data = clients.get(path, **arguments)
        if path == "/answers":
            unpack(data)
        elif data is not None:
            keys |= {key for key in keys_of(json.loads(data)) if isinstance(key, str)}
    for key in keys:
        clients.get("/picture", key=key)
        clients.get("/numbers", key=key)
    return len(asked) + len(keys)


def damaged_runs(tmp_path, seeds):
    good = write(tmp_path / "good")
    data, root = good.read_bytes(), tmp_path / "bad"
    for seed in seeds:
        folder = root / str(seed) / "vis"
        folder.mkdir(parents=True)
        (folder / good.name).write_bytes(mutated(data, random.Random(seed)))
    return root


def test_the_tab_answers_over_damaged_logs(tmp_path):
    assert ask_everything(damaged_runs(tmp_path, range(60))) > 60


@pytest.mark.soak
@pytest.mark.parametrize("batch", range(20))
def test_ten_thousand_damaged_runs_in_the_tab(tmp_path, batch):
    seeds = range(500 * batch, 500 * (batch + 1))
    assert ask_everything(damaged_runs(tmp_path, seeds)) > 500


def test_keys_of_any_kind_are_answered(tmp_path):
    write(tmp_path / "run")
    clients = Clients(tmp_path)
    key = next(keys_of(json.loads(clients.get("/series", tag=TAG))))
    assert clients.get("/picture", key=key)
    rng = random.Random(0)
    for _ in range(300):
        changed = list(key)
        for _ in range(rng.randint(1, 3)):
            changed[rng.randrange(len(changed))] = chr(rng.choice([rng.randrange(33, 127), 233]))
        for path in ("/picture", "/numbers"):
            clients.get(path, key="".join(changed)[: rng.randint(0, 2 * len(key))])


RUN = "run/vis"
HELD = [
    *(1, None, [], {}, [1] * 6, ["", "images", RUN, TAG, 0], ["", "images", {}, TAG, 0, 2]),
    *(["", "images", RUN, tag, 0, 2] for tag in ([], None, "no such tag", "health/loss/")),
    *(["", "images", RUN, TAG, 0, index] for index in ("x", 99, None, {})),
]


@pytest.mark.parametrize("held", HELD, ids=json.dumps)
def test_keys_that_hold_other_things_are_refused(tmp_path, held):
    write(tmp_path / "run")
    clients = Clients(tmp_path)
    key = base64.urlsafe_b64encode(json.dumps(held).encode()).decode().rstrip("=")
    for path in ("/picture", "/numbers"):
        assert clients.get(path, key=key) is None


def test_a_key_of_lists_in_lists_is_refused(server):
    key = base64.urlsafe_b64encode(b"[" * 40_000).decode()
    for path in ("picture", "numbers"):
        assert raw(server, f"{path}?key={key}")[0] == 400


def test_what_is_no_picture_is_not_served_as_one(tmp_path):
    value = events.image(TAG, picture(0, 12, 16))
    value.tensor.string_val[0] = b"wide"
    value.tensor.string_val[2] = b"<svg onload=alert(1)>"
    EventFile(tmp_path / RUN).append(0, 0.0, [value])
    clients = Clients(tmp_path)
    (series,) = json.loads(clients.get("/series", tag=TAG)).values()
    assert series["size"] is None
    assert clients.get("/picture", key=series["keys"][0]) is None


def unknown(value):
    value.tensor.dtype = 127


def absent(value):
    """As all are for a moment while TensorBoard reads them, too."""
    value.ClearField("tensor")


def immense(value):
    if not value.tensor.tensor_shape.dim:  # a number or a text
        for _ in range(2):
            value.tensor.tensor_shape.dim.add(size=2**30)


def many(value):
    """TensorBoard believes it, and would make a key for each of so many pictures."""
    if value.tensor.tensor_shape.dim:
        value.tensor.tensor_shape.dim[0].size = 2**17


def lying(value):
    value.tensor.tensor_shape.dim.add(size=7)
    value.tensor.tensor_content = b"abc"


@pytest.mark.parametrize("damage", [unknown, absent, immense, many, lying])
def test_tensors_that_cannot_be_cost_the_run_that_holds_them(tmp_path, damage):
    """Of a type that there is not, larger than any memory, or with other bytes than it says."""
    write(tmp_path / "good")
    values = [events.scalar("health/loss", 1.0), events.image(TAG, picture(0, 12, 16))]
    values += [events.scale(TAG, 0.5), events.text("kerasvis/run", "# words")]
    for value in values:
        damage(value)
    EventFile(tmp_path / "bad" / "vis").append(0, 0.0, values)
    clients = Clients(tmp_path)
    index = json.loads(clients.get("/index"))
    assert {run["id"] for run in index["runs"]} >= {"good/vis"}
    assert max(tag["samples"] for tag in index["tags"]) < 100
    for path, tag in (("/curves", "health/loss"), ("/series", TAG)):
        found = json.loads(clients.get(path, tag=tag))
        assert found["good/vis"]["steps"][:3] == [0, 1, 2]
        assert found.keys() <= {"good/vis", "bad/vis"}
        assert path != "/series" or damage is not many or "bad/vis" not in found


def test_words_that_are_no_text_are_read_as_far_as_they_are(tmp_path):
    write(tmp_path / "run")
    card = events.text("kerasvis/run", "")
    card.tensor.string_val[0] = b"\xff\xfe probe fingerprint: 00aa11bb"
    EventFile(tmp_path / RUN).append(4, 1004.0, [card])
    (run,) = json.loads(Clients(tmp_path).get("/index"))["runs"]
    assert run["fingerprint"] == "00aa11bb"


def test_a_picture_is_no_numbers(tmp_path):
    write(tmp_path / "run")
    clients = Clients(tmp_path)
    key = next(keys_of(json.loads(clients.get("/series", tag=TAG))))
    assert clients.get("/numbers", key=key) is None


SECRET = b"nobody's business"
PACKAGE = Path(kerasvis2.__file__).parent


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """TensorBoard over a run with large pictures; a secret lies beside the logs, and links to it
    lie in them."""
    folder = tmp_path_factory.mktemp("outside")
    secret = folder / "secret.txt"
    secret.write_bytes(SECRET)
    logs = folder / "logs"
    write(logs / "run")
    noise = np.random.default_rng(0).integers(0, 256, (160, 160, 3)).astype(np.uint8)
    values = [events.image(f"small/{i}", noise[:8, :8]) for i in range(60)]
    EventFile(logs / "run" / "vis").append(9, 1009.0, [events.image("noise", noise), *values])
    (logs / "run" / "vis" / "link.js").symlink_to(secret)
    (logs / "run" / "vis" / "events.out.tfevents.9999999999.link").symlink_to(secret)
    (logs / "out").symlink_to(folder)
    made = Server(logs, "--load_fast=false")
    for tag in (TAG, "noise", "small/59"):
        made.wait(f"data/plugin/kerasvis/series?tag={tag}", lambda text: '"steps"' in text)
    yield made
    made.stop()


def raw(server, path):
    """Asks for a path as it is written: nothing is shortened or encoded on the way."""
    address = urllib.parse.urlsplit(server.url())
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=60)
    try:
        connection.request("GET", f"/data/plugin/kerasvis/{path}")
        reply = connection.getresponse()
        return reply.status, reply.read()
    finally:
        connection.close()


def ways_out(server, root):
    """Names of files that are there and lie outside of `root`, as somebody would ask for them."""
    secret = server.folder.parent / "secret.txt"
    for path in (secret, PACKAGE / "board" / "plugin.py", Path("/etc/passwd")):
        for name in (os.path.relpath(path, root), str(path), f"/{path}"):
            yield name
            yield name.replace("..", "%2e%2e")
            yield name.replace("/", "%2f")
            yield name.replace("..", "%2e%2e").replace("/", "%2F")
            yield name.replace("/", "%5c")
            yield name.replace("..", "%252e%252e").replace("/", "%252f")
            yield f"index.js/../{name}"
            yield f"{name}%00.js"
        yield path.as_uri()
    yield from ("link.js", "run/vis/link.js", "out/secret.txt", "run%2fvis%2flink.js", ".", "")


def assert_nothing_of_it(body):
    assert SECRET not in body
    assert b"root:" not in body
    assert (PACKAGE / "board" / "plugin.py").read_bytes()[:40] not in body


@pytest.mark.parametrize("part", ["static/", "", "../", "run/vis/"])
def test_no_address_leads_to_a_file_outside(server, part):
    for name in ways_out(server, PACKAGE / "board" / "static"):
        status, body = raw(server, part + name)
        assert status == 404, name
        assert_nothing_of_it(body)


@pytest.mark.parametrize(
    "argument", ["series?tag", "curves?tag", "maps?tag", "picture?key", "numbers?key"]
)
def test_no_argument_leads_to_a_file_outside(server, argument):
    for root in (server.folder, server.folder / "run" / "vis", Path.cwd()):
        for name in ways_out(server, root):
            status, body = raw(server, f"{argument}={name}")
            assert (status, body) == (200, b"{}") if "tag" in argument else status == 400, name
            assert_nothing_of_it(body)


def held(process):
    """Bytes of memory, files and threads."""
    with open(f"/proc/{process.pid}/statm") as file:
        memory = int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    files, threads = (len(os.listdir(f"/proc/{process.pid}/{each}")) for each in ("fd", "task"))
    return memory, files, threads


async def answers(server, paths, at_once):
    """Asks for all, so many at any moment, each over a connection of its own; the statuses."""
    address = urllib.parse.urlsplit(server.url())
    room = asyncio.Semaphore(at_once)

    async def ask(path):
        async with room:
            read, write = await asyncio.open_connection(address.hostname, address.port)
            write.write(f"GET /data/plugin/kerasvis/{path} HTTP/1.0\r\n\r\n".encode())
            reply = await read.read()
            write.close()
        return int(reply.split()[1])

    return await asyncio.gather(*map(ask, paths))


def test_a_thousand_at_once_are_answered_and_it_does_not_grow(server):
    series = [json.loads(raw(server, f"series?tag={tag}")[1]) for tag in (TAG, "noise")]
    paths = ["index", f"series?tag={TAG}", "curves?tag=health/loss", f"maps?tag={TAG}", "answers"]
    paths += [f"picture?key={urllib.parse.quote(next(keys_of(one)))}" for one in series]
    paths += [f"numbers?key={urllib.parse.quote(next(keys_of(series[0])))}", "static/index.js"]
    wanted = [400 if path.startswith("numbers") else 200 for path in paths]

    def ask(times):
        asked = [i % len(paths) for i in range(times)]
        # By a hundred: no more may wait to be let in, TensorBoard's server turns others away.
        found = asyncio.run(answers(server, [paths[i] for i in asked], at_once=100))
        assert found == [wanted[i] for i in asked]
        return held(server.process)

    ask(1000)
    memory, files, threads = np.transpose([ask(400) for _ in range(5)])
    # What is kept of each request is so every time, what the allocator does is not.
    assert np.diff(memory).min() < 400 * 500, memory
    assert files.max() < files[0] + 20  # some of the last are still being closed
    assert threads.max() < threads[0] + 20
