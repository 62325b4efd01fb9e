"""The exact limits of retries: attempts, pauses, deadlines and keys."""

from __future__ import annotations

import math
from typing import Any

import pytest
from player import BROKEN, NOT_CONNECTED, Player, response

from runflow_api.api.evaluations import get_evaluation, submit_evaluation
from runflow_api.models.submit_evaluation_request import SubmitEvaluationRequest
from runflow_client import Evaluation, RetryPolicy, errors
from runflow_client.flows import submitting
from runflow_client.flows.base.responses import CallInfo
from runflow_client.flows.base.retrying import build_request, derive_key, send_with_retries
from runflow_client.flows.base.steps import Request, RequestFailure, Response
from runflow_client.models.evaluation_request import EvaluationRequest

ID = "0193f0a0-0000-7000-8000-000000000001"
PENDING = response(202, {"id": ID, "status_code": "pending"})


def submission(**changes: Any) -> EvaluationRequest:
    return EvaluationRequest(**{"image": "https://example.com/a.png", "task_type": "headshot", **changes})


def submit(player: Player, **changes: Any) -> Evaluation:
    return player.run(submitting.submit(player.context, submission(**changes)))


@pytest.mark.parametrize(("timeout", "attempts"), [(0.75, 2), (0.5, 1), (0.501, 2)])
def test_retry_pause_ending_at_deadline_is_not_started(timeout: float, attempts: int) -> None:
    player = Player([response(503)], seconds=0.0, timeout=timeout, retries=RetryPolicy(first_pause=0.5))
    with pytest.raises(errors.ServerError):
        submit(player)
    assert len(player.requests) == attempts


@pytest.mark.parametrize("attempts", [1, 2, 3])
def test_attempt_count_equals_policy(attempts: int) -> None:
    player = Player([BROKEN], retries=RetryPolicy(attempts=attempts))
    with pytest.raises(errors.ConnectionFailedError):
        submit(player)
    assert len(player.requests) == attempts
    assert len(player.sleeps) == attempts - 1


@pytest.mark.parametrize("status", [400, 401, 409, 422])
@pytest.mark.parametrize(
    ("before", "unknown"),
    [(BROKEN, True), (NOT_CONNECTED, False), (response(408), True), (response(500), True), (response(429), False)],
)
def test_error_says_whether_earlier_attempt_may_have_been_processed(
    before: Response | RequestFailure, unknown: bool, status: int
) -> None:
    player = Player([before, response(status)], retries=RetryPolicy(attempts=2))
    with pytest.raises(errors.APIError) as caught:
        submit(player)
    assert ("The outcome of an earlier attempt is unknown" in str(caught.value)) == unknown


def test_error_without_own_advice_names_idempotency_key() -> None:
    player = Player([BROKEN, response(418)], retries=RetryPolicy(attempts=2))
    with pytest.raises(errors.APIError) as caught:
        submit(player)
    assert str(caught.value) == (
        "submitting an image: the server responded with 418. The outcome of an earlier attempt is unknown. The server may have processed "
        "the request; to go on, call again with idempotency_key='new-key' and the same arguments, so that nothing is billed "
        "twice."
    )


def test_unknown_outcome_of_attempt_persists_over_later_attempts() -> None:
    player = Player([BROKEN, NOT_CONNECTED, response(409), PENDING])
    assert submit(player).id == ID
    player = Player([BROKEN, NOT_CONNECTED], retries=RetryPolicy(attempts=2))
    with pytest.raises(errors.ConnectionFailedError, match="may have processed the request"):
        submit(player)
    player = Player([NOT_CONNECTED], retries=RetryPolicy(attempts=2))
    with pytest.raises(errors.ConnectionFailedError, match="has not processed the request"):
        submit(player)


@pytest.mark.parametrize("method", ["DELETE", "GET"])
@pytest.mark.parametrize("before", [BROKEN, NOT_CONNECTED])
def test_404_counts_as_deleted_only_after_lost_delete_response(method: str, before: RequestFailure) -> None:
    player = Player([before, response(404)])
    flow = send_with_retries(
        player.context,
        Request("some_operation", method, "/x"),
        CallInfo("deleting"),
        math.inf,
        lambda found: found.status,
    )
    if method == "DELETE" and before is BROKEN:
        assert player.run(flow) == 404
    else:
        with pytest.raises(errors.NotFoundError):
            player.run(flow)


def test_unanswered_delete_raises_connection_failed_error() -> None:
    player = Player([BROKEN], retries=RetryPolicy(attempts=3))
    with pytest.raises(errors.ConnectionFailedError):
        player.run(
            send_with_retries(
                player.context,
                Request("some_operation", "DELETE", "/x"),
                CallInfo("deleting"),
                math.inf,
                lambda found: True,
            )
        )
    assert len(player.requests) == 3


def test_retry_after_date_without_date_header_is_ignored() -> None:
    for date in ({}, {"date": "soon"}):
        player = Player([response(503, retry_after="Sat, 21 Nov 2026 10:00:09 GMT", **date), PENDING])
        submit(player)
        assert player.sleeps == [0.5]


@pytest.mark.parametrize("asked", ["1.5", " 1.5 ", "1.50", "001.5"])
def test_retry_after_accepts_fraction(asked: str) -> None:
    player = Player([response(503, retry_after=asked), PENDING])
    submit(player)
    assert player.sleeps == [1.5]


@pytest.mark.parametrize("odd", [".", "1.2.3", "1e3", "٣", "+5", "1,5", "0x10"])
def test_retry_after_not_plain_number_is_ignored(odd: str) -> None:
    player = Player([response(503, retry_after=odd), PENDING])
    submit(player)
    assert player.sleeps == [0.5]


def test_built_request_has_json_headers_and_one_key() -> None:
    body = SubmitEvaluationRequest(generated_image_url="https://example.com/a.png", task_type="headshot")
    operation = submit_evaluation.operation(body=body, idempotency_key="old")
    request = build_request(operation, "new")
    assert request.headers == (
        ("Accept", "application/json"),
        ("Content-Type", "application/json"),
        ("Idempotency-Key", "new"),
    )
    bare = build_request(get_evaluation.operation(ID))
    assert (bare.method, bare.body, bare.headers) == ("GET", None, (("Accept", "application/json"),))


def test_derived_key_depends_on_parts_and_order() -> None:
    keys = {derive_key(*parts) for parts in (("a", "b"), ("b", "a"), ("a", "b", "c"), ("a",), ("ab",), ("a\nb", "c"))}
    assert len(keys) == 5, "a key with a line break collides, but no request can carry it"
    assert derive_key("a", "b") == "ab92d2de-6f95-5a83-a01f-a74563a42194"
