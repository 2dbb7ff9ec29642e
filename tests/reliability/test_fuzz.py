"""Event files, cards and pictures that are damaged or lie: told in words, and never a crash."""

import contextlib
import io
import random
import shutil
import struct
import tracemalloc
import zlib

import numpy as np
import pytest
from runs_on_disk import TAG, picture

from kerasvis2.cli import main
from kerasvis2.compare import compare
from kerasvis2.record import events, reader
from kerasvis2.record.crc32c import masked
from kerasvis2.record.decoding import decode, size_of
from kerasvis2.record.frames import Damaged, peek_bytes, records
from kerasvis2.record.index import SCALES
from kerasvis2.record.maps import ANSWERS, MAPS
from kerasvis2.record.writer import EventFile


def write(folder):
    """A run with a value of each kind, some of them short enough to be parsed when listed."""
    file = EventFile(folder / "vis")
    for step in range(3):
        values = [
            events.image(TAG, picture(step, 12, 16), "words"),
            events.scale(TAG, 0.5),
            events.scalar("health/loss", step),
            events.text("kerasvis/run", "# words" * 3),
            events.histogram("weights", np.array([[0.0, 1.0, 3.0]])),
            events.numbers("drift/features", np.zeros((2, 3), np.float32)),
        ]
        file.append(step, 1000.0 + step, values)
    file.append(3, 1003.0, [events.scalar("health/loss", 3.0), events.graph(b"\n\0")])
    (folder / "vis" / "about.json").write_text('{"probe": {"fingerprint": "abc"}, "views": []}')
    return file.path


def framed(data):
    length = struct.pack("<Q", len(data))
    return b"".join(
        [length, struct.pack("<I", masked(length)), data, struct.pack("<I", masked(data))]
    )


def mutated(data, rng):
    """One of: bytes changed anywhere, or within a record whose checksums are made good again; a
    cut; a piece doubled or taken out."""
    spans = list(records(peek_bytes(data, 0), len(data)))
    kind = rng.randrange(6)
    if kind <= 2:
        start, stop = rng.choice(spans)
        inside = bytearray(data[start:stop])
        for _ in range(rng.randint(1, 4)):
            place = rng.randrange(len(inside))
            inside[place] = rng.choice([rng.randrange(256), 0, 255, 127, 128])
        if rng.random() < 0.3:
            del inside[rng.randrange(len(inside)) :]
        return data[: start - 12] + framed(bytes(inside)) + data[stop + 4 :]
    if kind == 3:
        return data[: rng.randrange(len(data))]
    a, b = sorted(rng.randrange(len(data)) for _ in range(2))
    if kind == 4:
        return data[:b] + data[a:]
    changed = bytearray(data)
    for _ in range(rng.randint(1, 8)):
        changed[rng.randrange(len(changed))] = rng.randrange(256)
    return bytes(changed)


def read_all(folder):
    """Everything that a program may ask of a run; it may only be refused in words."""
    for run in reader.runs(folder).values():
        for tag in run.tags(None):
            kind = run.series[tag].kind
            asks = {
                "images": (run.picture, run.description, run.scale, run.encoded),
                "scalars": (),
                "text": (run.text,),
                "kerasvis_numbers": (run.numbers,),
                MAPS: (run.blob,),
                ANSWERS: (run.blob,),
                SCALES: (),
            }.get(kind, ())
            for step in run.steps(tag):
                for ask in asks:
                    with contextlib.suppress(Damaged, LookupError):
                        ask(tag, step)
            if kind == "scalars":
                run.scalars(tag)
        assert isinstance(run.about, dict)
        assert isinstance(run.scales, dict)


def try_all(folder, capsys):
    read_all(folder)
    main(["list", str(folder)])
    status = main(["compare", str(folder), "--tag", TAG, "-o", str(folder.parent / "out.png")])
    out, err = capsys.readouterr()
    assert status in (0, 1, 2)
    assert "Traceback" not in out + err
    assert status == 0 or err.strip()


def fuzz(tmp_path, capsys, seeds):
    good = write(tmp_path / "good")
    data = good.read_bytes()
    folder = tmp_path / "bad"
    shutil.copytree(tmp_path / "good", folder)
    path = folder / "vis" / good.name
    for seed in seeds:
        path.write_bytes(mutated(data, random.Random(seed)))
        try:
            read_all(folder)
            if seed % 20 == 0:
                try_all(folder, capsys)
        except Exception as error:
            raise AssertionError(f"seed {seed}") from error


def test_mutated_event_files_are_read_or_refused(tmp_path, capsys):
    fuzz(tmp_path, capsys, range(300))


@pytest.mark.soak
@pytest.mark.parametrize("batch", range(10))
def test_ten_thousand_mutations(tmp_path, capsys, batch):
    fuzz(tmp_path, capsys, range(1000 * batch, 1000 * (batch + 1)))


def png_that_says(width, height):
    """A PNG of a few bytes that claims any size."""

    def chunk(kind, content):
        return (
            struct.pack(">I", len(content))
            + kind
            + content
            + struct.pack(">I", zlib.crc32(kind + content))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b""))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("size", [(31_623, 31_623), (10_000, 10_000), (2**31 - 1, 1), (1, 2**27)])
def test_a_picture_that_says_it_is_huge_is_refused(tmp_path, capsys, recwarn, size):
    value = events.image(TAG, picture(0))
    value.tensor.string_val[2] = png_that_says(*size)
    EventFile(tmp_path / "run" / "vis").append(0, 0.0, [value])
    [run] = reader.runs(tmp_path).values()
    with pytest.raises(ValueError, match="million are refused|exceeds limit"):
        run.picture(TAG, 0)
    try_all(tmp_path, capsys)
    assert not [w for w in recwarn if "decompression bomb" in str(w.message)]


@pytest.mark.parametrize(
    "encoded",
    [
        b"",
        b"\x89PNG\r\n\x1a\n",
        b"GIF89a",
        b"RIFF\0\0\0\0WEBP",
        b"\xff\xd8\xff",
        b"BM" + b"\xff" * 60,
        b"II*\0" + b"\xff" * 40,
    ],
)
def test_headers_of_all_kinds_without_a_picture(tmp_path, encoded):
    for reads in (decode, size_of):
        with pytest.raises(ValueError, match="cannot be decoded"):
            reads(encoded, tmp_path)


SIZE = 10**9


def varint(number):
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes([*out, number])


def nested(*fields):
    """An Event that ends in a gigabyte of zeros: (number, what comes before) of each message in it,
    outermost first. The lengths are good."""
    head, length = b"", SIZE
    for number, before in reversed(fields):
        head = before + varint(number << 3 | 2) + varint(length) + head
        length = len(head) + SIZE
    return head


def append_huge(path, head):
    """The zeros are a hole in the file, so that it takes no disk."""
    length = struct.pack("<Q", len(head) + SIZE)
    with open(path, "ab") as file:
        file.write(length + struct.pack("<I", masked(length)) + head)
        file.truncate(file.tell() + SIZE + 4)


def message(number, content):
    return varint(number << 3 | 2) + varint(len(content)) + content


def of_kind(value):
    return message(1, b"huge") + message(9, value.metadata.SerializeToString())


@pytest.fixture
def started(tmp_path):
    file = EventFile(tmp_path / "run" / "vis")
    file.append(0, 0.0, [events.scalar("x", 1.0)])
    return file.path


def test_a_text_of_a_gigabyte_is_listed_at_once_and_refused(tmp_path, started, capsys):
    append_huge(started, nested((5, b""), (1, b""), (8, of_kind(events.text("t", ""))), (8, b"")))
    [run] = reader.runs(tmp_path).values()
    assert run.damage == []
    assert run.steps("huge") == [0]
    with pytest.raises(ValueError, match=r"1,000 MB is refused"):
        run.text("huge", 0)
    assert main(["list", str(tmp_path)]) == 0
    assert "huge" in capsys.readouterr().out


HUGE = {
    "picture": ((5, b""), (1, b""), (8, of_kind(events.image(TAG, picture(0)))), (8, b"")),
    "number": ((5, b""), (1, b""), (8, of_kind(events.scalar("x", 0.0))), (4, b"")),
    "metadata": ((5, b""), (1, b""), (9, message(1, b"huge"))),
    "tag": ((5, b""), (1, b""), (1, b"")),
    "session": ((7, b""),),
    "graph": ((4, b""),),
}


@pytest.mark.parametrize("what", HUGE)
def test_a_gigabyte_of_anything_takes_no_memory(tmp_path, started, capsys, what):
    append_huge(started, nested(*HUGE[what]))
    tracemalloc.start()
    try_all(tmp_path, capsys)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 100e6


@pytest.mark.parametrize("record", [message(1, b"x"), message(5, message(1, message(2, b"x")))])
def test_a_number_that_is_too_short(tmp_path, started, record):
    """A field of 8 or 4 bytes that says it is a message of one."""
    started.write_bytes(started.read_bytes() + framed(record))
    [run] = reader.runs(tmp_path).values()
    assert run.steps("x") == [0]
    assert len(run.damage) == 1


SCALAR = message(1, b"y") + b"\x15" + struct.pack("<f", 1.0)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (b"\x15" + struct.pack("<f", 1.0) + b"\x0a\x09yz", "longer than what it lies in"),
        *(
            (SCALAR + bytes([8 * 3 + kind]) + bytes(8), "no protocol buffer")
            for kind in (3, 4, 6, 7)
        ),
    ],
)
def test_fields_that_lie_behind_good_checksums(tmp_path, started, value, words):
    """A name that says it is longer than it is, and fields of no type that there is."""
    started.write_bytes(started.read_bytes() + framed(message(5, message(1, SCALAR))))
    started.write_bytes(started.read_bytes() + framed(message(5, message(1, value))))
    [run] = reader.runs(tmp_path).values()
    assert run.tags(None) == ["x", "y"]
    [damage] = run.damage
    assert words in damage


@pytest.mark.parametrize("length", [0, 1, 2**31, 2**63, 2**64 - 1])
def test_a_record_whose_length_lies(tmp_path, length):
    path = write(tmp_path / "run")
    head = struct.pack("<Q", length)
    good = path.read_bytes()
    path.write_bytes(good + head + struct.pack("<I", masked(head)) + bytes(5))
    read_all(tmp_path)
    [run] = reader.runs(tmp_path).values()
    assert run.steps(TAG) == [0, 1, 2]


def test_numbers_that_are_none_are_refused_where_they_lie(tmp_path):
    """A scalar of two, an array of other bytes than its shape says, a blob that is not there."""
    scalar = events.scalar("two", 1.0)
    scalar.tensor.float_val.append(2.0)
    scalar.tensor.tensor_shape.dim.add(size=2)
    array = events.numbers("array", np.zeros((2, 3), np.float32))
    array.tensor.tensor_content = b"abc"
    blob = events.image("blob", picture(0))
    blob.metadata.plugin_data.plugin_name = MAPS
    del blob.tensor.string_val[:]
    file = EventFile(tmp_path / "run" / "vis")
    file.append(0, 0.0, [array, blob])
    file.append(1, 1.0, [scalar])
    [run] = reader.runs(tmp_path).values()
    assert len(run.damage) == 1
    assert "holds no number" in run.damage[0]
    for ask, tag, words in ((run.numbers, "array", "are none"), (run.blob, "blob", "no numbers")):
        with pytest.raises(Damaged, match=words):
            ask(tag, 0)


CARDS = [
    "[]",
    "3",
    '{"probe": 3}',
    '{"probe": {"fingerprint": {"a": 1}}}',
    '{"class_names": 1}',
    "\xff",
    "[" * 10**5,
]


@pytest.mark.parametrize("card", CARDS)
def test_cards_that_make_no_sense(tmp_path, capsys, card):
    for name in ("run", "other"):
        write(tmp_path / name)
    (tmp_path / "run" / "vis" / "about.json").write_text(card, "latin-1")
    (tmp_path / "run" / "about.scales.json").write_text(card, "latin-1")
    try_all(tmp_path, capsys)
    assert compare([tmp_path / "run", tmp_path / "other"], TAG).sheet().any()


def test_the_fuzzer_reaches_every_kind_of_damage(tmp_path):
    """Without this it could run on files that are always refused at the first record."""
    path = write(tmp_path / "run")
    data = path.read_bytes()
    seen = set()
    for seed in range(600):
        path.write_bytes(mutated(data, random.Random(seed)))
        [run] = reader.runs(tmp_path).values()
        seen |= {wrong.partition(": ")[2].partition(" at byte")[0][:24] for wrong in run.damage}
        seen.add(len(run.series))
    assert len(seen) > 8


def test_a_picture_of_ordinary_size_is_no_bomb(tmp_path):
    from PIL import Image

    buffer = io.BytesIO()
    Image.new("RGB", (8000, 8000)).save(buffer, "PNG")
    assert decode(buffer.getvalue(), tmp_path).shape == (8000, 8000, 3)
