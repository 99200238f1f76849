"""The rule set that holds until ops publish one: what the centre has always done."""

from routing.rules.document import RuleSet, parse

LAST_UNITS, LAST_UNIT_CENTS = 4, 150
"""A store's last units are dear: walk-in customers come for them, and the record is wrong most often there."""


def default_rules() -> RuleSet:
    """Only open locations of the country that can do what is asked; silent ones send nothing, and no line comes back
    to where it was refused."""
    return parse(
        {
            "format": 1,
            "name": "built-in",
            "revision": 1,
            "note": "until ops publish rules of their own",
            "default_policy": "standard",
            "policies": [{"id": "standard"}],
            "rules": [
                {"id": "has-box", "kind": "needs_box"},
                {"id": "same-country", "kind": "same_country"},
                {"id": "open", "kind": "closed"},
                {"id": "can-do-it", "kind": "offered"},
                {"id": "place-known", "kind": "needs_coordinates"},
                {"id": "heard-lately", "kind": "offline", "when": {"services": ["ship"]}},
                {"id": "not-twice", "kind": "asked_before"},
                {
                    "id": "last-units",
                    "kind": "keep_reserve",
                    "units": LAST_UNITS,
                    "cents": LAST_UNIT_CENTS,
                    "at": {"not_kinds": ["warehouse"]},
                },
            ],
        }
    )
