"""Random runs of the batch optimiser under random rules, and every rule's cost held against a run without it.

A run has two dozen orders at a dozen places; a package's price grows with its distance. Stock goes from far too little
to hardly contested, and every other run is solved with less effort, so that gaps stay. Ten runs of five rules are fifty
rules; which they are and all else follows from the number of the run.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from routing.batch.blocks import Work
from routing.batch.efforts import QUICK
from routing.batch.master import Search
from routing.batch.solve import Effort
from routing.optimise import Outcome, optimise
from routing.problem import Problem
from routing.rules.compile import Compiled, compile_rules
from routing.rules.cost import Resolved, RuleCosts
from routing.rules.document import RuleSet
from routing.rules.kinds import KINDS
from routing.rules.scene import Load, Scene
from routing.terms import LineTerm
from tests.unit.routing.rules.scenes import NOON_MS, line, order, place, ruled, scene

ORDERS, PLACES, SKUS, RULES = 24, 12, 14, 5
UNITS = (0.5, 0.9, 1.4)
"""Units of an item at a place, on average."""
TAGS = ("dear", "launch", "bulky")

POOR = replace(QUICK, name="poor", ascents=15, escapes=2, rounds=2,
               dive=Work(columns=1_000, slack=0.1, search=Search(gap=0.05, nodes=1)), waves=(), listed=0)  # fmt: skip
"""So little work that gaps stay."""

SHORT = replace(QUICK, name="short", listed=1_000)
"""Quick, and without the proof of plans that take most of the time of runs as small as these."""

Random = np.random.Generator


@dataclass(frozen=True)
class Tried:
    """A rule of a run, and the run without it. ``gap``, ``gap_without``: cents by which the plans may miss the best."""

    run: int
    tried: Resolved
    gap: int
    gap_without: int

    @property
    def soft(self) -> bool:
        """Of the rule's kind."""
        return KINDS[self.tried.cost.kind].soft


def _some(random: Random, least: int, most: int) -> dict[str, list[str]]:
    """``at``: some of the places."""
    count = int(random.integers(least, most + 1))
    return {"locations": [f"P{each}" for each in sorted(random.choice(PLACES, count, replace=False).tolist())]}


def _hard(random: Random) -> list[dict[str, Any]]:
    whole, tag = random.integers, [str(random.choice(TAGS))]
    return [
        {"kind": "exclude", "at": _some(random, 2, 5)},
        {"kind": "exclude", "at": _some(random, 3, 6), "when": {"tiers": ["gold"]}},
        {"kind": "only", "at": _some(random, 5, 8), "when": {"value_min": 2000}},
        {"kind": "distance", "miles": int(whole(60, 260))},
        {"kind": "max_packages", "packages": int(whole(1, 3))},
        {"kind": "ship_complete"},
        {"kind": "keep_kits"},
        {"kind": "exclude_products", "tags": tag, "at": _some(random, 3, 7)},
        {"kind": "minimum_stock", "units": int(whole(2, 4))},
        {"kind": "safety_stock", "units": 1, "at": _some(random, 3, 9)},
        {"kind": "capacity", "units": int(whole(2, 8)), "at": _some(random, 2, 6)},
        {"kind": "capacity", "units": int(whole(2, 5)), "service": "ship", "at": _some(random, 2, 6)},
        {"kind": "max_rejects", "rejects": int(whole(0, 2))},
        {"kind": "order_value", "least": int(whole(1500, 4000)), "at": _some(random, 2, 6)},
        {"kind": "asked_before"},
        {"kind": "pause", "at": _some(random, 1, 3)},
    ]  # fmt: skip


def _soft(random: Random) -> list[dict[str, Any]]:
    cents, tag = int(random.integers(40, 400)), [str(random.choice(TAGS))]
    return [
        {"kind": kind, "cents": cents, **more}
        for kind, more in (
            ("prefer", {"at": _some(random, 3, 8)}),
            ("sales_credit", {"at": _some(random, 2, 6)}),
            ("keep_reserve", {"units": int(random.integers(1, 3))}),
            ("consolidate", {}),
            ("protect_launch", {"at": _some(random, 2, 6), "tags": tag}),
            ("end_of_season", {"at": _some(random, 2, 6), "tags": tag}),
            ("balance_load", {}),
            ("weeks_of_supply", {"weeks": 4}),
            ("size_run", {"sizes": 2}),
        )
    ]


def rules_of(random: Random) -> RuleSet:
    """Hard and soft rules of kinds that differ; the second is relaxed for orders that wait."""
    hard, soft = _hard(random), _soft(random)
    picked = [hard[number] for number in random.choice(len(hard), 3, replace=False)]
    picked += [soft[number] for number in random.choice(len(soft), RULES - 3, replace=False)]
    rules = [{"id": f"r{number}", **rule} for number, rule in enumerate(picked)]
    relaxed = [rule["id"] for rule in rules if not KINDS[rule["kind"]].network][:1]
    steps = [{"after_minutes": 2_000, "relax": relaxed}] if relaxed else []
    return ruled(*rules, policies=[{"id": "p", "fallbacks": steps}])


def scene_of(random: Random, units: float) -> Scene:
    """Orders in a region of a few hundred miles."""
    where = np.column_stack([random.uniform(38, 42, PLACES + ORDERS), random.uniform(-87, -80, PLACES + ORDERS)])
    places = tuple(
        place(
            f"P{number}", tuple(where[number]), kind="warehouse" if number < 3 else "store",
            rejects=int(random.integers(0, 3)), capacity=int(random.integers(2, 9)),
            load=Load(ship_day=int(random.integers(0, 20))),
        )
        for number in range(PLACES)
    )  # fmt: skip
    tags = [frozenset(tag for tag in TAGS if random.random() < 0.3) for _ in range(SKUS)]
    orders = []
    for number in range(ORDERS):
        picked = random.choice(SKUS, int(random.choice([1, 2, 3, 4], p=[0.35, 0.35, 0.2, 0.1])), replace=False)
        kit = "k" if random.random() < 0.3 else ""
        lines = [
            line(
                f"s{sku:02}", int(random.choice([1, 2], p=[0.8, 0.2])), tags=tags[sku], kit=kit,
                excluded=frozenset({f"P{random.integers(PLACES)}"}) if random.random() < 0.15 else frozenset(),
            )
            for sku in picked.tolist()
        ]  # fmt: skip
        lat, lon = where[PLACES + number]
        waited = int(random.integers(1, 48)) * 3_600_000
        orders.append(
            order(*lines, order_id=f"o{number}", tier=str(random.choice(["gold", ""])), lat=lat, lon=lon,
                  placed_ms=NOON_MS - waited)
        )  # fmt: skip
    skus = len({each.sku for one in orders for each in one.lines})
    return scene(
        *orders, places=places, units=random.poisson(units, (skus, PLACES)),
        weeks=random.uniform(0, 8, (skus, PLACES)), sizes=random.integers(1, 5, (skus, PLACES)),
    )  # fmt: skip


def builder(random: Random, of: Scene) -> Callable[[Compiled], Problem]:
    """Makes the problem of a run, as the centre does: one pool for both services and one for each."""
    lines = [each for one in of.orders for each in one.lines]
    row = {sku: number for number, sku in enumerate(of.stock.skus)}
    quantities = np.array([each.quantity for each in lines], np.int64)
    backorder = random.integers(1500, 4000, len(lines))
    here, there = (np.array([(each.lat, each.lon) for each in group]) for group in (of.places, of.orders))
    degrees = np.linalg.norm(here[None, :, :] - there[:, None, :], axis=2)
    shipping = np.rint(450 + 130 * degrees + random.integers(0, 60, degrees.shape)).astype(np.int64)
    picking = random.integers(30, 160, PLACES)

    def build(found: Compiled) -> Problem:
        capacity, pool, leg = found.pools(np.ones(len(of.orders), np.bool_))
        return Problem(
            order_ptr=np.cumsum([0, *(len(one.lines) for one in of.orders)]),
            line_sku=np.array([row[each.sku] for each in lines], np.int64),
            line_qty=quantities,
            backorder=backorder,
            stock=found.stock,
            capacity=capacity,
            pool=pool,
            leg=leg,
            blocked=found.blocked,
            reasons=found.reasons,
            package_terms={"shipping": shipping, **found.package_terms},
            line_terms={"picking": LineTerm(picking, "location", quantities), **found.line_terms},
            line_blocked=found.line_blocked,
            pickup=found.pickup,
            max_packages=found.max_packages,
            kits=found.kits,
            complete=found.complete,
        )

    return build


def _solver(effort: Effort) -> Callable[[Problem], Outcome]:
    return lambda problem: optimise(problem, np.arange(problem.orders), effort)


def tried(run: int) -> list[Tried]:
    """Every rule of one run, with the run without it."""
    random = np.random.default_rng([run, 50])
    of, rule_set = scene_of(random, UNITS[run % len(UNITS)]), rules_of(random)
    build, solve = builder(random, of), _solver(POOR if run % 2 else SHORT)
    outcome = solve(build(compile_rules(rule_set, of, NOON_MS)))
    costs = RuleCosts(rule_set, of, NOON_MS, build, outcome)
    found = []
    for rule in rule_set.rules:
        again: list[Outcome] = []

        def keeping(problem: Problem, into: list[Outcome] = again) -> Outcome:
            into.append(solve(problem))
            return into[-1]

        resolved = costs.try_without(rule.id, keeping)
        found.append(Tried(run, resolved, outcome.cost - outcome.bound, again[0].cost - again[0].bound))
    return found


def broken(each: Tried) -> str:
    """What the re-solve says against the rule's cost; empty where nothing.

    The best plan without the rule may cost less than the one that was found, by the gap that its solver states.
    """
    cost, saving = each.tried.cost, each.tried.saving
    if cost.saving is None or cost.low is None or cost.high is None:
        return "there is no estimate"
    if not cost.low <= cost.saving <= cost.high:
        return "the estimate is outside of its own interval"
    if not cost.low - each.gap_without <= saving <= cost.high:
        return "the interval does not hold what the re-solve saved"
    if not each.tried.agrees:
        return "the intervals of the estimate and of the re-solve have nothing in common"
    if not each.soft and cost.low < 0:
        return "a hard rule may pay for itself"
    return ""


def table(found: list[Tried]) -> str:
    """All of it, a row for each rule."""
    rows = [
        f"{'run':>3} {'rule':<18}{'paid':>7}{'estimate':>9}{'low':>7}{'high':>7}{'re-solve':>9}{'its gap':>8}  held"
    ]
    for each in found:
        cost = each.tried.cost
        rows.append(
            f"{each.run:>3} {cost.kind:<18}{cost.paid:>7}{cost.saving:>9}{cost.low:>7}{cost.high:>7}"
            f"{each.tried.saving:>9}{each.gap_without:>8}  {broken(each) or 'yes'}"
        )
    return "\n".join(rows)
