"""The door to python-escpos, which is used as an encoder only.

Importing it reads a pickle of printer capabilities from a folder and writes one there if there is none, adds a handler
to the root logger, and leaves a broken pickle behind when the power fails in between. So: the folder is ours alone
(whoever writes there runs code here), the import happens under a file lock, a broken pickle is thrown away once, and
the root logger is left as it was.
"""

import fcntl
import logging
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from retail.errors import Fatal

if TYPE_CHECKING:
    from escpos.printer import Dummy

_FOLDER_SETTING = "ESCPOS_CAPABILITIES_PICKLE_DIR"


def load_dummy(cache: Path) -> "type[Dummy]":
    """python-escpos' `Dummy` printer, which keeps the bytes it would send.

    ``cache`` is a folder for this alone, made with mode 0700 if absent; the first import into an empty one takes up to
    two seconds, later ones a few tenths. Raises :class:`Fatal` where others may write to ``cache``.
    """
    _own(cache)
    with (cache / "lock").open("w") as lock, _environment(_FOLDER_SETTING, str(cache)), _root_logger_left_alone():
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            from escpos.printer import Dummy
        except Exception:  # noqa: BLE001 - an unpickler raises nearly anything
            for pickle in cache.glob("*.pickle"):
                pickle.unlink()
            from escpos.printer import Dummy
    return Dummy


def _own(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    status = folder.stat(follow_symlinks=False)
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid() or stat.S_IMODE(status.st_mode) & 0o022:
        raise Fatal(
            f"others may write to {folder}, and what they write would run as this program",
            f"chown it to this user and chmod 700 {folder}",
        )


@contextmanager
def _environment(name: str, value: str) -> Iterator[None]:
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before


@contextmanager
def _root_logger_left_alone() -> Iterator[None]:
    handlers = list(logging.root.handlers)
    try:
        yield
    finally:
        for handler in [each for each in logging.root.handlers if each not in handlers]:
            logging.root.removeHandler(handler)
