"""The stock import: a file of counted quantities compared with the ledger, and the difference booked.

What a file says is what lies there, free to sell, when the import runs. Goods set aside for orders are not in it, and
movements that come meanwhile add to it as ever.
"""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from central.catalog.tables import item
from central.fleet.tables import location as location_table
from central.importing.csv_file import Table
from central.importing.keys import among
from central.importing.rows import Row, batches, once_each, optional, refuse, required
from central.platform.tables import TENANT
from retail.catalogue import SKU_LENGTH_MAX
from retail.cleaning import CleaningReport
from retail.errors import Refused
from retail.quantity import AMOUNT_MAX
from sync_protocol.effects import SELLABLE
from sync_protocol.events import BODY_BYTES_MAX, AdjustmentLine

COLUMNS = ("location", "sku", "quantity", "lot", "serial")
REQUIRED_COLUMNS = ("location", "sku", "quantity")

OPENING, CORRECTION = "opening", "correction"
LOCATION_LENGTH_MAX = 32
LOT_LENGTH_MAX = 20
"""Of a lot and of a serial number: GS1 allows 20 characters for either (application identifiers 10 and 21)."""

BATCH_ROWS = 1_000
EVENT_LINES_MAX = 200
EVENT_BYTES_MAX = BODY_BYTES_MAX // 2
"""Lines of one event take at most this, so that its body surely fits."""
_LINE_BYTES = 32
"""What a line takes beside its texts, rounded up."""

Book = Callable[[AsyncConnection, str, Sequence[AdjustmentLine], str], Awaitable[object]]
"""Books a change of stock at a location for a reason of :data:`~sync_protocol.events.ADJUSTMENT_REASONS`, in the
caller's transaction, and tells the location's box."""

Differences = dict[tuple[str, str], list[AdjustmentLine]]
"""By location and reason, what is to be booked."""


@dataclass(frozen=True, slots=True)
class Account:
    """Whose quantity a row states. ``lot`` and ``serial`` are empty for goods that need not be told apart."""

    location: str
    sku: str
    lot: str = ""
    serial: str = ""


@dataclass
class StockOutcome:
    """What an import did to the stock: accounts opened and corrected, and the events that say so."""

    opened: int = 0
    corrected: int = 0
    unchanged: int = 0
    events: int = 0


async def import_stock(conn: AsyncConnection, table: Table, book: Book) -> StockOutcome:
    """Bring the sellable stock to what ``table`` says by booking the differences; findings go to the table's report.

    The first movement of an account has the reason ``opening``, any other ``correction``. Accounts that the file does
    not name stay as they are. Raises :class:`Refused` when the file cannot be understood; the caller then rolls back.
    """
    table.check_heading(REQUIRED_COLUMNS, COLUMNS)
    locations = await _known_locations(conn)
    outcome = StockOutcome()
    differences: Differences = defaultdict(list)
    for batch in batches(once_each(table.rows(), read_account, "sku", table.report), BATCH_ROWS):
        skus = await _known_skus(conn, {account.sku for account, _ in batch})
        stated = read_quantities(batch, locations, skus, table.report)
        compare(stated, await _balances(conn, stated), differences, outcome)
    # Booked last and in order, so that locks are short, and taken in the order in which boxes' events take them.
    for (location, reason), lines in sorted(differences.items()):
        for part in in_events(sorted(lines, key=_key)):
            await book(conn, location, part, reason)
            outcome.events += 1
    return outcome


def read_account(row: Row) -> Account:
    """The account of ``row``. Raises :class:`Refused` where it names none."""
    return Account(
        row.read("location", "", required(LOCATION_LENGTH_MAX)),
        row.read("sku", "", required(SKU_LENGTH_MAX)),
        row.read("lot", "", optional(LOT_LENGTH_MAX)),
        row.read("serial", "", optional(LOT_LENGTH_MAX)),
    )


def read_quantities(
    rows: Iterable[tuple[Account, Row]], locations: Collection[str], skus: Collection[str], report: CleaningReport
) -> dict[Account, int]:
    """What each account should hold; wrong rows are refused in ``report``."""
    stated: dict[Account, int] = {}
    for account, row in rows:
        try:
            if account.location not in locations:
                raise Refused("location", "there is no such location", "import the network first, or correct the id")
            if account.sku not in skus:
                raise Refused("sku", "there is no such item", "import the catalogue first, or correct the SKU")
            quantity = row.read("quantity", 0, _quantity)
            if account.serial and quantity > 1:
                raise Refused("serial", "a serial number names one piece", "give 0 or 1, or leave the serial empty")
        except Refused as error:
            refuse(report, row, error)
        else:
            stated[account] = quantity
            report.rows_kept += 1
    return stated


def compare(
    stated: Mapping[Account, int], balances: Mapping[Account, int], differences: Differences, outcome: StockOutcome
) -> None:
    """Add what leads from ``balances`` to ``stated`` to ``differences``. An account without a balance never moved."""
    for account, quantity in stated.items():
        balance = balances.get(account)
        difference = quantity - (balance or 0)
        if not difference:
            outcome.unchanged += 1
            continue
        outcome.opened += balance is None
        outcome.corrected += balance is not None
        line = AdjustmentLine(account.sku, difference, account.lot, account.serial)
        differences[account.location, OPENING if balance is None else CORRECTION].append(line)


def in_events(lines: Iterable[AdjustmentLine]) -> Iterator[list[AdjustmentLine]]:
    """``lines`` in order, in parts that each fit one event."""
    part: list[AdjustmentLine] = []
    size = 0
    for line in lines:
        line_size = _LINE_BYTES + sum(len(words.encode()) for words in _key(line))
        if part and (len(part) == EVENT_LINES_MAX or size + line_size > EVENT_BYTES_MAX):
            yield part
            part, size = [], 0
        part.append(line)
        size += line_size
    if part:
        yield part


def _key(line: AdjustmentLine) -> tuple[str, str, str]:
    return line.sku, line.lot, line.serial


def _quantity(column: str, cell: str) -> int:
    if cell.startswith("-"):
        raise Refused(column, "it is below zero", "say what is there, 0 for nothing")
    if not (cell.isascii() and cell.isdecimal()):
        raise Refused(column, "it is not a whole number", "count whole pieces or whole grams")
    digits = cell.lstrip("0") or "0"
    if len(digits) > len(str(AMOUNT_MAX)) or int(digits) > AMOUNT_MAX:
        raise Refused(column, "it is too large", f"give at most {AMOUNT_MAX:,}")
    return int(digits)


async def _known_locations(conn: AsyncConnection) -> frozenset[str]:
    query = select(location_table.c.location).where(location_table.c.tenant == TENANT)
    return frozenset((await conn.execute(query)).scalars())


async def _known_skus(conn: AsyncConnection, skus: Collection[str]) -> frozenset[str]:
    query = select(item.c.sku).where(item.c.tenant == TENANT, among(item.c.sku, skus))
    return frozenset((await conn.execute(query)).scalars())


# One look-up for each pair: the OFFSET keeps PostgreSQL from turning it into a comparison of all with all.
_BALANCES = """
SELECT balance.location, balance.sku, balance.lot, balance.serial, balance.quantity
FROM unnest(CAST(:locations AS text[]), CAST(:skus AS text[])) AS wanted(location, sku)
CROSS JOIN LATERAL (
    SELECT * FROM stock_balance
    WHERE tenant = :tenant AND location = wanted.location AND sku = wanted.sku AND state = :state
    OFFSET 0
) balance
"""


async def _balances(conn: AsyncConnection, accounts: Iterable[Account]) -> dict[Account, int]:
    """The sellable quantity of those of ``accounts`` that ever moved."""
    pairs = {(account.location, account.sku) for account in accounts}
    locations, skus = [location for location, _ in pairs], [sku for _, sku in pairs]
    wanted = {"tenant": TENANT, "state": SELLABLE, "locations": locations, "skus": skus}
    return {Account(*key): quantity for *key, quantity in await conn.execute(text(_BALANCES), wanted)}
