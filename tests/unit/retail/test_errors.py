import pickle

import pytest

from retail.errors import Fatal, NeedsAttention, Refused, Retryable


def test_a_refusal_reads_as_one_sentence_that_ends_with_what_to_do() -> None:
    refused = Refused("gtin", "the check digit should be 3", "scan the code again")
    assert str(refused) == "gtin: the check digit should be 3; scan the code again"
    assert (refused.field, refused.problem, refused.remedy) == refused.args


@pytest.mark.parametrize("failure", [NeedsAttention, Fatal])
def test_what_a_person_must_fix_says_how(failure: type[NeedsAttention] | type[Fatal]) -> None:
    error = failure("the printer has no paper", "put in a roll")
    assert str(error) == "the printer has no paper; put in a roll"
    assert (error.problem, error.remedy) == ("the printer has no paper", "put in a roll")


def test_no_way_to_fail_is_caught_by_a_handler_of_another() -> None:
    kinds = [Refused, Retryable, NeedsAttention, Fatal]
    assert [(one, other) for one in kinds for other in kinds if one is not other and issubclass(one, other)] == []


@pytest.mark.parametrize(
    "error", [Refused("sku", "it is empty", "fill it in"), NeedsAttention("p", "r"), Retryable("p")]
)
def test_failures_cross_from_one_process_to_another(error: Exception) -> None:
    copy = pickle.loads(pickle.dumps(error))
    assert (type(copy), str(copy), vars(copy)) == (type(error), str(error), vars(error))
