"""The last touch on an outcome: no secrets, the origin, the time of arrival where it asks for a pause."""

import pytest

from runflow_client.flows.base.steps import FailureKind, RequestFailure, Response
from runflow_client.runtime.configuration import configure
from runflow_client.runtime.outcomes import callback_error, complete_outcome
from runflow_client.runtime.transport.failures import failure_from
from runflow_client.runtime.transport.requests import HTTPRequest

CONFIGURATION = configure("rf_hidden", None, "https://api.example", None, {})
REQUEST = HTTPRequest("GET", "https://api.example:8443/v1/x?signature=1", [], None)


def test_failure_is_redacted_shortened_and_given_its_origin() -> None:
    failure = failure_from(OSError("Bearer rf_hidden at https://s.example/p?signature=1"))
    assert complete_outcome(failure, REQUEST, CONFIGURATION) == RequestFailure(
        FailureKind.BROKEN,
        "OSError: Bearer [secret cut] at https://s.example/p?[query cut]",
        True,
        "https://api.example:8443",
    )
    long = complete_outcome(RequestFailure(FailureKind.TIMEOUT, "no " * 200, False), REQUEST, CONFIGURATION)
    assert long == RequestFailure(FailureKind.TIMEOUT, "no " * 100, False, "https://api.example:8443")


def test_response_stays_as_it_came() -> None:
    whole = Response(200, {}, b"rf_hidden")
    assert complete_outcome(whole, REQUEST, CONFIGURATION) is whole


def test_response_that_asks_for_a_pause_knows_its_arrival() -> None:
    busy = complete_outcome(Response(429, {"retry-after": "5"}, b""), REQUEST, CONFIGURATION)
    assert isinstance(busy, Response)
    assert busy.received_at is not None


@pytest.mark.parametrize("stop", [StopIteration(), StopAsyncIteration()])
def test_stop_iteration_of_a_callback_becomes_a_runtime_error(stop: Exception) -> None:
    error = callback_error("on_update", stop)
    assert isinstance(error, RuntimeError)
    assert str(error) == f"on_update raised {type(stop).__name__}"


def test_other_errors_of_a_callback_stay() -> None:
    own = ValueError("mine")
    assert callback_error("on_update", own) is own
