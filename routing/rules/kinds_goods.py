"""Hard kinds about goods: what a location may send, and which of its units may be promised."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from routing.rules.draft import Bound, Cause, Draft
from routing.rules.facts import Fact, Lack
from routing.rules.fields import Listed, Number, Strict, Text, Whole, given
from routing.rules.rule import Rule
from routing.rules.scene import UNITS_MAX, Place

_TAGS = Listed(Text(1))


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedBefore(Rule):
    """A location that was asked for a line and could not serve it is not asked again."""

    kind: ClassVar[str] = "asked_before"
    anywhere: ClassVar[bool] = True

    def apply(self, draft: Draft, bound: Bound) -> None:
        lines = draft.view.lines
        for location in sorted({location for line in lines for location in line.excluded}):
            here = draft.view.at(location)
            asked = np.array([location in line.excluded for line in lines], np.bool_)
            draft.block_lines(bound, asked, here, Cause("was asked for it before and could not"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Hazmat(Rule):
    """Dangerous goods come from a certified location, and by ground. What is collected needs the certificate only."""

    kind: ClassVar[str] = "hazmat"
    tags: tuple[str, ...] = given(_TAGS, ("hazmat",), says="tags of dangerous goods")
    certification: str = given(Text(1), "hazmat", says="the certificate that a location must hold")
    service: str = given(Text(1), "ground", says="the service by which they may be sent")

    def apply(self, draft: Draft, bound: Bound) -> None:
        view, lines = draft.view, draft.view.tagged(self.tags)
        uncertified = view.places_where(self._lacks_certificate)
        cause = Cause(f"is not certified for {self.certification}", f"if it were certified for {self.certification}")
        draft.block_lines(bound, lines, uncertified, cause)
        sent = lines & view.ships[view.order_of]
        cause = Cause(f"cannot send dangerous goods by {self.service}", f"if it offered {self.service}")
        draft.block_lines(bound, sent, ~view.offers(self.service), cause)

    def needs(self) -> Mapping[Fact, Lack]:
        return {Fact.CERTIFICATIONS: Lack.SHUTS, Fact.SERVICES: Lack.SHUTS}

    def tells_services(self) -> bool:
        return True

    def _lacks_certificate(self, place: Place) -> bool:
        return self.certification not in place.certifications


@dataclass(frozen=True, slots=True, kw_only=True)
class AgeRestricted(Rule):
    """Goods for adults are not sent where the law forbids it, and elsewhere only with an adult's signature.

    What is collected is checked at the counter.
    """

    kind: ClassVar[str] = "age_restricted"
    tags: tuple[str, ...] = given(_TAGS, ("age_restricted",), says="tags of the goods")
    forbidden: tuple[str, ...] = given(
        Listed(Text(1)), (), says="destinations where it is against the law: US, or country and region as US-UT"
    )
    service: str = given(Text(1), "adult signature", says="the service that is needed elsewhere")

    def apply(self, draft: Draft, bound: Bound) -> None:
        view = draft.view
        banned = view.sent_to(self.forbidden, self.forbidden)
        lines = view.tagged(self.tags) & view.ships[view.order_of]
        law = Cause("may not send it: the law of the destination forbids it")
        draft.block_lines(bound, lines & banned[view.order_of], np.ones_like(bound.options), law)
        # A service of the place: a carrier's service such as ground may come with a signature or without.
        without = view.places_where(self._lacks_service)
        cause = Cause(f"does not offer {self.service}", f"if it offered {self.service}")
        draft.block_lines(bound, lines, without, cause)

    def needs(self) -> Mapping[Fact, Lack]:
        return {Fact.SERVICES: Lack.SHUTS}

    def _lacks_service(self, place: Place) -> bool:
        return self.service not in place.services


@dataclass(frozen=True, slots=True, kw_only=True)
class ExcludeProducts(Rule):
    """Locations do not serve products with these tags, such as oversize, gift_wrap or hazmat."""

    kind: ClassVar[str] = "exclude_products"
    tags: tuple[str, ...] = given(_TAGS, says="tags of which the product has one", stricter=Strict.NAMED)

    def apply(self, draft: Draft, bound: Bound) -> None:
        for tag in self.tags:
            cause = Cause(f"does not serve {tag.replace('_', ' ')} products")
            draft.block_lines(bound, draft.view.tagged((tag,)), np.ones_like(bound.options), cause)


@dataclass(frozen=True, slots=True, kw_only=True)
class MinimumConfidence(Rule):
    """Where the probability that a unit is there is below ``confidence``, or unknown, the unit does not exist."""

    kind: ClassVar[str] = "minimum_confidence"
    confidence: float = given(Number(0, 1), says="the least probability, 0 to 1", stricter=Strict.MORE)
    tags: tuple[str, ...] = given(
        _TAGS, (), says="products with one of these tags; left out for all", stricter=Strict.ALL
    )

    def apply(self, draft: Draft, bound: Bound) -> None:
        view = draft.view
        known = view.scene.stock.confidence
        by_place = view.once(
            "confidence",
            lambda: np.array([np.nan if p.confidence is None else p.confidence for p in view.places], np.float64),
        )
        table = (
            np.broadcast_to(by_place, view.units.shape) if known is None else np.where(np.isnan(known), by_place, known)
        )
        # A comparison with NaN is False, so what is unknown is never enough.
        cause = Cause(
            f"has it with a confidence below {self.confidence:g}",
            f"if a lower confidence than {self.confidence:g} would do",
        )
        draft.block_items(bound, ~(table >= self.confidence), view.tagged(self.tags), cause)

    def needs(self) -> Mapping[Fact, Lack]:
        return {Fact.CONFIDENCE: Lack.SHUTS}


@dataclass(frozen=True, slots=True, kw_only=True)
class MinimumStock(Rule):
    """A location serves an item only while it has at least ``units`` of it, before the order."""

    kind: ClassVar[str] = "minimum_stock"
    units: int = given(Whole(1, 10**6), says="the least units", stricter=Strict.MORE)
    tags: tuple[str, ...] = given(
        _TAGS, (), says="products with one of these tags; left out for all", stricter=Strict.ALL
    )

    def apply(self, draft: Draft, bound: Bound) -> None:
        units = draft.view.units
        cause = Cause(f"has fewer than {self.units} units of it", f"if fewer than {self.units} would do")
        # A place that has none is short of stock, which is no matter of this rule.
        draft.block_items(bound, (units < self.units) & (units > 0), draft.view.tagged(self.tags), cause)


@dataclass(frozen=True, slots=True, kw_only=True)
class SafetyStock(Rule):
    """So many units of an item stay for customers who walk in. Of several such rules the greatest counts."""

    kind: ClassVar[str] = "safety_stock"
    network: ClassVar[bool] = True
    units: int = given(Whole(1, 10**6), says="units that stay", stricter=Strict.MORE)
    tags: tuple[str, ...] = given(
        _TAGS, (), says="products with one of these tags; left out for all", stricter=Strict.ALL
    )

    def apply(self, draft: Draft, bound: Bound) -> None:
        cause = Cause(f"keeps {self.units} of its units as safety stock", "if it kept fewer")
        draft.keep(bound, draft.view.tagged_skus(self.tags), self.units, cause)


@dataclass(frozen=True, slots=True, kw_only=True)
class LastUnit(Rule):
    """The last ``units`` of an item stay, and all that are known to be on display."""

    kind: ClassVar[str] = "last_unit"
    network: ClassVar[bool] = True
    units: int = given(Whole(0, 1_000), 1, says="units that stay where no more are on display", stricter=Strict.MORE)
    tags: tuple[str, ...] = given(
        _TAGS, (), says="products with one of these tags; left out for all", stricter=Strict.ALL
    )

    def apply(self, draft: Draft, bound: Bound) -> None:
        display = draft.view.scene.stock.display
        units = self.units if display is None else np.clip(display, self.units, UNITS_MAX).astype(np.int32)
        draft.keep(bound, draft.view.tagged_skus(self.tags), units, Cause("keeps its last or display unit"))

    def needs(self) -> Mapping[Fact, Lack]:
        return {} if self.units else {Fact.DISPLAY: Lack.IDLE}
