"""What must hold at the end of a run, whatever happened in it. (While it runs, actors check what they see.)

* I1  every receipt in a customer's hand is in the store's log;
* I2  the centre has exactly the events of the stores, each once;
* I4  stock is what the events say, the same at both ends;
* I5  acknowledgements never go back within a generation, logs are contiguous, chain hashes equal at both ends;
* I7  streams are applied in order, their content is that of the centre, a sale's price is that of its version;
* I8  everything arrives soon after the last fault, and nobody spins;
* I10 no order line ships twice.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from hashlib import blake2b
from uuid import UUID

from sync_protocol import chain
from sync_protocol.body import decode_body
from sync_protocol.codec import decode_delta
from sync_protocol.downlink import Cursor
from sync_protocol.effects import RESERVED
from sync_protocol.errors import BodyError
from sync_protocol.events import Event, Sale, Shipped
from sync_protocol.frames import Entry
from sync_protocol.receiver import Watermark
from sync_protocol.streams import FOREIGN, PRICE, ForeignDelta, PriceDelta
from sync_protocol.tasks import SHIPPED
from tests.simulation import streams
from tests.simulation.box import Box
from tests.simulation.centre import OWN_BOX, STREAMS, Centre
from tests.simulation.journal import stock_changes
from tests.simulation.violation import require
from tests.simulation.world import SKUS, World

Bodies = Mapping[UUID, bytes]
Stock = Mapping[tuple[str, str], int]


def check(world: World, centre: Centre, boxes: list[Box]) -> None:
    """Raise :class:`tests.simulation.violation.Violation` for the first promise that was broken."""
    for store in centre.stores:
        machines = [box for box in boxes if box.store == store]
        told = _told(world, centre, store, machines)
        _receipts(world, store, told)
        _events(world, centre, store, told)
        _same("I4: stock at the centre", store, centre.store.stock(store), _stock_of(told))
        for box in machines:
            _log(centre, box)
            _streams(centre, box)
            _projection(centre, box)
    _orders(centre, boxes)


def fingerprint(centre: Centre, boxes: list[Box]) -> str:
    """What two runs of one seed have in common."""
    ends = [(box.store, box.journal.box, box.journal.hash_at(box.journal.head)) for box in boxes]
    return blake2b(repr((ends, sorted(centre.disk.rows("stock").items()))).encode(), digest_size=16).hexdigest()


def _told(world: World, centre: Centre, store: str, machines: list[Box]) -> Bodies:
    """Everything that was ever committed about a store, by id."""
    logs = [log for owner, _, log in world.seen.retired if owner == store]
    logs += [box.journal.entries(0, box.journal.head) for box in machines]
    logs.append(list(centre.store.entries(store, OWN_BOX)))
    return {entry.id: entry.body for log in logs for entry in log}


def _receipts(world: World, store: str, told: Bodies) -> None:
    for owner, event_id in world.seen.printed:
        require(owner != store or event_id in told, f"I1: {store} forgot an event that a customer saw")


def _events(world: World, centre: Centre, store: str, told: Bodies) -> None:
    readable = {event_id: body for event_id, body in told.items() if event_id not in world.seen.unreadable}
    _same("I2: events at the centre", store, centre.store.events(store), readable)
    _same("I2: dead letters", store, centre.store.dead_letters(store), set(told) - set(readable))


def _log(centre: Centre, box: Box) -> None:
    journal, store = box.journal, box.store
    stored = centre.store.entries(store, journal.box)
    _same("I5: the log at the centre", store, list(stored), journal.entries(0, journal.head))
    digest = _replay(journal.box, stored)
    _same("I5: the chain hash of the log", store, digest, journal.hash_at(journal.head))
    mark = centre.store.watermark(store, journal.box)
    _same("I5: the watermark", store, mark, Watermark(journal.head, digest))
    _same(
        "I5: what the box takes for acknowledged",
        store,
        (journal.number("acked"), journal.acked_hash),
        (mark.seq, mark.hash),
    )


def _replay(box: UUID, entries: Iterable[Entry]) -> bytes:
    digest = chain.seed(box)
    for seq, entry in enumerate(entries, start=1):
        require(entry.seq == seq, "I5: a log with a hole")
        digest = chain.link(digest, box, seq, entry.id, entry.body)
    return digest


def _streams(centre: Centre, box: Box) -> None:
    for stream in STREAMS:
        scope = streams.scope_of(box.store, stream)
        newest, cursor = streams.head(centre.disk, scope, stream), box.journal.cursors().get(stream, Cursor())
        _same(f"I7: the cursor of {stream}", box.store, (cursor.ver, cursor.hash), (newest.ver, newest.hash))
    prices, history = _price_history(centre)
    _same("I7: prices", box.store, box.journal.disk.rows("price"), prices)
    for entry in box.journal.entries(0, box.journal.head):
        event = _read(entry.body)
        if event is not None and isinstance(event.payload, Sale):
            for line in event.payload.lines:
                expected = history[line.price_ver].get(line.sku, 0)
                _same("I7: the price of a sale", box.store, line.unit_price, expected)


def _price_history(centre: Centre) -> tuple[dict[str, int], list[dict[str, int]]]:
    """Prices now, and at every version."""
    prices: dict[str, int] = {}
    history = [dict(prices)]
    for encoded in streams.deltas(centre.disk, streams.scope_of("", PRICE), PRICE):
        delta = decode_delta(PRICE, encoded)
        assert isinstance(delta, PriceDelta)
        prices |= {price.sku: price.price for price in delta.prices}
        history.append(dict(prices))
    return prices, history


def _projection(centre: Centre, box: Box) -> None:
    own = {entry.id: entry.body for entry in box.journal.entries(0, box.journal.head)}
    foreign = {}
    for encoded in streams.deltas(centre.disk, box.store, FOREIGN):
        delta = decode_delta(FOREIGN, encoded)
        assert isinstance(delta, ForeignDelta)
        foreign |= {entry.id: entry.body for entry in delta.entries}
    _same("I7: foreign events", box.store, box.journal.disk.rows("foreign"), foreign)
    stock = {key: quantity for key, quantity in box.journal.disk.rows("stock").items() if quantity}
    _same("I4: stock in the store", box.store, stock, _stock_of(own | foreign))
    _same("I4: goods still set aside", box.store, [stock.get((sku, RESERVED), 0) for sku in SKUS], [0] * len(SKUS))


def _orders(centre: Centre, boxes: list[Box]) -> None:
    shipments: Counter[UUID] = Counter()
    for box in boxes:
        for entry in box.journal.entries(0, box.journal.head):
            event = _read(entry.body)
            if event is not None and isinstance(event.payload, Shipped):
                shipments.update(line.line for line in event.payload.lines)
    twice = [line for line, times in shipments.items() if times > 1]
    require(not twice, f"I10: {len(twice)} order lines shipped twice")
    known = {task.line for task in centre.disk.rows("task").values() if task.state == SHIPPED}
    _same("I10: shipped lines at the centre", "all stores", known, set(shipments))


def _stock_of(bodies: Bodies) -> Stock:
    stock: Counter[tuple[str, str]] = Counter()
    for body in bodies.values():
        stock.update(stock_changes(body))
    return {key: quantity for key, quantity in stock.items() if quantity}


def _read(body: bytes) -> Event | None:
    try:
        return decode_body(body)
    except BodyError:
        return None


def _same(what: str, store: str, found: object, expected: object) -> None:
    if isinstance(found, Mapping) and isinstance(expected, Mapping):
        difference = f"{dict(found.items() - expected.items())} instead of {dict(expected.items() - found.items())}"
    else:
        difference = f"{found} instead of {expected}"
    require(found == expected, f"{what} of {store} differ: {difference[:400]}")
