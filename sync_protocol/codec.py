"""Messages and deltas to bytes and back, with the limits that no sender can talk a receiver out of.

A message is a msgpack array, compressed by zstd at level 1. Decompression stops at the limit by reading one byte more
than allowed: the library's own ``max_output_size`` is ignored when a frame states its size.
"""

import io
from typing import TypeVar

import msgspec
import zstandard

from sync_protocol import chain
from sync_protocol.errors import FrameError
from sync_protocol.frames import (
    BATCH_BODY_BYTES_MAX,
    BATCH_EVENTS_MAX,
    FRAME_BYTES_MAX,
    FRAME_BYTES_RAW_MAX,
    STATUSES,
    Ack,
    EventBatch,
    Frame,
    Hello,
    StreamDelta,
)
from sync_protocol.streams import DELTA_BYTES_MAX, DELTAS, Delta

FrameType = TypeVar("FrameType", bound=Frame)

_encoder = msgspec.msgpack.Encoder(uuid_format="bytes")
_decoders: dict[type[Frame], msgspec.msgpack.Decoder[Frame]] = {}
_INT_MAX = 2**63

STREAMS_MAX = 16
"""Streams in one hello: more than there are, so that a newer box may know more than this centre."""


def encode_frame(frame: Frame) -> bytes:
    """``frame`` as it is published. Raises :class:`FrameError` when it is over the limit of one message."""
    raw = _encoder.encode(frame)
    if len(raw) > FRAME_BYTES_RAW_MAX:
        raise FrameError(f"{type(frame).__name__} takes {len(raw)} bytes, at most {FRAME_BYTES_RAW_MAX} are allowed")
    packed = zstandard.ZstdCompressor(level=1).compress(raw)
    if len(packed) > FRAME_BYTES_MAX:
        raise FrameError(f"{type(frame).__name__} takes {len(packed)} bytes, at most {FRAME_BYTES_MAX} are allowed")
    return packed


def decode_frame(kind: type[FrameType], payload: bytes) -> FrameType:
    """The message in ``payload``. Raises :class:`FrameError` for anything that is not a whole, lawful ``kind``."""
    if len(payload) > FRAME_BYTES_MAX:
        raise FrameError(f"the message has {len(payload)} bytes, at most {FRAME_BYTES_MAX} are allowed")
    try:
        with zstandard.ZstdDecompressor(max_window_size=8 * FRAME_BYTES_RAW_MAX).stream_reader(
            io.BytesIO(payload)
        ) as reader:
            raw = reader.read(FRAME_BYTES_RAW_MAX + 1)
    except zstandard.ZstdError as error:
        raise FrameError(f"not zstd: {error}") from error
    if len(raw) > FRAME_BYTES_RAW_MAX:
        raise FrameError(f"the message unpacks to more than {FRAME_BYTES_RAW_MAX} bytes")
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


def encode_delta(delta: Delta) -> bytes:
    """A delta as its stream keeps it. Raises :class:`FrameError` when it is too large: split it."""
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
        return msgspec.msgpack.decode(delta, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise FrameError(f"not a delta of {stream}: {error}") from error


def _check(frame: Frame) -> None:
    """Refuse lawful arrays with unlawful values: nothing behind this line checks them again."""
    match frame:
        case EventBatch():
            _check_batch(frame)
        case Ack() if frame.status not in STATUSES:
            raise FrameError(f"status {frame.status[:20]!r} is not one of {', '.join(STATUSES)}")
        case Ack():
            _check_counters(frame, "gen", "epoch", "through", "credit", "retry_ms", "safe_through", "server_ms")
            _check_hash("hash", frame.hash)
        case Hello():
            _check_counters(frame, "gen", "head", "acked", "clock_ms")
            _check_hash("acked_hash", frame.acked_hash)
            if len(frame.cursors) > STREAMS_MAX or any(len(name) > 40 for name in frame.cursors):
                raise FrameError(f"cursors name more than {STREAMS_MAX} streams, or one of an endless name")
            for gen, ver, digest in frame.cursors.values():
                if not (0 <= gen < _INT_MAX and 0 <= ver < _INT_MAX):
                    raise FrameError("cursors hold a number out of range")
                _check_hash("cursors", digest)
            if any(ord(character) < 32 for character in frame.software) or len(frame.software) > 100:
                raise FrameError("software is not a short printable text")
        case StreamDelta():
            _check_counters(frame, "gen", "from_ver", "to_ver")
            if frame.to_ver - frame.from_ver != len(frame.deltas) or not frame.deltas:
                raise FrameError("from_ver, to_ver and the number of deltas disagree")


def _check_batch(batch: EventBatch) -> None:
    if not 1 <= len(batch.entries) <= BATCH_EVENTS_MAX:
        raise FrameError(f"a batch holds {len(batch.entries)} events, 1 to {BATCH_EVENTS_MAX} are allowed")
    _check_counters(batch, "lo", "hi")
    if batch.lo < 1 or [entry[0] for entry in batch.entries] != list(range(batch.lo, batch.hi + 1)):
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


def _check_counters(frame: Frame, *names: str) -> None:
    for name in names:
        if not 0 <= getattr(frame, name) < _INT_MAX:
            raise FrameError(f"{name} is out of range")


def _check_hash(name: str, digest: bytes) -> None:
    if len(digest) != chain.HASH_BYTES:
        raise FrameError(f"{name} does not have {chain.HASH_BYTES} bytes")
