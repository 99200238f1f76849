"""The centre's end of the uplink: frames from the broker to the database, acknowledgements back.

At most :data:`GROUP_FRAMES` waiting frames are taken at once, judged against the stored watermarks, stored by
one statement, committed, and only then acknowledged; last of all the broker is told that they are dealt with. Nothing
is kept in memory that matters: whatever is lost on the way is sent again by its box.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import structlog
from prometheus_client import Counter, Histogram
from sqlalchemy.exc import DataError, IntegrityError, InterfaceError, ProgrammingError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from central.ingest.domain import BoxStep, Rows
from central.ingest.postgres import LinkedBox, linked_boxes, store
from central.platform import generation
from central.platform.engine import is_away
from retail.clock import Clock
from sync_protocol import chain, topics
from sync_protocol.codec import decode_frame, encode_frame
from sync_protocol.errors import FrameError
from sync_protocol.frames import BAD, BATCH_EVENTS_MAX, FRAME_VERSION, Ack, EventBatch, Hello
from sync_protocol.mqtt import Connected, Disconnected, Message, Mqtt, MqttEvent
from sync_protocol.receiver import Fork, Take, Verdict, Watermark, acknowledge, judge

log = structlog.get_logger(__name__)

GROUP_FRAMES = 64
STRANGER_RETRY_MS = 10_000
"""A box without a grant asks again after this time."""
BACKLOG_SLOW, BACKLOG_FULL = 300, 1_000
"""Waiting frames from which boxes may send smaller batches, and none but a probe."""
AWAY_PAUSE_S = 0.5

FRAMES = Counter("tillway_ingest_frames_total", "Frames from boxes by what became of them.", ["verdict"])
EVENTS = Counter("tillway_ingest_events_total", "Log entries stored.")
DEAD = Counter("tillway_ingest_dead_letters_total", "Entries whose body nobody could read or apply.")
GROUP_SIZE = Histogram(
    "tillway_ingest_group_frames", "Frames stored by one statement.", buckets=(1, 2, 4, 8, 16, 32, 64)
)
COMMIT_S = Histogram("tillway_ingest_commit_seconds", "From the first frame of a group to its commit.")


@dataclass(frozen=True)
class Received:
    """A frame that could be read, and the message that it came in."""

    location: str
    frame: EventBatch
    message: Message


class FleetDesk:
    """What ingest tells the fleet context. The composition binds the functions; see `central.fleet`."""

    def __init__(
        self,
        hello: Callable[[AsyncConnection, str, Hello], Awaitable[None]],
        incident: Callable[[AsyncConnection, str, UUID, str], Awaitable[None]],
    ) -> None:
        self.hello, self.incident = hello, incident


class Ingest:
    """Stores what boxes send. ``repair`` sends a box what its hello says it lacks."""

    def __init__(
        self,
        engine: AsyncEngine,
        mqtt: Mqtt,
        clock: Clock,
        fleet: FleetDesk,
        repair: Callable[[AsyncConnection, str, Hello], Awaitable[None]],
    ) -> None:
        self._engine, self._mqtt, self._clock, self._fleet, self._repair = engine, mqtt, clock, fleet, repair
        self._gen = 0

    async def run(self) -> None:
        """Ingest for ever. The database and the broker may come and go."""
        while True:
            event = await self._mqtt.next_event()
            group = await self._gather(event)
            try:
                await self._process(group)
            except SQLAlchemyError as error:
                if not is_away(error):
                    raise
                log.warning("database away: boxes keep what they have and send it again", problem=str(error.__cause__))
                await asyncio.sleep(AWAY_PAUSE_S)
            for message in group:
                if isinstance(message, Message):
                    self._mqtt.done(message)

    async def _gather(self, first: MqttEvent) -> list[MqttEvent]:
        """``first`` and what else waits already: while one group is stored the next one gathers by itself."""
        group = [first]
        while self._mqtt.backlog and len(group) < GROUP_FRAMES:
            group.append(await self._mqtt.next_event())
        return group

    async def _process(self, group: Sequence[MqttEvent]) -> None:
        started = self._clock.monotonic()
        batches: list[Received] = []
        hellos: list[tuple[str, Hello]] = []
        for event in group:
            match event:
                case Connected():
                    log.info("broker reached")
                    await self._greet_all()
                case Disconnected(reason):
                    log.warning("broker away", reason=reason)
                case Message():
                    self._sort(event, batches, hellos)
        if batches:
            await self._store_batches(batches)
            GROUP_SIZE.observe(len(batches))
            COMMIT_S.observe(self._clock.monotonic() - started)
        for location, hello in hellos:
            await self._answer_hello(location, hello)

    def _sort(self, message: Message, batches: list[Received], hellos: list[tuple[str, Hello]]) -> None:
        """Read a message; one that cannot be read is counted and forgotten, its sender sends it again or is hostile."""
        parsed = topics.parse_uplink(message.topic)
        try:
            if parsed is None:
                raise FrameError("not a topic of this protocol")
            location, channel = parsed
            if channel == topics.UP_EVENTS:
                batches.append(Received(location, decode_frame(EventBatch, message.payload), message))
            elif channel == topics.UP_HELLO:
                hellos.append((location, decode_frame(Hello, message.payload)))
        except FrameError as error:
            FRAMES.labels("unreadable").inc()
            log.warning("frame refused", topic=message.topic[:80], problem=str(error))

    async def _store_batches(self, batches: Sequence[Received]) -> None:
        async with self._engine.connect() as conn:
            await self._know_gen(conn)
            boxes = await linked_boxes(conn, {received.frame.box for received in batches})
            answers, steps = await self._judge(batches, boxes)
            marks = await self._store_steps(conn, steps)
        for box, (linked, verdict) in answers.items():
            self._acknowledge(linked, marks.get(box, linked.watermark), verdict)

    async def _judge(
        self, batches: Sequence[Received], boxes: Mapping[UUID, LinkedBox]
    ) -> tuple[dict[UUID, tuple[LinkedBox, Verdict]], list[BoxStep]]:
        """The last verdict on each box, and what is to be stored: batches of one box that follow each other are one."""
        answers: dict[UUID, tuple[LinkedBox, Verdict]] = {}
        steps: dict[UUID, BoxStep] = {}
        for received in batches:
            batch = received.frame
            linked = boxes.get(batch.box)
            if linked is None or linked.location != received.location:
                FRAMES.labels("stranger").inc()
                await self._refuse_stranger(received.location, batch.box)
                continue
            step = steps.get(batch.box)
            mark = step.after if step else linked.watermark
            judgement = judge(batch, mark)
            FRAMES.labels(type(judgement).__name__.lower()).inc()
            answers[batch.box] = (linked, judgement)
            if isinstance(judgement, Take):
                before, entries = (step.before, step.entries) if step else (mark, ())
                steps[batch.box] = BoxStep(
                    linked.location, batch.box, before, judgement.watermark, entries + judgement.entries
                )
            elif isinstance(judgement, Fork):
                await self._report_fork(linked, judgement)
        return answers, list(steps.values())

    async def _store_steps(self, conn: AsyncConnection, steps: Sequence[BoxStep]) -> dict[UUID, Watermark]:
        """Store ``steps``; what the database refuses is narrowed down to single entries, which become dead letters.

        Returns the watermarks that moved: a box that another worker overtook is missing and learns by its next batch.
        """
        if not steps:
            return {}
        try:
            moved = await self._store_rows(conn, Rows(steps))
            return {step.box: step.after for step in steps if step.box in moved}
        except (DataError, IntegrityError, InterfaceError, ProgrammingError) as error:
            if is_away(error):
                raise
            await conn.rollback()
            problem = str(error.orig or error).splitlines()[0]
        if len(steps) > 1:
            marks: dict[UUID, Watermark] = {}
            for step in steps:
                marks |= await self._store_steps(conn, [step])
            return marks
        [step] = steps
        if len(step.entries) == 1:
            log.error("event parked as a dead letter", location=step.location, problem=problem)
            await self._store_rows(conn, Rows([step], {step.entries[0].id: problem}))
            return {step.box: step.after}
        first, second = _halves(step)
        marks = await self._store_steps(conn, [first])
        if step.box in marks:
            marks |= await self._store_steps(conn, [second])
        return marks

    async def _store_rows(self, conn: AsyncConnection, rows: Rows) -> set[UUID]:
        moved = await store(conn, rows)
        await conn.commit()
        EVENTS.inc(len(rows.entries))
        DEAD.inc(len(rows.dead))
        return moved

    async def _answer_hello(self, location: str, hello: Hello) -> None:
        async with self._engine.begin() as conn:
            await self._know_gen(conn)
            linked = (await linked_boxes(conn, [hello.box])).get(hello.box)
            if linked is not None and linked.location == location:
                await self._fleet.hello(conn, location, hello)
        if linked is None or linked.location != location:
            FRAMES.labels("stranger").inc()
            await self._refuse_stranger(location, hello.box)
            return
        FRAMES.labels("hello").inc()
        self._acknowledge(linked, linked.watermark, None)
        async with self._engine.connect() as conn:
            await self._repair(conn, location, hello)

    async def _greet_all(self) -> None:
        """Tell every box where it stands, so that nobody waits out a long patience after the centre's return."""
        async with self._engine.connect() as conn:
            await self._know_gen(conn)
            for linked in (await linked_boxes(conn)).values():
                self._acknowledge(linked, linked.watermark, None)

    async def _refuse_stranger(self, location: str, box: UUID) -> None:
        """A box without a grant: nothing is stored, a person sees it, and its log waits."""
        log.warning("box without a grant refused", location=location, box=str(box))
        async with self._engine.begin() as conn:
            await self._fleet.incident(conn, location, box, "a box without a grant wants to speak for this location")
        nothing = Watermark.start(box)
        ack = Ack(FRAME_VERSION, self._gen, 0, box, 0, nothing.hash, BAD, 0, STRANGER_RETRY_MS, 0, self._clock.now_ms())
        self._mqtt.publish(topics.ack(location), encode_frame(ack))

    async def _report_fork(self, linked: LinkedBox, fork: Fork) -> None:
        log.error("fork refused", location=linked.location, box=str(linked.box), seq=fork.seq)
        async with self._engine.begin() as conn:
            await self._fleet.incident(
                conn, linked.location, linked.box, f"the box tells another history from entry {fork.seq} on (a fork)"
            )

    def _acknowledge(self, linked: LinkedBox, mark: Watermark, verdict: Verdict | None) -> None:
        backlog = self._mqtt.backlog
        credit = BATCH_EVENTS_MAX if backlog < BACKLOG_SLOW else 32 if backlog < BACKLOG_FULL else 0
        ack = acknowledge(
            linked.box, mark, gen=self._gen, epoch=linked.epoch, verdict=verdict, credit=credit,
            retry_ms=0 if credit else 1_000, server_ms=self._clock.now_ms(),
        )  # fmt: skip
        self._mqtt.publish(topics.ack(linked.location), encode_frame(ack))

    async def _know_gen(self, conn: AsyncConnection) -> None:
        if not self._gen:
            self._gen = await generation.current(conn)


def _halves(step: BoxStep) -> tuple[BoxStep, BoxStep]:
    """``step`` cut in the middle."""
    middle = len(step.entries) // 2
    digest = step.before.hash
    for entry in step.entries[:middle]:
        digest = chain.link(digest, step.box, entry.seq, entry.id, entry.body)
    cut = Watermark(step.entries[middle - 1].seq, digest)
    return (
        BoxStep(step.location, step.box, step.before, cut, step.entries[:middle]),
        BoxStep(step.location, step.box, cut, step.after, step.entries[middle:]),
    )
