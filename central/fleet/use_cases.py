"""Boxes and the locations that they speak for. Every function works in the caller's transaction."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from central.fleet.tables import EDGE, NONE, box, location, store_link, watermark
from central.platform import audit, generation, incidents
from central.platform.tables import TENANT
from retail.clock import Clock
from retail.errors import Refused
from retail.text import printable
from sync_protocol import chain
from sync_protocol.frames import Hello
from sync_protocol.topics import is_store

INCIDENT = "box"
"""Kind of the incidents that boxes cause."""


@dataclass(frozen=True)
class Grant:
    """The centre's word that ``box`` may speak for ``store``."""

    store: str
    box: UUID
    epoch: int
    gen: int


async def grant(conn: AsyncConnection, store: str, box_id: UUID, clock: Clock, *, replace: bool = False) -> Grant:
    """Let ``box_id`` speak for ``store``. The same again gives the same grant.

    A location that nothing answered for is a box's from now on. Raises :class:`Refused` for an unknown location, one
    that another system answers for, a key that has no place on the wire, a box of another location, and a location
    that another box speaks for, unless ``replace`` says that this one takes its place.
    """
    known = await _backing(conn, store)
    if known is None:
        raise Refused("store", f"{store[:40]!r} is not known", "import the network first, or correct the key")
    if not is_store(store):
        raise Refused("store", f"{store[:40]!r} cannot have a box", "give it a key of S or W and four to eight digits")
    if known == NONE:
        await conn.execute(
            update(location).where(location.c.tenant == TENANT, location.c.location == store).values(backing=EDGE)
        )
    elif known != EDGE:
        raise Refused("store", f"its backing is {known}, not {EDGE}", f"import it with backing {EDGE}")
    gen = await generation.current(conn)
    query = select(store_link.c.box, store_link.c.epoch).where(
        store_link.c.tenant == TENANT, store_link.c.location == store
    )
    link = (await conn.execute(query.with_for_update())).one_or_none()
    if link is not None and link.box == box_id:
        return Grant(store, box_id, link.epoch, gen)
    if link is not None and not replace:
        raise Refused("box", f"box {link.box} speaks for {store}", "give --replace if this one takes its place")
    await _enrol(conn, store, box_id)
    if link is not None:
        old = (box.c.tenant == TENANT) & (box.c.box == link.box)
        await conn.execute(update(box).where(old).values(state="replaced"))
    epoch = max(0 if link is None else link.epoch + 1, clock.now_ms() // 1000)
    statement = insert(store_link).values(location=store, epoch=epoch, box=box_id)
    await conn.execute(
        statement.on_conflict_do_update(
            constraint=store_link.primary_key, set_={"epoch": epoch, "box": box_id, "granted_at": func.now()}
        )
    )
    await conn.execute(
        insert(watermark).values(location=store, box=box_id, seq=0, hash=chain.seed(box_id)).on_conflict_do_nothing()
    )
    await audit.record(conn, "grant", "box.grant", f"location/{store}", {"box": str(box_id), "epoch": epoch})
    return Grant(store, box_id, epoch, gen)


async def record_hello(conn: AsyncConnection, store: str, hello: Hello) -> None:
    """Keep what a box says of itself, and when it last said so. A box that was never enrolled is ignored."""
    known = {
        "gen": hello.gen,
        "fenced": hello.fenced,
        "head": hello.head,
        "acked": hello.acked,
        "clock_ms": hello.clock_ms,
        "time_quality": hello.time_quality,
        "replica_age_ms": hello.replica_age_ms,
        "cursors": {printable(stream): [gen, ver] for stream, (gen, ver, _) in hello.cursors.items()},
    }
    await conn.execute(
        update(box)
        .where(box.c.tenant == TENANT, box.c.box == hello.box, box.c.location == store)
        .values(software=hello.software, last_hello_at=func.now(), hello=known)
    )


async def record_incident(conn: AsyncConnection, store: str, box_id: UUID, problem: str) -> None:
    """Show people that something is wrong with a box, known or not."""
    await conn.execute(
        update(box)
        .where(box.c.tenant == TENANT, box.c.box == box_id, box.c.incident != problem)
        .values(incident=problem, incident_at=func.now())
    )
    await incidents.report(
        conn, INCIDENT, f"{store}/{box_id}/{problem}", subject=f"box/{box_id}", location=store, problem=problem,
        remedy="find out which box is right; grant it with central grant --replace, or switch it off",
    )  # fmt: skip


async def _enrol(conn: AsyncConnection, store: str, box_id: UUID) -> None:
    statement = insert(box).values(box=box_id, location=store)
    enrolled = await conn.execute(
        statement.on_conflict_do_update(
            constraint=box.primary_key, set_={"state": "open"}, where=box.c.location == store
        ).returning(box.c.box)
    )
    if enrolled.scalar_one_or_none() is None:
        raise Refused("box", "it is enrolled at another location", "install it anew: a box keeps its location")


async def _backing(conn: AsyncConnection, store: str) -> str | None:
    query = select(location.c.backing).where(location.c.tenant == TENANT, location.c.location == store)
    return (await conn.execute(query.with_for_update(key_share=True))).scalar_one_or_none()
