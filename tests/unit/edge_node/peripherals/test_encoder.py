"""The encoder: the right bytes for each printer, and no byte that a text has smuggled in."""

from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge_node.peripherals.documents import ReceiptLine, ReceiptSlip, Row
from edge_node.peripherals.layout import BIG, Barcode, Line, QrCode, Span
from edge_node.peripherals.receipt_printer.encoder import BARCODE_LENGTH_MAX, QR_BYTES_MAX, Encoder
from firmware_config.profiles import shipped_profiles
from retail.errors import Refused
from simulators.devices.printer import SimulatedPrinter
from tests.unit.edge_node.peripherals.samples import RECEIPT

KICK = "\x1bp\x00\x19\xfa"
REALTIME_KICK = "\x10\x14\x01\x00\x01"


@pytest.fixture(scope="session")
def encoder(escpos_cache: Path) -> Encoder:
    return Encoder(shipped_profiles().find_printer("epson-tm-t20"), escpos_cache)


def slip_named(name: str) -> ReceiptSlip:
    return ReceiptSlip(name, name, name, (ReceiptLine(name, name, name, name),), Row(name, name), footer=(name,))


def test_the_euro_sign_is_byte_d5_of_page_19(encoder: Encoder) -> None:
    assert encoder.encode([Line((Span("5 €"),))]) == b"\x1b@\x1bt\x135 \xd5\n"


@pytest.mark.parametrize("name", shipped_profiles().printer)
def test_every_shipped_profile_prints_a_receipt_that_its_printer_understands(name: str, escpos_cache: Path) -> None:
    printer = SimulatedPrinter()
    printer.receive(Encoder(shipped_profiles().find_printer(name), escpos_cache).receipt(RECEIPT))
    printer.switch_off()  # a model without a cutter leaves the slip hanging in the printer
    assert printer.strange == []
    assert "Crème fraîche 30 %" in printer.slips[0].text()


@pytest.mark.parametrize("smuggled", [KICK, REALTIME_KICK, "\x1b@\x1dV\x00", "\x9b2J", "\x1d(k\x04\x00\x31\x41"])
def test_an_article_named_like_a_command_is_only_printed(encoder: Encoder, smuggled: str) -> None:
    printer = SimulatedPrinter()
    printer.receive(encoder.receipt(slip_named(f"Soap{smuggled}bar")))
    assert printer.kicks == []
    assert len(printer.slips) == 1
    assert "Soap" in printer.slips[0].text()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.text(alphabet=st.characters(), max_size=30))
def test_no_text_commands_the_printer(encoder: Encoder, text: str) -> None:
    printer = SimulatedPrinter()
    data = encoder.receipt(slip_named(text))
    printer.receive(data)
    assert printer.kicks == []
    assert printer.strange == []
    assert len(printer.slips) == 1


def test_control_characters_are_taken_out_even_where_the_layout_was_not_used(encoder: Encoder) -> None:
    printer = SimulatedPrinter()
    printer.receive(encoder.encode([Line((Span(f"raw{KICK}"),)), Barcode(f"A{KICK}1"), QrCode(f"q{REALTIME_KICK}")]))
    assert printer.kicks == []


def test_a_slip_starts_from_the_printers_initial_state(encoder: Encoder) -> None:
    printer = SimulatedPrinter()
    printer.receive(b"\x1b!\x38\x1dB\x01\x1ba\x01")
    printer.receive(encoder.receipt(RECEIPT))
    printer.receive(encoder.receipt(RECEIPT))
    first, second = printer.slips
    assert first.text() == second.text()


def test_large_text_is_switched_off_before_the_line_ends(encoder: Encoder) -> None:
    data = encoder.encode([Line((Span("BIG", BIG),)), Line((Span("small"),))])
    assert data.endswith(b"BIG\x1d!\x00\n\x1bE\x00small\n")


def test_a_barcode_that_is_wider_than_the_paper_becomes_a_qr_code(encoder: Encoder) -> None:
    printer = SimulatedPrinter()
    printer.receive(encoder.encode([Barcode("0123456789" * 4)]))
    printer.switch_off()
    text = printer.slips[0].text()
    assert "[QR 0123456789" in text
    assert "[barcode" not in text


def test_code_set_c_is_never_used_because_its_bytes_may_spell_a_command(encoder: Encoder) -> None:
    # In code set C the digits 16 04 01 would be the bytes of DLE EOT 1.
    assert b"\x10\x04" not in encoder.encode([Barcode("160401160401")])


def test_codes_without_end_are_left_out_or_cut(encoder: Encoder) -> None:
    assert encoder.encode([QrCode("x" * (QR_BYTES_MAX + 1))]) == encoder.encode([])
    assert encoder.encode([Barcode("x" * 500)]) == encoder.encode([Barcode("x" * BARCODE_LENGTH_MAX)])


def test_a_profile_that_python_escpos_does_not_know_is_refused_by_name(escpos_cache: Path) -> None:
    profile = shipped_profiles().find_printer("epson-tm-t20")
    for wrong in (
        msgspec.structs.replace(profile, escpos="TM-NEVER-BUILT"),
        msgspec.structs.replace(profile, code_page="CP9999"),
    ):
        with pytest.raises(Refused, match="epson-tm-t20"):
            Encoder(wrong, escpos_cache)


def test_two_slips_encode_alike_however_often(encoder: Encoder) -> None:
    assert encoder.receipt(RECEIPT) == encoder.receipt(replace(RECEIPT))
