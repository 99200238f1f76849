"""Items, taxes and prices as the downlink brings them.

The centre has checked them; what is wrong all the same is left out and named in the log, because one bad item must not
keep a store from hearing of the next one.
"""

import sqlite3

import structlog

from retail.catalogue import Item, Price, Sku
from retail.errors import Refused
from retail.gtin import Gtin
from retail.money import Money
from retail.quantity import Unit
from retail.tax import TaxCode
from sync_protocol.streams import CatalogueDelta, ItemRecord, PriceDelta, PriceRecord, TaxRecord

log = structlog.get_logger(__name__)

EFFECTIVE_MS_MAX = 2**53


def apply_catalogue(connection: sqlite3.Connection, delta: CatalogueDelta) -> None:
    """Replace items and taxes by their keys."""
    for tax in delta.taxes:
        _put_tax(connection, tax)
    for item in delta.items:
        _put_item(connection, item)


def apply_prices(connection: sqlite3.Connection, delta: PriceDelta, now_ms: int) -> None:
    """Replace prices by SKU and time, and drop those that a later one in force has replaced."""
    for price in delta.prices:
        try:
            Price(Sku(price.sku), Money(price.price, price.currency))
            _check_time(price)
        except Refused as refusal:
            log.warning("price left out", sku=price.sku[:40], problem=str(refusal))
            continue
        connection.execute(
            "INSERT OR REPLACE INTO price (sku, effective_ms, currency, amount) VALUES (?, ?, ?, ?)",
            (price.sku, price.effective_ms, price.currency, price.price),
        )
        connection.execute(
            "DELETE FROM price WHERE sku = ?1 AND effective_ms < "
            "(SELECT max(effective_ms) FROM price WHERE sku = ?1 AND effective_ms <= ?2)",
            (price.sku, now_ms),
        )


def _check_time(price: PriceRecord) -> None:
    if not 0 <= price.effective_ms <= EFFECTIVE_MS_MAX:
        raise Refused("effective_ms", "it is not a time", "give milliseconds since 1970")


def _put_tax(connection: sqlite3.Connection, record: TaxRecord) -> None:
    try:
        tax = TaxCode(record.code, record.rate_ppm, record.inclusive)
    except Refused as refusal:
        log.warning("tax left out", tax=record.code[:40], problem=str(refusal))
        return
    connection.execute("INSERT OR REPLACE INTO tax VALUES (?, ?, ?)", (tax.code, tax.rate_ppm, tax.inclusive))


def _put_item(connection: sqlite3.Connection, record: ItemRecord) -> None:
    try:
        item = Item(
            Sku(record.sku), record.name, _unit(record.unit), record.tax_code, _gtins(record), record.age_minimum,
            record.hazard,
        )  # fmt: skip
    except Refused as refusal:
        log.warning("item left out", sku=record.sku[:40], problem=str(refusal))
        return
    weight_g = min(max(record.weight_g, 0), 2**53)
    connection.execute(
        "INSERT INTO item VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (sku) DO UPDATE SET name = excluded.name, "
        "unit = excluded.unit, tax_code = excluded.tax_code, weight_g = excluded.weight_g, "
        "age_minimum = excluded.age_minimum, hazard = excluded.hazard, withdrawn = excluded.withdrawn",
        (item.sku, item.name, item.unit.value, item.tax_code, weight_g, item.age_minimum, item.hazard,
         record.withdrawn),
    )  # fmt: skip
    connection.execute("DELETE FROM gtin WHERE sku = ?", (item.sku,))
    connection.executemany(
        "INSERT INTO gtin (gtin, sku) VALUES (?, ?) ON CONFLICT (gtin) DO UPDATE SET sku = excluded.sku",
        [(gtin.text14, item.sku) for gtin in item.gtins],
    )


def _unit(text: str) -> Unit:
    try:
        return Unit(text)
    except ValueError:
        raise Refused("unit", f"{text[:20]!r} is not known", "use each or gram") from None


def _gtins(record: ItemRecord) -> tuple[Gtin, ...]:
    gtins = []
    for text in record.gtins:
        try:
            gtins.append(Gtin(text))
        except Refused as refusal:
            log.warning("barcode left out", sku=record.sku[:40], problem=str(refusal))
    return tuple(gtins)
