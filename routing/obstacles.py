"""What exactly stands in the way of one location serving given lines, and the least that would remove it."""

from routing.labels import Labels
from routing.left import Left
from routing.problem import Problem
from routing.reasons import Obstacle
from routing.seen import Seen

ELSEWHERE = "is not where the order is collected"


def obstacles(seen: Seen, location: int, lines: list[int], labels: Labels) -> tuple[Obstacle, ...]:
    """All that keeps ``location`` from serving ``lines`` (of the order, from 0) together; empty if nothing does.

    ``labels`` name the SKUs of ``seen.problem``.
    """
    problem, left, held = seen.problem, Left.all_of(seen.problem), seen.held
    code, every = int(problem.blocked[0, location]), tuple(lines)
    if code:
        return (_rule(problem.reasons[code].text, every),)
    if not problem.eligible(0)[location]:
        return (Obstacle("pickup", ELSEWHERE, every, 0, "collect the order there"),)
    found = _rules(problem, location, lines)
    several = len(set(problem.line_sku.tolist())) > 1
    for sku in sorted({int(problem.line_sku[line]) for line in lines}):
        same = tuple(line for line in lines if problem.line_sku[line] == sku)
        need, have = sum(int(problem.line_qty[line]) for line in same), int(left.stock[sku, location])
        if have < need:
            of = f" of {labels.sku(sku)}" if several else ""
            text = f"has {_part(have, need)}{of}{_left(have, int(held.stock[sku, location]))}"
            found.append(Obstacle("stock", text, same, need - have, f"{_units(need - have)} more{of}"))
    need, have = sum(int(problem.line_qty[line]) for line in lines), int(left.capacity[location])
    if have < need:
        text = f"has room for {_part(have, need)}{_left(have, int(held.capacity[location]))}"
        found.append(Obstacle("capacity", text, every, need - have, f"room for {_units(need - have)} more"))
    return tuple(found)


def _rules(problem: Problem, location: int, lines: list[int]) -> list[Obstacle]:
    if problem.line_blocked is None:
        return []
    codes = problem.line_blocked[:, location].tolist()
    return [
        _rule(problem.reasons[code].text, tuple(line for line in lines if codes[line] == code))
        for code in sorted({codes[line] for line in lines} - {0})
    ]


def _rule(text: str, lines: tuple[int, ...]) -> Obstacle:
    return Obstacle("rule", text, lines, 0, f"lift: {text}")


def _part(have: int, need: int) -> str:
    return f"{have} of {_units(need)}"


def _left(have: int, before: int) -> str:
    return " left by earlier orders" if have < before else ""


def _units(count: int) -> str:
    return f"{count} unit{'' if count == 1 else 's'}"
