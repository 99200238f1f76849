"""What is promised for a cart, without a database: the fastest day is the fastest, and nothing is promised twice."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from central.sourcing.domain import Load, Place, Work
from central.sourcing.promises.cart import Cart, CartLine, Item, Promised, Stock
from central.sourcing.promises.domain import promise
from central.sourcing.promises.network import Network, Site, Terms
from central.sourcing.promises.ports import NoBidPrices
from central.sourcing.promises.rulebook import Rulebook
from central.sourcing.promises.services import parse_holidays, parse_services
from retail.errors import Refused
from routing.calendars.carrier import delivery_date, ship_by
from routing.calendars.hours import Hours, Span, packed_by
from routing.calendars.limits import NoDate
from routing.problem import Prices
from routing.rules.document import RuleSet

NOW = 1_800_018_000_000  # Friday, 15 January 2027, 08:00 in New York
TERMS = Terms(60, parse_services("slow mon-fri 16:00 1,2,3,3,4,4,5 100%; fast mon-sat 12:00 1 300%"))
HOURS = Hours("America/New_York", (*[(Span(540, 1020),)] * 5, (Span(600, 840),), ()))
LATE = Hours("America/Los_Angeles", ((Span(720, 1200),),) * 7)


def site(number: int, lon: float = -83.0, hours: Hours = HOURS, unusable: str = "", **changes: object) -> Site:
    plain = Place(
        f"S{number:04}", f"Store {number}", is_warehouse=False, has_box=True, closed="", silent=False, ships=True,
        hands_over=True, lat=40.0, lon=lon, currency="USD", country="US", capacity=None, zone=hours.zone,
    )  # fmt: skip
    return Site(replace(plain, **changes), "Town", unusable, hours)  # type: ignore[arg-type]


def book(sites: list[Site], rules: RuleSet | None = None, now_ms: int = NOW, **units: int) -> Rulebook:
    """Places whose boxes have just been heard; ``units`` are what some were asked for today, to be shipped."""
    network = Network.of(sites, TERMS, now_ms)
    return Rulebook.of(
        network, rules, {each.place.location: taken(units.get(each.place.location, 0)) for each in sites}
    )


def taken(units: int) -> Work:
    return Work(units=units, load=Load(ship_day=units))


def stock(available: list[list[int]], wanted: int = 0, **changes: object) -> Stock:
    rows = len(available)
    items = (Item(**{"weight_g": 400, **changes}),) * rows  # type: ignore[arg-type]
    return Stock(
        {f"sku{row}": row for row in range(rows)}, np.array(available, np.int64), np.full(rows, wanted, np.int64), items
    )


def cart(*lines: tuple[int, int], **changes: object) -> Cart:
    plain = Cart(tuple(CartLine(f"sku{sku}", units) for sku, units in lines), 40.0, -83.0, "US", "USD")
    return replace(plain, **changes)  # type: ignore[arg-type]


def asked(sites: list[Site], available: list[list[int]], question: Cart, wanted: int = 0) -> Promised:
    return promise(book(sites), stock(available, wanted), question, NoBidPrices(), NOW)


def test_lines_of_one_sku_share_its_units() -> None:
    found = asked([site(1)], [[3]], cart((0, 2), (0, 2)))
    assert [(line.available, line.missing) for line in found.pickups[0].lines] == [(2, 0), (1, 1)]


def test_the_nearest_complete_place_is_told_however_far_down_the_list() -> None:
    sites = [site(number, -83.0 - number / 100) for number in range(1, 9)]
    found = asked(sites, [[1] * 7 + [2]], cart((0, 2), pickups_max=3))
    assert [place.location for place in found.pickups] == ["S0001", "S0002", "S0008"]
    assert [place.complete for place in found.pickups] == [False, False, True]
    preferring = asked(sites, [[1] * 7 + [2]], cart((0, 2), pickups_max=2, pickup="S0005"))
    assert [place.location for place in preferring.pickups] == ["S0005", "S0008"]
    assert asked(sites, [[1] * 8], cart((0, 1), pickups_max=0)).no_pickup == "no place was asked for"


def test_places_too_far_to_go_are_left_out_and_the_answer_says_so() -> None:
    found = asked([site(1, -100.0)], [[5]], cart((0, 1)))
    assert (found.pickups, found.no_pickup) == ((), "no place within 100 km has any of it")


def test_a_place_without_coordinates_is_collected_at_but_sends_nothing() -> None:
    found = asked([site(1, lat=None)], [[5]], cart((0, 1)))
    assert [place.km for place in found.pickups] == [None]
    told = "no place that ships can be promised now: Store 1 has no coordinates that can be believed"
    assert found.no_shipping == told


def test_a_cart_that_no_place_has_whole_is_split_over_several() -> None:
    [*_, cheapest] = asked([site(1), site(2)], [[1, 0], [0, 1]], cart((0, 1), (1, 1))).options
    assert [(package.location, package.lines) for package in cheapest.packages] == [("S0001", (0,)), ("S0002", (1,))]
    assert cheapest.price == sum(package.price for package in cheapest.packages)


def test_bid_prices_move_the_split_and_are_no_price_that_is_paid() -> None:
    class Contested(NoBidPrices):
        def prices(self, skus: object, locations: object) -> Prices:
            return Prices(np.array([[2000.0, 0.0]]), np.zeros(2))

    both = book([site(1), site(2)])
    found = promise(both, stock([[9, 9]]), cart((0, 1)), Contested(), NOW)
    free = promise(both, stock([[9, 9]]), cart((0, 1)), NoBidPrices(), NOW)
    assert [option.packages[0].location for option in (free.options[-1], found.options[-1])] == ["S0001", "S0002"]
    assert free.options[-1].price == found.options[-1].price


def test_room_that_all_lines_share_is_promised_once() -> None:
    found = asked([site(1, capacity=3)], [[9], [9]], cart((0, 2), (1, 2)))
    assert sorted(line.missing for line in found.ship_lines) == [0, 2]


def test_a_cart_of_a_hundred_lines_is_answered() -> None:
    available = [[sku % 7, (sku * 5) % 4 + 1, 3] for sku in range(100)]
    found = asked([site(1), site(2), site(3)], available, cart(*((sku, 1) for sku in range(100))))
    assert found.options
    assert not any(line.missing for line in found.ship_lines)


def test_a_cart_of_many_tons_is_refused() -> None:
    with pytest.raises(Refused, match="weigh"):
        asked([site(1)], [[99_999]], cart((0, 99_999)))


@st.composite
def towns(draw: st.DrawFn) -> tuple[list[Site], list[list[int]], Cart]:
    count, skus = draw(st.integers(1, 4)), draw(st.integers(1, 3))
    sites = [
        site(
            number, draw(st.sampled_from((-83.0, -90.0, -118.0))), hours=draw(st.sampled_from((HOURS, LATE))),
            ships=draw(st.booleans()), unusable=draw(st.sampled_from(("", "", "", "is closed"))),
        )
        for number in range(count)
    ]  # fmt: skip
    available = [[draw(st.integers(0, 3)) for _ in sites] for _ in range(skus)]
    return sites, available, cart(*((sku, draw(st.integers(1, 2))) for sku in range(skus)))


def arrivals(network: Network, question: Cart) -> NDArray[np.int64]:
    """(services, L): when each place's package would arrive, by the calendars of one place at a time."""
    zone = network.zones_at(network.distances_km(question.lat, question.lon))
    found = np.full((2, len(network.sites)), 10**9)
    for (number, service), (place, at) in itertools.product(enumerate(TERMS.services), enumerate(network.sites)):
        packed = packed_by(at.hours, NOW, 60, 14)
        if isinstance(packed, NoDate) or not at.place.ships or at.unusable:
            continue
        leaves = ship_by(at.hours, service.collection, TERMS.carrier, packed, 14)
        if not isinstance(leaves, NoDate):
            day = delivery_date(TERMS.carrier, leaves.day, service.transit_days[zone[place]], 14)
            found[number, place] = 10**9 if isinstance(day, NoDate) else day
    return found


@given(towns())
def test_the_first_option_is_the_fastest_of_all_ways_and_each_later_one_is_cheaper(
    town: tuple[list[Site], list[list[int]], Cart],
) -> None:
    sites, available, question = town
    network = Network.of(sites, TERMS, NOW)
    found = asked(sites, available, question)
    by_day = arrivals(network, question).min(axis=0)
    fastest = [
        min((by_day[place] for place in range(len(sites)) if available[row][place] >= line.quantity), default=10**9)
        for row, line in enumerate(question.lines)
    ]
    served = [day for day in fastest if day < 10**9]
    assert [line.missing == 0 for line in found.ship_lines] == [day < 10**9 for day in fastest]
    if not served:
        assert found.options == ()
        assert found.no_shipping
        return
    assert found.options[0].delivery.toordinal() == max(served)
    for earlier, later in itertools.pairwise(found.options):
        assert (earlier.delivery, -earlier.price) < (later.delivery, -later.price)
    for option in found.options:
        lines = sorted(line for package in option.packages for line in package.lines)
        assert lines == [number for number, day in enumerate(fastest) if day < 10**9]
        assert option.delivery == max(package.delivery for package in option.packages)
        for package in option.packages:
            place = network.index[package.location]
            assert all(available[line][place] >= question.lines[line].quantity for line in package.lines)


@pytest.mark.parametrize(
    "text",
    [
        "", "ground", "ground mon-fri 16:00 1 100% more", "Ground mon-fri 16:00 1 100%", "ground someday 16:00 1 100%",
        "ground mon-fri 24:00 1 100%", "ground mon-fri 16:00 1,2 100%", "ground mon-fri 16:00 1 0%",
        "ground mon-fri 16:00 x 100%", "ship mon-fri 16:00 1 100%",
        "a mon 16:00 1 100%; a mon 16:00 1 200%", "a mon 16:00 1 9%; b mon 16:00 1 9%",
    ],
)  # fmt: skip
def test_services_that_cannot_be_understood_are_refused(text: str) -> None:
    with pytest.raises(Refused):
        parse_services(text)


def test_services_come_with_the_cheapest_first() -> None:
    found = parse_services("fast mon,sat 09:30 1 300%; slow mon-sun 16:00 5 100%")
    assert [service.name for service in found] == ["slow", "fast"]
    assert found[1].collection.weekdays == {0, 5}
    assert (found[1].collection.cutoff, found[0].transit_days) == (570, (5,) * 7)


def test_holidays_are_dates() -> None:
    assert parse_holidays(" 2026-12-25, 2026-12-26 ") == {739975, 739976}
    for text in ("25.12.2026", ",".join(["2026-12-25"] * 401)):
        with pytest.raises(Refused, match="carrier_holidays"):
            parse_holidays(text)


@given(
    st.lists(st.tuples(st.integers(0, 1), st.integers(1, 100_000)), min_size=1, max_size=20),
    st.lists(st.integers(0, 10**9), min_size=2, max_size=2),
    st.integers(0, 30_000),
    st.floats(-90, 90) | st.just(float("nan")),
    st.floats(-180, 180),
    st.sampled_from(("US", "FR", "")),
    st.integers(0, 20),
    st.integers(0, 2**40),
)
def test_whatever_is_asked_is_answered_or_refused(
    lines: list[tuple[int, int]],
    units: list[int],
    weight_g: int,
    lat: float,
    lon: float,
    country: str,
    pickups_max: int,
    later: int,
) -> None:
    asked_then = book([site(1), site(2, capacity=50_000)], now_ms=NOW + later)
    having = stock([units, units[::-1]], weight_g=weight_g)
    question = cart(*lines, lat=lat, lon=lon, country=country, pickups_max=pickups_max, pickup="S0002")
    try:
        found = promise(asked_then, having, question, NoBidPrices(), NOW + later)
    except Refused as error:
        assert error.field == "lines"
        return
    assert len(found.pickups) <= pickups_max
    assert bool(found.options) != bool(found.no_shipping)
    assert all(line.available + line.missing == asked[1] for line, asked in zip(found.ship_lines, lines, strict=True))
    assert all(option.price >= 0 for option in found.options)
