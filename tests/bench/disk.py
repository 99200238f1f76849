"""The bare cost of durability: so many bytes written to a file, and one fdatasync(2)."""

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path


class BareFile:
    """A file that takes one write after the other. ``in_place`` says whether they go over what it already holds."""

    def __init__(self, descriptor: int, data: bytes, *, in_place: bool) -> None:
        self._descriptor, self._data, self._in_place = descriptor, data, in_place

    def start_anew(self) -> None:
        """Go to the beginning; a file that shall grow is emptied, durably."""
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        if not self._in_place:
            os.ftruncate(self._descriptor, 0)
            os.fdatasync(self._descriptor)

    def commit(self) -> float:
        """Write once and make it durable; returns seconds."""
        begun = time.perf_counter()
        os.write(self._descriptor, self._data)
        os.fdatasync(self._descriptor)
        return time.perf_counter() - begun


@contextlib.contextmanager
def grown(path: Path, size: int) -> Iterator[BareFile]:
    """A file that grows by ``size`` bytes with each write, as a new write-ahead log does; removed at the end."""
    with _opened(path) as descriptor:
        yield BareFile(descriptor, bytes(size), in_place=False)


@contextlib.contextmanager
def filled(path: Path, size: int, writes: int) -> Iterator[BareFile]:
    """A file that holds room for so many writes of ``size`` bytes already; removed at the end."""
    with _opened(path) as descriptor:
        os.write(descriptor, bytes(size * writes))
        os.fsync(descriptor)
        yield BareFile(descriptor, bytes(size), in_place=True)


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[int]:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
        path.unlink()
