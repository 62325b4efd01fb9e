"""What hooks and the log are told of a client's calls."""

from __future__ import annotations

import asyncio
import logging
from decimal import Decimal
from typing import Any

import pytest

from runflow_client import AsyncRunflow, RetryPolicy, Runflow, Verdict, errors, events
from runflow_client.sandbox import Sandbox, faults, sharp_picture

ID = "0193f0a0-0000-7000-8000-000000000001"
QUICK = RetryPolicy(first_pause=0.01)


def evaluated(sandbox: Sandbox, **options: Any) -> list[events.Event]:
    seen: list[events.Event] = []
    with sandbox.client(hooks=[seen.append], retries=QUICK, **options) as client:
        client.evaluations.evaluate(sharp_picture(), "headshot", idempotency_key="mine")
    return seen


def test_hook_sees_every_request_of_an_evaluate() -> None:
    seen = evaluated(Sandbox(evaluation_seconds=1.0))
    requests = [event for event in seen if isinstance(event, (events.RequestStarted, events.RequestFinished))]
    assert [(type(event).__name__, event.operation, event.attempt) for event in requests] == [
        ("RequestStarted", "submit_evaluation", 1),
        ("RequestFinished", "submit_evaluation", 1),
        ("RequestStarted", "get_evaluation", 1),
        ("RequestFinished", "get_evaluation", 1),
    ]
    finished = requests[1]
    assert isinstance(finished, events.RequestFinished)
    assert (finished.method, finished.path, finished.status, finished.failure) == ("POST", "/v1/evaluations", 202, None)
    assert finished.seconds == pytest.approx(0.05)


def test_hook_sees_submit_and_end() -> None:
    seen = evaluated(Sandbox(evaluation_seconds=1.0, price="0.05"))
    (submitted,) = [event for event in seen if isinstance(event, events.EvaluationSubmitted)]
    (ended,) = [event for event in seen if isinstance(event, events.EvaluationFinished)]
    assert submitted.idempotency_key == "mine"
    assert ended.evaluation_id == submitted.evaluation_id
    assert (ended.status, ended.verdict, ended.charged) == ("completed", Verdict.PASSED, Decimal("0.05"))
    assert ended.seconds == pytest.approx(5.1)


def test_hook_sees_retries_with_reason_and_request_id() -> None:
    sandbox = Sandbox()
    sandbox.faults.on("POST", "/v1/evaluations", faults.refuse(503, headers={"X-Request-Id": "r-1"}), faults.drop_after)
    retries = [event for event in evaluated(sandbox) if isinstance(event, events.RequestRetried)]
    assert [(event.operation, event.attempt, event.attempts, event.request_id) for event in retries] == [
        ("submit_evaluation", 1, 5, "r-1"),
        ("submit_evaluation", 2, 5, None),
    ]
    assert retries[0].reason == "the server responded with 503"
    assert retries[1].reason.startswith("the connection broke before the response was whole (ConnectionResetError")


def test_tolerated_poll_failure_is_told_as_retry() -> None:
    sandbox = Sandbox(evaluation_seconds=1.0)
    sandbox.faults.on("GET", "/v1/evaluations/*", faults.refuse(503), faults.truncate(3))
    retries = [event for event in evaluated(sandbox) if isinstance(event, events.RequestRetried)]
    assert [(event.operation, event.attempt, event.attempts) for event in retries] == [
        ("get_evaluation", 1, None),
        ("get_evaluation", 2, None),
    ]
    assert retries[1].reason == "the server responded with 200, with an unusable body"


def test_async_client_tells_its_hooks() -> None:
    seen: list[events.Event] = []

    async def main() -> None:
        async with Sandbox().async_client(hooks=[seen.append]) as client:
            await client.evaluations.evaluate(sharp_picture(), "headshot")

    asyncio.run(main())
    assert isinstance(seen[-1], events.EvaluationFinished)


def test_failing_hook_is_logged_and_not_raised(caplog: pytest.LogCaptureFixture) -> None:
    def broken(event: events.Event) -> None:
        raise ValueError("mine")

    with Sandbox().client(hooks=[broken]) as client:
        assert client.account.health().status == "ok"
    assert [record.message for record in caplog.records if record.levelno == logging.ERROR] == [
        "a hook failed on RequestStarted",
        "a hook failed on RequestFinished",
    ]


@pytest.mark.parametrize("hooks", [5, "print", [5], print])
@pytest.mark.parametrize("kind", [Runflow, AsyncRunflow])
def test_hooks_that_cannot_be_called_are_refused(kind: Any, hooks: Any) -> None:
    with pytest.raises(errors.ConfigurationError, match=r"^hooks must be a list of functions"):
        kind("rf_x", hooks=hooks)


def test_log_has_submit_and_end_at_info(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="runflow_client")
    (submitted,) = [event for event in evaluated(Sandbox()) if isinstance(event, events.EvaluationSubmitted)]
    name = submitted.evaluation_id
    assert [record.message for record in caplog.records] == [
        f"submitted evaluation {name}",
        f"evaluation {name} ended: passed after 5.1 s, charged 0.05",
    ]


def test_log_of_failed_evaluation_without_price_says_so(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="runflow_client")
    sandbox = Sandbox()
    sandbox.faults.on("GET", "/v1/evaluations/*", faults.show(status_code="failed", cost=None))
    with sandbox.client() as client, pytest.raises(errors.EvaluationFailedError):
        client.evaluations.evaluate(sharp_picture(), "headshot")
    assert caplog.records[-1].message.endswith("ended: failed after 5.1 s, charged unknown")


def test_log_has_every_retry_at_warning(caplog: pytest.LogCaptureFixture) -> None:
    sandbox = Sandbox()
    sandbox.faults.on("POST", "/v1/evaluations", faults.refuse(503, headers={"X-Request-Id": "r-1"}))
    sandbox.faults.on("GET", "/v1/evaluations/*", faults.refuse(503))
    evaluated(sandbox)
    first, second = [record.message for record in caplog.records if record.levelno == logging.WARNING]
    assert first.startswith(
        "submit_evaluation: attempt 1 of 5 failed: the server responded with 503, request id r-1; next attempt in "
    )
    assert second.startswith("get_evaluation: attempt 1 failed: the server responded with 503; next attempt in ")


def test_log_has_every_request_at_debug(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="runflow_client")
    sandbox = Sandbox()
    sandbox.faults.on("POST", "/v1/evaluations", faults.drop_before)
    evaluated(sandbox)
    lines = [record.message for record in caplog.records if record.levelno == logging.DEBUG]
    assert lines[0].startswith("POST /v1/evaluations: the connection broke before the response was whole")
    assert lines[1] == "POST /v1/evaluations: 202 after 0.050 s"
    assert all("?" not in line for line in lines)


def test_copy_of_client_keeps_hooks_or_takes_others() -> None:
    first: list[events.Event] = []
    second: list[events.Event] = []
    with Sandbox().client(hooks=[first.append]) as client:
        client.with_options(timeout=5.0).account.health()
        client.with_options(hooks=[second.append]).account.health()
    assert len(first) == len(second) == 2
