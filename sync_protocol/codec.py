"""Messages and deltas to bytes and back, with the limits that no sender can talk a receiver out of.

A message is a msgpack array in one zstd frame that states its size and ends with a checksum. The size is read before
anything is unpacked, and unpacking writes into a buffer of just that size: a bomb is refused by its first bytes. The
checksum finds what a network or a memory did to a message; without it one flipped bit could raise a generation.
"""

from typing import TypeVar

import msgspec
import zstandard

from sync_protocol import chain, topics
from sync_protocol.errors import FrameError
from sync_protocol.events import TIME_SYNCED
from sync_protocol.frames import (
    BATCH_BODY_BYTES_MAX,
    BATCH_EVENTS_MAX,
    DELTAS_MAX,
    FRAME_BYTES_MAX,
    FRAME_BYTES_RAW_MAX,
    FRAME_VERSION,
    NONCE_BYTES_MAX,
    SIGNATURE_BYTES_MAX,
    SOFTWARE_LENGTH_MAX,
    STATUSES,
    STREAMS_MAX,
    Ack,
    EventBatch,
    Frame,
    Grant,
    Hello,
    LastWill,
    StreamDelta,
    StreamHead,
)
from sync_protocol.streams import DELTA_BYTES_MAX, DELTAS, RECORDS_MAX, Delta
from sync_protocol.values import INT_MAX, first_problem

FrameType = TypeVar("FrameType", bound=Frame)

_encoder = msgspec.msgpack.Encoder(uuid_format="bytes")
_decoders: dict[type[Frame], msgspec.msgpack.Decoder[Frame]] = {}


def encode_frame(frame: Frame) -> bytes:
    """``frame`` as it is published. Raises :class:`FrameError` when it is unlawful or over the limit of one message.

    The chain of a batch is not computed again: it comes from the log.
    """
    if not isinstance(frame, EventBatch):
        _check(frame)
    raw = _encoder.encode(frame)
    if len(raw) > FRAME_BYTES_RAW_MAX:
        raise FrameError(f"{type(frame).__name__} takes {len(raw)} bytes, at most {FRAME_BYTES_RAW_MAX} are allowed")
    packed = zstandard.ZstdCompressor(level=1, write_checksum=True).compress(raw)
    if len(packed) > FRAME_BYTES_MAX:
        raise FrameError(f"{type(frame).__name__} takes {len(packed)} bytes, at most {FRAME_BYTES_MAX} are allowed")
    return packed


def decode_frame(kind: type[FrameType], payload: bytes) -> FrameType:
    """The message in ``payload``. Raises :class:`FrameError` for anything that is not a whole, lawful ``kind``."""
    if len(payload) > FRAME_BYTES_MAX:
        raise FrameError(f"the message has {len(payload)} bytes, at most {FRAME_BYTES_MAX} are allowed")
    raw = _unpack(payload)
    decoder = _decoders.get(kind)
    if decoder is None:
        decoder = _decoders[kind] = msgspec.msgpack.Decoder(kind)
    try:
        frame = decoder.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise FrameError(f"not a {kind.__name__}: {error}") from error
    assert isinstance(frame, kind)
    _check(frame)
    return frame


def _unpack(payload: bytes) -> bytes:
    try:
        stated = zstandard.get_frame_parameters(payload)
        if not stated.has_checksum or stated.content_size == zstandard.CONTENTSIZE_UNKNOWN:
            raise FrameError("the message does not state its size, or has no checksum")
        if stated.content_size > FRAME_BYTES_RAW_MAX:
            raise FrameError(f"the message unpacks to {stated.content_size} bytes, over {FRAME_BYTES_RAW_MAX}")
        return zstandard.ZstdDecompressor().decompress(payload, allow_extra_data=False)
    except zstandard.ZstdError as error:
        raise FrameError(f"not zstd: {error}") from error


def encode_delta(delta: Delta) -> bytes:
    """A delta as its stream keeps it. Raises :class:`FrameError` when it is too large: split it."""
    if (problem := first_problem(delta, RECORDS_MAX)) is not None:
        raise FrameError(f"{type(delta).__name__}: {problem}")
    encoded = _encoder.encode(delta)
    if len(encoded) > DELTA_BYTES_MAX:
        raise FrameError(f"the delta takes {len(encoded)} bytes, at most {DELTA_BYTES_MAX} are allowed: split it")
    return encoded


def decode_delta(stream: str, delta: bytes) -> Delta:
    """A delta of ``stream``. Raises :class:`FrameError` for an unknown stream or unreadable bytes."""
    kind = DELTAS.get(stream)
    if kind is None:
        raise FrameError(f"unknown stream {stream[:40]!r}")
    if len(delta) > DELTA_BYTES_MAX:
        raise FrameError(f"the delta has {len(delta)} bytes, at most {DELTA_BYTES_MAX} are allowed")
    try:
        decoded = msgspec.msgpack.decode(delta, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise FrameError(f"not a delta of {stream}: {error}") from error
    if (problem := first_problem(decoded, RECORDS_MAX)) is not None:
        raise FrameError(f"delta of {stream}: {problem}")
    return decoded


def _check(frame: Frame) -> None:
    """Refuse lawful arrays with unlawful values: nothing behind this line checks them again."""
    if not isinstance(frame, EventBatch) and (problem := first_problem(frame, DELTAS_MAX)) is not None:
        raise FrameError(problem)
    if isinstance(frame, Hello | EventBatch | Ack) and frame.version != FRAME_VERSION:
        raise FrameError(f"version {frame.version}, this program reads {FRAME_VERSION}")
    match frame:
        case EventBatch():
            _check_batch(frame)
        case Ack():
            if frame.status not in STATUSES:
                raise FrameError(f"status {frame.status[:20]!r} is not one of {', '.join(STATUSES)}")
            _check_counters(frame, "gen", "epoch", "through", "credit", "retry_ms", "safe_through", "server_ms")
            _check_hash("hash", frame.hash)
        case Hello():
            _check_hello(frame)
        case Grant():
            _check_grant(frame)
        case StreamHead():
            _check_stream(frame.stream)
            _check_counters(frame, "gen", "ver", "min_ver")
            _check_hash("hash", frame.hash)
            _check_length("snapshot_digest", frame.snapshot_digest, SIGNATURE_BYTES_MAX)
            _check_length("signature", frame.signature, SIGNATURE_BYTES_MAX)
        case StreamDelta():
            _check_stream(frame.stream)
            _check_counters(frame, "gen", "from_ver", "to_ver")
            if frame.to_ver - frame.from_ver != len(frame.deltas) or not frame.deltas:
                raise FrameError("from_ver, to_ver and the number of deltas disagree")
            _check_hash("hash", frame.hash)
            _check_length("signature", frame.signature, SIGNATURE_BYTES_MAX)
        case LastWill():
            _check_length("nonce", frame.nonce, NONCE_BYTES_MAX)


def _check_batch(batch: EventBatch) -> None:
    if not 1 <= len(batch.entries) <= BATCH_EVENTS_MAX:
        raise FrameError(f"a batch holds {len(batch.entries)} events, 1 to {BATCH_EVENTS_MAX} are allowed")
    if batch.lo < 1 or batch.hi > INT_MAX or batch.hi - batch.lo + 1 != len(batch.entries):
        raise FrameError("lo, hi and the number of entries disagree")
    if any(entry[0] != seq for seq, entry in enumerate(batch.entries, start=batch.lo)):
        raise FrameError("the entries are not lo..hi without a gap")
    if sum(len(entry[2]) for entry in batch.entries) > BATCH_BODY_BYTES_MAX:
        raise FrameError(f"the bodies take more than {BATCH_BODY_BYTES_MAX} bytes")
    _check_hash("prev_hash", batch.prev_hash)
    _check_hash("last_hash", batch.last_hash)
    digest = batch.prev_hash
    for seq, event_id, body in batch.entries:
        digest = chain.link(digest, batch.box, seq, event_id, body)
    if digest != batch.last_hash:
        raise FrameError("last_hash does not follow from prev_hash and the entries")


def _check_hello(hello: Hello) -> None:
    if hello.grant is not None:
        _check_grant(hello.grant)
    _check_counters(hello, "gen", "head", "acked", "clock_ms", "time_quality")
    if hello.time_quality > TIME_SYNCED or hello.replica_age_ms < -1:
        raise FrameError("time_quality or replica_age_ms is out of range")
    _check_hash("acked_hash", hello.acked_hash)
    _check_hash("foreign_digest", hello.foreign_digest)
    if len(hello.software) > SOFTWARE_LENGTH_MAX:
        raise FrameError(f"software is longer than {SOFTWARE_LENGTH_MAX} characters")
    if len(hello.cursors) > STREAMS_MAX:
        raise FrameError(f"cursors name {len(hello.cursors)} streams, at most {STREAMS_MAX} are allowed")
    for stream, (gen, ver, digest) in hello.cursors.items():
        _check_stream(stream)
        if gen < 0 or ver < 0:
            raise FrameError("cursors hold a number below zero")
        _check_hash("cursors", digest)


def _check_grant(grant: Grant) -> None:
    if not topics.is_store(grant.store):
        raise FrameError("grant.store is not a location on the wire")
    _check_counters(grant, "epoch", "gen")
    _check_length("grant.signature", grant.signature, SIGNATURE_BYTES_MAX)


def _check_counters(frame: Frame, *names: str) -> None:
    for name in names:
        if getattr(frame, name) < 0:
            raise FrameError(f"{name} is below zero")


def _check_stream(stream: str) -> None:
    if not topics.is_stream(stream):
        raise FrameError("stream is not the name of one")


def _check_hash(name: str, digest: bytes) -> None:
    if len(digest) != chain.HASH_BYTES:
        raise FrameError(f"{name} does not have {chain.HASH_BYTES} bytes")


def _check_length(name: str, value: bytes, bytes_max: int) -> None:
    if len(value) > bytes_max:
        raise FrameError(f"{name} has {len(value)} bytes, at most {bytes_max} are allowed")
