"""A process that optimises over and over does not grow. The benchmark does it a thousand times."""

from tests.bench.steady import measure

GROWTH_MB_MAX = 4.0
"""What the allocator may keep for itself; 40 kB lost in each run would be as much."""


def test_a_hundred_batches_later_a_process_holds_no_more_memory() -> None:
    found = measure(100)
    assert found["after_mb"] - found["before_mb"] < GROWTH_MB_MAX
