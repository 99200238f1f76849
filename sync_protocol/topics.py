"""MQTT topics. A store's topics carry the bucket of its name, so that workers can share stores on any broker.

``v1/{bucket}/{store}/up/...`` is written by the store alone and ``v1/{bucket}/{store}/dn/...`` by the centre alone.
"""

import re
import zlib
from dataclasses import dataclass

BUCKETS = 256
UP_HELLO, UP_EVENTS, UP_WILL = "hello", "ev", "lwt"
ALL_UPLINKS = "v1/+/+/up/#"

_STORE = re.compile(r"[SW]\d{4,8}")
_UPLINK = re.compile(r"v1/(\d{3})/([SW]\d{4,8})/up/(hello|ev|lwt)")
_DOWNLINK = re.compile(r"v1/\d{3}/([SW]\d{4,8})/dn/(ack|head|d)(?:/([a-z]{1,20}))?")
_ZONE = re.compile(r"v1/zone/([a-z0-9-]{1,40})/(head|d)/([a-z]{1,20})")


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


def bucket(store: str) -> str:
    """The store's hash bucket, three digits: CRC-32 modulo 256, the same on every machine for ever."""
    return f"{zlib.crc32(store.encode()) % BUCKETS:03d}"


def _root(store: str) -> str:
    if not is_store(store):
        raise ValueError(f"not a location on the wire: {store[:20]!r}")
    return f"v1/{bucket(store)}/{store}"


def uplink(store: str, channel: str) -> str:
    """Where a box publishes: ``channel`` is :data:`UP_HELLO`, :data:`UP_EVENTS` or :data:`UP_WILL`."""
    return f"{_root(store)}/up/{channel}"


def ack(store: str) -> str:
    """Where the centre acknowledges."""
    return f"{_root(store)}/dn/ack"


def store_delta(store: str, stream: str) -> str:
    """Where the centre sends deltas to one store: news of its own streams, repairs of any."""
    return f"{_root(store)}/dn/d/{stream}"


def store_head(store: str, stream: str) -> str:
    """Where the centre announces, retained, the newest version of a store's own stream."""
    return f"{_root(store)}/dn/head/{stream}"


def zone_delta(zone: str, stream: str) -> str:
    """Where the centre sends deltas of a stream that a zone's stores share."""
    return f"v1/zone/{zone}/d/{stream}"


def zone_head(zone: str, stream: str) -> str:
    """Where the centre announces, retained, the newest version of a zone's stream."""
    return f"v1/zone/{zone}/head/{stream}"


def subscriptions(store: str, zone: str) -> tuple[str, ...]:
    """All that a box listens to."""
    return (f"{_root(store)}/dn/#", f"v1/zone/{zone}/#")


def parse_uplink(topic: str) -> tuple[str, str] | None:
    """(store, channel) of an uplink topic; None for anything else, a wrong bucket included."""
    match = _UPLINK.fullmatch(topic)
    if match is None or match[1] != bucket(match[2]):
        return None
    return match[2], match[3]


def parse_downlink(topic: str) -> Address | None:
    """What a downlink topic is about; None for anything else."""
    if match := _DOWNLINK.fullmatch(topic):
        store, channel, stream = match.groups()
        if (channel == "ack") == (stream is None):
            return Address(channel, stream or "", store=store)
    elif match := _ZONE.fullmatch(topic):
        return Address(match[2], match[3], zone=match[1])
    return None
