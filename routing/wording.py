"""An explanation in one plain sentence."""

from collections.abc import Sequence

from routing.labels import Labels
from routing.reasons import Alternative, Choice, Explanation, Refusal, Sieve

_NAMED_MAX = 3
_OBSTACLES_MAX = 2


def sentence(labels: Labels, why: Explanation, network: tuple[int, str], *, collected: bool) -> str:
    """What happens and at what cost; the next best and what makes it dearer; what kept a cheaper option out.

    ``why`` is complete but for its sentence; ``network`` is how many options there are and what they are called;
    ``collected`` orders are handed over.
    """
    parts = [_chosen(labels, why.chosen, collected=collected)]
    if why.runner_up is not None:
        parts.append(_next_best(labels, why, why.runner_up))
    elif not why.chosen.packages:
        parts[0] += f": {_nobody(why.funnel, network)}"
    if why.refused:
        parts.append(_refused(labels, why.refused[0], _count(why.chosen)))
    if why.excess:
        parts.append(f"not proven the cheapest: another plan might save up to {labels.money(why.excess)}")
    text = "; ".join(parts)
    return f"{text[0].upper()}{text[1:]}."


def least_changes(why: Explanation) -> tuple[str, ...]:
    """What would have altered the choice: ``store 12: if its cut-off were 15:30``, one for each way."""
    other = why.runner_up
    own = () if other is None else (f"{_briefly(other.choice)}: {other.least_change}",)
    return (*own, *(f"{refusal.name}: {refusal.least_change}" for refusal in why.refused))


def _chosen(labels: Labels, choice: Choice, *, collected: bool) -> str:
    total, cost = _count(choice), labels.money(choice.cents)
    unserved = len(choice.backordered)
    if not choice.packages:
        return f"{_which(total, total)} {_is(total)} backordered at {cost}"
    verb, verb_many = ("hands over", "hand over") if collected else ("ships", "ship")
    if len(choice.packages) > _NAMED_MAX:
        places = len({package.location for package in choice.packages})
        who = f"{places} locations {verb_many}" if places > 1 else f"{choice.packages[0].name} {verb}"
        clauses = [f"{who} {_which(total - unserved, total)}"]
    else:
        clauses = [f"{package.name} {verb} {_which(len(package.lines), total)}" for package in choice.packages]
    if unserved:
        clauses.append(f"{unserved} {_is(unserved)} backordered")
    return f"{joined(clauses)} for {cost}" if len(clauses) == 1 else f"{joined(clauses)}, for {cost} in all"


def _next_best(labels: Labels, why: Explanation, other: Alternative) -> str:
    changes = labels.changes(other.terms)
    terms = f" ({changes})" if changes else ""
    money = other.choice.cents - why.chosen.cents
    taken = other.difference - money  # prices of contested units
    text = f"the next best, {_briefly(other.choice)}, would cost "
    text += "the same" if money == 0 else f"{labels.money(abs(money))} {'more' if money > 0 else 'less'}"
    if taken:
        link = "but" if money * taken < 0 else "and"
        does = "takes" if taken > 0 else "leaves"
        text += f" {link} {does} {labels.money(abs(taken))} worth {'from' if taken > 0 else 'to'} other orders"
    if other.difference < 0 and why.together:
        terms += ", better for this order alone: it was decided together with the others"
    return text + terms


def _briefly(choice: Choice) -> str:
    if not choice.packages:
        return "backorder"
    many = len(choice.packages) > _NAMED_MAX
    names = f"a split over {len(choice.packages)}" if many else joined([package.name for package in choice.packages])
    unserved = len(choice.backordered)
    return f"{names} with {unserved} line{'' if unserved == 1 else 's'} backordered" if unserved else names


def _refused(labels: Labels, refusal: Refusal, total: int) -> str:
    served = next(len(package.lines) for package in refusal.choice.packages if package.option == refusal.option)
    share = "" if served == total else f" for {_which(served, total)}"
    blocks = joined([obstacle.text for obstacle in refusal.obstacles[:_OBSTACLES_MAX]])
    others = len(refusal.obstacles) - _OBSTACLES_MAX
    if others > 0:
        blocks += f" and {others} obstacle{'' if others == 1 else 's'} more"
    return f"{refusal.name}{share} would be {labels.money(refusal.saving)} cheaper but {blocks}"


def _nobody(funnel: Sequence[Sieve], network: tuple[int, str]) -> str:
    count, noun = network
    if not count:
        return f"there is no {noun}"
    reasons = ", ".join(f"{step.reason}: {step.removed}" for step in funnel)
    return f"none of {count} {noun}{'' if count == 1 else 's'} can serve the order ({reasons})"


def _count(choice: Choice) -> int:
    return sum(len(package.lines) for package in choice.packages) + len(choice.backordered)


def _which(lines: int, total: int) -> str:
    if lines < total:
        return f"{lines} of {total} lines"
    return {1: "the line", 2: "both lines"}.get(total, f"all {total} lines")


def _is(count: int) -> str:
    return "is" if count == 1 else "are"


def joined(parts: Sequence[str]) -> str:
    """``a, b and c``; at least one part."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
