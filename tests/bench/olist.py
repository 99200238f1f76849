"""Orders of a real marketplace as weeks of routing problems: its sellers as locations, their stock from a seed.

The places, times, promises, quantities, prices and weights are those of ../shared/data/orders/olist (internal use only:
read where it lies, never copied; nothing but sums of our own is ever told of it). The network is **synthetic**: sellers
of a marketplace hold their own goods and no others. Here every product category is one SKU, since a product of the
sample is rarely sold twice; each seller of a category is stocked from a seed, anew every Monday; tariff and transit
follow the distance.

What it does not model: capacity, returns, sellers' days off, freight as it was paid, status of orders.
"""

import csv
import gzip
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from routing.problem import Problem, Reason
from routing.terms import LineTerm

FOLDER = Path(__file__).parents[3] / "shared" / "data" / "orders" / "olist"
SEED = 1
SUPPLY = 3.0
"""Units at the start of a week, as a share of what an average week asks for."""
ZONE_KM = (60, 200, 450, 800, 1_300, 2_000)
LABEL = np.array([900, 1_150, 1_450, 1_800, 2_250, 2_800, 3_500])
PER_KG = np.array([90, 130, 180, 240, 320, 420, 540])
PACKING, PICKING, LATE_DAY, BACKORDER = (80, 320), (40, 180), 400, 4_000
"""Cents of a package and of a unit, from the cheapest to the dearest seller; of a day late, and of a line that nobody
has, beside its price."""
HANDLING_DAYS, KM_A_DAY = 2, 150.0


@dataclass(frozen=True)
class Line:
    """Units of one SKU in an order."""

    sku: int
    units: int
    cents: int
    grams: int


@dataclass(frozen=True)
class Order:
    """One order with where it goes, when it was placed and the day that was promised."""

    placed: datetime
    promised: date
    lat: float
    lon: float
    lines: tuple[Line, ...]


@dataclass(frozen=True, eq=False)
class Marketplace:
    """``orders`` by time; ``sellers`` (L, 2) in degrees; ``level`` (S, L): units each Monday; ``packing``, ``picking``
    (L,) in cents. ``left_out``: how many rows of the files could not be used, by reason."""

    orders: tuple[Order, ...]
    sellers: NDArray[np.float64]
    level: NDArray[np.int64]
    packing: NDArray[np.int64]
    picking: NDArray[np.int64]
    left_out: dict[str, int]

    def weeks(self) -> Iterator[Sequence[Order]]:
        """Orders of each calendar week that has any."""
        week: list[Order] = []
        for order in self.orders:
            if week and order.placed.isocalendar()[:2] != week[0].placed.isocalendar()[:2]:
                yield week
                week = []
            week.append(order)
        if week:
            yield week

    def problem(self, orders: Sequence[Order], leaves: Sequence[datetime], stock: Any) -> Problem:
        """The question about ``orders``, the goods of which leave a seller no earlier than ``leaves``."""
        far = self.km(orders)
        zone = np.searchsorted(ZONE_KM, far)
        lines = [line for order in orders for line in order.lines]
        units = np.array([line.units for line in lines])
        return Problem(
            order_ptr=np.cumsum([0, *(len(order.lines) for order in orders)]),
            line_sku=np.array([line.sku for line in lines]),
            line_qty=units,
            backorder=np.array([BACKORDER + line.cents for line in lines]),
            stock=stock,
            capacity=np.full(len(self.sellers), 10**7),
            blocked=np.zeros(far.shape, np.uint8),
            reasons=(Reason(""),),
            package_terms={
                "label": LABEL[zone],
                "packing": self.packing,
                "lateness": LATE_DAY * self.days_late(orders, leaves, far),
            },
            line_terms={
                "weight": LineTerm(PER_KG[zone], "order", np.array([line.grams / 1000 for line in lines])),
                "picking": LineTerm(self.picking, "location", units),
            },
        )

    def km(self, orders: Sequence[Order]) -> NDArray[np.float64]:
        """(O, L): great-circle distances."""
        lat, lon = np.radians(np.array([(order.lat, order.lon) for order in orders])).T
        to_lat, to_lon = np.radians(self.sellers).T
        half = np.sin((lat[:, None] - to_lat) / 2) ** 2
        half += np.cos(lat)[:, None] * np.cos(to_lat) * np.sin((lon[:, None] - to_lon) / 2) ** 2
        return np.asarray(2 * 6_371.0 * np.arcsin(np.sqrt(half)))

    def days_late(self, orders: Sequence[Order], leaves: Sequence[datetime], far: Any) -> NDArray[np.int64]:
        """(O, L): whole days after the promise at which a package would arrive."""
        promised = np.array([(order.promised - leave.date()).days
                             for order, leave in zip(orders, leaves, strict=True)])  # fmt: skip
        days = HANDLING_DAYS + 1 + np.floor(far / KM_A_DAY)
        return np.maximum(0, days - promised[:, None]).astype(np.int64)


def is_there() -> bool:
    """Whether the data lies where it should."""
    return (FOLDER / "orders.csv.gz").exists()


def marketplace(orders_max: int | None = None) -> Marketplace:
    """All of it, or the first orders only."""
    centroids = {row["zip_prefix"]: (float(row["lat"]), float(row["lon"])) for row in _rows("zip_prefix_centroids.csv")}
    homes = {row["customer_id"]: centroids.get(row["customer_zip_code_prefix"]) for row in _rows("customers.csv.gz")}
    places = {row["seller_id"]: centroids.get(row["seller_zip_code_prefix"]) for row in _rows("sellers.csv.gz")}
    products = {row["product_id"]: row for row in _rows("products.csv.gz")}
    items: dict[str, list[dict[str, str]]] = {}
    for row in _rows("order_items.csv.gz"):
        items.setdefault(row["order_id"], []).append(row)
    sellers = [key for key, where in sorted(places.items()) if where is not None]
    categories = sorted({_category(row) for row in products.values()})
    number = {name: index for index, name in enumerate(categories)}
    left_out = Counter({"sellers whose ZIP prefix has no centroid": len(places) - len(sellers)})
    orders: list[Order] = []
    for row in sorted(_rows("orders.csv.gz"), key=lambda row: (row["order_purchase_timestamp"], row["order_id"])):
        home, bought = homes.get(row["customer_id"]), items.get(row["order_id"])
        if bought is None:
            left_out["orders without items"] += 1
        elif home is None:
            left_out["orders whose ZIP prefix has no centroid"] += 1
        else:
            placed = datetime.fromisoformat(row["order_purchase_timestamp"])
            promised = datetime.fromisoformat(row["order_estimated_delivery_date"]).date()
            orders.append(Order(placed, promised, *home, _lines(bought, products, number)))
    sold = np.zeros((len(categories), len(sellers)))
    index = {key: place for place, key in enumerate(sellers)}
    for each in (row for bought in items.values() for row in bought):
        if each["seller_id"] in index:
            sold[number[_category(products.get(each["product_id"], {}))], index[each["seller_id"]]] += 1
    weeks = (orders[-1].placed - orders[0].placed).days / 7
    where = np.array([places[key] for key in sellers], np.float64)
    random = np.random.default_rng(SEED)
    return Marketplace(
        orders=tuple(orders[:orders_max]),
        sellers=where,
        level=_level(random, sold, weeks),
        packing=random.integers(*PACKING, len(sellers)),
        picking=random.integers(*PICKING, len(sellers)),
        left_out=dict(left_out),
    )


def end_of_day(moment: datetime) -> datetime:
    """The next midnight."""
    return datetime.combine(moment.date() + timedelta(days=1), time())


def end_of_week(moment: datetime) -> datetime:
    """The next Monday's midnight."""
    return datetime.combine(moment.date() + timedelta(days=7 - moment.weekday()), time())


def _level(random: np.random.Generator, sold: NDArray[np.float64], weeks: float) -> NDArray[np.int64]:
    """(S, L) units each Monday: on average what a week asks for times the supply, at sellers of that category."""
    likes = np.sqrt(sold) * random.lognormal(0, 0.8, sold.shape)
    likes /= np.maximum(likes.sum(axis=1, keepdims=True), 1e-9)
    wanted = np.maximum(sold.sum(axis=1) / weeks * SUPPLY, 1.0)
    return random.poisson(likes * wanted[:, None]).astype(np.int64)


def _lines(
    bought: list[dict[str, str]], products: dict[str, dict[str, str]], number: dict[str, int]
) -> tuple[Line, ...]:
    """One line for each SKU of the order."""
    units: Counter[int] = Counter()
    cents: Counter[int] = Counter()
    grams: Counter[int] = Counter()
    for row in bought:
        product = products.get(row["product_id"], {})
        sku = number[_category(product)]
        units[sku] += 1
        cents[sku] += round(100 * float(row["price"]))
        grams[sku] += round(float(product.get("product_weight_g") or 500))
    return tuple(Line(sku, units[sku], cents[sku], grams[sku]) for sku in sorted(units))


def _category(product: dict[str, str]) -> str:
    return product.get("product_category_name") or "unknown"


def _rows(name: str) -> list[dict[str, str]]:
    path = FOLDER / name
    if name.endswith(".gz"):
        with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
            return list(csv.DictReader(lines))
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))
