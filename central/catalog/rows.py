"""Rows of a catalogue file and of a tax table made into items, prices and tax codes, without a database.

A column that the file lacks leaves what is known of an item; an empty cell stands for the column's default (no
barcode, weight not known, and so on). A file of ``sku,price,currency`` is therefore a price change.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from central.catalog.domain import CatalogueItem, ListedPrice
from central.importing.rows import Row, decimal, names, one_of, optional, refuse, required, whole, yes_or_no
from retail.catalogue import AGE_MAX, HAZARD_LENGTH_MAX, NAME_LENGTH_MAX, SKU_LENGTH_MAX, Item, Sku
from retail.cleaning import CleaningReport
from retail.errors import Refused
from retail.gtin import Gtin
from retail.money import Money
from retail.quantity import Unit
from retail.tax import CODE_LENGTH_MAX, RATE_PPM_MAX, TaxCode

COLUMNS = (
    "sku", "gtin", "name", "unit", "tax_code", "weight_g", "department", "tags", "age_minimum", "hazard", "price",
    "currency",
)  # fmt: skip
REQUIRED_COLUMNS = ("sku",)
TAX_COLUMNS = ("code", "rate_percent", "inclusive")

GTINS_MAX = 50
"""Barcodes of one item."""
WEIGHT_G_MAX = 10_000_000
DEPARTMENT_LENGTH_MAX = 60
TAGS_MAX, TAG_LENGTH_MAX = 20, 40
"""Tags of one item, and the characters of one of them."""
_PPM_OF_PERCENT = 10_000
_NEW = CatalogueItem(Item(Sku("new"), "new", Unit.EACH, "new"))
"""Where a new item starts; its SKU, name and tax code always come from the row."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An item as its row describes it; ``price`` is None where the row gives none. ``known`` is what it replaces."""

    row: Row
    item: CatalogueItem
    price: ListedPrice | None
    known: CatalogueItem | None


def read_sku(row: Row) -> Sku:
    """The SKU of ``row``. Raises :class:`Refused` for what cannot be one."""
    return Sku(row.read("sku", "", required(SKU_LENGTH_MAX)))


def read_entries(
    rows: Iterable[tuple[Sku, Row]],
    known: Mapping[Sku, CatalogueItem],
    tax_codes: Collection[str],
    report: CleaningReport,
) -> list[Entry]:
    """The entries of ``rows``; wrong rows are refused in ``report``. Whose barcodes they are comes in :func:`claim`."""
    entries: list[Entry] = []
    for sku, row in rows:
        try:
            entries.append(_read_entry(sku, row, known.get(sku), tax_codes))
        except Refused as error:
            refuse(report, row, error)
    return entries


def claim(entries: Iterable[Entry], owners: dict[str, Sku], report: CleaningReport) -> list[Entry]:
    """The entries whose barcodes belong to no other item, in order; the others are refused in ``report``.

    ``owners`` says whose each barcode is, by its 14 digits. It is brought up to date row by row, so a barcode may move
    from one item to another within a file if the row that gives it up comes first.
    """
    taken: list[Entry] = []
    for entry in entries:
        sku, gtins = entry.item.sku, entry.item.gtins
        other = next((owner for gtin in gtins if (owner := owners.get(gtin, sku)) != sku), None)
        if other is not None:
            remedy = f"it belongs to {other}: correct one of them, or first take it off {other}"
            refuse(report, entry.row, Refused("gtin", "a barcode belongs to another item", remedy))
            continue
        for gtin in entry.known.gtins if entry.known else ():
            owners.pop(gtin, None)
        owners.update(dict.fromkeys(gtins, sku))
        taken.append(entry)
        report.rows_kept += 1
    return taken


def read_taxes(rows: Iterable[tuple[str, Row]], report: CleaningReport) -> list[TaxCode]:
    """The tax codes of a table with :data:`TAX_COLUMNS`; wrong rows are refused in ``report``."""
    taxes: list[TaxCode] = []
    for code, row in rows:
        try:
            rate_ppm = row.read("rate_percent", 0, _rate_ppm)
            taxes.append(TaxCode(code, rate_ppm, row.read("inclusive", False, _stated)))
        except Refused as error:
            refuse(report, row, error)
        else:
            report.rows_kept += 1
    return taxes


def read_tax_code(row: Row) -> str:
    """The code of a row of a tax table. Raises :class:`Refused` for what cannot be one."""
    return row.read("code", "", required(CODE_LENGTH_MAX))


def _read_entry(sku: Sku, row: Row, known: CatalogueItem | None, tax_codes: Collection[str]) -> Entry:
    if known is None and (lacking := [name for name in ("name", "tax_code") if name not in row.cells]):
        raise Refused(lacking[0], "the item is new and the file lacks this column", "add the column, or drop the row")
    base = known or _NEW
    described = CatalogueItem(
        Item(
            sku=sku,
            name=row.read("name", base.item.name, required(NAME_LENGTH_MAX)),
            unit=Unit(row.read("unit", base.item.unit.value, one_of(*Unit, empty=Unit.EACH))),
            tax_code=row.read("tax_code", base.item.tax_code, required(CODE_LENGTH_MAX)),
            gtins=row.read("gtin", base.item.gtins, _gtins),
            age_minimum=row.read("age_minimum", base.item.age_minimum, whole(0, AGE_MAX, 0)),
            hazard=row.read("hazard", base.item.hazard, optional(HAZARD_LENGTH_MAX)),
        ),
        weight_g=row.read("weight_g", base.weight_g, whole(0, WEIGHT_G_MAX, 0)),
        department=row.read("department", base.department, optional(DEPARTMENT_LENGTH_MAX)),
        tags=row.read("tags", base.tags, names(TAGS_MAX, TAG_LENGTH_MAX)),
        withdrawn=base.withdrawn,
    )
    if known is not None and described.item.unit is not known.item.unit:
        # Stock and sales count in the item's unit: 500 pieces would silently become 500 grams.
        raise Refused("unit", "the unit of an item cannot change", "give the goods a new SKU")
    if described.item.tax_code not in tax_codes:
        raise Refused("tax_code", "it is not in the tax table", "add it to the file of --tax, or correct it")
    return Entry(row, described, _price(sku, row), known)


def _price(sku: Sku, row: Row) -> ListedPrice | None:
    text = row.text("price")
    if not text:
        return None
    currency = row.read("currency", "", required(3)).upper()
    amount = Money.parse(text, currency, "price")
    if amount.minor < 0:
        raise Refused("price", "it is below zero", "give a price of zero or more")
    return ListedPrice(sku, amount)


def _gtins(column: str, cell: str) -> tuple[Gtin, ...]:
    texts = [text.strip() for text in cell.split("|") if text.strip()]
    if len(texts) > GTINS_MAX:
        raise Refused(column, f"it holds more than {GTINS_MAX} barcodes", "leave out what is no longer used")
    return tuple(sorted({_gtin(column, text) for text in texts}, key=str))


def _gtin(column: str, text: str) -> Gtin:
    try:
        return Gtin.parse(text, column)
    except Refused as error:
        # The finding shows all barcodes of the row, so the remedy names the wrong one.
        remedy = f"{error.problem}: {error.remedy}"
        raise Refused(column, "a barcode has a wrong length or check digit", remedy) from error


def _rate_ppm(column: str, cell: str) -> int:
    percent = decimal(0, RATE_PPM_MAX // _PPM_OF_PERCENT)(column, cell)
    if percent is None:
        raise Refused(column, "it is empty", "give the rate in per cent, such as 19")
    ppm = percent * _PPM_OF_PERCENT
    if ppm != ppm.to_integral_value():
        raise Refused(column, "it has more than four decimal places", "round it")
    return int(ppm)


def _stated(column: str, cell: str) -> bool:
    if not cell:
        raise Refused(column, "it is empty", "say yes where prices contain the tax, else no")
    return yes_or_no()(column, cell)
