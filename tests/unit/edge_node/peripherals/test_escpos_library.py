"""Importing python-escpos: its pickle must be ours, and a broken one must not stop the box."""

import logging
import subprocess
import sys
from pathlib import Path

import pytest

from edge_node.peripherals.receipt_printer.escpos_library import load_dummy
from retail.errors import Fatal

IMPORT = """
import logging, os, sys
from pathlib import Path
from edge_node.peripherals.receipt_printer.escpos_library import load_dummy
dummy = load_dummy(Path(sys.argv[1]))
assert dummy("TM-T20II").output == b""
assert logging.root.handlers == [], logging.root.handlers
assert "ESCPOS_CAPABILITIES_PICKLE_DIR" not in os.environ
"""


def test_a_pickle_cut_short_by_a_power_failure_is_thrown_away_and_written_anew(tmp_path: Path) -> None:
    version = ".".join(map(str, sys.version_info[:3]))
    pickle = tmp_path / "cache" / f"{version}.capabilities.pickle"
    pickle.parent.mkdir(mode=0o700)
    pickle.write_bytes(b"")
    root = Path(__file__).parents[4]
    subprocess.run([sys.executable, "-c", IMPORT, str(pickle.parent)], check=True, cwd=root)
    assert pickle.stat().st_size > 1000


def test_the_folder_of_the_pickle_is_made_for_us_alone(escpos_cache: Path) -> None:
    load_dummy(escpos_cache)
    assert escpos_cache.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("mode", [0o777, 0o720, 0o702])
def test_a_folder_that_others_may_write_to_is_refused(tmp_path: Path, mode: int) -> None:
    folder = tmp_path / "cache"
    folder.mkdir()
    folder.chmod(mode)
    with pytest.raises(Fatal, match="chmod 700"):
        load_dummy(folder)


def test_a_link_to_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    (tmp_path / "cache").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Fatal):
        load_dummy(tmp_path / "cache")


def test_importing_leaves_the_root_logger_alone(escpos_cache: Path) -> None:
    before = list(logging.root.handlers)
    load_dummy(escpos_cache)
    assert logging.root.handlers == before
