"""A store box: the real sender, chain, codec, effects and stream rules around a simulated disk and network."""

from collections.abc import Callable

from sync_protocol import downlink, topics
from sync_protocol.codec import decode_delta, decode_frame, encode_frame
from sync_protocol.downlink import Behind, Cursor, Follow
from sync_protocol.errors import FrameError
from sync_protocol.events import AdjustmentLine, Payload, Sale, SaleLine, StockAdjusted, TenderLine
from sync_protocol.frames import Ack, EventBatch, Grant, Hello, StreamDelta, StreamHead
from sync_protocol.sender import LinkState, SaveAck, SendBatch, Sender, SendHello
from sync_protocol.streams import PRICE, CatalogueDelta, Delta, ForeignDelta, PriceDelta, TaskDelta
from tests.simulation import box_tasks
from tests.simulation.disk import Transaction
from tests.simulation.journal import Journal, apply_stock, body_of_a_later_version
from tests.simulation.network import Client
from tests.simulation.violation import require
from tests.simulation.world import SKUS, ZONE, Process, World

EPOCH = 1


class Box(Process):
    """One machine of a store."""

    def __init__(self, world: World, store: str, journal: Journal) -> None:
        super().__init__(world, "box")
        self.store, self.journal = store, journal
        self.client = Client(self, topics.subscriptions(store, ZONE))
        self.sender: Sender
        self._wake_number = 0

    def boot(self) -> None:
        journal, rng = self.journal, self.world.rng
        self.sender = Sender(
            journal.box, gen=journal.number("gen"), epoch=EPOCH, head=journal.head, acked=journal.number("acked"),
            chance=rng.random,
        )  # fmt: skip
        seen = self.world.seen
        seen.heads[journal.box] = max(seen.heads[journal.box], journal.head)
        self.world.broker.attach(self.client)
        self.later(self.world.pause(0.5), self._serve_customer)
        self.later(self.world.pause(1.0), self._work_on_a_task)

    def died(self) -> None:
        self.world.broker.detach(self.client)

    # What happens in the store.

    def _serve_customer(self) -> None:
        if self.world.open:
            self.later(self.world.pause(0.5), self._serve_customer)
            rng, tx = self.world.rng, self.journal.disk.begin()
            event_id = self.world.ids.uuid7()
            what = rng.random()
            if what < 0.05:
                self.world.seen.unreadable.add(event_id)
                self.journal.append_body(tx, event_id, body_of_a_later_version())
            elif what < 0.2:
                line = AdjustmentLine(rng.choice(SKUS), rng.randint(-3, 9))
                self.journal.append(tx, event_id, StockAdjusted((line,), rng.choice(("count", "damage", "received"))))
            else:
                self.journal.append(tx, event_id, self._sale())
            self._commit(tx)
            self.world.seen.printed.append((self.store, event_id))

    def _sale(self) -> Sale:
        rng, cursor = self.world.rng, self.journal.cursors().get(PRICE, Cursor())
        lines = []
        for sku in rng.sample(SKUS, rng.randint(1, 2)):
            price, count = self.journal.disk.get("price", sku, 0), rng.randint(1, 3)
            lines.append(
                SaleLine(sku, "", sku, count, "each", price, price * count, "A", 0, cursor.gen, cursor.ver)
            )  # fmt: skip
        total = sum(line.amount for line in lines)
        return Sale(self.world.ids.uuid7(), "", "EUR", tuple(lines), (TenderLine("cash", total, total),), total, 0)

    def _work_on_a_task(self) -> None:
        self.later(self.world.pause(1.0), self._work_on_a_task)
        tx = self.journal.disk.begin()
        rng, open_tasks = self.world.rng, [task for task, row in tx.rows("task") if box_tasks.has_work(row)]
        if open_tasks:
            state = box_tasks.work(tx, rng.choice(open_tasks), rng.random() < 0.2, self._append_to(tx))
            self.world.fired[f"task {state}"] += 1
            self._commit(tx)

    def _append_to(self, tx: Transaction) -> Callable[[Payload], None]:
        return lambda payload: self.journal.append(tx, self.world.ids.uuid7(), payload)

    def _commit(self, tx: Transaction) -> None:
        self.point("before commit")
        tx.commit()
        seen, box, head = self.world.seen, self.journal.box, self.journal.head
        seen.heads[box] = max(seen.heads[box], head)
        self.point("after commit")
        self.sender.appended(head)
        self._pump()

    # The uplink.

    def connected(self) -> None:
        self.sender.connected(self.world.schedule.now)
        self.guarded(self._pump)

    def disconnected(self) -> None:
        self.sender.disconnected()

    def _pump(self) -> None:
        """Do what the sender asks for, and come back when it wants to be asked again."""
        now = self.world.schedule.now
        for action in self.sender.poll(now):
            match action:
                case SendHello():
                    self._say_hello()
                case SendBatch(after, limit):
                    self._send(after, limit)
        self._wake_number += 1
        number, wake_at = self._wake_number, self.sender.wake_at(now)
        if wake_at is not None:
            self.later(max(0.0, wake_at - now), lambda: self._pump() if number == self._wake_number else None)

    def _say_hello(self) -> None:
        journal = self.journal
        hello = Hello(
            1, Grant(self.store, journal.box, EPOCH), journal.box, journal.number("gen"), False, journal.head,
            journal.number("acked"), journal.acked_hash, bytes(16),
            {stream: (cursor.gen, cursor.ver, cursor.hash) for stream, cursor in journal.cursors().items()},
            "simulated", self.world.schedule.now_ms(), 2,
        )  # fmt: skip
        self.world.broker.publish(self.client, topics.uplink(self.store, topics.UP_HELLO), encode_frame(hello))

    def _send(self, after: int, limit: int) -> None:
        journal = self.journal
        entries = journal.entries(after, limit)
        lo, hi = entries[0].seq, entries[-1].seq
        before, last = journal.hash_at(after), journal.hash_at(hi)
        assert before is not None
        assert last is not None
        batch = EventBatch(1, journal.box, lo, hi, before, last, tuple(entries))
        self.point("before publish")
        self.world.broker.publish(self.client, topics.uplink(self.store, topics.UP_EVENTS), encode_frame(batch))
        self.point("after publish")
        resends = self.sender.counters.resends
        self.sender.batch_sent(hi, self.world.schedule.now)
        self.world.fired["resend"] += self.sender.counters.resends - resends
        self.world.fired["probe"] += limit == 1

    # What the centre says.

    def received(self, topic: str, payload: bytes) -> None:
        self.guarded(lambda: self._receive(topic, payload))

    def _receive(self, topic: str, payload: bytes) -> None:
        address = topics.parse_downlink(topic)
        assert address is not None
        try:
            if address.channel == "ack":
                self._take_ack(decode_frame(Ack, payload))
            elif address.channel == "head":
                self._take_head(decode_frame(StreamHead, payload))
            else:
                self._take_delta(decode_frame(StreamDelta, payload))
        except FrameError:
            self.world.fired["frame refused by a box"] += 1
        self._pump()

    def _take_ack(self, ack: Ack) -> None:
        was_forked = self.sender.stopped is LinkState.FORKED
        gen, acked = self.sender.gen, self.sender.acked
        for action in self.sender.ack_received(ack, self.journal.hash_at(ack.through), self.world.schedule.now):
            assert isinstance(action, SaveAck)
            require(action.gen > gen or action.through > acked, f"I5: {self.store} went back within a generation")
            told = self.world.seen.acknowledged[action.gen, self.sender.box]
            require(action.through <= told, f"I5: {self.store} believes what nobody of this generation said")
            self.world.fired["acked moved back by a new generation"] += action.through < acked
            self.point("before the acknowledgement is stored")
            self.journal.save_ack(action.gen, action.through, action.hash)
            self.point("after the acknowledgement is stored")
        if self.sender.stopped is LinkState.FORKED and not was_forked:
            self.world.fired["fork seen by a box"] += 1

    def _take_head(self, head: StreamHead) -> None:
        cursor = self.journal.cursors().get(head.stream, Cursor())
        if (head.gen, head.ver) > (cursor.gen, cursor.ver) and head.ver > cursor.ver:
            self.sender.want_hello(self.world.schedule.now)

    def _take_delta(self, message: StreamDelta) -> None:
        cursor = self.journal.cursors().get(message.stream, Cursor())
        match downlink.fit(cursor, message):
            case Follow(steps):
                for step, encoded in steps:
                    self._apply(message.stream, step, encoded)
            case Behind():
                self.world.fired["stream behind"] += 1
                self.sender.want_hello(self.world.schedule.now)

    def _apply(self, stream: str, cursor: Cursor, encoded: bytes) -> None:
        """Apply one version in one transaction with its cursor."""
        tx = self.journal.disk.begin()
        before = tx.get("cursor", stream, Cursor())
        require(cursor.ver == before.ver + 1 and cursor.gen >= before.gen, f"I7: {self.store} jumps in {stream}")
        self._change(tx, decode_delta(stream, encoded))
        tx.put("cursor", stream, cursor)
        self._commit(tx)

    def _change(self, tx: Transaction, delta: Delta) -> None:
        match delta:
            case PriceDelta(prices):
                for price in prices:
                    tx.put("price", price.sku, price.price)
            case ForeignDelta(entries):
                for entry in entries:
                    if tx.get("foreign", entry.id) is None:
                        tx.put("foreign", entry.id, entry.body)
                        apply_stock(tx, entry.body)
            case TaskDelta(updates):
                for update in updates:
                    box_tasks.hear(tx, update, lambda payload: self.journal.append(tx, self.world.ids.uuid7(), payload))
            case CatalogueDelta():
                raise AssertionError("the simulation has no catalogue")
