"""Sentences of the console about runs, which put several figures together."""

from central.console.money import duration, money, percent
from central.console.reads.runs import RunRow
from web_kit.words import count


def run_sentence(run: RunRow) -> str:
    """What a run did and how good it is: one sentence for its page."""
    if run.state == "failed":
        return f"{count(run.orders, 'order')} were to be decided, and nothing was done about them."
    what = f"{count(run.orders, 'order')} decided in {duration(run.seconds)} for {money(run.cost, run.region)}"
    if run.orders > 1 and run.saved > 0:
        return f"{what}, {_near(run)}, {money(run.saved, run.region)} less than one order after another."
    return f"{what}, {_near(run)}."


def decided_by(run: RunRow) -> str:
    """Under which circumstances an order was decided, for the page of the order."""
    if run.kind == "single":
        return "decided at once, at the prices of the last run"
    if run.orders == 1:
        return "decided by itself"
    if run.effort == "one-by-one":
        return f"decided with {count(run.orders - 1, 'other order')}, one after another"
    return f"decided together with {count(run.orders - 1, 'other order')}, {_near(run)} for all of them"


def _near(run: RunRow) -> str:
    if run.cost <= run.bound:
        return "proven the best"
    return f"at most {percent(run.gap_percent)} above the best possible"
