"""Facts that rules look at and that not every scene carries, and what becomes of a rule without one.

A scene does not say whether "unknown" stands for one location or for all there will ever be: who makes scenes knows
that, and tells lint which facts they carry.
"""

from enum import StrEnum


class Fact(StrEnum):
    """A fact, by the words in which people are told of it."""

    TIER = "the customer's tier"
    DESTINATION = "the kind of the destination"
    PIN = "the location that a service agent has chosen"
    SERVICES = "what locations can send by"
    CERTIFICATIONS = "what locations are certified for"
    TRANSIT = "days in transit"
    CONFIDENCE = "the confidence that a unit is there"
    WEEKS = "weeks of supply"
    SIZES = "how many sizes of a style a location has"
    DISPLAY = "which units are on display"


EVERY_FACT = frozenset(Fact)

REMEDIES = {
    Fact.TIER: "match by channel, tag or value instead",
    Fact.DESTINATION: "match by country, region or postcode instead",
    Fact.PIN: "drop the rule",
    Fact.SERVICES: "drop the rule, or name the locations that can in a rule of kind only",
    Fact.CERTIFICATIONS: "drop the rule, or name the locations that may in a rule of kind only",
    Fact.TRANSIT: "drop the rule; distance limits how far goods are sent",
    Fact.CONFIDENCE: "drop the rule; minimum_stock and safety_stock keep doubtful units back",
    Fact.WEEKS: "drop the rule; keep_reserve puts a price on the last units",
    Fact.SIZES: "drop the rule; keep_reserve puts a price on the last units",
    Fact.DISPLAY: "give units: so many of the last ones stay",
}
"""What to do about a rule that needs a fact that nobody knows."""


class Lack(StrEnum):
    """What a rule does where its fact is never known."""

    SHUTS = "it would shut every location to all that it is about"
    IDLE = "it would do nothing"
