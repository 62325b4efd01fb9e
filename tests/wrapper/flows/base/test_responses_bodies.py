"""Response bodies of every shape become errors."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
from player import Player, response

from runflow_client import Evaluation, RetryPolicy, errors
from runflow_client.flows import submitting
from runflow_client.models.evaluation_request import EvaluationRequest


def submission(**changes: Any) -> EvaluationRequest:
    return EvaluationRequest(**{"image": "https://example.com/a.png", "task_type": "headshot", **changes})


def submit(player: Player, **changes: Any) -> Evaluation:
    return player.run(submitting.submit(player.context, submission(**changes)))


@pytest.mark.parametrize(
    "body", [b"", b"<html>hello</html>", b"[]", b"null", b'"text"', b"12", b'{"id": ', b"\xff\xfe"]
)
def test_success_without_json_object_raises_decode_error_with_key(body: bytes) -> None:
    player = Player([response(202, body, content_type="text/html", x_request_id="r-1")])
    with pytest.raises(errors.DecodeError, match="not a JSON object") as caught:
        submit(player)
    assert caught.value.idempotency_key == "new-key"
    assert caught.value.request_id == "r-1"
    assert "new-key" in str(caught.value)


def test_deeply_nested_json_raises_decode_error() -> None:
    with pytest.raises(errors.DecodeError):
        submit(Player([response(202, b'{"a":' * 100_000)]))


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
        submit(Player([response(422, body)]))
    error = caught.value
    assert (error.code, error.message) == (code, message)
    assert field in str(error)
    assert all(isinstance(row, dict) for row in error.errors)


def test_html_error_page_is_kept_as_text_outside_message() -> None:
    page = b"<html><title>502 Bad Gateway</title>" + b"x " * 5_000
    with pytest.raises(errors.ServerError) as caught:
        submit(Player([response(502, page)], retries=RetryPolicy(attempts=1)))
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
            submit(Player([response(status)]))
        assert type(caught.value) is kind
        assert len(str(caught.value)) > len(f"submitting an image: the server responded with {status}. ")


def test_error_of_call_pickles_with_all_fields() -> None:
    with pytest.raises(errors.RateLimitError) as caught:
        submit(Player([response(429, {"code": "RATE_LIMITED"}, retry_after="3600", x_request_id="r-9")]))
    again = pickle.loads(pickle.dumps(caught.value))
    assert type(again) is errors.RateLimitError
    assert str(again) == str(caught.value)
    assert again.__dict__ == caught.value.__dict__
    assert (again.retry_after, again.request_id, again.idempotency_key) == (3600.0, "r-9", "new-key")


@pytest.mark.parametrize("message", ["No X.", "No X", "No X..."])
def test_server_message_ends_with_one_full_stop(message: str) -> None:
    player = Player([response(418, {"message": message})])
    with pytest.raises(errors.APIError) as caught:
        submit(player)
    assert str(caught.value) == "submitting an image: the server responded with 418: No X."


def test_error_field_text_is_cut_at_two_hundred_characters() -> None:
    for detail, shown in (
        ({"loc": ["a"], "msg": "b " * 200}, "a: " + "b " * 98 + "b"),
        ({"msg": "b " * 200}, "b " * 100),
    ):
        player = Player([response(422, {"errors": [detail]})])
        with pytest.raises(errors.UnprocessableError) as caught:
            submit(player)
        assert f"422 [{shown}]. " in str(caught.value)
