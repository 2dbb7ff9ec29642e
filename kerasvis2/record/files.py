"""Where runs lie: folders of this machine, or of a store such as `gs://`, `s3://` or `memory://`.

Stores are reached through fsspec, the layer that TensorBoard itself reads them by. The rest of the
package sees one kind of path: `pathlib.Path`, or a `Remote` that answers to the same few names.
"""

from __future__ import annotations

import contextlib
import glob
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias, cast
from urllib.request import url2pathname

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
# What is left of a URL that went through `pathlib.Path`.
_BROKEN = re.compile(r"(abfss?|az|gcs|gs|hdfs|hf|https?|memory|oss|r2|s3a?|wasbs?):/(?!/)")


class _Store:
    """An fsspec file system whose failures are `OSError`s, as a disk's are; the libraries behind it
    raise what they like (`gcsfs` and `botocore` errors that are none)."""

    def __init__(self, store: Any) -> None:
        self._store = store

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._store, name)
        if not callable(found):
            return found

        def call(*arguments: Any, **options: Any) -> Any:
            try:
                return found(*arguments, **options)
            except (OSError, NotImplementedError):  # the second: what this kind of store cannot do
                raise
            except Exception as error:
                raise OSError(f"{type(error).__name__}: {error}") from error

        return call


class Remote:
    """A file or a folder in a store.

    Args:
        store: an fsspec file system.
        path: the place in it, as the store calls it.
        url: the same as the user does.
    """

    def __init__(self, store: Any, path: str, url: str) -> None:
        self.store = store
        self.path = path.rstrip("/")
        self.url = url.rstrip("/")

    def __truediv__(self, name: str) -> Remote:
        return Remote(self.store, f"{self.path}/{name}", f"{self.url}/{name}") if name else self

    def __str__(self) -> str:
        return self.url

    def __repr__(self) -> str:
        return f"Remote({self.url!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Remote) and self.url == other.url

    def __hash__(self) -> int:
        return hash(self.url)

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]

    @property
    def parent(self) -> Remote:
        return Remote(self.store, self.path.rpartition("/")[0], self.url.rpartition("/")[0])

    def as_posix(self) -> str:
        return str(self)


Place: TypeAlias = Path | Remote


def place(path: str | os.PathLike[str] | Remote) -> Place:
    """A path or URL as what the other functions take.

    Raises:
        ValueError: If a URL went through `pathlib.Path`, which takes a slash away.
        ImportError: If fsspec, or its part for this kind of store, is missing.
    """
    if isinstance(path, Remote):
        return path
    name = os.fspath(path)
    if name.startswith("file://"):
        return Path(url2pathname(name.removeprefix("file://")))
    if not _URL.match(name):
        if _BROKEN.match(name):
            raise ValueError(
                f"{path!r} was a URL before pathlib.Path took a slash away; give it as a string"
            )
        return Path(name)
    try:
        import fsspec

        store, inside = fsspec.core.url_to_fs(name)
    except ImportError as error:
        raise ImportError(
            f"{name!r} needs fsspec and its part for this kind of store: "
            f"pip install 'kerasvis2[cloud]', and {error}"
        ) from error
    return Remote(_Store(store), inside, name)


def absolute(folder: Place) -> Place:
    """The same place whatever the working directory will be."""
    return folder.absolute() if isinstance(folder, Path) else folder


def is_folder(folder: Place) -> bool:
    """Whether there is such a folder."""
    if isinstance(folder, Path):
        return folder.is_dir()
    folder.store.invalidate_cache()  # stores keep what they listed; others write meanwhile
    return bool(folder.store.isdir(folder.path))


def event_files(folder: Place) -> list[Place]:
    """All event files in a folder, in the order in which TensorBoard reads them."""
    if isinstance(folder, Path):
        return [path for path in sorted(folder.glob("*tfevents*")) if path.is_file()]
    folder.store.invalidate_cache()
    found: list[Place] = []
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        for each in folder.store.ls(folder.path, detail=True):
            name = each["name"].rstrip("/").rpartition("/")[2]
            if each["type"] == "file" and "tfevents" in name:
                found.append(folder / name)
    return sorted(found, key=str)


def walk(root: Place) -> Iterator[tuple[tuple[str, ...], list[str]]]:
    """Yields each folder in `root` as the names that lead there, and the names of its files."""
    if isinstance(root, Path):
        for name, folders, files in os.walk(root):
            folders.sort()
            yield Path(name).relative_to(root).parts, sorted(files)
        return
    for name, _, files in sorted(root.store.walk(root.path), key=lambda found: found[0]):
        yield tuple(filter(None, name[len(root.path) :].split("/"))), sorted(files)


def opened(path: Place) -> BinaryIO:
    """Opens a file for reading here and there; little is read ahead, as most of it is skipped."""
    if isinstance(path, Path):
        return open(path, "rb", buffering=4096)
    return cast(BinaryIO, path.store.open(path.path, "rb"))


def read(path: Place, most: int) -> bytes:
    """The first `most` bytes of a file.

    Raises:
        OSError: If there is none, or it cannot be read.
    """
    with opened(path) as file:
        return file.read(most)


def changed(path: Place) -> float:
    """When a file was last written, in seconds since 1970.

    Raises:
        OSError: If there is none.
    """
    if isinstance(path, Path):
        return path.stat().st_mtime
    try:
        return float(path.store.modified(path.path).timestamp())
    except NotImplementedError:
        return 0.0  # a store that does not say


def replace(path: Place, data: bytes) -> None:
    """Writes a whole file; readers see the old one or the new one. Its folder is made if need be.

    Raises:
        OSError: If it cannot be written.
    """
    if isinstance(path, Remote):
        make_folder(path.parent)
        path.store.pipe_file(path.path, data)  # stores show an object when it is whole
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    # It sorts before event files, as followers of the folder want it.
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.write_bytes(data)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def remove(path: Place) -> None:
    """Removes a file, if there is one."""
    with contextlib.suppress(FileNotFoundError):
        if isinstance(path, Path):
            path.unlink()
        else:
            path.store.rm_file(path.path)


def make_folder(folder: Place) -> None:
    """Makes a folder, where folders are made."""
    if isinstance(folder, Path):
        folder.mkdir(parents=True, exist_ok=True)
    else:
        folder.store.makedirs(folder.path, exist_ok=True)


def write_json(folder: str | os.PathLike[str] | Remote, name: str, content: Any) -> None:
    """Writes `content` to `folder/name`, made if need be; readers see the old file or the new one.

    Raises:
        OSError: If the folder cannot be written.
        TypeError: If `content` is not JSON.
    """
    # Lone surrogates, which UTF-8 cannot hold, become the escapes that JSON has for them.
    encoded = json.dumps(content, indent=2, ensure_ascii=False).encode(errors="backslashreplace")
    replace(place(folder) / name, encoded)


def near(where: Place) -> str:
    """Where a folder of that name lies one folder deeper, as in "; is it 'runs/demo/fixed'?"."""
    if not isinstance(where, Path) or not where.parent.is_dir():
        return ""
    name = glob.escape(where.name)
    found = sorted(str(one) for one in where.parent.glob(f"*/{name}") if one.is_dir())
    return f"; is it {found[0]!r}?" if found else ""
