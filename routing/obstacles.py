"""What exactly stands in the way of one option serving given lines, and the least that would remove it."""

from collections.abc import Iterator

from routing.arrays import Cents, Whole
from routing.labels import Labels
from routing.problem import Problem, Reason
from routing.reasons import Obstacle
from routing.seen import Seen

ELSEWHERE = "is not where the order is collected"


def obstacles(seen: Seen, option: int, assignment: Cents, labels: Labels) -> tuple[Obstacle, ...]:
    """All that keeps ``option`` from serving its lines of ``assignment`` (n,) together; empty if nothing does.

    Lines that go by other options of the same location or pool take their units first. ``labels`` name the SKUs of
    ``seen.problem``.
    """
    problem = seen.problem
    lines = [line for line, other in enumerate(assignment.tolist()) if other == option]
    code, every = int(problem.blocked[0, option]), tuple(lines)
    if code:
        return (_rule(problem.reasons[code], every),)
    if not problem.eligible(0)[option]:
        return (Obstacle("pickup", ELSEWHERE, every, 0, "collect the order there"),)
    return (
        *_rules(problem, option, lines),
        *_stock(seen, option, assignment, lines, labels),
        *_capacity(seen, option, assignment, lines),
    )


def _rules(problem: Problem, option: int, lines: list[int]) -> Iterator[Obstacle]:
    codes = [] if problem.line_blocked is None else problem.line_blocked[:, option].tolist()
    for code in sorted({codes[line] for line in lines} - {0}) if codes else ():
        yield _rule(problem.reasons[code], tuple(line for line in lines if codes[line] == code))


def _stock(seen: Seen, option: int, assignment: Cents, lines: list[int], labels: Labels) -> Iterator[Obstacle]:
    problem, place = seen.problem, int(seen.problem.places[option])
    several = len(set(problem.line_sku.tolist())) > 1
    beside = [line for line in _others(assignment, option) if problem.places[assignment[line]] == place]
    for sku in sorted({int(problem.line_sku[line]) for line in lines}):
        same = tuple(line for line in lines if problem.line_sku[line] == sku)
        taken = _total(problem.line_qty, [line for line in beside if problem.line_sku[line] == sku])
        need, have = _total(problem.line_qty, same), int(problem.stock[sku, place]) - taken
        if have < need:
            of = f" of {labels.sku(sku)}" if several else ""
            left = _left(seen, taken, int(problem.stock[sku, place]) < int(seen.held.stock[sku, place]))
            yield Obstacle(
                "stock", f"has {_part(have, need)}{of}{left}", same, need - have, f"{_units(need - have)} more{of}"
            )


def _capacity(seen: Seen, option: int, assignment: Cents, lines: list[int]) -> Iterator[Obstacle]:
    problem = seen.problem
    need = _total(problem.line_qty, lines)
    for entry, where in zip(_entries(problem, option), ("", " on its transfer"), strict=False):
        beside = [line for line in _others(assignment, option) if entry in _entries(problem, int(assignment[line]))]
        taken = _total(problem.line_qty, beside)
        have = int(problem.capacity[entry]) - taken
        if have < need:
            left = _left(seen, taken, int(problem.capacity[entry]) < int(seen.held.capacity[entry]))
            missing = need - have
            change = f"room for {_units(missing)} more{where}"
            yield Obstacle("capacity", f"has room for {_part(have, need)}{where}{left}", tuple(lines), missing, change)


def _entries(problem: Problem, option: int) -> list[int]:
    """The entries of capacity on which an option draws: its pool, then its leg."""
    leg = problem.leg_of(0)
    second = [] if leg is None or leg[option] < 0 else [int(leg[option])]
    return [int(problem.pools[option]), *second]


def _others(assignment: Cents, option: int) -> list[int]:
    return [line for line, other in enumerate(assignment.tolist()) if other >= 0 and other != option]


def _total(quantities: Whole, lines: list[int] | tuple[int, ...]) -> int:
    return sum(int(quantities[line]) for line in lines)


def _rule(reason: Reason, lines: tuple[int, ...]) -> Obstacle:
    return Obstacle("rule", reason.text, lines, 0, reason.least_change or f"lift: {reason.text}")


def _part(have: int, need: int) -> str:
    return f"{have} of {_units(need)}"


def _left(seen: Seen, beside: int, before: bool) -> str:
    """Who took what is missing: other orders, or other packages of this one."""
    others = ["the other orders" if seen.together else "earlier orders"] if before else []
    takers = [*others, *(["its other packages"] if beside else [])]
    return f" left by {' and '.join(takers)}" if takers else ""


def _units(count: int) -> str:
    return f"{count} unit{'' if count == 1 else 's'}"
