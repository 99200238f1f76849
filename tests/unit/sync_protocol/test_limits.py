"""Limits that no sender can talk a receiver out of, with a fence around the memory that an attempt may cost."""

import os
import time
from uuid import UUID

import msgspec
import pytest

from sync_protocol import chain
from sync_protocol.body import decode_body
from sync_protocol.codec import decode_delta, decode_frame, encode_delta, encode_frame
from sync_protocol.errors import BodyError, FrameError
from sync_protocol.events import BODY_BYTES_MAX
from sync_protocol.frames import (
    BATCH_BODY_BYTES_MAX,
    BATCH_EVENTS_MAX,
    DELTAS_MAX,
    FRAME_BYTES_MAX,
    FRAME_BYTES_RAW_MAX,
    EventBatch,
    Frame,
    Hello,
    StreamDelta,
)
from sync_protocol.streams import (
    CATALOGUE,
    DELTA_BYTES_MAX,
    PRICE,
    RECORDS_MAX,
    STREAMS,
    CatalogueDelta,
    ItemRecord,
    PriceDelta,
    PriceRecord,
)
from tests.unit.sync_protocol.hostile import MIB, bomb, liar, memory_limit, packed
from tests.unit.sync_protocol.strategies import FRAMES, batch_of

MEMORY = 32 * MIB
"""What refusing one message may cost at most; the bombs below would take far more."""
BOX = UUID(int=7)

ARRAY_OF_4_BILLION = b"\xdd\xff\xff\xff\xff"
MAP_OF_4_BILLION = b"\xdf\xff\xff\xff\xff"
BYTES_OF_4_BILLION = b"\xc6\xff\xff\xff\xff"
TEXT_OF_4_BILLION = b"\xdb\xff\xff\xff\xff"
DECLARED = (ARRAY_OF_4_BILLION, MAP_OF_4_BILLION, BYTES_OF_4_BILLION, TEXT_OF_4_BILLION)


def random_bodies(count: int, size: int) -> list[tuple[UUID, bytes]]:
    """Bodies that do not compress."""
    return [(UUID(int=number), os.urandom(size)) for number in range(count)]


def refused_cheaply(kind: type[Frame], payload: bytes, match: str | None = None) -> None:
    with memory_limit(MEMORY), pytest.raises(FrameError, match=match):
        decode_frame(kind, payload)


@pytest.mark.parametrize("stated", [True, False])
def test_a_small_message_that_unpacks_to_200_megabytes_is_refused_without_unpacking_it(stated: bool) -> None:
    payload = bomb(200 * MIB, stated=stated)
    assert len(payload) < FRAME_BYTES_MAX
    for kind in FRAMES:
        began_s = time.process_time()
        refused_cheaply(kind, payload, "unpacks to 209715200" if stated else "does not state its size")
        assert time.process_time() - began_s < 0.02


def test_a_message_that_unpacks_to_more_than_it_states_is_refused() -> None:
    refused_cheaply(Hello, liar(200, blocks=15_000), "not zstd")


def test_the_largest_message_is_read_and_one_byte_more_is_refused() -> None:
    with pytest.raises(FrameError, match="not a Hello"):
        decode_frame(Hello, packed(bytes(FRAME_BYTES_RAW_MAX)))
    with pytest.raises(FrameError, match="unpacks to"):
        decode_frame(Hello, packed(bytes(FRAME_BYTES_RAW_MAX + 1)))


def test_a_message_over_64_kilobytes_is_refused_before_anything_is_read() -> None:
    refused_cheaply(Hello, bytes(FRAME_BYTES_MAX + 1), "at most 65536")


@pytest.mark.parametrize("kind", list(FRAMES))
@pytest.mark.parametrize("length", DECLARED)
def test_lengths_that_are_only_declared_cost_nothing(kind: type[Frame], length: bytes) -> None:
    fields = len(kind.__struct_fields__)
    for depth in range(fields):
        refused_cheaply(kind, packed(bytes([0x90 | fields]) + b"\x01" * depth + length))
    refused_cheaply(kind, packed(length))


@pytest.mark.parametrize("length", DECLARED)
def test_declared_lengths_in_an_event_or_a_delta_cost_nothing(length: bytes) -> None:
    envelope = b"\x98\x01\xaestock.adjusted\x00\x02\xa1r\xa1s\xaa2026-11-21"
    for body in (length, b"\x98\x01" + length, envelope + length, envelope + b"\x93" + length):
        with memory_limit(MEMORY), pytest.raises(BodyError):
            decode_body(body)
    for stream in STREAMS:
        for delta in (length, b"\x91" + length, b"\x91\x91\x92\x01" + length):
            with memory_limit(MEMORY), pytest.raises(FrameError):
                decode_delta(stream, delta)


def test_a_batch_that_claims_more_entries_than_it_holds_costs_nothing() -> None:
    batch = batch_of(BOX, 1, chain.ZERO, [(UUID(int=1), b"one")])
    claims = msgspec.structs.replace(batch, hi=2**40)
    refused_cheaply(EventBatch, encode_frame(claims), "disagree")


def test_a_stream_message_that_claims_more_versions_than_it_holds_costs_nothing() -> None:
    claims = msgspec.msgpack.encode(["price", 1, 0, 2**40, [b"x"], chain.ZERO])
    refused_cheaply(StreamDelta, packed(claims), "disagree")


@pytest.mark.parametrize("kind", list(FRAMES))
def test_nesting_without_end_is_refused_as_a_frame(kind: type[Frame]) -> None:
    fields = len(kind.__struct_fields__)
    for opening in (b"\x91", b"\x81\x01"):
        deep = opening * 400_000
        refused_cheaply(kind, packed(deep))
        for depth in range(fields):
            refused_cheaply(kind, packed(bytes([0x90 | fields + 1]) + b"\x01" * depth + deep))


def test_nesting_without_end_is_refused_as_a_delta() -> None:
    for stream in STREAMS:
        with pytest.raises(FrameError):
            decode_delta(stream, b"\x92\x90" + b"\x91" * (DELTA_BYTES_MAX - 2))


def test_a_batch_holds_256_events_and_not_one_more() -> None:
    bodies = [(UUID(int=number), b"") for number in range(BATCH_EVENTS_MAX + 1)]
    full = batch_of(BOX, 1, chain.ZERO, bodies[:-1])
    assert decode_frame(EventBatch, encode_frame(full)) == full
    refused_cheaply(EventBatch, encode_frame(batch_of(BOX, 1, chain.ZERO, bodies)), "1 to 256")


def test_the_bodies_of_a_batch_have_a_limit_of_their_own() -> None:
    size = BATCH_BODY_BYTES_MAX // 16
    bodies = [(UUID(int=number), bytes(size)) for number in range(16)]
    full = batch_of(BOX, 1, chain.ZERO, bodies)
    assert decode_frame(EventBatch, encode_frame(full)) == full
    refused_cheaply(
        EventBatch, encode_frame(batch_of(BOX, 1, chain.ZERO, [*bodies, (UUID(int=99), b"x")])), "bodies take more"
    )


def test_one_event_of_the_largest_size_always_fits_a_message() -> None:
    batch = batch_of(BOX, 2**62, chain.ZERO, random_bodies(1, BODY_BYTES_MAX))
    assert decode_frame(EventBatch, encode_frame(batch)) == batch


def test_a_batch_that_does_not_compress_below_the_limit_is_refused_to_its_sender() -> None:
    with pytest.raises(FrameError, match="at most 65536"):
        encode_frame(batch_of(BOX, 1, chain.ZERO, random_bodies(3, BODY_BYTES_MAX)))


def test_a_message_that_does_not_fit_unpacked_is_refused_to_its_sender() -> None:
    with pytest.raises(FrameError, match="at most 1048576"):
        encode_frame(batch_of(BOX, 1, chain.ZERO, [(UUID(int=1), bytes(FRAME_BYTES_RAW_MAX))]))


def test_the_largest_delta_always_fits_a_message() -> None:
    item = ItemRecord("S", (), "", "each", "A")
    room = (
        DELTA_BYTES_MAX - len(encode_delta(CatalogueDelta((ItemRecord("S", (), "x" * 40_000, "each", "A"),)))) + 40_000
    )
    delta = encode_delta(CatalogueDelta((msgspec.structs.replace(item, name="x" * room),)))
    assert len(delta) == DELTA_BYTES_MAX
    message = StreamDelta(CATALOGUE, 2**62, 2**62, 2**62 + 1, (os.urandom(DELTA_BYTES_MAX),), chain.ZERO, bytes(1024))
    assert decode_frame(StreamDelta, encode_frame(message)) == message
    with pytest.raises(FrameError, match="split it"):
        encode_delta(CatalogueDelta((msgspec.structs.replace(item, name="x" * (room + 1)),)))
    with pytest.raises(FrameError, match="at most"):
        decode_delta(CATALOGUE, delta + b"x")


def test_a_stream_message_of_many_small_versions_is_lawful() -> None:
    message = StreamDelta(PRICE, 1, 0, DELTAS_MAX, (b"tiny",) * DELTAS_MAX, chain.ZERO)
    assert decode_frame(StreamDelta, encode_frame(message)) == message


def test_a_delta_has_a_limit_of_records() -> None:
    price = PriceRecord("", "", 0)
    delta = PriceDelta((price,) * RECORDS_MAX)
    assert decode_delta(PRICE, encode_delta(delta)) == delta
    with pytest.raises(FrameError, match="at most 5000"):
        encode_delta(PriceDelta((price,) * (RECORDS_MAX + 1)))
