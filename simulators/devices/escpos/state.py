"""What a printer remembers between commands, and what does not change about it."""

from dataclasses import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class Model:
    """A kind of printer. Sizes are in dots; the defaults are those of an 80 mm printer of 203 dots an inch.

    ``proves`` tells whether it answers `GS ( H`; ``receive_buffer`` is how many bytes it takes while it cannot print.
    """

    name: str = "SIM-80"
    maker: str = "TILLWAY"
    dots: int = 576
    font_a: tuple[int, int] = (12, 24)
    font_b: tuple[int, int] = (9, 17)
    line_spacing: int = 30
    feed_to_cutter: int = 90
    proves: bool = True
    answers_status: bool = True
    receive_buffer: int = 4096
    drawer_open_high: bool = False
    """The level of drawer connector pin 3 while the drawer is open."""


def model_42_columns() -> Model:
    """An 80 mm printer of 180 dots an inch: 42 columns."""
    return Model(name="SIM-42", dots=512)


@dataclass(slots=True)
class PrintState:
    """Modes that last until `ESC @`. Sizes in dots; ``qr_data`` is what `GS ( k` function 80 has stored."""

    align: int = 0
    bold: bool = False
    double_strike: bool = False
    underline: int = 0
    wide: int = 1
    tall: int = 1
    inverse: bool = False
    font: int = 0
    code_page: int = 0
    line_spacing: int = 30
    character_spacing: int = 0
    left_margin: int = 0
    area_width: int = 576
    tabs: tuple[int, ...] = tuple(range(8, 256, 8))
    barcode_height: int = 162
    barcode_module: int = 3
    barcode_text: int = 0
    barcode_font: int = 0
    qr_module: int = 3
    qr_correction: int = 48
    qr_data: bytes = b""
    graphics: "Raster | None" = None

    def copy(self) -> "PrintState":
        """As it is now."""
        return replace(self)


def initial_state(model: Model) -> PrintState:
    """What `ESC @` and the power switch bring about."""
    return PrintState(line_spacing=model.line_spacing, area_width=model.dots)


@dataclass(frozen=True, slots=True)
class Raster:
    """A picture: ``width`` and ``height`` in dots, rows of whole bytes, most significant bit at the left, 1 is ink.

    ``across`` and ``down`` are how many dots of paper each of its dots takes.
    """

    width: int
    height: int
    data: bytes = field(repr=False)
    across: int = 1
    down: int = 1
