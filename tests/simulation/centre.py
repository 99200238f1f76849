"""The centre: two workers that share the stores, acknowledgements after the commit, streams, repair by hello."""

from uuid import UUID

from sync_protocol import topics
from sync_protocol.body import decode_body
from sync_protocol.codec import decode_frame, encode_frame
from sync_protocol.errors import FrameError
from sync_protocol.events import AdjustmentLine, StockAdjusted
from sync_protocol.frames import BATCH_EVENTS_MAX, Ack, Entry, EventBatch, Frame, Hello
from sync_protocol.receiver import Fork, Take, Verdict, Watermark, acknowledge, judge
from sync_protocol.streams import FOREIGN, PRICE, TASKS, ForeignDelta, ForeignEntry, PriceDelta, PriceRecord
from tests.simulation import streams
from tests.simulation.disk import Disk
from tests.simulation.journal import body_of
from tests.simulation.network import Client
from tests.simulation.orders import OPEN, OrderDesk
from tests.simulation.store import MemoryStore
from tests.simulation.violation import require
from tests.simulation.world import SKUS, ZONE, Process, World

OWN_BOX = UUID(int=0)
"""The box under which the centre keeps its own events about a store."""
REPAIR_VERSIONS = 5
"""Versions in one repairing message: few, so that a repair takes more than one hello."""
STREAMS = (PRICE, TASKS, FOREIGN)


class Centre(Process):
    """The centre's programs, over one disk. ``frozen`` while it only ingests (see `scenario.py`)."""

    def __init__(self, world: World, stores: tuple[str, ...], task_stores: tuple[str, ...]) -> None:
        super().__init__(world, "centre")
        self.stores = stores
        self.client = Client(self, [topics.ALL_UPLINKS])
        self.desk = OrderDesk(world, task_stores)
        self.disk = Disk({"meta": {"gen": 1}})
        self.frozen = False
        self._told: dict[tuple[str, str], int] = {}

    @property
    def store(self) -> MemoryStore:
        """The logs that it holds."""
        return MemoryStore(self.disk)

    @property
    def gen(self) -> int:
        """The generation of its database."""
        return int(self.disk.get("meta", "gen"))

    def boot(self) -> None:
        self._told = {key: newest.ver for key, newest in self.disk.rows("head").items()}
        self.world.broker.attach(self.client)
        self.later(self.world.pause(2.0), self._decide)
        self.later(0.1, self._work)

    def died(self) -> None:
        self.world.broker.detach(self.client)

    def freeze(self) -> None:
        """From now on take entries and nothing else."""
        self.frozen = True

    def thaw(self) -> None:
        """Decide again."""
        self.frozen = False
        self.later(0.0, self._work)

    def go_back_to(self, backup: Disk) -> None:
        """Restore an older copy of the database, under a higher generation."""
        gen = self.gen
        self.stop()
        self.disk = backup
        self._raise_generation(gen)
        self.start()

    def _raise_generation(self, last: int) -> None:
        tx = self.disk.begin()
        tx.put("meta", "gen", last + 1)
        tx.commit()

    # Uplink.

    def connected(self) -> None:
        """Say anew what the newest versions are: the broker may have forgotten."""
        for scope, stream in self.disk.rows("head"):
            self._announce(scope, stream)

    def disconnected(self) -> None:
        """Nothing to do: what is under way is sent again."""

    def received(self, topic: str, payload: bytes) -> None:
        parsed = topics.parse_uplink(topic)
        assert parsed is not None
        store, channel = parsed
        try:
            if channel == topics.UP_EVENTS:
                batch = decode_frame(EventBatch, payload)
                before = self.store.watermark(store, batch.box)
                verdict = judge(batch, before)
                # Between judging and storing, the other worker may store another copy of the same batch.
                stall_s = self.world.pause(2.0) if self.world.stormy and self.world.rng.random() < 0.2 else 0.0
                pause_s = stall_s + self.world.rng.uniform(0.0, 0.05)
                self.later(pause_s, lambda: self._settle(store, batch, before, verdict))
            else:
                hello = decode_frame(Hello, payload)
                self.guarded(lambda: self._answer_hello(store, hello))
        except FrameError:
            self.world.fired["frame refused by the centre"] += 1

    def _settle(self, store: str, batch: EventBatch, before: Watermark, verdict: Verdict) -> None:
        self.world.fired[f"verdict {type(verdict).__name__.lower()}"] += 1
        if isinstance(verdict, Take):
            self._take_and_acknowledge(store, batch, before, verdict)
        else:
            self._acknowledge(store, batch.box, verdict)

    def _take_and_acknowledge(self, store: str, batch: EventBatch, before: Watermark, verdict: Take) -> None:
        self.point("before commit")
        if not self.store.take(store, batch.box, before, verdict.watermark, verdict.entries):
            self.world.fired["overtaken by the other worker"] += 1
        self.point("after commit")
        self._acknowledge(store, batch.box, verdict)
        self._work()

    def _acknowledge(self, store: str, box: UUID, verdict: Verdict | None) -> None:
        credit, retry_ms = self._credit()
        ack = acknowledge(
            box, self.store.watermark(store, box), gen=self.gen, epoch=1, verdict=verdict, credit=credit,
            retry_ms=2_000 if isinstance(verdict, Fork) else retry_ms, server_ms=self.world.schedule.now_ms(),
        )  # fmt: skip
        self.world.fired[f"status {ack.status}"] += 1
        self.world.fired["credit 0"] += credit == 0
        self._say(topics.ack(store), ack)

    def _credit(self) -> tuple[int, int]:
        """(credit, retry_ms): under load the centre slows boxes down or stops them."""
        load = self.world.rng.random() if self.world.stormy else 0.0
        if load < 0.8:
            return BATCH_EVENTS_MAX, 0
        return (self.world.rng.randint(1, 9), 0) if load < 0.95 else (0, self.world.rng.randint(500, 4_000))

    def _answer_hello(self, store: str, hello: Hello) -> None:
        self._acknowledge(store, hello.box, None)
        for stream in STREAMS:
            scope = streams.scope_of(store, stream)
            _, ver, digest = hello.cursors.get(stream, (0, 0, bytes(16)))
            held = streams.hash_at(self.disk, scope, stream, ver)
            require(held == digest, f"I7: {store} holds another {stream} than the centre at version {ver}")
            if ver < streams.head(self.disk, scope, stream).ver:
                self.world.fired["hello repair"] += 1
                repair = streams.message(self.disk, scope, stream, ver, REPAIR_VERSIONS)
                self._say(topics.store_delta(store, stream), repair)

    # What the centre decides by itself.

    def _decide(self) -> None:
        self.later(self.world.pause(1.0), self._decide)
        if self.frozen or not self.world.open:
            return
        rng, tx = self.world.rng, self.disk.begin()
        what = rng.random()
        if what < 0.3:
            price = PriceRecord(rng.choice(SKUS), "EUR", rng.randint(1, 999))
            streams.append(tx, f"zone:{ZONE}", PRICE, PriceDelta((price,)))
        elif what < 0.6:
            self.desk.order(tx)
        elif what < 0.8:
            if waiting := [task for task, row in tx.rows("task") if row.state in OPEN]:
                self.desk.withdraw(tx, rng.choice(waiting))
        else:
            self._state_delivery()
        self.point("before commit")
        tx.commit()
        self._work()

    def _state_delivery(self) -> None:
        """The centre's own event about a store: in its own log, with the same rules."""
        rng = self.world.rng
        store, line = rng.choice(self.stores), AdjustmentLine(rng.choice(SKUS), rng.randint(1, 9))
        before = self.store.watermark(store, OWN_BOX)
        entry = Entry(before.seq + 1, self.world.ids.uuid7(), body_of(StockAdjusted((line,), "received")))
        batch = EventBatch(1, OWN_BOX, entry.seq, entry.seq, before.hash, before.hash, (entry,))
        verdict = judge(batch, before)
        assert isinstance(verdict, Take)
        self.store.take(store, OWN_BOX, before, verdict.watermark, verdict.entries)

    def _work(self) -> None:
        """Do what stored events ask for, each once, then tell the stores what is new."""
        if self.frozen:
            return
        for number, (store, box, event_id, body) in list(self.disk.rows("work").items()):
            tx = self.disk.begin()
            if box == OWN_BOX:
                streams.append(tx, store, FOREIGN, ForeignDelta((ForeignEntry(event_id, body),)))
            else:
                self.desk.hear(tx, decode_body(body).payload)
            tx.put("work", number, None)
            self.point("before commit")
            tx.commit()
        self._tell()

    def _tell(self) -> None:
        """Publish versions that were not published since the start. What is lost here is repaired by hellos."""
        for (scope, stream), newest in self.disk.rows("head").items():
            told = self._told.get((scope, stream), 0)
            if newest.ver <= told:
                continue
            self._told[scope, stream] = newest.ver
            news = streams.message(self.disk, scope, stream, told, newest.ver - told)
            own = scope in self.stores
            self._say(topics.store_delta(scope, stream) if own else topics.zone_delta(ZONE, stream), news)
            self._announce(scope, stream)

    def _announce(self, scope: str, stream: str) -> None:
        own = scope in self.stores
        topic = topics.store_head(scope, stream) if own else topics.zone_head(ZONE, stream)
        self._say(topic, streams.announcement(self.disk, scope, stream), retain=True)

    def _say(self, topic: str, frame: Frame, *, retain: bool = False) -> None:
        if isinstance(frame, Ack):
            seen, key = self.world.seen, (frame.gen, frame.box)
            require(frame.through >= seen.acknowledged[key], f"I5: {topic} says less than before")
            require(frame.through <= seen.heads[frame.box], f"I5: {topic} says more than the log holds")
            seen.acknowledged[key] = frame.through
        self.world.broker.publish(self.client, topic, encode_frame(frame), retain=retain)


class OldPrimary(Centre):
    """A centre that was replaced by an older copy of itself and does not know: it goes on storing and acknowledging."""

    def __init__(self, replaced: Centre) -> None:
        super().__init__(replaced.world, replaced.stores, ())
        self.disk = replaced.disk

    def boot(self) -> None:
        self.world.broker.attach(self.client)

    def connected(self) -> None:
        """It has nothing to announce."""

    def _answer_hello(self, store: str, hello: Hello) -> None:
        self._acknowledge(store, hello.box, None)

    def _work(self) -> None:
        """It decides nothing: see `scenario.py`."""
