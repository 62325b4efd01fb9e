from __future__ import annotations

import math
from typing import Any

import pytest
from player import BROKEN, NOT_CONNECTED, TIMED_OUT, Player, keys_of, response

from runflow_api.api.evaluations import get_evaluation
from runflow_client import errors
from runflow_client.flows import submitting
from runflow_client.flows.base.policies import RetryPolicy
from runflow_client.flows.base.responses import CallInfo
from runflow_client.flows.base.retrying import send_for_model
from runflow_client.models.evaluation import Evaluation
from runflow_client.models.evaluation_request import EvaluationRequest

ID = "0193f0a0-0000-7000-8000-000000000001"
PENDING = {"id": ID, "status_code": "pending"}


def submission(**changes: Any) -> EvaluationRequest:
    return EvaluationRequest(**{"image": "https://example.com/a.png", "task_type": "headshot", **changes})


def submit(player: Player, **changes: Any) -> Evaluation:
    return player.run(submitting.submit(player.context, submission(**changes)))


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 520, 599])
def test_transient_status_is_retried_with_same_bytes_and_key(status: int) -> None:
    player = Player([response(status), response(202, PENDING)])
    assert submit(player).id == ID
    first, second = player.requests
    assert first == second
    assert first.body == second.body is not None
    assert keys_of(player.requests) == {"new-key"}


@pytest.mark.parametrize("status", [302, 400, 401, 402, 403, 404, 405, 409, 413, 422, 451, 499, 501, 505])
def test_permanent_status_is_not_retried(status: int) -> None:
    player = Player([response(status)])
    with pytest.raises(errors.APIError) as caught:
        submit(player)
    assert caught.value.status == status
    assert len(player.requests) == 1
    assert caught.value.idempotency_key == "new-key"


@pytest.mark.parametrize("kind", [BROKEN, NOT_CONNECTED, TIMED_OUT])
def test_request_failure_is_retried_under_same_key(kind: Any) -> None:
    player = Player([kind, kind, response(202, PENDING)])
    assert submit(player, idempotency_key="mine").id == ID
    assert keys_of(player.requests) == {"mine"}
    assert len(player.requests) == 3


def test_409_after_lost_response_is_retried() -> None:
    player = Player([BROKEN, response(409, {"code": "CONFLICT", "message": "busy"}), response(202, PENDING)])
    assert submit(player).id == ID


def test_409_after_failed_connection_raises_conflict_error() -> None:
    player = Player([NOT_CONNECTED, response(409, {"code": "CONFLICT", "message": "other body"})])
    with pytest.raises(errors.ConflictError, match="CONFLICT: other body"):
        submit(player)
    assert len(player.requests) == 2


def test_retry_pauses_double_up_to_longest_and_start_at_zero() -> None:
    longest = Player([response(503)], random=1.0, retries=RetryPolicy(attempts=8))
    with pytest.raises(errors.ServerError):
        submit(longest)
    assert longest.sleeps == [0.5, 1.0, 2.0, 4.0, 8.0, 8.0, 8.0]
    shortest = Player([response(503)], random=0.0)
    with pytest.raises(errors.ServerError):
        submit(shortest)
    assert shortest.sleeps == [0.0, 0.0, 0.0, 0.0]


def test_single_attempt_policy_sends_once() -> None:
    player = Player([response(503)], retries=RetryPolicy(attempts=1))
    with pytest.raises(errors.ServerError) as caught:
        submit(player)
    assert len(player.requests) == 1
    assert "idempotency_key='new-key'" in str(caught.value)


@pytest.mark.parametrize(
    ("headers", "pause"),
    [
        ({"retry_after": "7"}, 7.0),
        ({"retry_after": "0.5"}, 0.5),
        ({"retry_after": "Sat, 21 Nov 2026 10:00:09 GMT", "date": "Sat, 21 Nov 2026 10:00:00 GMT"}, 9.0),
        ({"retry_after": "Sat, 21 Nov 2026 09:00:00 GMT", "date": "Sat, 21 Nov 2026 10:00:00 GMT"}, 0.5),
        ({"retry_after": "Sat, 21 Nov 2026 10:00:09 GMT"}, 0.5),
        ({"retry_after": "soon"}, 0.5),
        ({"retry_after": "nan"}, 0.5),
        ({"retry_after": "inf"}, 0.5),
        ({"retry_after": "-4"}, 0.5),
        ({"retry_after": ""}, 0.5),
        ({"retry_after": "1" * 400}, None),
        ({"retry_after": "60"}, 60.0),
        ({"retry_after": "61"}, None),
    ],
)
def test_valid_retry_after_is_honoured_up_to_limit(headers: dict[str, str], pause: float | None) -> None:
    player = Player([response(429, **headers), response(202, PENDING)], timeout=None)
    if pause is None:
        with pytest.raises(errors.RateLimitError):
            submit(player)
        assert player.sleeps == []
    else:
        submit(player)
        assert player.sleeps == [pause]


def test_retry_after_beyond_limit_raises_immediately_with_its_value() -> None:
    player = Player([response(429, {"code": "RATE_LIMITED", "message": "slow"}, retry_after="36000")])
    with pytest.raises(errors.RateLimitError) as caught:
        submit(player)
    assert caught.value.retry_after == 36_000.0
    assert player.sleeps == []


def test_call_with_retries_ends_by_client_timeout() -> None:
    player = Player([TIMED_OUT], timeout=30.0)
    began = player.now
    with pytest.raises(errors.RequestTimeoutError) as caught:
        submit(player)
    assert player.now - began <= 30.0
    assert len(player.requests) == 2, "the attempt timeout leaves time for a second attempt"
    assert caught.value.idempotency_key == "new-key"


def test_no_retry_pause_extends_beyond_deadline() -> None:
    player = Player([response(503)], timeout=1.0, random=1.0)
    with pytest.raises(errors.ServerError):
        submit(player)
    assert player.sleeps == [0.5]
    assert player.now <= 1_001.0


def too_deep(data: dict[str, Any]) -> Any:
    """A model reader without enough stack; from Python 3.12 on the JSON parser accepts deeper nesting than a model."""
    return too_deep(data)


def test_response_too_deep_for_model_raises_decode_error() -> None:
    player = Player([response(200, {})])
    flow = send_for_model(player.context, get_evaluation.operation(ID), too_deep, CallInfo("getting it"), math.inf)
    with pytest.raises(errors.DecodeError, match="getting it"):
        player.run(flow)
