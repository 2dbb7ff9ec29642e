"""A file that grows by whole pieces: on this machine's disks, or in a store."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Protocol

from kerasvis2.record.files import Place, Remote, make_folder

_SEGMENT = 4 * 2**20
"""Objects of a store cannot be appended to, only put again whole. Beyond this size a new one is
begun: what is sent is then a few times what is written, however long the training."""


class Growing(Protocol):
    """A file that takes pieces, each whole or not at all.

    Attributes:
        path: where it lies.
        full: whether another file is to be begun for the next piece.
    """

    path: Place
    full: bool

    def append(self, data: bytes) -> None:
        """Adds a piece.

        Raises:
            OSError: If it cannot be written; the file is as it was.
        """

    def vanished(self) -> bool:
        """Whether somebody has deleted the file."""


def begin(path: Place, head: bytes) -> Growing:
    """Begins a new file in a folder that is made if need be.

    Raises:
        OSError: If it cannot be written; there is no such file then.
    """
    make_folder(path.parent)
    return Local(path, head) if isinstance(path, Path) else Object(path, head)


class Local:
    """Opened for each piece and closed again, so that it is with the operating system when `append`
    returns. A process killed in the middle leaves a cut last piece.
    """

    full = False

    def __init__(self, path: Path, head: bytes) -> None:
        self.path: Place = path
        self._path = path
        self._size = len(head)
        try:
            with open(path, "xb", buffering=0) as file:
                _write_all(file, head)
        except OSError:
            path.unlink(missing_ok=True)
            raise

    def append(self, data: bytes) -> None:
        with open(self._path, "r+b", buffering=0) as file:
            try:
                file.seek(self._size)
                _write_all(file, data)
                file.truncate()  # behind it may lie what a failing disk did not take back
            except OSError:
                file.truncate(self._size)
                raise
        self._size += len(data)

    def vanished(self) -> bool:
        return not self._path.exists()


class Object:
    """Put again whole with each piece, up to a size. Readers see the old object or the new one."""

    def __init__(self, path: Remote, head: bytes) -> None:
        self.path: Place = path
        self.full = False
        self._path = path
        self._content = head

    def append(self, data: bytes) -> None:
        self._content += data
        # Whatever has become of it in the store where this fails: nobody puts anything else there.
        self.full = True
        self._path.store.pipe_file(self._path.path, self._content)
        self.full = len(self._content) >= _SEGMENT

    def vanished(self) -> bool:
        return False


def _write_all(file: io.FileIO, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[file.write(rest) :]
