import pytest

from routing.labels import Labels


@pytest.mark.parametrize(
    ("currency", "minor", "text"),
    [("USD", 840, "$8.40"), ("EUR", -5, "-€0.05"), ("JPY", 840, "¥840"), ("CHF", -1250, "-12.50 CHF")],
)
def test_money_is_written_as_its_currency_is(currency: str, minor: int, text: str) -> None:
    assert Labels(currency=currency).money(minor) == text


def test_the_greatest_changes_come_first_and_small_ones_are_added_up() -> None:
    terms = {"label": 5, "picking": -120, "packing": 3, "lateness": 400, "shipping": -90, "soft": 2}
    assert Labels().changes(terms) == "lateness +4.00, picking -1.20, shipping -0.90, label +0.05, other +0.05"


def test_what_has_no_name_is_known_by_its_number() -> None:
    labels = Labels(locations=["store 12"], skus=["tea"])
    assert [labels.location(0), labels.location(1), labels.sku(0), labels.sku(1)] == [
        "store 12",
        "location 1",
        "tea",
        "SKU 1",
    ]


def test_an_option_is_its_location_and_what_tells_it_from_others_there() -> None:
    by = Labels(locations=["store 12"], services=["express", "", "ground"], options=["", "", "Monday"])
    assert [by.option(number, 0) for number in range(3)] == [
        "store 12 by express", "store 12", "store 12 by ground (Monday)",
    ]  # fmt: skip
    labels = Labels(locations=["store 12"], options=["next day", ""])
    assert [labels.option(0, 0), labels.option(1, 0), labels.option(2, 1)] == [
        "store 12 (next day)",
        "store 12",
        "location 1",
    ]
