"""Which policy each order follows, and how far its fallback has gone."""

import numpy as np

from routing.arrays import Index
from routing.calendars.limits import MINUTE_MS
from routing.rules.document import WAIT, RuleSet
from routing.rules.view import View

NO_SEGMENT = -1
"""Segment of an order that follows the default policy."""


def _segments(rule_set: RuleSet, view: View) -> Index:
    segment = np.full(len(view.orders), NO_SEGMENT)
    for number, each in enumerate(rule_set.segments):
        segment[(segment == NO_SEGMENT) & each.match.orders(view)] = number
    return segment


def policies_of(rule_set: RuleSet, view: View) -> tuple[Index, Index]:
    """The segment (O,) of every order, -1 for none, and its policy (O,), as indices into the rule set."""
    index = {policy.id: number for number, policy in enumerate(rule_set.policies)}
    segment = _segments(rule_set, view)
    # The default stands last, where the index -1 finds it.
    policies = [*(index[each.policy] for each in rule_set.segments), index[rule_set.default_policy]]
    return segment, np.array(policies, np.intp)[segment]


def stages_of(rule_set: RuleSet, view: View, policy: Index) -> tuple[Index, tuple[str, ...]]:
    """How many fallback steps each order (O,) has reached, and what becomes of its lines that nobody can serve.

    A clock that was set back makes a wait short, never negative.
    """
    since = [o.placed_ms if o.waiting_since_ms is None else o.waiting_since_ms for o in view.orders]
    stage, actions = np.zeros(len(since), np.intp), []
    for number, (moment, chosen) in enumerate(zip(since, policy.tolist(), strict=True)):
        steps = rule_set.policies[chosen].fallbacks
        reached = [step for step in steps if view.now_ms - moment >= step.after_minutes * MINUTE_MS]
        stage[number] = len(reached)
        actions.append(next((step.then for step in reversed(reached) if step.then), WAIT))
    return stage, tuple(actions)
