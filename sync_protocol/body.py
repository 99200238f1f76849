"""Events to bodies and back: msgpack arrays, the version first.

``[version, kind, at_ms, time_quality, register, staff, business_day, [payload...]]``
"""

import datetime
from typing import Any

import msgspec

from sync_protocol.errors import BodyError
from sync_protocol.events import (
    ADJUSTMENT_REASONS,
    BODY_BYTES_MAX,
    BODY_VERSION,
    LINES_MAX,
    PAYLOADS,
    REJECT_REASONS,
    SHORT_REASONS,
    TIME_HOLDOVER,
    TIME_SYNCED,
    TIME_UNKNOWN,
    Event,
    OfferRejected,
    Payload,
    Short,
    StockAdjusted,
)
from sync_protocol.values import first_problem


class _Envelope(msgspec.Struct, array_like=True):
    version: int
    kind: str
    at_ms: int
    time_quality: int
    register: str
    staff: str
    business_day: str
    payload: msgspec.Raw


_encoder = msgspec.msgpack.Encoder(uuid_format="bytes")
_envelope_decoder = msgspec.msgpack.Decoder(_Envelope)
_payload_decoders: dict[str, msgspec.msgpack.Decoder[Any]] = {
    kind: msgspec.msgpack.Decoder(payload) for kind, payload in PAYLOADS.items()
}
_REASONS: dict[type[Payload], tuple[str, ...]] = {
    StockAdjusted: ADJUSTMENT_REASONS,
    OfferRejected: REJECT_REASONS,
    Short: SHORT_REASONS,
}


def encode_body(event: Event) -> bytes:
    """The bytes that a log keeps for ``event``.

    Raises :class:`BodyError` for an event that :func:`decode_body` would refuse, so that a box cannot write what the
    centre cannot read.
    """
    _check(event)
    body = _encoder.encode(
        _Envelope(
            BODY_VERSION, event.kind, event.at_ms, event.time_quality, event.register, event.staff,
            event.business_day, msgspec.Raw(_encoder.encode(event.payload)),
        )
    )  # fmt: skip
    if len(body) > BODY_BYTES_MAX:
        raise BodyError(f"the event takes {len(body)} bytes, at most {BODY_BYTES_MAX} are allowed: split it")
    return body


def decode_body(body: bytes) -> Event:
    """The event that ``body`` states. Raises :class:`BodyError`, naming what is wrong, for anything else."""
    if len(body) > BODY_BYTES_MAX:
        raise BodyError(f"the body has {len(body)} bytes, at most {BODY_BYTES_MAX} are allowed")
    try:
        envelope = _envelope_decoder.decode(body)
        if envelope.version != BODY_VERSION:
            raise BodyError(f"version {envelope.version}, this program reads {BODY_VERSION}")
        decoder = _payload_decoders.get(envelope.kind)
        if decoder is None:
            raise BodyError(f"unknown kind {envelope.kind[:40]!r}")
        payload = decoder.decode(envelope.payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BodyError(f"not an event: {error}") from error
    event = Event(
        payload, envelope.at_ms, envelope.time_quality, envelope.register, envelope.staff, envelope.business_day
    )
    _check(event)
    return event


def _check(event: Event) -> None:
    """Refuse what a database or a page cannot hold: control characters, integers over 63 bits, endless lists."""
    if not _is_date(event.business_day):
        raise BodyError(f"business_day is not a date, YYYY-MM-DD: {event.business_day[:20]!r}")
    if event.time_quality not in (TIME_UNKNOWN, TIME_HOLDOVER, TIME_SYNCED):
        raise BodyError("time_quality is not 0, 1 or 2")
    allowed = _REASONS.get(type(event.payload))
    if allowed is not None and event.payload.reason not in allowed:  # type: ignore[attr-defined]
        raise BodyError(f"payload.reason is not one of {', '.join(allowed)}")
    if (problem := first_problem(event, LINES_MAX)) is not None:
        raise BodyError(problem)


def _is_date(text: str) -> bool:
    try:
        return datetime.date.fromisoformat(text).isoformat() == text  # it also reads 20261121 and 2026-W47-6
    except ValueError:
        return False
