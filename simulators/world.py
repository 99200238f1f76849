"""A small retail world made from a seed: places, products, prices, stock. The same seed makes the same world.

Nothing in it is real but the coordinates of some cities. GTINs use the prefix 952, which GS1 keeps for demonstrations
and examples, so no scan can be mistaken for a product of somebody's. The world is handed to the centre as the CSV files
that ops would import; nothing takes a way of its own.
"""

import csv
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from retail.gtin import Gtin

CURRENCY = "USD"
TAXES = (("std", "7.25"), ("food", "0"))
"""Tax codes and their rates in percent; prices are before tax, as on shelves in the United States."""

ALWAYS_OPEN = "; ".join(f"{day}: 00:00-24:00" for day in ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"))


@dataclass(frozen=True)
class Place:
    """Somewhere orders go to or come from, in degrees."""

    zip: str
    city: str
    region: str
    lat: float
    lon: float


@dataclass(frozen=True)
class Site:
    """A location that has a box. ``printer`` is how its receipt printer is connected: usb or tcp."""

    location: str
    kind: str
    name: str
    place: Place
    time_zone: str
    registers: int
    printer: str

    @property
    def is_store(self) -> bool:
        """Whether it has registers."""
        return self.kind == "store"


@dataclass(frozen=True)
class Product:
    """Something on a shelf; ``price`` in cents, ``weight_g`` of one piece."""

    sku: str
    gtin: str
    name: str
    tax_code: str
    weight_g: int
    department: str
    price: int


@dataclass(frozen=True)
class World:
    """All that a demo or a test needs. ``stock`` maps location and SKU to pieces; ``baskets`` are SKUs and pieces."""

    seed: int
    sites: tuple[Site, ...]
    products: tuple[Product, ...]
    stock: Mapping[str, Mapping[str, int]]
    destinations: tuple[Place, ...]
    baskets: Sequence[tuple[tuple[str, int], ...]] = field(default=())
    network_file: Path | None = None

    @property
    def stores(self) -> tuple[Site, ...]:
        """The sites with registers."""
        return tuple(site for site in self.sites if site.is_store)


CITIES = (
    Place("43215", "Columbus", "OH", 39.9612, -82.9988),
    Place("15222", "Pittsburgh", "PA", 40.4406, -79.9959),
    Place("40202", "Louisville", "KY", 38.2527, -85.7585),
    Place("46241", "Indianapolis", "IN", 39.7684, -86.1581),
    Place("45202", "Cincinnati", "OH", 39.1031, -84.5120),
    Place("44113", "Cleveland", "OH", 41.4993, -81.6944),
    Place("48226", "Detroit", "MI", 42.3314, -83.0458),
    Place("60601", "Chicago", "IL", 41.8781, -87.6298),
    Place("37203", "Nashville", "TN", 36.1627, -86.7816),
    Place("21202", "Baltimore", "MD", 39.2904, -76.6122),
    Place("19103", "Philadelphia", "PA", 39.9526, -75.1652),
    Place("63101", "St. Louis", "MO", 38.6270, -90.1994),
)

_SITES = (
    ("S0001", "store", "Columbus High Street", 0, "America/New_York", 2, "usb"),
    ("S0002", "store", "Pittsburgh Strip", 1, "America/New_York", 2, "tcp"),
    ("S0003", "store", "Louisville Market", 2, "America/Kentucky/Louisville", 2, "usb"),
    ("W0001", "warehouse", "Indianapolis Warehouse", 3, "America/Indiana/Indianapolis", 0, "tcp"),
)

_GOODS = {
    "Grocery": ("food", 80, ("Oat Biscuits", "Basil Pesto", "Ground Coffee", "Green Tea", "Olive Oil", "Tomato Soup",
                             "Wild Honey", "Rice Crackers", "Dark Chocolate", "Sea Salt")),
    "Household": ("std", 400, ("Dish Brush", "Linen Towel", "Beeswax Candle", "Laundry Soap", "Storage Jar",
                               "Paper Napkins", "Cork Coaster", "Clothes Pegs")),
    "Garden": ("std", 700, ("Seed Mix", "Twine", "Plant Mist", "Hand Trowel", "Clay Pot", "Garden Gloves")),
    "Stationery": ("std", 200, ("Notebook", "Fountain Ink", "Pencil Set", "Card Stock", "Map Pins", "Desk Calendar")),
}  # fmt: skip
_KINDS = ("No. 1", "No. 2", "Classic", "Large", "Small", "Winter", "Summer", "Original")


def generate(seed: int, products: int = 120, destinations: int = 400) -> World:
    """The world of ``seed``: three stores, a warehouse, ``products`` products and as many destinations as asked."""
    chance = random.Random(seed)
    sites = tuple(
        Site(location, kind, name, CITIES[city], zone, registers, printer)
        for location, kind, name, city, zone, registers, printer in _SITES
    )
    goods = tuple(_products(chance, products))
    return World(seed, sites, goods, seeded_stock(chance, sites, goods), tuple(_destinations(chance, destinations)))


def demo_gtin(number: int) -> str:
    """A GTIN-13 of the demonstration prefix; ``number`` below a thousand million."""
    return Gtin.from_body(f"952{number:09d}").text14[1:]


def seeded_stock(
    chance: random.Random, sites: Iterable[Site], products: Sequence[Product]
) -> dict[str, dict[str, int]]:
    """Pieces by location and SKU. A warehouse has everything; a store lacks a quarter, and little of a tenth."""
    stock: dict[str, dict[str, int]] = {}
    for site in sites:
        shelf = stock.setdefault(site.location, {})
        for product in products:
            draw = chance.random()
            if site.is_store and draw < 0.25:
                continue
            scarce = site.is_store and draw < 0.35
            shelf[product.sku] = chance.randint(2, 6) if scarce else chance.randint(40, 160)
    return stock


def _products(chance: random.Random, count: int) -> Iterable[Product]:
    names = [
        (f"{noun} {kind}", tax, weight, department)
        for department, (tax, weight, nouns) in _GOODS.items()
        for noun in nouns
        for kind in _KINDS
    ]
    for number, (name, tax, weight, department) in enumerate(chance.sample(names, min(count, len(names))), start=1):
        price = chance.randint(1, 40) * 50 + 49
        yield Product(
            f"T{number:05d}", demo_gtin(number), name, tax, chance.randint(weight // 2, weight * 2), department, price
        )


def _destinations(chance: random.Random, count: int) -> Iterable[Place]:
    for _ in range(count):
        city = chance.choice(CITIES)
        yield Place(
            city.zip, city.city, city.region,
            round(city.lat + chance.uniform(-0.4, 0.4), 4), round(city.lon + chance.uniform(-0.4, 0.4), 4),
        )  # fmt: skip


def write_files(world: World, directory: Path) -> dict[str, Path]:
    """Write the world as the files that ops import; returns them by name.

    ``network`` has the sites that were generated, ``services`` what every site does for online orders.
    """
    directory.mkdir(parents=True, exist_ok=True)
    files = {name: directory / f"{name}.csv" for name in ("network", "services", "tax", "catalogue", "stock")}
    generated = [site for site in world.sites if world.network_file is None or not site.is_store]
    _write(
        files["network"],
        ("location", "kind", "name", "address", "city", "region", "zip", "country", "time_zone", "lat", "lon", "hours",
         "currency", "legal_entity"),
        (
            (site.location, site.kind, site.name, "1 Main Street", site.place.city, site.place.region, site.place.zip,
             "US", site.time_zone, site.place.lat, site.place.lon, ALWAYS_OPEN, CURRENCY, "Tillway Demo Inc.")
            for site in generated
        ),
    )  # fmt: skip
    _write(
        files["services"],
        ("location", "kind", "name", "currency", "ships", "pickups"),
        (
            (site.location, site.kind, site.name, CURRENCY, "yes", "yes" if site.is_store else "no")
            for site in world.sites
        ),
    )
    _write(files["tax"], ("code", "rate_percent", "inclusive"), ((code, rate, "no") for code, rate in TAXES))
    _write(
        files["catalogue"],
        ("sku", "gtin", "name", "unit", "tax_code", "weight_g", "department", "price", "currency"),
        (
            (item.sku, item.gtin, item.name, "each", item.tax_code, item.weight_g, item.department,
             f"{item.price // 100}.{item.price % 100:02d}", CURRENCY)
            for item in world.products
        ),
    )  # fmt: skip
    _write(
        files["stock"],
        ("location", "sku", "quantity"),
        ((location, sku, pieces) for location, shelf in world.stock.items() for sku, pieces in shelf.items()),
    )
    return files


def _write(path: Path, heading: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(heading)
        writer.writerows(rows)
