"""The bare cost of durability: so many bytes written to a file, and one fdatasync(2)."""

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path


class BareFile:
    """A file that is written from its beginning to its end, again and again."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def start_anew(self, *, in_place: bool) -> None:
        """Go to the beginning. Without ``in_place`` the file is emptied first, durably, and grows as it is written."""
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        if not in_place:
            os.ftruncate(self._descriptor, 0)
            os.fdatasync(self._descriptor)

    def commit(self, data: bytes) -> float:
        """Write ``data`` and make it durable; returns seconds."""
        begun = time.perf_counter()
        os.write(self._descriptor, data)
        os.fdatasync(self._descriptor)
        return time.perf_counter() - begun


@contextlib.contextmanager
def bare_file(path: Path) -> Iterator[BareFile]:
    """A new file at ``path``, removed at the end."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        yield BareFile(descriptor)
    finally:
        os.close(descriptor)
        path.unlink()
