from __future__ import annotations

import json
import math
import pickle
from typing import Any

import pytest
from player import LOST, NOT_CONNECTED, TIMED_OUT, Player, answer, keys_of

from runflow_api.api.evaluations import get_evaluation
from runflow_client import errors
from runflow_client.flows import evaluations as flows
from runflow_client.flows.base.policies import RetryPolicy
from runflow_client.flows.base.responses import CallInfo
from runflow_client.flows.base.retrying import send_for_model
from runflow_client.models.evaluation import Evaluation

ID = "0193f0a0-0000-7000-8000-000000000001"
PENDING = {"id": ID, "status_code": "pending"}


def submission(**changes: Any) -> flows.Submission:
    return flows.Submission(**{"image": "https://example.com/a.png", "task_type": "headshot", **changes})


def submit(player: Player, **changes: Any) -> Evaluation:
    return player.run(flows.submit(player.context, submission(**changes)))


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 520, 599])
def test_transient_status_is_retried_with_same_bytes_and_key(status: int) -> None:
    player = Player([answer(status), answer(202, PENDING)])
    assert submit(player).id == ID
    first, second = player.requests
    assert first == second
    assert first.body == second.body is not None
    assert keys_of(player.requests) == {"minted-key"}


@pytest.mark.parametrize("status", [302, 400, 401, 402, 403, 404, 405, 409, 413, 422, 451, 499, 501, 505])
def test_permanent_status_is_not_retried(status: int) -> None:
    player = Player([answer(status)])
    with pytest.raises(errors.APIError) as caught:
        submit(player)
    assert caught.value.status == status
    assert len(player.requests) == 1
    assert caught.value.idempotency_key == "minted-key"


@pytest.mark.parametrize("kind", [LOST, NOT_CONNECTED, TIMED_OUT])
def test_request_failure_is_retried_under_same_key(kind: Any) -> None:
    player = Player([kind, kind, answer(202, PENDING)])
    assert submit(player, idempotency_key="mine").id == ID
    assert keys_of(player.requests) == {"mine"}
    assert len(player.requests) == 3


def test_409_after_lost_response_is_retried() -> None:
    player = Player([LOST, answer(409, {"code": "CONFLICT", "message": "busy"}), answer(202, PENDING)])
    assert submit(player).id == ID


def test_409_after_failed_connection_raises_conflict_error() -> None:
    player = Player([NOT_CONNECTED, answer(409, {"code": "CONFLICT", "message": "other body"})])
    with pytest.raises(errors.ConflictError, match="CONFLICT: other body"):
        submit(player)
    assert len(player.requests) == 2


def test_retry_pauses_double_up_to_longest_and_start_at_zero() -> None:
    longest = Player([answer(503)], random=1.0, retries=RetryPolicy(attempts=8))
    with pytest.raises(errors.ServerError):
        submit(longest)
    assert longest.sleeps == [0.5, 1.0, 2.0, 4.0, 8.0, 8.0, 8.0]
    shortest = Player([answer(503)], random=0.0)
    with pytest.raises(errors.ServerError):
        submit(shortest)
    assert shortest.sleeps == [0.0, 0.0, 0.0, 0.0]


def test_single_attempt_policy_sends_once() -> None:
    player = Player([answer(503)], retries=RetryPolicy(attempts=1))
    with pytest.raises(errors.ServerError) as caught:
        submit(player)
    assert len(player.requests) == 1
    assert "idempotency_key='minted-key'" in str(caught.value)


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
    player = Player([answer(429, **headers), answer(202, PENDING)], timeout=None)
    if pause is None:
        with pytest.raises(errors.RateLimitError):
            submit(player)
        assert player.sleeps == []
    else:
        submit(player)
        assert player.sleeps == [pause]


def test_retry_after_beyond_limit_raises_immediately_with_its_value() -> None:
    player = Player([answer(429, {"code": "RATE_LIMITED", "message": "slow"}, retry_after="36000")])
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
    assert len(player.requests) == 2, "the first attempt has its own limit and leaves time for another"
    assert caught.value.idempotency_key == "minted-key"


def test_no_retry_pause_extends_beyond_deadline() -> None:
    player = Player([answer(503)], timeout=1.0, random=1.0)
    with pytest.raises(errors.ServerError):
        submit(player)
    assert player.sleeps == [0.5]
    assert player.now <= 1_001.0


@pytest.mark.parametrize(
    "body", [b"", b"<html>hello</html>", b"[]", b"null", b'"text"', b"12", b'{"id": ', b"\xff\xfe"]
)
def test_success_without_json_object_raises_decode_error_with_key(body: bytes) -> None:
    player = Player([answer(202, body, content_type="text/html", x_request_id="r-1")])
    with pytest.raises(errors.DecodeError, match="not a JSON object") as caught:
        submit(player)
    assert caught.value.idempotency_key == "minted-key"
    assert caught.value.request_id == "r-1"
    assert "minted-key" in str(caught.value)


@pytest.mark.parametrize("body", [{}, {"id": None}, {"id": 12}, {"id": ""}, {"status_code": "pending"}])
def test_submit_response_without_id_raises_decode_error(body: dict[str, Any]) -> None:
    with pytest.raises(errors.DecodeError, match="names no evaluation id") as caught:
        submit(Player([answer(202, body)]))
    assert caught.value.idempotency_key == "minted-key"


def test_deeply_nested_json_raises_decode_error() -> None:
    with pytest.raises(errors.DecodeError):
        submit(Player([answer(202, b'{"a":' * 100_000)]))


@pytest.mark.parametrize(
    ("body", "code", "message", "field"),
    [
        (
            {
                "code": "VALIDATION",
                "message": "bad fields",
                "errors": [{"loc": ["body", "task_type"], "msg": "too long"}],
            },
            "VALIDATION",
            "bad fields",
            "body.task_type: too long",
        ),
        ({"detail": [{"loc": ["body", "x"], "msg": "missing", "type": "missing"}]}, None, "", "body.x: missing"),
        ([{"loc": ["body", "x"], "msg": "missing"}], None, "", "body.x: missing"),
        ({"detail": "just text"}, None, "just text", ""),
        ({"error": {"code": "INNER", "message": "inner text"}}, "INNER", "inner text", ""),
        ({"error": "flat text", "code": "FLAT"}, "FLAT", "flat text", ""),
        ({"errors": "not a list", "message": 5, "code": 7}, None, "not a list", ""),
        ({"errors": [None, 3, {"msg": 9}, {"loc": "a", "msg": "b"}]}, None, "", "a: b"),
        ("plain", None, "plain", ""),
        (None, None, "", ""),
    ],
)
def test_every_error_body_shape_is_read(body: Any, code: str | None, message: str, field: str) -> None:
    with pytest.raises(errors.UnprocessableError) as caught:
        submit(Player([answer(422, body)]))
    error = caught.value
    assert (error.code, error.message) == (code, message)
    assert field in str(error)
    assert all(isinstance(row, dict) for row in error.errors)


def test_html_error_page_is_kept_as_text_outside_message() -> None:
    page = b"<html><title>502 Bad Gateway</title>" + b"x " * 5_000
    with pytest.raises(errors.ServerError) as caught:
        submit(Player([answer(502, page)], retries=RetryPolicy(attempts=1)))
    assert "<html>" not in str(caught.value)
    assert caught.value.message == ""
    assert len(caught.value.body) == 2_000


def test_every_documented_status_has_error_class_and_advice() -> None:
    kinds = {
        401: errors.AuthenticationError,
        402: errors.InsufficientCreditError,
        403: errors.PermissionDeniedError,
        404: errors.NotFoundError,
        409: errors.ConflictError,
        422: errors.UnprocessableError,
    }
    for status, kind in kinds.items():
        with pytest.raises(kind) as caught:
            submit(Player([answer(status)]))
        assert type(caught.value) is kind
        assert len(str(caught.value)) > len(f"submitting an image: the server answered {status}. ")


def test_error_of_call_pickles_with_all_fields() -> None:
    with pytest.raises(errors.RateLimitError) as caught:
        submit(Player([answer(429, {"code": "RATE_LIMITED"}, retry_after="3600", x_request_id="r-9")]))
    again = pickle.loads(pickle.dumps(caught.value))
    assert type(again) is errors.RateLimitError
    assert str(again) == str(caught.value)
    assert again.__dict__ == caught.value.__dict__
    assert (again.retry_after, again.request_id, again.idempotency_key) == (3600.0, "r-9", "minted-key")


def test_submit_body_holds_only_given_arguments() -> None:
    player = Player([answer(202, PENDING)])
    submit(player, generation_prompt="a face", input_attributes={"style": "corporate"}, client_ref="é\ud800")
    (request,) = player.requests
    assert (request.method, request.target) == ("POST", "/v1/evaluations")
    assert request.body is not None
    assert json.loads(request.body) == {
        "generated_image_url": "https://example.com/a.png",
        "task_type": "headshot",
        "generation_prompt": "a face",
        "input_attributes": {"style": "corporate"},
        "client_ref": "é\ud800",
    }


@pytest.mark.parametrize("value", [math.nan, math.inf, object(), {1, 2}, b"bytes"])
def test_input_attributes_not_json_are_rejected_before_sending(value: object) -> None:
    player = Player([answer(202, PENDING)])
    with pytest.raises(errors.InvalidRequestError, match="JSON"):
        submit(player, input_attributes={"a": value})
    assert player.requests == []


@pytest.mark.parametrize("key", ["", "a\nb", "é", 5, "\x00"])
def test_idempotency_key_invalid_in_header_is_rejected(key: Any) -> None:
    player = Player([answer(202, PENDING)])
    with pytest.raises(errors.InvalidRequestError, match="idempotency_key"):
        submit(player, idempotency_key=key)
    assert player.requests == []


def test_submit_logs_one_line_with_id() -> None:
    player = Player([answer(202, PENDING)])
    submit(player)
    assert player.log == [f"submitted evaluation {ID}"]


def test_interruption_during_submit_notes_idempotency_key() -> None:
    flow = flows.submit(Player([]).context, submission(idempotency_key="mine"))
    next(flow)
    flow.send("https://example.com/a.png")
    with pytest.raises(KeyboardInterrupt) as caught:
        flow.throw(KeyboardInterrupt())
    assert any("idempotency_key='mine'" in note for note in caught.value.__notes__)


def test_feedback_is_retried_without_key() -> None:
    player = Player([LOST, answer(200, {**PENDING, "feedback_is_positive": True})])
    rated = player.run(flows.set_feedback(player.context, ID, True, None, None))
    assert rated.feedback_is_positive is True
    assert keys_of(player.requests) == set()
    assert player.requests[0].body == b'{"is_positive":true}'


def test_clear_feedback_sends_explicit_null() -> None:
    player = Player([answer(200, PENDING)])
    player.run(flows.clear_feedback(player.context, ID, None))
    (request,) = player.requests
    assert (request.method, request.target) == ("PATCH", f"/v1/evaluations/{ID}/feedback")
    assert request.body == b'{"is_positive":null}'


@pytest.mark.parametrize("thumb", [None, 1, "yes"])
def test_feedback_of_other_type_is_rejected(thumb: Any) -> None:
    player = Player([answer(200, PENDING)])
    with pytest.raises(errors.InvalidRequestError) as caught:
        player.run(flows.set_feedback(player.context, ID, thumb, None, None))
    assert ("clear_feedback" in str(caught.value)) == (thumb is None)
    assert player.requests == []


@pytest.mark.parametrize(("reason", "fine"), [("", False), ("x", True), ("x" * 2_000, True), ("x" * 2_001, False)])
def test_feedback_reason_has_1_to_2000_characters(reason: str, fine: bool) -> None:
    player = Player([answer(200, PENDING)])
    flow = lambda: player.run(flows.set_feedback(player.context, ID, False, reason, None))  # noqa: E731
    if fine:
        assert flow().id == ID
    else:
        with pytest.raises(errors.InvalidRequestError) as caught:
            flow()
        assert caught.value.argument == "reason"
        assert player.requests == []


@pytest.mark.parametrize("evaluation_id", ["", "..", "a/b", "%2f", "not-a-uuid", f"{ID}\n", None, 5])
def test_id_not_uuid_is_rejected_before_sending(evaluation_id: Any) -> None:
    player = Player([answer(200, PENDING)])
    with pytest.raises(errors.InvalidRequestError) as caught:
        player.run(flows.get(player.context, evaluation_id, ()))
    assert caught.value.argument == "evaluation_id"
    assert player.requests == []


def too_deep(data: dict[str, Any]) -> Any:
    """Reads a model as one is read whose JSON the parser took and the stack does not: from Python 3.12 on it may be so."""
    return too_deep(data)


def test_response_too_deep_for_model_raises_decode_error() -> None:
    player = Player([answer(200, {})])
    flow = send_for_model(player.context, get_evaluation.operation(ID), too_deep, CallInfo("getting it"), None)
    with pytest.raises(errors.DecodeError, match="getting it"):
        player.run(flow)
