"""MQTT topics. A store's topics carry the bucket of its name, so that workers can share stores on any broker.

``v1/{bucket}/{store}/up/...`` is written by the store alone and ``v1/{bucket}/{store}/dn/...`` by the centre alone.
The builders raise :class:`ValueError` for a name that their parser would not read back: a wildcard, a slash, an empty
name.
"""

import re
import zlib
from dataclasses import dataclass

BUCKETS = 256
UP_HELLO, UP_EVENTS, UP_WILL = "hello", "ev", "lwt"
ALL_UPLINKS = "v1/+/+/up/#"

# [0-9] and not \d, which means the digits of every script.
_STORE = re.compile(r"[SW][0-9]{4,8}")
_STREAM = re.compile(r"[a-z]{1,20}")
_ZONE_NAME = re.compile(r"[a-z0-9-]{1,40}")
_UPLINK = re.compile(rf"v1/([0-9]{{3}})/({_STORE.pattern})/up/(hello|ev|lwt)")
_DOWNLINK = re.compile(rf"v1/([0-9]{{3}})/({_STORE.pattern})/dn/(ack|head|d)(?:/({_STREAM.pattern}))?")
_ZONE = re.compile(rf"v1/zone/({_ZONE_NAME.pattern})/(head|d)/({_STREAM.pattern})")


@dataclass(frozen=True)
class Address:
    """Who a downlink topic speaks to and what about: ``channel`` is ack, head or d; ``stream`` empty for an ack."""

    channel: str
    stream: str = ""
    store: str = ""
    zone: str = ""


def is_store(text: str) -> bool:
    """Whether ``text`` may name a location on the wire: S or W and four to eight digits; never a wildcard."""
    return _STORE.fullmatch(text) is not None


def is_stream(text: str) -> bool:
    """Whether ``text`` may name a stream on the wire, known here or not."""
    return _STREAM.fullmatch(text) is not None


def bucket(store: str) -> str:
    """The store's hash bucket, three digits: CRC-32 modulo 256, the same on every machine for ever."""
    return f"{zlib.crc32(store.encode()) % BUCKETS:03d}"


def _root(store: str) -> str:
    if not is_store(store):
        raise ValueError(f"not a location on the wire: {store[:20]!r}")
    return f"v1/{bucket(store)}/{store}"


def _zone_root(zone: str) -> str:
    if _ZONE_NAME.fullmatch(zone) is None:
        raise ValueError(f"not a zone: {zone[:20]!r}")
    return f"v1/zone/{zone}"


def _stream(stream: str) -> str:
    if not is_stream(stream):
        raise ValueError(f"not a stream: {stream[:20]!r}")
    return stream


def uplink(store: str, channel: str) -> str:
    """Where a box publishes: ``channel`` is :data:`UP_HELLO`, :data:`UP_EVENTS` or :data:`UP_WILL`."""
    if channel not in (UP_HELLO, UP_EVENTS, UP_WILL):
        raise ValueError(f"not an uplink channel: {channel[:20]!r}")
    return f"{_root(store)}/up/{channel}"


def ack(store: str) -> str:
    """Where the centre acknowledges."""
    return f"{_root(store)}/dn/ack"


def store_delta(store: str, stream: str) -> str:
    """Where the centre sends deltas to one store: news of its own streams, repairs of any."""
    return f"{_root(store)}/dn/d/{_stream(stream)}"


def store_head(store: str, stream: str) -> str:
    """Where the centre announces, retained, the newest version of a store's own stream."""
    return f"{_root(store)}/dn/head/{_stream(stream)}"


def zone_delta(zone: str, stream: str) -> str:
    """Where the centre sends deltas of a stream that a zone's stores share."""
    return f"{_zone_root(zone)}/d/{_stream(stream)}"


def zone_head(zone: str, stream: str) -> str:
    """Where the centre announces, retained, the newest version of a zone's stream."""
    return f"{_zone_root(zone)}/head/{_stream(stream)}"


def subscriptions(store: str, zone: str) -> tuple[str, ...]:
    """All that a box listens to."""
    return (f"{_root(store)}/dn/#", f"{_zone_root(zone)}/#")


def parse_uplink(topic: str) -> tuple[str, str] | None:
    """(store, channel) of an uplink topic; None for anything else, a wrong bucket included."""
    match = _UPLINK.fullmatch(topic)
    if match is None or match[1] != bucket(match[2]):
        return None
    return match[2], match[3]


def parse_downlink(topic: str) -> Address | None:
    """What a downlink topic is about; None for anything else, a wrong bucket included."""
    if match := _DOWNLINK.fullmatch(topic):
        number, store, channel, stream = match.groups()
        if number == bucket(store) and (channel == "ack") == (stream is None):
            return Address(channel, stream or "", store=store)
    elif match := _ZONE.fullmatch(topic):
        return Address(match[2], match[3], zone=match[1])
    return None
