"""A rule set such as a retailer may have in its peak season. It is synthetic, as is the network that it is about."""

from routing.rules.document import RuleSet, parse

REGIONS = ("east", "south", "north", "west", "mountain", "flagship", "outlet")
"""Groups of the locations that the rules name."""

_STORES = {"kinds": ["store"]}
_RULES = (
    {"id": "has-box", "kind": "needs_box"},
    {"id": "same-country", "kind": "same_country"},
    {"id": "open", "kind": "closed"},
    {"id": "can-do-it", "kind": "offered"},
    {"id": "place-known", "kind": "needs_coordinates"},
    {"id": "heard-lately", "kind": "offline", "when": {"services": ["ship"]}},
    {"id": "sanctions", "kind": "embargo", "countries": ["KP", "SY"], "regions": ["UA-43"]},
    {"id": "near", "kind": "distance", "miles": 1_500, "at": _STORES},
    {"id": "no-outlets", "kind": "exclude", "at": {"groups": ["outlet"]}, "when": {"channels": ["amazon", "ebay"]}},
    {"id": "b2b-from-warehouses", "kind": "only", "at": {"kinds": ["warehouse"]}, "policies": ["b2b"]},
    {"id": "no-small-orders", "kind": "order_value", "least": 500, "at": {"groups": ["flagship"]}},
    {"id": "christmas", "kind": "blackout", "dates": ["2026-12-25", "2026-12-26", "2027-01-01"]},
    {"id": "flood", "kind": "pause", "until": "2030-01-01T14:00:00Z", "at": {"locations": ["S0012", "S0013"]}},
    {"id": "no-planes", "kind": "pause_service", "service": "overnight", "until": "2030-01-01T14:00:00Z",
     "at": {"groups": ["mountain"]}},
    {"id": "van-leaves", "kind": "cut_off", "latest": "15:30", "weekdays": ["saturday"],
     "when": {"services": ["ship"]}},
    {"id": "late-evening", "kind": "cut_off", "latest": "20:00", "at": _STORES},
    {"id": "leave-them-alone", "kind": "max_rejects", "rejects": 3},
    {"id": "parcels-a-day", "kind": "capacity", "units": 40, "service": "ship", "at": _STORES},
    {"id": "saturday-counter", "kind": "capacity", "units": 20, "service": "pickup", "per": "hour",
     "weekdays": ["saturday"], "hours": [11, 12, 13], "at": _STORES},
    {"id": "b2b-whole", "kind": "ship_complete", "policies": ["b2b"]},
    {"id": "kits", "kind": "keep_kits"},
    {"id": "three-at-most", "kind": "max_packages", "packages": 3},
    {"id": "dangerous", "kind": "hazmat"},
    {"id": "wine", "kind": "age_restricted", "forbidden": ["US-UT"]},
    {"id": "no-wrapping", "kind": "exclude_products", "tags": ["gift_wrap"], "at": {"groups": ["west"]}},
    {"id": "two-or-none", "kind": "minimum_stock", "units": 2, "at": {"groups": ["outlet"]}},
    {"id": "for-walk-ins", "kind": "safety_stock", "units": 1, "at": {"groups": ["east", "flagship"]}},
    {"id": "stores-are-paid", "kind": "sales_credit", "cents": 20, "at": _STORES},
    {"id": "warehouses-first", "kind": "prefer", "cents": 80, "at": {"kinds": ["warehouse"]}},
    {"id": "last-units", "kind": "keep_reserve", "units": 4, "cents": 150, "at": _STORES},
    {"id": "few-boxes", "kind": "consolidate", "cents": 60},
    {"id": "winter-out", "kind": "end_of_season", "cents": 100, "at": _STORES},
    {"id": "flagships-show-it", "kind": "protect_launch", "cents": 300, "at": {"groups": ["flagship"]}},
    {"id": "spread-the-work", "kind": "balance_load", "cents": 120},
)  # fmt: skip


def peak_rules() -> RuleSet:
    """The rule set, with two policies and a fallback."""
    return parse(
        {
            "format": 1,
            "name": "peak",
            "revision": 1,
            "default_policy": "standard",
            "policies": [
                {"id": "standard", "fallbacks": [{"after_minutes": 60, "relax": ["near", "no-outlets"]}]},
                {"id": "b2b"},
            ],
            "segments": [{"id": "businesses", "match": {"channels": ["b2b"]}, "policy": "b2b"}],
            "rules": list(_RULES),
        }
    )
