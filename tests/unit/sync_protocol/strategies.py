"""Lawful values of everything on the wire, made from the types themselves: a new payload or frame is tested at once."""

import types
import typing
from collections.abc import Sequence
from uuid import UUID

import msgspec
from hypothesis import strategies as st

from sync_protocol import chain
from sync_protocol.events import (
    ADJUSTMENT_REASONS,
    PAYLOADS,
    REJECT_REASONS,
    SHORT_REASONS,
    Event,
    OfferRejected,
    Payload,
    Short,
    StockAdjusted,
)
from sync_protocol.frames import (
    BATCH_EVENTS_MAX,
    FRAME_VERSION,
    STATUSES,
    Ack,
    Entry,
    EventBatch,
    Frame,
    Grant,
    Hello,
    LastWill,
    StreamDelta,
    StreamHead,
)
from sync_protocol.streams import DELTAS, STREAMS, Delta
from sync_protocol.values import INT_MAX

TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=12)
COUNTER = st.integers(0, INT_MAX)
HASH = st.binary(min_size=chain.HASH_BYTES, max_size=chain.HASH_BYTES)
STORE = st.from_regex(r"[SW][0-9]{4,8}", fullmatch=True)
STREAM = st.sampled_from(STREAMS) | st.from_regex(r"[a-z]{1,20}", fullmatch=True)
TIME_QUALITY = st.integers(0, 2)

_PLAIN: dict[object, st.SearchStrategy[object]] = {
    str: TEXT,
    int: st.integers(-INT_MAX, INT_MAX),
    bool: st.booleans(),
    bytes: st.binary(max_size=16),
    UUID: st.uuids(),
}
_FIELDS: dict[type[msgspec.Struct], dict[str, st.SearchStrategy[object]]] = {
    StockAdjusted: {"reason": st.sampled_from(ADJUSTMENT_REASONS)},
    OfferRejected: {"reason": st.sampled_from(REJECT_REASONS)},
    Short: {"reason": st.sampled_from(SHORT_REASONS)},
    Grant: {"store": STORE, "epoch": COUNTER, "gen": COUNTER},
    Hello: {
        "version": st.just(FRAME_VERSION), "gen": COUNTER, "head": COUNTER, "acked": COUNTER, "acked_hash": HASH,
        "foreign_digest": HASH, "cursors": st.dictionaries(STREAM, st.tuples(COUNTER, COUNTER, HASH), max_size=4),
        "clock_ms": COUNTER, "time_quality": TIME_QUALITY, "replica_age_ms": st.integers(-1, INT_MAX),
    },
    Ack: {
        "version": st.just(FRAME_VERSION), "gen": COUNTER, "epoch": COUNTER, "through": COUNTER, "hash": HASH,
        "status": st.sampled_from(STATUSES), "credit": COUNTER, "retry_ms": COUNTER, "safe_through": COUNTER,
        "server_ms": COUNTER,
    },
    StreamHead: {"stream": STREAM, "gen": COUNTER, "ver": COUNTER, "hash": HASH, "min_ver": COUNTER},
}  # fmt: skip


def of_type(kind: object) -> st.SearchStrategy[typing.Any]:
    """Values of a field's type: a plain type, a record, an optional one, or a tuple of them."""
    if kind in _PLAIN:
        return _PLAIN[kind]
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is types.UnionType:
        return st.one_of([st.none() if part is type(None) else of_type(part) for part in arguments])
    if origin is tuple:
        return st.lists(of_type(arguments[0]), max_size=3).map(tuple)
    assert isinstance(kind, type), kind
    assert issubclass(kind, msgspec.Struct), kind
    return records(kind)


def records(kind: type[msgspec.Struct]) -> st.SearchStrategy[typing.Any]:
    """Lawful instances of a record, a payload or a frame whose fields do not depend on each other."""
    special = _FIELDS.get(kind, {})
    plain = {field.name: field.type for field in msgspec.structs.fields(kind) if field.name not in special}
    return st.builds(kind, **special, **{name: of_type(its_type) for name, its_type in plain.items()})


@st.composite
def events(draw: st.DrawFn, kinds: Sequence[type[Payload]] = tuple(PAYLOADS.values())) -> Event:
    """An event of one of ``kinds``."""
    payload = draw(st.one_of([records(kind) for kind in kinds]))
    day = draw(st.dates()).isoformat()
    return Event(payload, draw(st.integers(-INT_MAX, INT_MAX)), draw(TIME_QUALITY), draw(TEXT), draw(TEXT), day)


def batch_of(box: UUID, lo: int, previous: bytes, bodies: Sequence[tuple[UUID, bytes]]) -> EventBatch:
    """The batch that a box with this history sends."""
    digest, entries = previous, []
    for seq, (event_id, body) in enumerate(bodies, start=lo):
        digest = chain.link(digest, box, seq, event_id, body)
        entries.append(Entry(seq, event_id, body))
    return EventBatch(FRAME_VERSION, box, lo, lo + len(bodies) - 1, previous, digest, tuple(entries))


@st.composite
def batches(draw: st.DrawFn) -> EventBatch:
    """A batch whose chain is right; its bodies are any bytes, as a box forwards them."""
    bodies = draw(st.lists(st.tuples(st.uuids(), st.binary(max_size=40)), min_size=1, max_size=5))
    return batch_of(draw(st.uuids()), draw(st.integers(1, INT_MAX - BATCH_EVENTS_MAX)), draw(HASH), bodies)


@st.composite
def stream_deltas(draw: st.DrawFn) -> StreamDelta:
    """A message of a stream whose counts agree; its deltas are any bytes."""
    deltas = tuple(draw(st.lists(st.binary(max_size=40), min_size=1, max_size=4)))
    from_ver = draw(st.integers(0, INT_MAX - len(deltas)))
    return StreamDelta(draw(STREAM), draw(COUNTER), from_ver, from_ver + len(deltas), deltas, draw(HASH))


FRAMES: dict[type[Frame], st.SearchStrategy[Frame]] = {
    Grant: records(Grant),
    Hello: records(Hello),
    EventBatch: batches(),
    Ack: records(Ack),
    StreamHead: records(StreamHead),
    StreamDelta: stream_deltas(),
    LastWill: records(LastWill),
}
"""A strategy for every frame."""

FRAME = st.one_of(list(FRAMES.values()))
DELTA: st.SearchStrategy[tuple[str, Delta]] = st.one_of(
    [st.tuples(st.just(stream), records(kind)) for stream, kind in DELTAS.items()]
)
"""A stream and a delta of it."""

MSGPACK = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | TEXT | st.binary(max_size=20),
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(TEXT | st.integers(0, 9), inner, max_size=3),
    max_leaves=30,
)
"""Whatever msgpack can say."""


def with_later_fields(value: object) -> object:
    """``value`` as a later version would encode it: each record with two more fields at its end."""
    if isinstance(value, msgspec.Struct):
        fields = [with_later_fields(getattr(value, name)) for name in value.__struct_fields__]
        return [*fields, {"later": [1]}, "later"]
    if isinstance(value, tuple):
        return [with_later_fields(part) for part in value]
    return value
