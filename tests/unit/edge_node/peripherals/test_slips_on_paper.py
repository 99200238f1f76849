"""Whole slips, encoded and printed by a simulated printer, against what they should read like.

The expected texts stand in `tests/recordings/slips`. After a change that is meant, look at the picture of the slip and
write the new text there.
"""

from dataclasses import replace
from pathlib import Path

import pytest

from edge_node.peripherals.receipt_printer.encoder import BARCODE_HEIGHT_DOTS, Encoder
from firmware_config.profiles import shipped_profiles
from simulators.devices.escpos.barcodes import modules
from simulators.devices.escpos.document import Document
from simulators.devices.escpos.state import Model, model_42_columns
from simulators.devices.printer import SimulatedPrinter
from tests.unit.edge_node.peripherals.samples import PICK_LIST, RECEIPT

RECORDINGS = Path(__file__).parents[3] / "recordings" / "slips"
PRINTERS = {42: ("epson-tm-t88", model_42_columns()), 48: ("epson-tm-t20", Model())}


def printed(encoder: Encoder, data: bytes, model: Model) -> Document:
    printer = SimulatedPrinter(model)
    printer.receive(data)
    assert printer.strange == []
    (slip,) = printer.slips
    return slip


@pytest.mark.parametrize("columns", PRINTERS)
@pytest.mark.parametrize("kind", ["receipt", "pick-list", "receipt-copy"])
def test_a_slip_reads_as_recorded(kind: str, columns: int, escpos_cache: Path) -> None:
    profile, model = PRINTERS[columns]
    encoder = Encoder(shipped_profiles().find_printer(profile), escpos_cache)
    data = {
        "receipt": lambda: encoder.receipt(RECEIPT),
        "receipt-copy": lambda: encoder.receipt(replace(RECEIPT, copy=True)),
        "pick-list": lambda: encoder.pick_list(PICK_LIST),
    }[kind]()
    text = printed(encoder, data, model).text()
    assert text == (RECORDINGS / f"{kind}-{columns}.txt").read_text(encoding="utf-8")


def test_the_picture_of_a_slip_has_ink_of_a_barcode_that_can_be_read_back(escpos_cache: Path) -> None:
    encoder = Encoder(shipped_profiles().find_printer("epson-tm-t88"), escpos_cache)
    picture = printed(encoder, encoder.pick_list(PICK_LIST), model_42_columns()).image().convert("L")
    black_and_white = picture.tobytes().translate(bytes(ord("1") if level < 128 else ord("0") for level in range(256)))
    rows = [black_and_white[at : at + picture.width].decode() for at in range(0, len(black_and_white), picture.width)]
    wanted = "".join(bit * 2 for bit in modules(73, b"{BS0412-P-000877"))
    assert sum(wanted in row for row in rows) == BARCODE_HEIGHT_DOTS
