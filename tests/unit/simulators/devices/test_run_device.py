"""Running one device by itself, and working it by lines of text."""

import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from retail.errors import Refused
from simulators.devices.run import PRINTER, SCANNER, run_device

SOON_S = 20.0


class Operator:
    """Gives lines one by one, each once the device has said something new, and then stops it."""

    def __init__(self, lines: list[str]) -> None:
        self.said: list[str] = []
        self.stop = threading.Event()
        self._lines = lines

    def __iter__(self) -> Iterator[str]:
        yield from self._lines
        self.stop.set()


def run(kind: str, lines: list[str], **settings: Any) -> list[str]:
    operator = Operator(lines)
    run_device(kind, say=operator.said.append, lines=operator, stop=operator.stop, **settings)
    return operator.said


def test_a_printer_on_the_network_prints_what_it_is_sent_and_tells(tmp_path: Path) -> None:
    said: list[str] = []
    stop, told = threading.Event(), threading.Event()

    def say(sentence: str) -> None:
        said.append(sentence)
        told.set()

    def use() -> Iterator[str]:
        port = int(said[0].rsplit(":", 1)[1])
        with socket.create_connection(("127.0.0.1", port), SOON_S) as connection:
            connection.sendall(b"hello\n\x1bp\x00\x19\xfa\x1dVB\x00\x1d(H\x06\x0000abcd")
            assert connection.recv(100) == b"\x37\x22abcd\x00"
        yield "cover open"
        yield "stand on your head"
        stop.set()

    run_device(PRINTER, say=say, lines=use(), stop=stop, tcp=0, png=tmp_path / "png", columns=42)
    assert "drawer on pin 2 opened" in said
    assert "proved b'abcd'" in said
    assert any(sentence.startswith("printed slip 1, ") for sentence in said)
    assert any("nobody knows how to 'stand on your head'" in sentence for sentence in said)
    assert (tmp_path / "png" / "slip-0001.png").exists()


def test_a_scanner_scans_each_line(tmp_path: Path) -> None:
    link = tmp_path / "scanner"
    said = run(SCANNER, ["96385074", "  ", "12345670\n"], link=link, suffix="lf")
    assert said == [f"scanner at {link}", "scanned 96385074", "scanned 12345670"]
    assert not link.is_symlink()


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        ("toaster", {}),
        (PRINTER, {}),
        (PRINTER, {"tcp": 0, "link": Path("x")}),
        (PRINTER, {"tcp": 0, "columns": 30}),
        (SCANNER, {}),
        (SCANNER, {"link": Path("x"), "suffix": "bell"}),
    ],
)
def test_settings_that_do_not_fit_together_are_refused(kind: str, settings: dict[str, Any]) -> None:
    with pytest.raises(Refused):
        run(kind, [], **settings)
