"""Messages: what goes in comes out, and damage never comes out."""

import string
from uuid import UUID

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sync_protocol import chain
from sync_protocol.codec import decode_frame, encode_frame
from sync_protocol.errors import FrameError
from sync_protocol.frames import Ack, EventBatch, Frame, Grant, Hello, LastWill, StreamDelta, StreamHead
from tests.unit.sync_protocol import strategies
from tests.unit.sync_protocol.hostile import packed_values

BOX, OTHER = UUID(int=7), UUID(int=8)
GRANT = Grant("S0412", BOX, 5)
HELLO = Hello(
    1, GRANT, BOX, 1, False, 9, 4, chain.ZERO, chain.ZERO, {"price": (1, 2, chain.ZERO)}, "0.1.0", 1_763_683_200_000, 2
)
ACK = Ack(1, 1, 5, BOX, 4, chain.ZERO, "ok")
HEAD = StreamHead("price", 1, 3, chain.ZERO)
DELTA = StreamDelta("price", 1, 3, 5, (b"a", b"b"), chain.ZERO)
WILL = LastWill(BOX, b"nonce", online=True)
BATCH = strategies.batch_of(BOX, 5, chain.ZERO, [(UUID(int=1), b"one"), (UUID(int=2), b"two")])
LONG = b"x" * 1025


def test_every_frame_has_a_strategy() -> None:
    assert set(strategies.FRAMES) == set(Frame.__subclasses__())


@given(strategies.FRAME)
def test_every_frame_comes_back_as_it_was(frame: Frame) -> None:
    assert decode_frame(type(frame), encode_frame(frame)) == frame


@given(strategies.FRAME)
def test_fields_that_a_later_version_appends_to_a_frame_are_ignored(frame: Frame) -> None:
    # The entries of a batch are triples for ever: a record that may grow is a struct.
    later = frame if isinstance(frame, EventBatch) else strategies.with_later_fields(frame)
    fields = [getattr(frame, name) for name in frame.__struct_fields__] if later is frame else list(later)
    assert decode_frame(type(frame), packed_values([*fields, "later", {"x": [1]}])) == frame


@given(st.sampled_from(list(strategies.FRAMES)), st.binary(max_size=300))
def test_arbitrary_bytes_are_refused_as_a_frame(kind: type[Frame], payload: bytes) -> None:
    with pytest.raises(FrameError):
        decode_frame(kind, payload)


@given(st.sampled_from(list(strategies.FRAMES)), strategies.MSGPACK)
def test_arbitrary_values_are_refused_or_lawful(kind: type[Frame], value: object) -> None:
    try:
        frame = decode_frame(kind, packed_values(value))
    except FrameError:
        return
    assert decode_frame(kind, encode_frame(frame)) == frame


@given(strategies.FRAME, st.data())
def test_flipped_bits_are_found(frame: Frame, data: st.DataObject) -> None:
    payload = bytearray(encode_frame(frame))
    for place in data.draw(st.lists(st.integers(0, len(payload) * 8 - 1), min_size=1, max_size=4, unique=True)):
        payload[place // 8] ^= 1 << place % 8
    try:
        read = decode_frame(type(frame), bytes(payload))
    except FrameError:
        return
    assert read == frame  # one bit of a zstd header means nothing


@given(strategies.FRAME, st.data())
def test_a_truncated_or_continued_frame_is_refused(frame: Frame, data: st.DataObject) -> None:
    payload = encode_frame(frame)
    with pytest.raises(FrameError):
        decode_frame(type(frame), payload[: data.draw(st.integers(0, len(payload) - 1))])
    with pytest.raises(FrameError):
        decode_frame(type(frame), payload + data.draw(st.binary(min_size=1, max_size=20)))


@given(strategies.FRAME, st.sampled_from(list(strategies.FRAMES)))
@example(WILL, StreamHead)
def test_a_frame_read_as_another_kind_never_crashes(frame: Frame, kind: type[Frame]) -> None:
    try:
        read = decode_frame(kind, encode_frame(frame))
    except FrameError:
        return
    assert type(read) is kind


@pytest.mark.parametrize("frame", [HELLO, ACK, BATCH])
def test_a_frame_of_another_version_is_refused(frame: Frame) -> None:
    with pytest.raises(FrameError, match="version 2"):
        decode_frame(type(frame), packed_values([2, *list(msgspec.structs.astuple(frame))[1:]]))


@pytest.mark.parametrize(
    ("frame", "changes"),
    [
        *((HELLO, {name: -1}) for name in ("gen", "head", "acked", "clock_ms", "time_quality")),
        *((ACK, {name: -1}) for name in ("gen", "epoch", "through", "credit", "retry_ms", "safe_through", "server_ms")),
        *((HEAD, {name: -1}) for name in ("gen", "ver", "min_ver")),
        *((frame, {"hash": LONG[:15]}) for frame in (ACK, HEAD, DELTA)),
        *((frame, {"signature": LONG}) for frame in (HEAD, DELTA, GRANT)),
        *((frame, {"stream": name}) for frame in (HEAD, DELTA) for name in ("", "a/b", "+", "price\0", "x" * 21)),
        (ACK, {"status": "fine"}),
        (ACK, {"through": 2**63}),
        (HELLO, {"time_quality": 3}),
        (HELLO, {"replica_age_ms": -2}),
        (HELLO, {"replica_age_ms": 2**63}),
        (HELLO, {"acked_hash": b""}),
        (HELLO, {"foreign_digest": b"x" * 17}),
        (HELLO, {"software": "x" * 101}),
        (HELLO, {"software": "tab\t"}),
        (HELLO, {"software": "half \udc00"}),
        (HELLO, {"cursors": {"a\n": (1, 1, chain.ZERO)}}),
        (HELLO, {"cursors": {"price": (1, -1, chain.ZERO)}}),
        (HELLO, {"cursors": {"price": (2**63, 1, chain.ZERO)}}),
        (HELLO, {"cursors": {"price": (1, 1, b"short")}}),
        (HELLO, {"cursors": {f"stream{letter}": (1, 1, chain.ZERO) for letter in string.ascii_lowercase[:17]}}),
        *((GRANT, {"store": store}) for store in ("", "S1", "+", "S0412/x", "S٠٤١٢", "S0412\n", "X0412")),
        (GRANT, {"epoch": -1}),
        (GRANT, {"gen": 2**63}),
        (HEAD, {"snapshot_digest": LONG}),
        (DELTA, {"to_ver": 6}),
        (DELTA, {"from_ver": -2}),
        (DELTA, {"deltas": (), "to_ver": 3}),
        (DELTA, {"deltas": (b"",) * 4_001, "to_ver": 4_004}),
        (WILL, {"nonce": b"x" * 65}),
    ],
)
def test_a_field_out_of_bounds_is_refused_at_both_ends(frame: Frame, changes: dict[str, object]) -> None:
    unlawful = msgspec.structs.replace(frame, **changes)
    with pytest.raises(FrameError):
        encode_frame(unlawful)
    values = msgspec.structs.astuple(unlawful)
    if not any(isinstance(value, str) and "\udc00" in value for value in values):  # which cannot even be encoded
        with pytest.raises(FrameError):
            decode_frame(type(frame), packed_values(values))


def test_an_unlawful_grant_makes_its_hello_unlawful() -> None:
    hello = msgspec.structs.replace(HELLO, grant=msgspec.structs.replace(GRANT, store="#"))
    with pytest.raises(FrameError, match=r"grant\.store"):
        encode_frame(hello)
    with pytest.raises(FrameError, match=r"grant\.store"):
        decode_frame(Hello, packed_values(hello))


@pytest.mark.parametrize(
    "changes",
    [
        {"lo": 0, "hi": 1},
        {"lo": 6, "hi": 7},
        {"hi": 7},
        {"hi": 2**63},
        {"hi": 4},
        {"entries": ()},
        {"entries": BATCH.entries[::-1]},
        {"entries": (BATCH.entries[0], BATCH.entries[0])},
        {"entries": (BATCH.entries[0], (6, UUID(int=3), b"two"))},
        {"entries": (BATCH.entries[0], (6, UUID(int=2), b"twO"))},
        {"box": OTHER},
        {"prev_hash": b"x" * 16},
        {"last_hash": b"x" * 16},
        {"prev_hash": b""},
        {"last_hash": BATCH.last_hash + b"x"},
    ],
)
def test_a_batch_that_does_not_prove_its_own_history_is_refused(changes: dict[str, object]) -> None:
    assert decode_frame(EventBatch, encode_frame(BATCH)) == BATCH
    with pytest.raises(FrameError):
        decode_frame(EventBatch, encode_frame(msgspec.structs.replace(BATCH, **changes)))


def test_a_stream_that_this_program_does_not_know_is_lawful_in_a_frame() -> None:
    hello = msgspec.structs.replace(HELLO, cursors={"weather": (1, 2, chain.ZERO)})
    assert decode_frame(Hello, encode_frame(hello)) == hello
