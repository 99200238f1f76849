"""Answering for a cart: network and rules from memory, the stock from the database, one question at a time.

The network, its work and the version of the rules are read again every few seconds by :meth:`PromiseDesk.run`, and by
whoever asks where that is long ago; arrays are made anew only where something of them changed, or when the clock leaves
their window.
"""

import asyncio
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import NoReturn

import structlog
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from central.fleet import postal_areas
from central.fleet.geography import Position
from central.platform.engine import is_away, was_cut
from central.sourcing import rule_sets
from central.sourcing.domain import Work
from central.sourcing.postgres import read_work
from central.sourcing.promises import postgres
from central.sourcing.promises.cart import Cart, CartLine, Promised
from central.sourcing.promises.domain import currency_of, promise
from central.sourcing.promises.network import Network, Terms
from central.sourcing.promises.ports import BidPrices, NoBidPrices
from central.sourcing.promises.rulebook import Rulebook
from central.sourcing.question import BUILT_IN, Rules
from retail.clock import Clock
from retail.errors import Refused, Retryable
from routing.rules.document import RuleSet, parse

log = structlog.get_logger(__name__)

LINES_MAX = 100
QUANTITY_MAX = 100_000
STALE_S_MAX = 10.0
"""Who asks when the network was read longer ago than this waits for it to be read again."""
THREAD_LINES = 6
"""A cart of more lines is computed beside the event loop, one after the other: it may take a tenth of a second."""

_MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True)
class Destination:
    """Where goods go: coordinates, or a postal code of a country, or only the country. ``region`` is for rules."""

    country: str = ""
    zip: str = ""
    lat: float | None = None
    lon: float | None = None
    region: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """What a shop asks. ``currency`` empty: that of the network. ``value``: what the customer would pay, None for the
    standard prices."""

    lines: tuple[CartLine, ...]
    destination: Destination
    currency: str = ""
    pickup: str = ""
    pickups_max: int = 5
    channel: str = ""
    tier: str = ""
    value: int | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What may be promised at ``at_ms``, a whole minute, by the version ``rules``, with amounts of ``currency``."""

    at_ms: int
    currency: str
    promised: Promised
    rules: str = BUILT_IN


@dataclass(frozen=True, eq=False, slots=True)
class _View:
    """What was read at ``read_at``: the network in its ``version``, and the rules before its ``work``."""

    version: str
    network: Network
    work: Mapping[str, Work]
    book: Rulebook
    rules: str
    read_at: float


class Faults(Exception):
    """A question that is not answered: every fault with its field and remedy."""

    def __init__(self, faults: Sequence[Refused]) -> None:
        super().__init__("; ".join(map(str, faults)))
        self.faults = faults


class PromiseDesk:
    """Answers questions. ``refresh_s`` is how often :meth:`run` reads the network; ``pickup_km`` how far a shopper is
    sent to collect; a box that said nothing for ``silent_s`` seconds is promised nothing of.

    Stock is read by way of ``reading``, which may have connections that ended (``make_reading_engine``)."""

    def __init__(
        self,
        engine: AsyncEngine,
        clock: Clock,
        terms: Terms | None = None,
        *,
        silent_s: float = 180.0,
        refresh_s: float = 2.0,
        pickup_km: float = 100.0,
        prices: BidPrices | None = None,
        reading: AsyncEngine | None = None,
    ) -> None:
        self._engine, self._clock, self._terms = engine, clock, terms or Terms()
        self._reading = reading or engine
        self._silent_s, self._refresh_s, self._pickup_km = silent_s, refresh_s, pickup_km
        self._prices = prices or NoBidPrices()
        self._view: _View | None = None
        self._turn = asyncio.Lock()
        # Large carts wait for each other, so that they never take more than a half from the small ones.
        self._beside = ThreadPoolExecutor(max_workers=1, thread_name_prefix="promise")

    async def run(self) -> NoReturn:
        """Keep the network fresh until cancelled. The database may come and go; rules may make no sense."""
        away = False
        while True:
            try:
                await self.refresh()
                away = False
            except (SQLAlchemyError, ConnectionError, Retryable) as error:
                if not isinstance(error, Retryable) and not is_away(error):
                    raise
                if not away:
                    log.warning("promises wait", problem=str(error.__cause__ or error))
                away = True
            await asyncio.sleep(self._refresh_s)

    async def refresh(self) -> None:
        """Read the work of now, and the network and the rules where they changed. What of them every cart needs is made
        beside the event loop, before the first cart asks."""
        before, now_ms = self._view, self._clock.now_ms()
        minute_ms = _whole_minute(now_ms)
        async with self._engine.connect() as conn:
            version = await postgres.read_version(conn)
            if before is not None and before.version == version and before.network.timetable.covers(minute_ms):
                network = before.network
            else:
                sites = await postgres.read_sites(conn)
                network = await asyncio.to_thread(Network.of, sites, self._terms, now_ms)
            work = await read_work(conn, self._silent_s)
            live = await rule_sets.live_version(conn)
            rules = None if before is not None and before.rules == live else await rule_sets.live(conn)
            await self._prices.refresh(conn)
        soon_ms = _whole_minute(now_ms + round(2_000 * self._refresh_s))  # the minute may be over before the next time
        book = await asyncio.to_thread(_book, before, network, rules, work, (minute_ms, soon_ms))
        live = live if rules is None else rules.version
        self._view = _View(version, network, work, book, live, self._clock.monotonic())

    async def answer(self, question: Question) -> Answer:
        """What may be promised now. Raises :class:`Faults`, and :class:`Refused` for a cart that is too heavy."""
        now_ms = _whole_minute(self._clock.now_ms())
        view = await self._fresh(now_ms)
        faults = list(_faults_of_destination(question.destination))
        skus = sorted({line.sku for line in question.lines})
        to = None if faults else question.destination
        try:
            goods, where = await self._read(skus, to)
        except DBAPIError as error:
            if not was_cut(error):
                raise
            goods, where = await self._read(skus, to)
        for number, line in enumerate(question.lines):
            known = goods.get(line.sku)
            if known is None:
                faults.append(Refused(f"lines.{number}.sku", f"{line.sku[:40]!r} is not in the catalogue",
                                      "import it, or correct it"))  # fmt: skip
            elif known.withdrawn:
                faults.append(Refused(f"lines.{number}.sku", f"{line.sku[:40]!r} is no longer sold", "take it off"))
        if isinstance(where, Refused):
            faults.append(where)
        if question.pickup and view.network.sites and question.pickup not in view.network.index:
            faults.append(Refused("pickup_location", f"{question.pickup[:40]!r} is not a location", "correct the key"))
        if faults:
            raise Faults(faults)
        country = question.destination.country
        currency = question.currency or currency_of(view.network, country)
        at = where if isinstance(where, Position) else Position(math.nan, math.nan)
        cart = Cart(
            question.lines, at.lat, at.lon, country, currency, question.pickup, question.pickups_max, self._pickup_km,
            question.channel, question.tier, question.destination.region, question.destination.zip, question.value,
        )  # fmt: skip
        stock = postgres.stock_of(goods, view.network.index)
        asked = (view.book, stock, cart, self._prices, now_ms)
        if len(question.lines) <= THREAD_LINES:
            return Answer(now_ms, currency, promise(*asked), view.rules)
        loop = asyncio.get_running_loop()
        return Answer(now_ms, currency, await loop.run_in_executor(self._beside, promise, *asked), view.rules)

    async def _read(
        self, skus: Sequence[str], to: Destination | None
    ) -> tuple[dict[str, postgres.Goods], Position | Refused | None]:
        async with self._reading.connect() as conn:
            return await postgres.read_goods(conn, skus), None if to is None else await _position(conn, to)

    async def _fresh(self, now_ms: int) -> _View:
        view = self._usable(now_ms)
        if view is not None:
            return view
        async with self._turn:  # whoever waited finds what the one before has read
            if self._usable(now_ms) is None:
                await self.refresh()
        assert self._view is not None
        return self._view

    def _usable(self, now_ms: int) -> _View | None:
        view = self._view
        if view is None or not view.network.timetable.covers(now_ms):
            return None
        age_s = self._clock.monotonic() - view.read_at
        return view if age_s <= max(STALE_S_MAX, 2 * self._refresh_s) else None


def _whole_minute(now_ms: int) -> int:
    """The next whole minute: a promise is never reckoned from too early."""
    return -(-now_ms // _MINUTE_MS) * _MINUTE_MS


def _read_rules(rules: Rules) -> RuleSet | None:
    """The published rules, None for those of the program. Raises :class:`Retryable` where this program cannot read what
    another one has published: nothing is promised then, and nothing sourced."""
    try:
        return None if rules.body is None else parse(rules.body)
    except Refused as error:
        raise Retryable(f"the rules {rules.version} cannot be read here ({error.field}: {error.problem})") from error


def _book(
    before: _View | None, network: Network, rules: Rules | None, work: Mapping[str, Work], moments_ms: Iterable[int]
) -> Rulebook:
    """The rulebook, with what every cart of these moments needs of places alone. ``rules`` are None where those of
    ``before`` still hold."""
    if before is not None and rules is None and before.network is network and before.work == work:
        book = before.book
    elif before is not None and rules is None:
        book = Rulebook.of(network, before.book.rules, work, before.book)
    else:
        book = Rulebook.of(network, None if rules is None else _read_rules(rules), work)
    for moment_ms in sorted(set(moments_ms)):
        if network.sites and network.timetable.covers(moment_ms):
            network.outlooks(moment_ms)
            book.warm(moment_ms)
    return book


def _faults_of_destination(to: Destination) -> Iterator[Refused]:
    if to.country and not re.fullmatch(r"[A-Z]{2}", to.country):
        yield Refused("destination.country", "it is not a country code", "give two capital letters, such as US")
    elif (to.lat is None) != (to.lon is None):
        missing = "lat" if to.lat is None else "lon"
        yield Refused(f"destination.{missing}", "one coordinate stands without the other", "give both, or none")
    elif to.zip and not to.country:
        yield Refused("destination.country", "a postal code means nothing without its country", "add it")
    elif to.lat is None and not to.country:
        yield Refused("destination", "it says nowhere", "give lat and lon, or country and zip, or only the country")


async def _position(conn: AsyncConnection, to: Destination) -> Position | Refused | None:
    """Where a faultless destination is; None where only its country is known; a fault for a code that nobody knows."""
    if to.lat is not None and to.lon is not None:
        return Position(to.lat, to.lon)
    if not to.zip:
        return None
    key = postal_areas.key_of(to.country, to.zip)
    found = None if key is None else await postal_areas.find(conn, to.country, key)
    if found is None:
        return Refused(
            "destination.zip", f"no coordinates are known for {to.zip[:20]!r} in {to.country}",
            "correct it, or give lat and lon, or leave it out for a promise that holds anywhere in the country",
        )  # fmt: skip
    return found
