"""What fifty random rules cost in runs of the batch optimiser is what runs without them say, within the stated gaps."""

import pytest

from tests.unit.routing.rules.rule_runs import RULES, broken, table, tried

RUNS = 50 // RULES


@pytest.mark.parametrize("run", range(RUNS))
def test_shadow_prices_of_fifty_random_rules_agree_with_re_solves_within_the_stated_gap(run: int) -> None:
    found = tried(run)
    assert len(found) == RULES
    assert {each.soft for each in found} == {False, True}
    assert not [each for each in found if broken(each)], f"\n{table(found)}"
