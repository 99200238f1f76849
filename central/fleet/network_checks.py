"""What a place's row says compared with what else is known: boxes, ZIP areas, time zones, readable hours.

Nothing here refuses a row. What is doubtful is noted in the report, and either repaired or not used.
"""

from dataclasses import dataclass, replace

from central.fleet import geography
from central.fleet.geography import Centroids, Position
from central.fleet.hours import EXAMPLE, parse_hours
from central.fleet.place import Place
from central.fleet.tables import BELIEVED, EDGE, REFUSED, UNVERIFIED
from central.importing.rows import Row
from retail.cleaning import Action, CleaningReport
from retail.errors import Refused


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is known beside the file: ``centroids`` is None where there is no file of ZIP areas; ``linked`` are the
    locations that a box speaks for."""

    centroids: Centroids | None = None
    linked: frozenset[str] = frozenset()


def checked(row: Row, place: Place, known: Place, beside: Surroundings, report: CleaningReport) -> Place:
    """``place``, which ``row`` describes and was ``known`` before, as far as it can be believed."""
    place = _backed(row, place, beside, report)
    place = _zip_repaired(row, place, report)
    place = _judged(row, place, known, beside, report)
    place = _timed(row, place, known, beside, report)
    return _with_hours(row, place, report)


def _backed(row: Row, place: Place, beside: Surroundings, report: CleaningReport) -> Place:
    if place.backing == EDGE or place.location not in beside.linked:
        return place
    row.note(
        report, "backing", "a box speaks for this location, so its backing stays edge", "retire the box first",
        Action.REPAIRED,
    )  # fmt: skip
    return replace(place, backing=EDGE)


def _zip_repaired(row: Row, place: Place, report: CleaningReport) -> Place:
    if place.country != geography.ZIP_COUNTRY or not place.zip:
        return place
    if geography.zip_digits(place.zip) is None:
        row.note(report, "zip", "it is not a ZIP code", "give five digits", Action.KEPT)
    elif (zip_code := geography.whole_zip(place.zip)) != place.zip:
        row.note(report, "zip", "its leading zeros were lost and put back", "keep the column as text", Action.REPAIRED)
        return replace(place, zip=zip_code)
    return place


def _judged(row: Row, place: Place, known: Place, beside: Surroundings, report: CleaningReport) -> Place:
    if beside.centroids is None and _is_same_spot(place, known) and known.coordinate_state in (BELIEVED, REFUSED):
        return place  # an earlier import had a file of ZIP areas and has judged
    verdict = geography.judge(place.position, _centroid(place, beside))
    if verdict.reason and (verdict.state != UNVERIFIED or beside.centroids is not None):
        value = f"{row.text('lat')}, {row.text('lon')}, ZIP {place.zip}"
        row.note(report, "lat", verdict.reason, verdict.remedy, Action.KEPT, value)
    return replace(place, coordinate_state=verdict.state)


def _timed(row: Row, place: Place, known: Place, beside: Surroundings, report: CleaningReport) -> Place:
    if row.text("time_zone"):
        return place
    stays = _is_same_spot(place, known) and place.coordinate_state == known.coordinate_state
    if known.time_zone is not None and stays:
        return replace(place, time_zone=known.time_zone)
    time_zone, source = _time_zone_of(place, beside)
    if time_zone is None:
        problem, remedy = "no time zone is known, so it takes no orders", "give an IANA name such as Europe/Berlin"
        row.note(report, "time_zone", problem, remedy, Action.KEPT)
    elif source:
        row.note(report, "time_zone", f"the time zone was taken from {source}", "check it", Action.KEPT, time_zone)
    return replace(place, time_zone=time_zone)


def _time_zone_of(place: Place, beside: Surroundings) -> tuple[str | None, str]:
    """The time zone and, where its source deserves a look, that source."""
    centroid = _centroid(place, beside)
    if place.position is not None and place.coordinate_state == BELIEVED:
        return geography.time_zone_at(place.position), ""
    if centroid is not None:
        return geography.time_zone_at(centroid), "the middle of the ZIP area"
    if place.position is not None and place.coordinate_state == UNVERIFIED:
        # Without a file of ZIP areas all coordinates are unverified; the report says so once, for the file.
        return geography.time_zone_at(place.position), "unverified coordinates" if beside.centroids is not None else ""
    return None, ""


def _with_hours(row: Row, place: Place, report: CleaningReport) -> Place:
    text = row.cells.get("hours")
    if text is None:
        return place
    if not text.strip():
        row.note(report, "hours", "no opening hours are known, so it takes no orders", EXAMPLE, Action.KEPT)
        return replace(place, hours=None)
    try:
        opening = parse_hours(text)
    except Refused as error:
        row.note(report, "hours", f"{error.problem}, so it takes no orders", error.remedy, Action.KEPT)
        return replace(place, hours=None)
    for doubt in opening.doubts:
        row.note(report, "hours", doubt, "write am and pm", Action.KEPT)
    if opening.unnamed:
        days = ", ".join(opening.unnamed)
        row.note(report, "hours", "a day is not named and was taken as closed", f"name {days}, as closed", Action.KEPT)
    return replace(place, hours=opening.by_day)


def _is_same_spot(place: Place, known: Place) -> bool:
    return (place.position, place.zip, place.country) == (known.position, known.zip, known.country)


def _centroid(place: Place, beside: Surroundings) -> Position | None:
    if beside.centroids is None or place.country != geography.ZIP_COUNTRY:
        return None
    return beside.centroids.get(geography.zip_digits(place.zip) or "")
