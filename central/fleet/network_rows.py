"""Rows of a network file made into places, one by one, without a database.

Two formats are understood. Our own has :data:`COLUMNS`. A store list as chains publish it has
:data:`STORE_LIST_COLUMNS` and lacks what only we know: its places become stores of the United States that nothing
answers for yet.

A column that the file lacks leaves what is known of a place; an empty cell stands for the column's default. The
verdict on coordinates and the time zone that follows from them stay as long as nothing they follow from has changed.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from central.fleet import geography
from central.fleet.network_checks import Surroundings, checked
from central.fleet.place import Place, opened
from central.fleet.tables import DEFAULT_ZONE, DROPSHIP, EDGE, NONE, STORE, WAREHOUSE, WMS
from central.importing.csv_file import Table
from central.importing.rows import Row, names, one_of, optional, refuse, required, whole, yes_or_no
from retail.cleaning import CleaningReport
from retail.errors import Refused
from retail.money import digits
from sync_protocol import topics
from sync_protocol.streams import CATALOGUE

COLUMNS = (
    "location", "kind", "name", "address", "city", "region", "zip", "country", "time_zone", "lat", "lon", "hours",
    "currency", "legal_entity", "backing", "ships", "pickups", "capacity_units_per_day", "zone", "groups",
    "delivery_services", "certifications",
)  # fmt: skip
REQUIRED_COLUMNS = ("location", "kind", "name", "currency")

STORE_LIST_COLUMNS = (
    "id", "type", "name", "address", "city", "state", "zip", "lat", "lon", "hours", "services",
)  # fmt: skip
STORE_LIST_REQUIRED_COLUMNS = ("id", "name")
_STORE_LIST_HEADINGS = {"location": "id", "region": "state"}
_STORE_LIST_CONSTANTS = {"kind": STORE, "country": geography.ZIP_COUNTRY, "currency": "USD"}

ID_DIGITS, ID_DIGITS_MAX = 4, 8
CAPACITY_MAX = 10_000_000
NAMES_MAX, NAME_LENGTH_MAX = 20, 40
"""Groups, services or certifications of one location, and the characters of one of their names."""
TEXT_LENGTHS_MAX = {"name": 120, "address": 200, "city": 80, "region": 40, "zip": 20, "legal_entity": 120}


def adapter(table: Table) -> Callable[[Row], Row]:
    """What turns a row of ``table`` into one of our own format. Raises :class:`Refused` for any other heading."""
    if "id" in table.heading and "location" not in table.heading:
        table.check_heading(STORE_LIST_REQUIRED_COLUMNS, STORE_LIST_COLUMNS)
        return _from_store_list
    table.check_heading(REQUIRED_COLUMNS, COLUMNS)
    return lambda row: row


def _from_store_list(row: Row) -> Row:
    number = row.text("id")
    if number.isascii() and number.isdecimal():
        number = f"S{number.rjust(ID_DIGITS, '0')}"
    cells = {name: cell for name, cell in row.cells.items() if name in COLUMNS}
    cells |= _STORE_LIST_CONSTANTS | {"location": number}
    if "state" in row.cells:
        cells["region"] = row.cells["state"]
    return Row(row.number, cells, _STORE_LIST_HEADINGS)


def read_location(row: Row) -> str:
    """The key of the place that ``row`` is about. Raises :class:`Refused` for what cannot be one."""
    location = row.read("location", "", required(ID_DIGITS_MAX * 4))
    if not topics.is_store(location):
        problem = f"it is not a store's or warehouse's id, S or W and {ID_DIGITS} to {ID_DIGITS_MAX} digits"
        raise Refused("location", problem, "write it like S0412")
    return location


def read_places(
    rows: Iterable[tuple[str, Row]], known: Mapping[str, Place], beside: Surroundings, report: CleaningReport
) -> list[Place]:
    """The places of ``rows``, given as (location, row). Wrong rows are refused in ``report``, doubts noted there."""
    places: list[Place] = []
    for location, row in rows:
        try:
            places.append(read_place(row, known.get(location, Place(location)), beside, report))
        except Refused as error:
            refuse(report, row, error)
        else:
            report.rows_kept += 1
    return places


def read_place(row: Row, known: Place, beside: Surroundings, report: CleaningReport) -> Place:
    """What ``row`` makes of the place that was ``known``. Raises :class:`Refused` where the row must be left out."""
    return opened(checked(row, _located(row, _described(row, known)), known, beside, report))


def _described(row: Row, known: Place) -> Place:
    texts = {name: optional(length_max) for name, length_max in TEXT_LENGTHS_MAX.items()}
    listed = names(NAMES_MAX, NAME_LENGTH_MAX)
    place = replace(
        known,
        kind=row.read("kind", known.kind, one_of(STORE, WAREHOUSE)),
        name=row.read("name", known.name, required(TEXT_LENGTHS_MAX["name"])),
        address=row.read("address", known.address, texts["address"]),
        city=row.read("city", known.city, texts["city"]),
        region=row.read("region", known.region, texts["region"]),
        zip=row.read("zip", known.zip, texts["zip"]),
        country=row.read("country", known.country, _country),
        currency=row.read("currency", known.currency, _currency),
        legal_entity=row.read("legal_entity", known.legal_entity, texts["legal_entity"]),
        backing=row.read("backing", known.backing, one_of(NONE, EDGE, WMS, DROPSHIP, empty=NONE)),
        ships=row.read("ships", known.ships, yes_or_no()),
        pickups=row.read("pickups", known.pickups, yes_or_no()),
        capacity_units_per_day=row.read(
            "capacity_units_per_day", known.capacity_units_per_day, whole(0, CAPACITY_MAX, None)
        ),
        zone=row.read("zone", known.zone, _zone),
        groups=row.read("groups", known.groups, listed),
        delivery_services=row.read("delivery_services", known.delivery_services, listed),
        certifications=row.read("certifications", known.certifications, listed),
        time_zone=row.read("time_zone", known.time_zone, _time_zone),
    )
    if (place.kind == WAREHOUSE) != place.location.startswith("W"):
        raise Refused("kind", "it does not go with the id", "ids of stores begin with S, those of warehouses with W")
    return place


def _located(row: Row, place: Place) -> Place:
    if "lat" not in row.cells and "lon" not in row.cells:
        return place
    position = geography.read_position(row)
    if position is None:
        return replace(place, lat=None, lon=None)
    return replace(place, lat=position.lat, lon=position.lon)


def _country(column: str, cell: str) -> str:
    if cell and not (len(cell) == 2 and cell.isascii() and cell.isalpha()):
        raise Refused(column, "it is not a country", "give the two letters of ISO 3166, such as US")
    return cell.upper()


def _currency(column: str, cell: str) -> str:
    currency = cell.upper()
    try:
        digits(currency)
    except Refused as error:
        raise Refused(column, "it is not a currency", error.remedy) from error
    return currency


def _zone(column: str, cell: str) -> str:
    zone = cell or DEFAULT_ZONE
    try:
        topics.zone_head(zone, CATALOGUE)
    except ValueError as error:
        raise Refused(column, "it is not a zone's name", "use small letters, digits and hyphens, at most 40") from error
    return zone


def _time_zone(column: str, cell: str) -> str | None:
    if cell and not geography.is_time_zone(cell):
        raise Refused(column, "it is not a time zone", "give an IANA name such as Europe/Berlin, or leave it empty")
    return cell or None
