"""A synthetic week of a synthetic network, all of it from one seed; and the weeks before it, which forecasts may know.

Cities hold customers and stores; each SKU sells better in some cities than in others. Stores hold a few units each, by
somebody's guess of their share; three warehouses hold more; some of the stock comes on day 4. Demand of a SKU differs
from week to week. A store refuses some tasks; it would refuse them whoever asks, and whenever.

What it does not model: capacity, opening hours, lateness, returns, stock that is not there, orders for several weeks.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from routing.problem import Problem, Reason
from routing.terms import LineTerm

HOURS = 168
ARRIVAL_H = 84.0
"""When the stock of mid-week comes."""
WAVES_H = np.array([9.0, 13.0, 17.0])
"""Times of the day at which locations answer what they were offered, and pick it."""
REASONS = (Reason(""), Reason("has refused this order"))
ZONE_MILES = (40, 100, 200, 320, 480, 640, 820)
LABEL = np.array([580, 610, 660, 720, 800, 900, 1000, 1110])
PER_KG = np.array([40, 52, 66, 82, 100, 122, 146, 172])
SIZES, SIZE_WEIGHTS = np.arange(1, 6), (0.5, 0.25, 0.13, 0.07, 0.05)


@dataclass(frozen=True)
class Size:
    """How much of everything. ``supply``: units over the week, as a share of what is asked for on average."""

    stores: int = 60
    warehouses: int = 3
    skus: int = 400
    orders: int = 3_000
    past_weeks: int = 8
    supply: float = 1.3


SMALL = Size(stores=10, warehouses=1, skus=8, orders=120, past_weeks=2)


@dataclass(frozen=True, eq=False)
class Orders:
    """O orders of n lines by time: ``hour`` (O,) placed, ``accepted`` (O,) when the location says yes or no."""

    ptr: NDArray[np.int64]
    sku: NDArray[np.int64]
    qty: NDArray[np.int64]
    home: NDArray[np.float64]
    hour: NDArray[np.float64]
    accepted: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.hour)

    def lines_of(self, order: int) -> range:
        """The order's lines."""
        return range(int(self.ptr[order]), int(self.ptr[order + 1]))


@dataclass(frozen=True, eq=False)
class Network:
    """Locations and what they cost. ``grams``, ``price`` (S,) of a unit; price in cents."""

    place: NDArray[np.float64]
    packing: NDArray[np.int64]
    picking: NDArray[np.int64]
    grams: NDArray[np.int64]
    price: NDArray[np.int64]

    def problem(self, orders: Orders, stock: Any, refused: Any = None, lines: Any = None) -> Problem:
        """The question about ``orders``, whose ``refused`` (O, L) locations have said no; only some ``lines`` (n,) of
        them, each order with at least one, if given."""
        sku, qty = orders.sku, orders.qty
        sizes = np.diff(orders.ptr)
        if lines is not None:
            sizes = np.bincount(np.repeat(np.arange(len(orders)), sizes)[lines], minlength=len(orders))
            sku, qty = sku[lines], qty[lines]
        miles = np.hypot(*(orders.home[:, None] - self.place[None]).transpose(2, 0, 1))
        zone = np.searchsorted(ZONE_MILES, miles)
        blocked = np.zeros(zone.shape, np.uint8) if refused is None else refused.astype(np.uint8)
        return Problem(
            order_ptr=np.concatenate([[0], np.cumsum(sizes)]),
            line_sku=sku,
            line_qty=qty,
            backorder=1_200 + self.price[sku] * qty // 3,
            stock=stock,
            capacity=np.full(len(self.place), 10**7),
            blocked=blocked,
            reasons=REASONS,
            package_terms={"label": LABEL[zone], "packing": self.packing},
            line_terms={
                "weight": LineTerm(PER_KG[zone], "order", self.grams[sku] * qty / 1000),
                "picking": LineTerm(self.picking, "location", qty),
            },
        )


@dataclass(frozen=True, eq=False)
class Week:
    """``orders`` of the week and of ``past`` ones; ``stock`` (S, L) at its start, ``arriving`` at ``ARRIVAL_H``;
    ``refuses`` (O, L): which locations will refuse which orders."""

    seed: int
    network: Network
    orders: Orders
    past: tuple[Orders, ...]
    stock: NDArray[np.int64]
    arriving: NDArray[np.int64]
    refuses: NDArray[np.bool_]


def week(seed: int, size: Size | None = None) -> Week:
    """The same seed gives the same week, whoever serves it."""
    size = size or Size()
    random = np.random.default_rng(seed)
    locations = size.stores + size.warehouses
    cities = random.random((max(size.stores // 3, 4), 2)) * 1000
    people = random.pareto(1.6, len(cities)) + 0.3
    people /= people.sum()
    taste = random.lognormal(0, 0.6, (size.skus, len(cities))) * people
    popularity = 1.0 / (np.arange(size.skus) + 4.0)
    popularity = random.permutation(popularity / popularity.sum())
    city_of = random.choice(len(cities), size.stores, p=0.5 * people + 0.5 / len(cities))
    network = Network(
        place=np.concatenate([cities[city_of] + random.normal(0, 15, (size.stores, 2)),
                              np.linspace((150, 800), (850, 250), size.warehouses)]),
        packing=np.concatenate([random.integers(80, 160, size.stores), np.full(size.warehouses, 60)]),
        picking=np.concatenate([random.integers(60, 220, size.stores), np.full(size.warehouses, 45)]),
        grams=random.lognormal(6.6, 0.8, size.skus).clip(60, 8000).astype(np.int64),
        price=random.lognormal(8.0, 0.6, size.skus).clip(600, 30_000).astype(np.int64),
    )  # fmt: skip
    weeks = [_orders(random, size, cities, taste, popularity) for _ in range(1 + size.past_weeks)]
    asked = float(np.mean([each.qty.sum() for each in weeks]))
    total = popularity[:, None] * asked * size.supply
    # Stores hold what somebody thought that their city buys, warehouses the rest; a third of all comes on day 4.
    share = (taste / taste.sum(axis=1, keepdims=True))[:, city_of] * random.lognormal(0, 0.7, (size.skus, size.stores))
    share *= (random.random(share.shape) < 0.55) * 0.5 / np.maximum(share.sum(axis=1, keepdims=True), 1e-9)
    depots = random.dirichlet(np.full(size.warehouses, 1.5), size.skus)
    store, depot = total * share, total * (1 - share.sum(axis=1, keepdims=True)) * depots
    return Week(
        seed=seed,
        network=network,
        orders=weeks[0],
        past=tuple(weeks[1:]),
        stock=np.concatenate([random.poisson(store * 0.75), random.poisson(depot * 0.6)], axis=1),
        arriving=np.concatenate([random.poisson(store * 0.25), random.poisson(depot * 0.4)], axis=1),
        refuses=random.random((len(weeks[0]), locations)) < np.repeat((0.02, 0.0), (size.stores, size.warehouses)),
    )


def sampled(past: Sequence[Orders], factor: float, random: np.random.Generator) -> Orders:
    """A week that may come: each order of past weeks as often as chance will have it, on average ``factor`` times a
    week's worth."""
    parts: list[tuple[Orders, int]] = []
    for each in past:
        count = random.poisson(factor / len(past), len(each))
        parts += [(each, order) for order in np.repeat(np.arange(len(each)), count).tolist()]
    return chosen(parts)


def later(orders: Orders, hour: float) -> Orders:
    """Those placed after ``hour``."""
    return chosen([(orders, order) for order in np.flatnonzero(orders.hour > hour).tolist()])


def chosen(parts: Sequence[tuple[Orders, int]]) -> Orders:
    """Some orders, perhaps of several weeks, as orders of one."""
    sizes = [len(orders.lines_of(order)) for orders, order in parts]
    return Orders(
        ptr=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        sku=np.array([orders.sku[i] for orders, order in parts for i in orders.lines_of(order)], np.int64),
        qty=np.array([orders.qty[i] for orders, order in parts for i in orders.lines_of(order)], np.int64),
        home=np.array([orders.home[order] for orders, order in parts]).reshape(-1, 2),
        hour=np.array([orders.hour[order] for orders, order in parts]),
        accepted=np.array([orders.accepted[order] for orders, order in parts]),
    )


def _next_wave(hour: NDArray[np.float64]) -> NDArray[np.float64]:
    """When a location next looks at what it was offered half an hour ago or before."""
    waves = (24.0 * np.arange(9)[:, None] + WAVES_H).ravel()
    return waves[np.searchsorted(waves, hour + 0.5)]


def _orders(random: np.random.Generator, size: Size, cities: Any, taste: Any, popularity: Any) -> Orders:
    count = random.poisson(size.orders)
    weekly = popularity * random.lognormal(0, 0.2, size.skus)
    lines = random.choice(SIZES, count, p=SIZE_WEIGHTS)
    buys = (taste.T / taste.sum(axis=1)) * weekly  # (cities, SKUs)
    city = random.choice(len(cities), count, p=buys.sum(axis=1) / buys.sum())
    sku = np.concatenate([random.choice(size.skus, n, replace=False, p=buys[c] / buys[c].sum())
                          for n, c in zip(lines, city, strict=True)])  # fmt: skip
    day_hour = 24 * random.choice(7, count) + random.normal(15, 5, count).clip(0, 23.9)
    hour = np.sort(day_hour)
    return Orders(
        ptr=np.concatenate([[0], np.cumsum(lines)]).astype(np.int64),
        sku=sku.astype(np.int64),
        qty=random.choice([1, 2, 3], len(sku), p=[0.9, 0.07, 0.03]).astype(np.int64),
        home=cities[city] + random.normal(0, 25, (count, 2)),
        hour=hour,
        accepted=_next_wave(hour) + random.uniform(0.0, 0.5, count),
    )
