"""What a slip looks like: ink where it belongs."""

from pathlib import Path

import pytest
from PIL import Image
from qrcode import QRCode

from simulators.devices.escpos.document import Document
from simulators.devices.escpos.state import Model
from simulators.devices.printer import SimulatedPrinter

CUT = b"\x1dVB\x00"
MARGIN = 44
"""Paper around the printable area, the cutter's teeth included."""
FULL = b"\xdb"
"""A full block in code page 437."""


def slip(data: bytes, dots: int = 576) -> Document:
    printer = SimulatedPrinter(Model(dots=dots))
    printer.receive(b"\x1b@" + data + CUT)
    return printer.slips[-1]


def ink(data: bytes, dots: int = 576) -> Image.Image:
    """Black where there is ink, the printable area only."""
    picture = slip(data, dots).image().convert("L").point([255 * (level < 128) for level in range(256)])
    return picture.crop((MARGIN - 8, MARGIN, picture.width - MARGIN + 8, picture.height - MARGIN))


def inked(data: bytes, dots: int = 576) -> tuple[int, int, int, int]:
    box = ink(data, dots).getbbox()
    assert box is not None
    return box


def test_a_captured_stream_can_be_drawn(captured: bytes) -> None:
    printer = SimulatedPrinter()
    printer.receive(captured)
    for document in printer.slips:
        assert document.image().width == 576 + 2 * 36


@pytest.mark.parametrize(("align", "left"), [(0, 0), (1, 282), (2, 564)])
def test_alignment_moves_the_line(align: int, left: int) -> None:
    box = inked(b"\x1ba" + bytes((align,)) + b"\x1dB\x01 \n")
    assert (box[0], box[2] - box[0]) == (left, 12)


@pytest.mark.parametrize(("size", "width", "height"), [(0x00, 12, 24), (0x10, 24, 24), (0x01, 12, 48), (0x77, 96, 192)])
def test_large_characters_take_as_many_dots_as_they_should(size: int, width: int, height: int) -> None:
    box = inked(b"\x1d!" + bytes((size,)) + b"\x1dB\x01 \n")
    assert (box[2] - box[0], box[3] - box[1]) == (width, height)


def test_bold_has_more_ink_and_font_b_less() -> None:
    plain, bold, small = (
        sum(ink(style + b"The quick brown fox\n").histogram()[128:]) for style in (b"", b"\x1bE\x01", b"\x1bM\x01")
    )
    assert small < plain < bold


def test_underline_draws_a_line_below() -> None:
    assert inked(b"\x1b-\x02 x \n")[3] == 24
    assert inked(b" x \n")[3] < 24


def test_inverse_text_is_white_on_black() -> None:
    picture = ink(b"\x1dB\x01 A \n")
    assert picture.getpixel((2, 2)) == 255
    assert 0 in picture.crop((12, 0, 24, 24)).tobytes()


def test_text_that_is_wider_than_the_paper_goes_on_below() -> None:
    assert slip(b"0123456789AB\n", dots=120).text() == "0123456789\nAB\n"


def test_a_left_margin_narrows_the_line() -> None:
    assert slip(b"\x1dL\x3c\x00" + b"0123456789\n", dots=120).text() == "     01234\n     56789\n"


@pytest.mark.parametrize(
    "page", [(0, b"\x9c", "£"), (16, b"\x80", "€"), (19, b"\xd5", "€"), (17, b"\x80", "А"), (99, b"\x80", "?")]
)
def test_code_pages_show_the_right_characters(page: tuple[int, bytes, str]) -> None:
    slot, data, character = page
    assert slip(b"\x1bt" + bytes((slot,)) + data + b"\n").text() == f"{character}\n"


@pytest.mark.parametrize(
    "picture",
    [
        b"\x1dv0\x00\x01\x00\x08\x00" + bytes((0x80, 0, 0, 0, 0, 0, 0, 0x01)),
        b"\x1d(L\x12\x000p0\x01\x011\x08\x00\x08\x00" + bytes((0x80, 0, 0, 0, 0, 0, 0, 0x01)) + b"\x1d(L\x02\x000\x32",
    ],
    ids=["GS v 0", "GS ( L"],
)
def test_a_raster_picture_is_drawn_dot_by_dot(picture: bytes) -> None:
    drawn = ink(picture)
    assert drawn.getbbox() == (0, 0, 8, 8)
    assert [drawn.getpixel(place) for place in ((0, 0), (7, 7), (7, 0), (0, 7), (4, 4))] == [255, 255, 0, 0, 0]


def test_a_raster_picture_can_be_doubled() -> None:
    assert inked(b"\x1dv0\x03\x01\x00\x01\x00\xff") == (0, 0, 16, 2)


def test_a_column_picture_stands_upright() -> None:
    drawn = ink(b"\x1b*\x21\x02\x00" + b"\x80\x00\x01" + b"\x00\x00\x00" + b"\n")
    assert drawn.getpixel((0, 0)) == drawn.getpixel((0, 23)) == 255
    assert drawn.getpixel((1, 0)) == drawn.getpixel((0, 12)) == 0


def test_a_qr_code_is_the_one_that_its_content_makes() -> None:
    data = b"https://r.example/1"
    code = QRCode(error_correction=1, border=0)
    code.add_data(data)
    code.make()
    matrix = code.get_matrix()
    commands = b"\x1d(k\x03\x001C\x04\x1d(k\x03\x001E0\x1d(k"
    drawn = ink(commands + (len(data) + 3).to_bytes(2, "little") + b"1P0" + data + b"\x1d(k\x03\x001Q0")
    seen = [[drawn.getpixel((x * 4 + 1, y * 4 + 1)) == 255 for x in range(len(matrix))] for y in range(len(matrix))]
    assert seen == matrix


def test_a_qr_code_that_holds_too_much_is_left_out() -> None:
    data = b"x" * 5000
    commands = b"\x1d(k" + (len(data) + 3).to_bytes(2, "little") + b"1P0" + data + b"\x1d(k\x03\x001Q0"
    assert slip(commands + b"after\n").text() == "after\n"


def test_a_barcode_has_its_text_where_it_was_asked_for() -> None:
    heights = [inked(b"\x1dh\x32\x1dH" + bytes((where,)) + b"\x1dk\x49\x04{BAB")[3] for where in (0, 1, 2, 3)]
    assert heights[0] == 50
    assert heights[1] == 78  # above: the letters' cell and a gap come first
    assert heights[0] < heights[2] < heights[3]


def test_a_barcode_that_is_wider_than_the_paper_is_left_out() -> None:
    assert "[barcode" not in slip(b"\x1dw\x06\x1dk\x49\x32{B" + b"A" * 48 + b"\nafter\n").text()


def test_a_picture_of_an_endless_slip_ends_somewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simulators.devices.escpos.canvas.HEIGHT_MAX", 1000)
    assert slip(b"line\n" * 100).image().height <= 1000 + 2 * MARGIN


def test_pictures_are_saved_only_where_somebody_wants_them(tmp_path: Path) -> None:
    printer = SimulatedPrinter(png=tmp_path / "slips")
    printer.receive(b"one\n" + CUT + b"two\n" + CUT)
    assert sorted(path.name for path in (tmp_path / "slips").iterdir()) == ["slip-0001.png", "slip-0002.png"]
    with Image.open(tmp_path / "slips" / "slip-0001.png") as picture:
        assert picture.width == 648


def test_only_the_last_slips_are_kept() -> None:
    printer = SimulatedPrinter(slips_kept=3)
    printer.receive((b"x\n" + CUT) * 10)
    assert [document.number for document in printer.slips] == [8, 9, 10]
