"""Real baskets for the simulated shoppers: the Complete Journey data of 84.51°, where its files are at hand.

The data names products by ids that are not GTINs and has prices of 2017, so GTINs, prices and stock are generated from
a seed; what people put together into one basket is real. Rows that cannot be a sale of pieces go to a cleaning report:
a quantity of nothing, a measure instead of a count (fuel is recorded in fractions of a gallon: no row lies between 26
pieces and 1,000), a value of nothing.
"""

import csv
import gzip
import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from retail.cleaning import Action, CleaningReport
from simulators.world import Product, Site, World, demo_gtin, seeded_stock

TRANSACTIONS, PRODUCTS = "transactions_sample.csv.gz", "products.csv.gz"
PIECES_MAX = 99
FOOD = frozenset(
    {"GROCERY", "PRODUCE", "MEAT", "DELI", "PASTRY", "MEAT-PCKGD", "SEAFOOD", "SALAD BAR", "FROZEN GROCERY"}
)


class BasketRow(NamedTuple):
    """A line of a basket, cleaned."""

    basket: str
    product: str
    pieces: int


class JourneyMissing(Exception):
    """The folder does not hold the data."""


def with_baskets(world: World, folder: Path, products_max: int = 1_500) -> tuple[World, CleaningReport]:
    """``world`` with the baskets of ``folder`` and its most frequent products instead of the generated ones.

    Raises :class:`JourneyMissing` naming the file that is not there.
    """
    for name in (TRANSACTIONS, PRODUCTS):
        if not (folder / name).exists():
            raise JourneyMissing(
                f"{folder / name} is not there: BASKETS= wants the folder of the Complete Journey files"
            )
    report = CleaningReport("baskets", TRANSACTIONS)
    rows = list(_clean(folder / TRANSACTIONS, report))
    frequent = [product for product, _ in Counter(row.product for row in rows).most_common(products_max)]
    chance = random.Random(world.seed)
    products = _products(folder / PRODUCTS, frequent, chance)
    baskets = _baskets(rows, {product.sku for product in products})
    stock = seeded_stock(chance, world.sites, products)
    return replace(world, products=products, baskets=baskets, stock=stock), report


def restock(world: World, sites: Sequence[Site], network_file: Path) -> World:
    """``world`` with the sites of a network that was imported from ``network_file``, and stock for them."""
    chance = random.Random(world.seed + 1)
    stock = seeded_stock(chance, sites, world.products)
    return replace(world, sites=tuple(sites), stock=stock, network_file=network_file)


def _sku(product_id: str) -> str:
    return f"J{product_id}"


def _clean(path: Path, report: CleaningReport) -> Iterator[BasketRow]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        for number, row in enumerate(csv.DictReader(file), start=1):
            report.rows_read += 1
            pieces, value = float(row["quantity"]), float(row["sales_value"])
            if pieces <= 0:
                report.add(number, "quantity", row["quantity"], "not a number of pieces", "count again", Action.REFUSED)
            elif pieces > PIECES_MAX or pieces != int(pieces):
                report.add(
                    number, "quantity", row["quantity"], "a measure, not a number of pieces",
                    "sell it as a weighed or measured item", Action.REFUSED,
                )  # fmt: skip
            elif value <= 0:
                report.add(
                    number, "sales_value", row["sales_value"], "a line without value", "check the price", Action.REFUSED
                )
            else:
                report.rows_kept += 1
                yield BasketRow(row["basket_id"], _sku(row["product_id"]), int(pieces))


def _products(path: Path, wanted: Sequence[str], chance: random.Random) -> tuple[Product, ...]:
    known: dict[str, dict[str, str]] = {}
    skus = set(wanted)
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if _sku(row["product_id"]) in skus:
                known[_sku(row["product_id"])] = row
    products = []
    for number, sku in enumerate((sku for sku in wanted if sku in known), start=1):
        row = known[sku]
        name = " ".join(f"{row['product_type'] or row['product_category'] or row['department']}".title().split())
        size = row["package_size"].strip().lower()
        products.append(
            Product(
                sku, demo_gtin(100_000 + number), f"{name[:40]} {size}".strip() or sku,
                "food" if row["department"] in FOOD else "std", chance.randint(60, 1_500), row["department"].title(),
                chance.randint(1, 24) * 50 + 49,
            )
        )  # fmt: skip
    return tuple(products)


def _baskets(rows: Sequence[BasketRow], known: set[str]) -> list[tuple[tuple[str, int], ...]]:
    baskets: dict[str, dict[str, int]] = defaultdict(dict)
    for row in rows:
        if row.product in known:
            basket = baskets[row.basket]
            basket[row.product] = basket.get(row.product, 0) + row.pieces
    return [tuple(basket.items()) for basket in baskets.values()]
