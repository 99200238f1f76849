"""The inputs of a run as bytes: what is sent to the solver, what is stored, and what its digest stands for. Pure.

The bytes are canonical (JSON with sorted sets and keys, tables in a fixed order), so equal questions have equal digests
and a stored question is decided again exactly as it was. They come in three parts: the *network*, which hardly ever
changes and is stored once; the *core*, which says whether there is anything new to decide; and the *moment*, which
differs in every run.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import msgspec

from central.sourcing.domain import Delivery, Load, OpenOrder, Place, Snapshot, Steering
from central.sourcing.tariff import Tariff
from retail.errors import Refused
from routing.rules.defaults import default_rules

FORM = 1
"""Raised when the stored form changes: an older question is then refused instead of misread."""

_ENCODER = msgspec.json.Encoder(order="deterministic")

BUILT_IN = default_rules().version
"""Rule version of decisions that follow no published rules."""


@dataclass(frozen=True)
class Rules:
    """The rule set that a run follows: its version's name and its published body; no body for those of the program."""

    version: str = BUILT_IN
    body: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Asked:
    """A question in its canonical bytes."""

    network: bytes
    core: bytes
    moment: bytes

    @cached_property
    def network_digest(self) -> bytes:
        """SHA-256 of the network."""
        return hashlib.sha256(self.network).digest()

    @cached_property
    def subject(self) -> bytes:
        """SHA-256 of network and core: the same while nothing but the time, the seed and the prices has changed."""
        return _digest(self.network, self.core)

    @cached_property
    def digest(self) -> bytes:
        """SHA-256 of all of it."""
        return _digest(self.network, self.core, self.moment)


@dataclass(frozen=True)
class Question:
    """All that a run decides on: ``now_ms`` is milliseconds since 1970 UTC, ``made_by`` names the program's parts.

    Without a ``delivery`` lateness has no price: so it was decided before it had one.
    """

    region: str
    snapshot: Snapshot
    tariff: Tariff
    rules: Rules
    steering: Steering
    now_ms: int
    made_by: str
    delivery: Delivery | None = None

    def asked(self) -> Asked:
        """The canonical bytes."""
        places = self.snapshot.places
        number = {place.location: each for each, place in enumerate(places)}
        shelves: dict[str, list[tuple[int, int]]] = {}
        for (location, sku), units in self.snapshot.available.items():
            if units > 0 and location in number:
                shelves.setdefault(sku, []).append((number[location], units))
        core = _Core(
            region=self.region,
            orders=self.snapshot.orders,
            shelves=tuple((sku, tuple(sorted(shelves[sku]))) for sku in sorted(shelves)),
            live=tuple(
                _Live(each, place.silent, place.capacity, place.offline_since_ms, place.rejects, place.load)
                for each, place in enumerate(places)
                if _fixed(place) != place
            ),
            tariff=self.tariff,
            rules=self.rules,
            effort=self.steering.effort,
            kind=self.steering.kind,
            move_cents=self.steering.move_cents,
            made_by=self.made_by,
            delivery=self.delivery,
        )
        return Asked(
            _ENCODER.encode(tuple(map(_fixed, places))),
            _ENCODER.encode(core),
            _ENCODER.encode(_Moment(self.now_ms, self.steering)),
        )


@dataclass(frozen=True)
class _Live:
    """What changes of a place from run to run; ``place`` is its position."""

    place: int
    silent: bool
    capacity: int | None
    offline_since_ms: int | None
    rejects: int
    load: Load


def _fixed(place: Place) -> Place:
    """What hardly ever changes of a place."""
    return replace(place, silent=False, capacity=None, offline_since_ms=None, rejects=0, load=Load())


@dataclass(frozen=True)
class _Core:
    region: str
    orders: tuple[OpenOrder, ...]
    shelves: tuple[tuple[str, tuple[tuple[int, int], ...]], ...]
    live: tuple[_Live, ...]
    tariff: Tariff
    rules: Rules
    effort: str
    kind: str
    move_cents: int
    made_by: str
    form: int = FORM
    delivery: Delivery | None = None


@dataclass(frozen=True)
class _Moment:
    now_ms: int
    steering: Steering


_NETWORK = msgspec.json.Decoder(tuple[Place, ...])
_CORE = msgspec.json.Decoder(_Core)
_MOMENT = msgspec.json.Decoder(_Moment)


def read(asked: Asked) -> Question:
    """The question in these bytes. Raises :class:`Refused` for what this version of the program cannot read."""
    try:
        network, core, moment = (
            _NETWORK.decode(asked.network), _CORE.decode(asked.core), _MOMENT.decode(asked.moment),
        )  # fmt: skip
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise Refused("inputs", f"they are of a form that is not read here ({error})", _OTHER_VERSION) from error
    if core.form != FORM:
        raise Refused("inputs", f"their form is {core.form}, not {FORM}", _OTHER_VERSION)
    places = list(network)
    for live in core.live:
        places[live.place] = replace(
            places[live.place], silent=live.silent, capacity=live.capacity, offline_since_ms=live.offline_since_ms,
            rejects=live.rejects, load=live.load,
        )  # fmt: skip
    available = {
        (places[place].location, sku): units for sku, shelf in core.shelves for place, units in shelf
    }  # fmt: skip
    snapshot = Snapshot(tuple(places), core.orders, available)
    return Question(
        core.region, snapshot, core.tariff, core.rules, moment.steering, moment.now_ms, core.made_by, core.delivery
    )  # fmt: skip


_OTHER_VERSION = "replay it with the version of the program that made it"


def made_by() -> str:
    """The program and the libraries that a plan depends on, with their versions."""
    return ", ".join(f"{name} {_version(name)}" for name in ("tillway", "numpy", "ortools"))


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "unknown"


def _digest(*parts: bytes) -> bytes:
    """SHA-256 over the parts with their lengths: no two ways to cut the same bytes look alike."""
    hashed = hashlib.sha256()
    for part in parts:
        hashed.update(len(part).to_bytes(8, "big"))
        hashed.update(part)
    return hashed.digest()
