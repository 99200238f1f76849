"""Small scenes and rule sets: builders with defaults on which no rule acts."""

from dataclasses import replace
from typing import Any

import numpy as np

from routing.rules.compile import Compiled, compile_rules
from routing.rules.document import RuleSet, parse
from routing.rules.scene import OpenLine, OpenOrder, Place, Scene, Stock

NOON_MS = 1_767_614_400_000
"""Monday, 5 January 2026, 12:00 UTC."""

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000

COLUMBUS, PITTSBURGH, INDIANAPOLIS = (39.9612, -82.9988), (40.4406, -79.9959), (39.7684, -86.1581)


def place(location: str, at: tuple[float, float] | None = COLUMBUS, **changes: Any) -> Place:
    lat, lon = at or (None, None)
    return replace(Place(location, f"Shop {location}", lat=lat, lon=lon, currency="USD", country="US"), **changes)


NETWORK = (place("A"), place("B", PITTSBURGH), place("W", INDIANAPOLIS, kind="warehouse"))


def line(sku: str = "tea", quantity: int = 1, **changes: Any) -> OpenLine:
    return replace(OpenLine(sku, quantity, amount=1000), **changes)


def order(*lines: OpenLine, **changes: Any) -> OpenOrder:
    usual = OpenOrder(
        "o1", "ship", lines or (line(),), lat=COLUMBUS[0], lon=COLUMBUS[1], country="US", currency="USD",
        placed_ms=NOON_MS - DAY,
    )  # fmt: skip
    return replace(usual, **changes)


def scene(*orders: OpenOrder, places: tuple[Place, ...] = NETWORK, **changes: Any) -> Scene:
    """Nine units of everything everywhere, unless ``units`` or a whole ``stock`` is given."""
    asked = orders or (order(),)
    skus = tuple(sorted({each.sku for one in asked for each in one.lines}))
    tables = {
        name: np.array(changes.pop(name)) for name in ("confidence", "weeks", "sizes", "display") if name in changes
    }
    units = np.array(changes.pop("units", np.full((len(skus), len(places)), 9)))
    return Scene(places, asked, changes.pop("stock", Stock(skus, units, **tables)), **changes)


def ruled(*rules: dict[str, Any], **changes: Any) -> RuleSet:
    """A rule set of one policy; rules without an id are called after their kind and place."""
    named = [{"id": f"{rule['kind'].replace('_', '-')}-{number}", **rule} for number, rule in enumerate(rules)]
    usual = {
        "format": 1,
        "name": "test",
        "revision": 1,
        "default_policy": "p",
        "policies": [{"id": "p"}],
        "rules": named,
    }
    return parse({**usual, **changes})


def compiled(*rules: dict[str, Any], given: Scene | None = None, now_ms: int = NOON_MS, **changes: Any) -> Compiled:
    return compile_rules(ruled(*rules, **changes), given or scene(), now_ms)


def texts(found: Compiled, number: int = 0) -> list[str]:
    """Why each option may not serve an order; empty where it may."""
    return [found.reasons[code].text for code in found.blocked[number].tolist()]


def line_texts(found: Compiled, number: int = 0) -> list[str]:
    """Why each option may not serve a line; empty where it may."""
    if found.line_blocked is None:
        return [""] * found.blocked.shape[1]
    return [found.reasons[code].text for code in found.line_blocked[number].tolist()]
