"""Every deliberate mistake is caught by the promises of the simulation, within its fixed seeds."""

import pytest

from tests.simulation.mutants import MUTANTS, Mutant
from tests.simulation.scenario import run
from tests.simulation.test_simulation import FIXED_SEEDS
from tests.simulation.violation import Violation


def name_of(mutant: Mutant) -> str:
    return mutant.__name__


@pytest.mark.parametrize("mutant", MUTANTS, ids=name_of)
def test_a_mistake_is_caught(mutant: Mutant) -> None:
    for seed in FIXED_SEEDS:
        with pytest.MonkeyPatch.context() as patch:
            mutant(patch)
            try:
                run(seed)
            except Violation as violation:
                print(f"seed {seed}: {violation}")
                return
    pytest.fail("no seed noticed the mistake")
