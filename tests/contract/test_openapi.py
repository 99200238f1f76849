"""The centre's API keeps what its description promises, whatever is sent to it."""

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from central.app import create_app
from central.platform.engine import make_unpooled_engine
from retail.clock import ManualClock
from retail.ids import SeededIds

EXAMPLES = 5
"""Requests to each endpoint, in each mode."""

NOT_PROMISED = [positive_data_acceptance]
"""A request of the right form may still be refused: its SKU may name nothing."""


@pytest.mark.parametrize("mode", list(GenerationMode))
def test_every_endpoint_answers_as_it_says(database_url: str, mode: GenerationMode) -> None:
    clock = ManualClock(1_800_000_000_000)
    # Each generated request runs on an event loop of its own: nothing may be pooled between them.
    app = create_app(make_unpooled_engine(database_url), clock, SeededIds(3, clock), version="0")
    schema = schemathesis.openapi.from_asgi("/openapi.json", app)
    operations = [result.ok() for result in schema.get_all_operations()]
    assert len(operations) >= 10
    for operation in operations:

        @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), database=None)
        @given(case=operation.as_strategy(generation_mode=mode))
        def ask(case: schemathesis.Case) -> None:
            case.call_and_validate(excluded_checks=NOT_PROMISED)

        try:
            ask()
        except Unsatisfiable:
            assert mode is GenerationMode.NEGATIVE  # an endpoint without parameters cannot be asked wrongly
