"""What a box is: its store, its registers and devices, and whom it talks to.

The manifest is `manifest.json` in the box's data folder. It is kept in the database too, so that a restore brings it
back. The grant, the centre's word that the box may speak for its store, is `grant.json` beside it: enrolment writes it.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from retail.clock import business_day
from retail.errors import Refused
from retail.money import digits
from retail.text import clean
from sync_protocol.frames import Grant

MANIFEST_NAME = "manifest.json"
GRANT_NAME = "grant.json"

STORE, WAREHOUSE = "store", "warehouse"

FILE_BYTES_MAX = 256 * 1024


def _checked(check: Callable[[str], object]) -> AfterValidator:
    """A pydantic check made of a function that raises :class:`Refused`."""

    def validate(value: str) -> str:
        try:
            check(value)
        except Refused as refusal:
            raise ValueError(f"{refusal.problem}; {refusal.remedy}") from refusal
        return value

    return AfterValidator(validate)


Text = Annotated[str, Field(max_length=200), _checked(lambda text: clean("text", text, 200))]
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
Port = Annotated[int, Field(ge=0, le=65_535)]
"""0 asks for any free port, where one listens."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Address(_Part):
    """A TCP address."""

    host: Annotated[str, Field(min_length=1, max_length=253)]
    port: Port


class PrinterEntry(_Part):
    """A receipt printer.

    On ``usb`` it is found by ``serial_number``, or by the ``port`` it is plugged into (``1-2.3``), or is the only one
    there; on ``serial`` by ``port``, a device file; on ``tcp`` by ``address``. ``profile`` names its model in the
    device profiles; empty means the one that its USB ids tell.
    """

    name: Name
    connection: Literal["usb", "serial", "tcp"]
    serial_number: Text = ""
    port: Text = ""
    address: Address | None = None
    profile: Text = ""

    @model_validator(mode="after")
    def _can_be_found(self) -> Self:
        if (self.connection == "tcp") != (self.address is not None):
            raise ValueError("a printer on tcp needs an address, another has none")
        if self.connection == "serial" and not self.port:
            raise ValueError("a printer on a serial port needs the port")
        return self


class ScannerEntry(_Part):
    """A barcode scanner on a serial port. ``port`` is a device file; a link made by udev survives replugging."""

    name: Name
    port: Annotated[str, Field(min_length=1, max_length=200)]
    profile: Text = ""


class RegisterEntry(_Part):
    """A register: its number on receipts, and the printer that it prints them on."""

    number: Annotated[str, Field(pattern=r"^\d{4}$")]
    printer: Name = "main"


class Manifest(_Part):
    """The manifest as a whole."""

    store: Annotated[str, Field(pattern=r"^[SW]\d{4}$")]
    role: Literal["store", "warehouse"]
    name: Text
    address: tuple[Text, ...] = Field(default=(), max_length=6)
    currency: Annotated[str, _checked(digits)]
    time_zone: Annotated[str, _checked(lambda zone: business_day(0, zone, 0))]
    cutover_hour: Annotated[int, Field(ge=0, le=23)] = 4
    zone: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,40}$")] = "all"
    registers: tuple[RegisterEntry, ...] = Field(default=(), max_length=100)
    pick_printer: Name = "main"
    printers: tuple[PrinterEntry, ...] = Field(default=(), max_length=50)
    scanners: tuple[ScannerEntry, ...] = Field(default=(), max_length=50)
    broker: Address | None = None
    lan: Address = Address(host="127.0.0.1", port=8_700)
    replica: Text = ""
    """Where litestream keeps the second copy: a folder, or a URL that it understands (``s3://...``); empty: nowhere."""

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if (self.role == STORE) != self.store.startswith("S"):
            raise ValueError(f"{self.store} is not the number of a {self.role}: S is for stores, W for warehouses")
        if self.role == WAREHOUSE and self.registers:
            raise ValueError("a warehouse has no registers")
        for what, names in (
            ("registers", [register.number for register in self.registers]),
            ("printers", [printer.name for printer in self.printers]),
            ("scanners", [scanner.name for scanner in self.scanners]),
        ):
            if len(set(names)) < len(names):
                raise ValueError(f"two {what} have the same name")
        return self


def parse_manifest(text: str) -> Manifest:
    """Read a manifest. Raises :class:`Refused`, naming the first field that is wrong."""
    try:
        return Manifest.model_validate_json(text)
    except ValidationError as error:
        raise as_refusal(error) from error


def load_manifest(folder: Path) -> Manifest:
    """The manifest in a data folder. Raises :class:`Refused` where there is none and where it is wrong."""
    path = folder / MANIFEST_NAME
    try:
        return parse_manifest(_read(path))
    except FileNotFoundError:
        raise Refused("dir", f"{path} does not exist", "create the box first: edge-node init") from None


class _GrantFile(_Part):
    store: str
    box: UUID
    epoch: Annotated[int, Field(ge=1, le=2**53)]
    gen: Annotated[int, Field(ge=0, le=2**53)] = 0


def load_grant(folder: Path, store: str, box: UUID) -> Grant | None:
    """The grant in a data folder; None where there is none.

    Raises :class:`Refused` for one that is unreadable or that names another store or box.
    """
    path = folder / GRANT_NAME
    try:
        grant = _GrantFile.model_validate_json(_read(path))
    except FileNotFoundError:
        return None
    except ValidationError as error:
        raise as_refusal(error) from error
    if grant.store != store or grant.box != box:
        raise Refused("grant", f"it is for box {grant.box} of {grant.store}", "enrol this box anew")
    return Grant(grant.store, grant.box, grant.epoch, grant.gen)


def _read(path: Path) -> str:
    if path.stat().st_size > FILE_BYTES_MAX:
        raise Refused(path.name, "the file is too large", f"keep it below {FILE_BYTES_MAX} bytes")
    return path.read_text(encoding="utf-8", errors="replace")


def as_refusal(error: ValidationError) -> Refused:
    """The first thing that is wrong with a manifest or a grant."""
    first = error.errors(include_url=False, include_input=False)[0]
    field = ".".join(map(str, first["loc"])) or "manifest"
    return Refused(field, first["msg"], "mend it")
