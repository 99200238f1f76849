import doctest

from retail import money


def test_the_examples_in_the_documentation_are_true() -> None:
    failed, attempted = doctest.testmod(money)
    assert (failed, attempted) == (0, 2)
