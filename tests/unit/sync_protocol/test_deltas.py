"""Deltas of the streams: what goes in comes out, and text that would stop a printer does not go in."""

from collections.abc import Callable
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync_protocol.codec import decode_delta, encode_delta
from sync_protocol.errors import FrameError
from sync_protocol.streams import (
    CATALOGUE,
    DELTAS,
    STREAMS,
    TASKS,
    ZONE_STREAMS,
    CatalogueDelta,
    Delta,
    ItemRecord,
    TaskDelta,
)
from sync_protocol.tasks import OFFERED, Offer, OfferLine, TaskUpdate
from sync_protocol.topics import is_stream
from tests.unit.sync_protocol import strategies


def item_with_gtin(gtin: str) -> CatalogueDelta:
    return CatalogueDelta((ItemRecord("S", (gtin,), "name", "each", "A"),))


def item_of(name: str) -> CatalogueDelta:
    return CatalogueDelta((ItemRecord("S", (), name, "each", "A"),))


def offer_of(name: str) -> TaskDelta:
    line = OfferLine(UUID(int=1), "S", "4006381333931", name, 1)
    offer = Offer("B-1", "ship", (line,), "Anna", "DE-10115", 0)
    return TaskDelta((TaskUpdate(UUID(int=2), 1, OFFERED, offer),))


@given(strategies.DELTA)
def test_every_delta_comes_back_as_it_was(stream_and_delta: tuple[str, Delta]) -> None:
    stream, delta = stream_and_delta
    assert decode_delta(stream, encode_delta(delta)) == delta


@given(strategies.DELTA)
def test_fields_that_a_later_version_appends_to_any_record_of_a_delta_are_ignored(
    stream_and_delta: tuple[str, Delta],
) -> None:
    stream, delta = stream_and_delta
    encoder = msgspec.msgpack.Encoder(uuid_format="bytes")
    assert decode_delta(stream, encoder.encode(strategies.with_later_fields(delta))) == delta


class OlderOffer(msgspec.Struct, array_like=True, frozen=True):
    """An offer as boxes know it that were made before carriers' services were named."""

    order_code: str
    service: str
    lines: tuple[OfferLine, ...]
    customer: str
    destination: str
    pick_by_ms: int
    collect_code: str = ""


def test_a_box_that_knows_no_services_takes_an_offer_that_names_one_and_a_newer_box_one_that_does_not() -> None:
    [update] = offer_of("tea").updates
    assert update.offer is not None
    named = msgspec.structs.replace(update.offer, send_by="express")
    encoder = msgspec.msgpack.Encoder(uuid_format="bytes")
    older = msgspec.msgpack.decode(encoder.encode(named), type=OlderOffer)
    assert (older.order_code, older.lines, older.collect_code) == ("B-1", named.lines, "")
    assert msgspec.msgpack.decode(encoder.encode(older), type=Offer) == update.offer


@given(st.sampled_from(STREAMS), st.binary(max_size=200))
def test_arbitrary_bytes_are_refused_or_lawful_as_a_delta(stream: str, delta: bytes) -> None:
    try:
        read = decode_delta(stream, delta)
    except FrameError:
        return
    assert decode_delta(stream, encode_delta(read)) == read


@given(st.sampled_from(STREAMS), strategies.MSGPACK)
def test_arbitrary_values_are_refused_or_lawful_as_a_delta(stream: str, value: object) -> None:
    try:
        read = decode_delta(stream, msgspec.msgpack.encode(value))
    except FrameError:
        return
    assert decode_delta(stream, encode_delta(read)) == read


@given(strategies.DELTA, st.data())
def test_a_damaged_delta_is_refused_or_lawful(stream_and_delta: tuple[str, Delta], data: st.DataObject) -> None:
    stream, delta = stream_and_delta
    damaged = bytearray(encode_delta(delta))
    for place in data.draw(st.lists(st.integers(0, len(damaged) * 8 - 1), min_size=1, max_size=4)):
        damaged[place // 8] ^= 1 << place % 8
    try:
        read = decode_delta(stream, bytes(damaged))
    except FrameError:
        return
    assert decode_delta(stream, encode_delta(read)) == read


@pytest.mark.parametrize("text", ["\0", "\x1bp0", "two\nlines", "\x90", "\udc80"])
@pytest.mark.parametrize("delta", [item_with_gtin, item_of, offer_of])
def test_text_that_a_printer_would_obey_is_refused_at_both_ends(delta: Callable[[str], Delta], text: str) -> None:
    with pytest.raises(FrameError, match=r"control character|half a character"):
        encode_delta(delta(text))
    stream = TASKS if delta is offer_of else CATALOGUE
    raw = text.encode(errors="surrogatepass")
    encoded = encode_delta(delta("#" * len(raw)))
    assert b"#" * len(raw) in encoded
    with pytest.raises(FrameError):
        decode_delta(stream, encoded.replace(b"#" * len(raw), raw))


def test_numbers_over_64_bits_are_refused_at_both_ends() -> None:
    update = TaskUpdate(UUID(int=2), 2**63, OFFERED)
    with pytest.raises(FrameError, match="rev does not fit"):
        encode_delta(TaskDelta((update,)))
    with pytest.raises(FrameError, match="rev does not fit"):
        decode_delta(TASKS, msgspec.msgpack.Encoder(uuid_format="bytes").encode(TaskDelta((update,))))


def test_a_stream_that_this_program_does_not_know_is_refused_by_name() -> None:
    with pytest.raises(FrameError, match="unknown stream 'weather'"):
        decode_delta("weather", b"\x90")


def test_every_stream_has_a_delta_and_a_name_that_fits_a_topic() -> None:
    assert tuple(DELTAS) == STREAMS
    assert all(is_stream(stream) for stream in STREAMS)
    assert set(STREAMS) > ZONE_STREAMS
