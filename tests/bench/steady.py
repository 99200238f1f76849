"""Memory of a process that optimises a small batch over and over.

``python -m tests.bench.steady RUNS`` prints what it holds after the first runs and after all of them, as JSON.
"""

import gc
import json
import sys
from pathlib import Path

import numpy as np

from routing.batch.efforts import QUICK
from routing.optimise import optimise
from tests.bench.bench_routing import instance
from tests.bench.figures import Figures

WARM_UP = 20
SAYS_EVERY = 100
_KIB_IN_MB = 1024


def measure(runs: int) -> Figures:
    """Resident memory in MB (2^20 bytes) after up to ``WARM_UP`` runs and after ``runs`` more, each with its seed."""
    # Small, and yet contested: every stage takes place, up to the proof.
    problem, _ = instance(seed=4, orders=20, locations=10, skus=6)
    sequence = np.arange(problem.orders)
    for seed in range(min(WARM_UP, runs)):
        optimise(problem, sequence, QUICK, seed)
    before = resident_mb()
    for number in range(1, runs + 1):
        optimise(problem, sequence, QUICK, WARM_UP + number)
        if number % SAYS_EVERY == 0:
            print(f"{number} of {runs} runs: {resident_mb():.1f} MB", file=sys.stderr, flush=True)
    return {"before_mb": before, "after_mb": resident_mb()}


def resident_mb() -> float:
    """VmRSS of this process, after a collection."""
    gc.collect()
    for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / _KIB_IN_MB
    raise AssertionError("the kernel does not tell VmRSS")


def main(runs: str) -> None:
    """Print the figures."""
    print(json.dumps(measure(int(runs))))


if __name__ == "__main__":
    main(*sys.argv[1:])
