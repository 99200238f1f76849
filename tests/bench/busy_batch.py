"""A batch of orders that is sourced over and over, until the process is ended: ``python -m tests.bench.busy_batch``."""

from routing.source import source_in_order
from tests.bench.bench_routing import instance


def main() -> None:
    """Say that it begins, then never come back."""
    problem, _ = instance(seed=3)
    print("begun", flush=True)
    while True:
        source_in_order(problem, range(problem.orders))


if __name__ == "__main__":
    main()
