"""The body of an event: what goes in comes out, and nothing but events comes out."""

from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync_protocol.body import decode_body, encode_body
from sync_protocol.errors import BodyError
from sync_protocol.events import (
    BODY_BYTES_MAX,
    LINES_MAX,
    AdjustmentLine,
    Event,
    Payload,
    Picked,
    StartAsked,
    StockAdjusted,
    TaskLine,
)
from sync_protocol.values import INT_MAX
from tests.unit.sync_protocol import strategies

DAY = "2026-11-21"


def adjusted(**changes: object) -> Event:
    """A small lawful event with some fields of the event or of its payload replaced."""
    payload = StockAdjusted((AdjustmentLine("SKU-1", 3),), "received", "pallet 7")
    event = Event(payload, 1_763_683_200_000, 2, "0001", "anna", DAY)
    inner = {name: value for name, value in changes.items() if name in payload.__struct_fields__}
    outer = {name: value for name, value in changes.items() if name not in inner}
    return msgspec.structs.replace(event, payload=msgspec.structs.replace(payload, **inner), **outer)


def encoded(event: Event, *, version: int = 1, kind: str | None = None, later: bool = False) -> bytes:
    """The body of ``event``, whether lawful or not."""
    payload = strategies.with_later_fields(event.payload) if later else event.payload
    fields = [version, kind or event.kind, event.at_ms, event.time_quality, event.register, event.staff]
    more = ["later", {"x": [1]}] if later else []
    return msgspec.msgpack.Encoder(uuid_format="bytes").encode([*fields, event.business_day, payload, *more])


@given(strategies.events())
def test_every_event_comes_back_as_it_was(event: Event) -> None:
    assert decode_body(encode_body(event)) == event


@given(strategies.events())
def test_fields_that_a_later_version_appends_are_ignored(event: Event) -> None:
    assert decode_body(encoded(event, later=True)) == event


@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_refused_as_a_body(body: bytes) -> None:
    with pytest.raises(BodyError):
        decode_body(body)


@given(strategies.MSGPACK)
def test_arbitrary_values_are_refused_as_a_body(value: object) -> None:
    with pytest.raises(BodyError):
        decode_body(msgspec.msgpack.encode(value))


@given(strategies.events(), st.data())
def test_a_damaged_body_is_refused_or_is_still_an_event(event: Event, data: st.DataObject) -> None:
    body = bytearray(encode_body(event))
    for place in data.draw(st.lists(st.integers(0, len(body) * 8 - 1), min_size=1, max_size=4)):
        body[place // 8] ^= 1 << place % 8
    try:
        read = decode_body(bytes(body))
    except BodyError:
        return
    assert decode_body(encode_body(read)) == read


@given(strategies.events(), st.data())
def test_a_truncated_body_is_refused(event: Event, data: st.DataObject) -> None:
    body = encode_body(event)
    with pytest.raises(BodyError):
        decode_body(body[: data.draw(st.integers(0, len(body) - 1))])


def test_an_unknown_kind_is_refused_by_name() -> None:
    with pytest.raises(BodyError, match=r"unknown kind 'gift\.wrapped'"):
        decode_body(encoded(adjusted(), kind="gift.wrapped"))


def test_a_body_of_another_version_is_refused() -> None:
    with pytest.raises(BodyError, match="version 2"):
        decode_body(encoded(adjusted(), version=2))


@pytest.mark.parametrize("text", ["a\0b", "line\nbreak", "\x1b@", "\x7f", "\x85", "half \ud83d"])
@pytest.mark.parametrize("field", ["note", "staff", "register"])
def test_text_that_a_database_or_a_printer_cannot_hold_is_refused_at_both_ends(text: str, field: str) -> None:
    event = adjusted(**{field: text})
    with pytest.raises(BodyError, match=field):
        encode_body(event)
    raw = encoded(adjusted(**{field: "#" * len(text.encode(errors="surrogatepass"))}))
    damaged = raw.replace(b"#" * len(text.encode(errors="surrogatepass")), text.encode(errors="surrogatepass"))
    assert damaged != raw
    with pytest.raises(BodyError):
        decode_body(damaged)


@pytest.mark.parametrize("amount", [INT_MAX + 1, -INT_MAX - 1])
def test_a_number_whose_sign_cannot_change_within_64_bits_is_refused_at_both_ends(amount: int) -> None:
    event = adjusted(lines=(AdjustmentLine("SKU-1", amount),))
    with pytest.raises(BodyError, match=r"payload\.lines\[0\]\.quantity"):
        encode_body(event)
    with pytest.raises(BodyError, match="64 bits"):
        decode_body(encoded(event))


@pytest.mark.parametrize("day", ["", "20261121", "2026-W47-6", "2026-02-30", "2026-11-21 ", "٢٠٢٦-١١-٢١", "\ud800"])
def test_a_business_day_that_is_not_year_month_day_is_refused(day: str) -> None:
    with pytest.raises(BodyError, match="business_day"):
        encode_body(adjusted(business_day=day))


@pytest.mark.parametrize("day", ["20261121", "2026-W47-6"])
def test_a_business_day_in_another_spelling_is_refused_on_arrival(day: str) -> None:
    with pytest.raises(BodyError, match="business_day"):
        decode_body(encoded(adjusted(business_day=day)))


@pytest.mark.parametrize("event", [adjusted(time_quality=3), adjusted(time_quality=-1), adjusted(reason="gift")])
def test_a_word_or_a_quality_that_the_protocol_does_not_know_is_refused_at_both_ends(event: Event) -> None:
    with pytest.raises(BodyError):
        encode_body(event)
    with pytest.raises(BodyError):
        decode_body(encoded(event))


def test_more_lines_than_allowed_are_refused_at_both_ends() -> None:
    event = adjusted(lines=(AdjustmentLine("S", 1),) * (LINES_MAX + 1))
    with pytest.raises(BodyError, match="lines"):
        encode_body(event)
    with pytest.raises(BodyError, match="lines"):
        decode_body(encoded(event))
    full = adjusted(lines=(AdjustmentLine("S", 1),) * LINES_MAX)
    assert decode_body(encode_body(full)) == full


def test_a_body_over_the_limit_is_refused_at_both_ends() -> None:
    room = BODY_BYTES_MAX - len(encode_body(adjusted(note="x" * 1000))) + 1000
    assert len(encode_body(adjusted(note="x" * room))) == BODY_BYTES_MAX
    with pytest.raises(BodyError, match="split it"):
        encode_body(adjusted(note="x" * (room + 1)))
    with pytest.raises(BodyError, match="at most"):
        decode_body(encoded(adjusted(note="x" * (room + 1))))


def test_nesting_without_end_is_refused() -> None:
    with pytest.raises(BodyError):
        decode_body(b"\x91" * BODY_BYTES_MAX)
    envelope = encoded(adjusted())
    with pytest.raises(BodyError):
        decode_body(b"\x99" + envelope[1:] + b"\x91" * (BODY_BYTES_MAX - len(envelope)))


@pytest.mark.parametrize(
    "payload",
    [StartAsked(UUID(int=1), 1), Picked(UUID(int=1), TaskLine(UUID(int=2), "S", 1), "4")],
)
def test_a_payload_under_another_kind_is_refused(payload: Payload) -> None:
    with pytest.raises(BodyError):
        decode_body(encoded(Event(payload, 0, 0, "", "", DAY), kind="sale"))
