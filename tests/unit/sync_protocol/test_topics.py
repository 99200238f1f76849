"""Topics: every topic that is built is read back, and nothing else is read."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync_protocol import topics
from sync_protocol.topics import Address
from tests.unit.sync_protocol.strategies import STORE, STREAM

ZONE = st.from_regex(r"[a-z0-9-]{1,40}", fullmatch=True)
CHANNELS = (topics.UP_HELLO, topics.UP_EVENTS, topics.UP_WILL)
FORGED_STORES = (
    "", "+", "#", "S0412/x", "S+", "S0412\n", "\nS0412", " S0412", "s0412", "X0412", "S041", "S123456789", "S٠٤١٢",
    "S04१2", "S0412\0", "$SYS", "S0412/up/ev", "zone",
)  # fmt: skip


@given(STORE, st.sampled_from(CHANNELS))
def test_every_uplink_topic_is_read_back(store: str, channel: str) -> None:
    assert topics.parse_uplink(topics.uplink(store, channel)) == (store, channel)
    assert topics.parse_downlink(topics.uplink(store, channel)) is None


@given(STORE, ZONE, STREAM)
def test_every_downlink_topic_is_read_back(store: str, zone: str, stream: str) -> None:
    built = {
        topics.ack(store): Address("ack", store=store),
        topics.store_delta(store, stream): Address("d", stream, store=store),
        topics.store_head(store, stream): Address("head", stream, store=store),
        topics.zone_delta(zone, stream): Address("d", stream, zone=zone),
        topics.zone_head(zone, stream): Address("head", stream, zone=zone),
    }
    for topic, address in built.items():
        assert topics.parse_downlink(topic) == address
        assert topics.parse_uplink(topic) is None


@given(st.text(max_size=60))
def test_arbitrary_text_is_no_topic(text: str) -> None:
    assert topics.parse_uplink(text) is None
    assert topics.parse_downlink(text) is None


@given(STORE, st.sampled_from(CHANNELS), STREAM, st.integers(0, 255))
def test_a_topic_under_the_bucket_of_another_store_is_no_topic(
    store: str, channel: str, stream: str, number: int
) -> None:
    wrong = f"{number:03d}"
    if wrong == topics.bucket(store):
        return
    assert topics.parse_uplink(f"v1/{wrong}/{store}/up/{channel}") is None
    assert topics.parse_downlink(f"v1/{wrong}/{store}/dn/ack") is None
    assert topics.parse_downlink(f"v1/{wrong}/{store}/dn/d/{stream}") is None


@given(STORE)
def test_a_bucket_is_three_digits_below_the_number_of_buckets(store: str) -> None:
    assert len(topics.bucket(store)) == 3
    assert 0 <= int(topics.bucket(store)) < topics.BUCKETS


def test_buckets_are_the_same_on_every_machine_for_ever() -> None:
    assert {store: topics.bucket(store) for store in ("S0001", "S0412", "W0001")} == {
        "S0001": "254",
        "S0412": "217",
        "W0001": "062",
    }


@pytest.mark.parametrize("store", FORGED_STORES)
@pytest.mark.parametrize(
    "build",
    [
        topics.ack,
        lambda store: topics.uplink(store, topics.UP_EVENTS),
        lambda store: topics.store_delta(store, "price"),
        lambda store: topics.store_head(store, "price"),
        lambda store: topics.subscriptions(store, "all"),
    ],
    ids=["ack", "uplink", "store_delta", "store_head", "subscriptions"],
)
def test_a_forged_store_builds_no_topic(build: Callable[[str], object], store: str) -> None:
    with pytest.raises(ValueError, match="not a location"):
        build(store)


@pytest.mark.parametrize("store", FORGED_STORES)
def test_a_forged_store_is_never_read_from_a_topic(store: str) -> None:
    for bucket in {"000", topics.bucket(store), topics.bucket("S0412")}:
        for tail in ("up/ev", "up/hello", "up/lwt"):
            assert topics.parse_uplink(f"v1/{bucket}/{store}/{tail}") is None
        for tail in ("dn/ack", "dn/d/price", "dn/head/price"):
            assert topics.parse_downlink(f"v1/{bucket}/{store}/{tail}") is None
    assert not topics.is_store(store)


@pytest.mark.parametrize("name", ["", "+", "#", "a/b", "Price", "préis", "price\n", "x" * 21, "p1"])
def test_a_forged_stream_builds_no_topic_and_is_never_read(name: str) -> None:
    for build in (topics.store_delta, topics.store_head, topics.zone_delta, topics.zone_head):
        with pytest.raises(ValueError, match="not a stream"):
            build("S0412" if build in (topics.store_delta, topics.store_head) else "all", name)
    assert topics.parse_downlink(f"v1/{topics.bucket('S0412')}/S0412/dn/d/{name}") is None
    assert topics.parse_downlink(f"v1/zone/all/d/{name}") is None


@pytest.mark.parametrize("zone", ["", "+", "#", "a/b", "All", "a\n", "x" * 41, "ä"])
def test_a_forged_zone_builds_no_topic_and_is_never_read(zone: str) -> None:
    builds = (lambda: topics.zone_delta(zone, "price"), lambda: topics.zone_head(zone, "price"))
    for build in (*builds, lambda: topics.subscriptions("S0412", zone)):
        with pytest.raises(ValueError, match="not a zone"):
            build()
    assert topics.parse_downlink(f"v1/zone/{zone}/d/price") is None


@pytest.mark.parametrize("channel", ["", "req", "+", "ev/x", "hello\n"])
def test_an_unknown_uplink_channel_builds_no_topic_and_is_never_read(channel: str) -> None:
    with pytest.raises(ValueError, match="not an uplink channel"):
        topics.uplink("S0412", channel)
    assert topics.parse_uplink(f"v1/{topics.bucket('S0412')}/S0412/up/{channel}") is None


@pytest.mark.parametrize("tail", ["dn/ack/price", "dn/d", "dn/head", "dn/d/", "dn/ack/", "dn/d/price/x", "dn"])
def test_a_stream_belongs_to_deltas_and_heads_and_never_to_acknowledgements(tail: str) -> None:
    assert topics.parse_downlink(f"v1/{topics.bucket('S0412')}/S0412/{tail}") is None


@given(STORE, STORE, STREAM, st.sampled_from(CHANNELS))
def test_a_box_listens_to_its_own_store_and_zone_alone(one: str, other: str, stream: str, channel: str) -> None:
    def heard(topic: str) -> bool:
        return any(topic.startswith(pattern.removesuffix("#")) for pattern in topics.subscriptions(one, "all"))

    assert all(pattern.endswith("/#") for pattern in topics.subscriptions(one, "all"))
    assert heard(topics.ack(one))
    assert heard(topics.store_delta(one, stream))
    assert heard(topics.zone_head("all", stream))
    assert not heard(topics.zone_head("north", stream))
    assert not heard(topics.uplink(one, channel))
    assert heard(topics.ack(other)) == (one == other)
