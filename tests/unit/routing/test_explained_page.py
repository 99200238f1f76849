"""docs/explained.md says what the program says, and every sum on it is right."""

import re
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from routing.check import check
from routing.explain import explain
from routing.optimise import optimise
from routing.price import cost_by_term
from routing.reasons import Explanation
from routing.split import split
from tests.unit.routing import three_orders as of

PAGE = (Path(__file__).parents[3] / "docs" / "explained.md").read_text(encoding="utf-8")
SECTIONS = dict(zip(of.ORDERS, re.split(r"^## ", PAGE, flags=re.MULTILINE)[2:5], strict=True))
SUM = re.compile(r"^(?P<label>.+?):  +(?P<left>[\d.×+\- ]+) = (?P<right>\d+\.\d\d)$", re.MULTILINE)


def why(order: str) -> Explanation:
    return explain(of.instance(), of.plan(), of.ORDERS.index(order), of.LABELS)


def dollars(cents: int) -> str:
    return f"{Decimal(cents) / 100:.2f}"


def sums(text: str) -> dict[str, str]:
    """What each sum comes to, by its label, if its left side does come to that."""
    found: dict[str, str] = {}
    for match in SUM.finditer(text):
        total = Decimal(0)
        for sign, term in re.findall(r"([+-]?) ?([\d.]+(?: × [\d.]+)?)", match["left"]):
            product = Decimal(1)
            for factor in term.split(" × "):
                product *= Decimal(factor)
            total += -product if sign == "-" else product
        assert total == Decimal(match["right"]), match[0]
        found[match["label"]] = match["right"]
    return found


def cells(text: str, heading: str) -> list[list[str]]:
    """Rows of the table that begins with ``heading``."""
    lines = text.splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith(f"| {heading} "))
    table = lines[start + 2 : next(n for n in range(start, len(lines)) if not lines[n].startswith("|"))]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table]


def paid(order: str, assignment: list[int], *, with_prices: bool = False) -> str:
    """What a plan of one order costs, whether or not it may have it."""
    cents = cost_by_term(of.instance(), of.ORDERS.index(order), np.array(assignment), with_prices=with_prices)
    return dollars(int(cents.sum()))


def test_the_tables_are_those_of_the_instance() -> None:
    waits = [cents for order in of.ORDERS for cents in of.BACKORDER_CENTS[order]]
    assert cells(PAGE, "order") == [
        [order, f"{units} {sku}", of.KG[sku], dollars(wait)]
        for (order, sku, units), wait in zip(of.LINES, waits, strict=True)
    ]
    assert cells(PAGE, "location") == [
        [
            name,
            *(str(of.STOCK[sku][place]) for sku in of.SKUS),
            dollars(of.PACKING_CENTS[place]),
            dollars(of.PICKING_CENTS[place]),
            *(dollars(of.LABEL_CENTS[order][place]) for order in of.ORDERS),
            *(dollars(of.PER_KG_CENTS[order][place]) for order in of.ORDERS),
        ]
        for place, name in enumerate(of.LOCATIONS)
    ]


@pytest.mark.parametrize("order", of.ORDERS)
def test_the_sentence_is_that_of_the_explanation(order: str) -> None:
    [quoted] = [line[2:] for line in SECTIONS[order].splitlines() if line.startswith("> ")]
    assert quoted == why(order).sentence


@pytest.mark.parametrize("order", of.ORDERS)
def test_the_terms_are_those_of_the_chosen_plan(order: str) -> None:
    assert cells(SECTIONS[order], "term") == [[name, dollars(c)] for name, c in why(order).chosen.terms.items()]


def test_the_sums_of_the_first_order_are_those_of_the_program() -> None:
    told = why("1001")
    assert told.runner_up is not None
    depot, harbour = of.LOCATIONS.index("Depot"), of.LOCATIONS.index("Harbour store")
    priced = Decimal(paid("1001", [harbour], with_prices=True))
    found = sums(SECTIONS["1001"])
    assert found == {
        "Depot": paid("1001", [depot]),
        "Harbour store, what is paid": paid("1001", [harbour]),
        "Harbour store, with the price": str(priced - Decimal(dollars(told.chosen.value))),
        "The runner-up (backorder)": dollars(told.runner_up.difference),
        "Harbour store, less to pay": str(Decimal(dollars(told.chosen.cents)) - Decimal(paid("1001", [harbour]))),
    }
    assert f"8.65 + 1.90 = {priced}" in SECTIONS["1001"]


def test_the_sums_of_the_split_are_those_of_the_program() -> None:
    told = why("1002")
    assert told.runner_up is not None
    harbour, mill, depot = (of.LOCATIONS.index(name) for name in ("Harbour store", "Mill store", "Depot"))
    waits = [Decimal(cents) / 100 for cents in of.BACKORDER_CENTS["1002"]]
    assert sums(SECTIONS["1002"]) == {
        "Harbour store, the kettle": str(Decimal(paid("1002", [harbour, -1])) - waits[1]),
        "Mill store, the vase": str(Decimal(paid("1002", [-1, mill])) - waits[0]),
        "Both packages": dollars(told.chosen.cents),
        "Both, with the price": dollars(told.chosen.value),
        "Depot, both lines in one package": paid("1002", [depot, depot]),
        "The runner-up, what is paid": dollars(told.runner_up.choice.cents - told.chosen.cents),
        "The runner-up, with the price": dollars(told.runner_up.difference),
    }


def test_the_sums_of_the_backorder_are_those_of_the_program() -> None:
    told = why("1003")
    assert told.runner_up is not None
    saved = {refusal.name: refusal for refusal in told.refused}
    assert sums(SECTIONS["1003"]) == {
        "Harbour store": dollars(told.runner_up.choice.cents),
        "Mill store, if it were not paused": dollars(saved["Mill store"].choice.cents),
        "Depot, if it had 1 unit more": dollars(saved["Depot"].choice.cents),
        "The runner-up (Harbour store)": dollars(told.runner_up.difference),
        "Mill store, cheaper by": dollars(saved["Mill store"].saving),
        "Depot, cheaper by": dollars(saved["Depot"].saving),
    }
    flat = " ".join(SECTIONS["1003"].split())
    assert all(change in flat for change in told.least_changes)


def test_the_plan_is_allowed_and_the_bound_proves_that_none_is_cheaper() -> None:
    problem = of.instance()
    assert check(problem, of.plan()) == []
    alone = sum(split(problem, order).cents for order in range(problem.orders))
    bound = alone - of.KETTLE_AT_HARBOUR_CENTS * of.STOCK["kettle"][0]
    assert sums(PAGE.split("## Why no plan")[1]) == {
        "What is paid": dollars(of.plan().total),
        "The bound": dollars(bound),
    }
    assert bound == of.plan().total
    found = optimise(problem, np.arange(3))
    assert found.plan.assignment.tolist() == of.plan().assignment.tolist()
    assert found.cost == found.bound == bound


def test_every_amount_in_the_text_stands_in_a_sum_a_table_or_a_sentence() -> None:
    prose = "\n".join(line for line in PAGE.splitlines() if not line.startswith((">", "|")) and not SUM.match(line))
    written = set(re.findall(r"\$(\d+\.\d\d)", prose))
    known = {match["right"] for match in SUM.finditer(PAGE)}
    assert written <= known | {dollars(of.KETTLE_AT_HARBOUR_CENTS)}
    assert written


def test_what_is_added_up_stands_in_the_tables_or_was_added_up_before() -> None:
    given = {cell for row in (*cells(PAGE, "order"), *cells(PAGE, "location")) for cell in row}
    given |= {dollars(of.KETTLE_AT_HARBOUR_CENTS)}
    weights = {"2.5", "1.0"}  # a kettle and a vase, two trays
    known = given | weights | {"1", "2"}
    for match in SUM.finditer(PAGE):
        assert set(re.findall(r"[\d.]+", match["left"])) <= known, match[0]
        known.add(match["right"])
