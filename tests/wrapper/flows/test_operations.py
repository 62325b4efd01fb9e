"""Operations of the generated layer, sent with `client.send`."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from player import BROKEN, Player, keys_of, response

from runflow_api.api.account import get_balance, get_health
from runflow_api.api.evaluations import get_evaluation, list_evaluation_statuses, submit_evaluation
from runflow_api.api.webhooks import delete_callback_secret
from runflow_api.models.submit_evaluation_request import SubmitEvaluationRequest
from runflow_api.types import AnswerError, nothing
from runflow_client import errors
from runflow_client.flows import operations as sending

ID = "0193f0a0-0000-7000-8000-000000000001"
REFUSED = response(403, {"code": "FORBIDDEN"})


def test_operation_with_several_responses_is_read_by_status() -> None:
    readers = {202: lambda data: ("accepted", data["a"]), 200: lambda data: ("done", data["a"])}
    operation = get_health.operation()._replace(answers=readers)
    for status, read in ((200, "done"), (202, "accepted"), (203, "accepted")):
        player = Player([response(status, {"a": 1})])
        assert player.run(sending.send(player.context, operation)) == (read, 1)


def test_sent_post_operation_gets_generated_key() -> None:
    body = SubmitEvaluationRequest(generated_image_url="https://example.com/a.png", task_type="headshot")
    player = Player([BROKEN, response(202, {"id": ID})])
    assert player.run(sending.send(player.context, submit_evaluation.operation(body=body))).id == ID
    assert keys_of(player.requests) == {"new-key"}
    player = Player([REFUSED])
    with pytest.raises(errors.PermissionDeniedError, match="^sending ") as caught:
        player.run(sending.send(player.context, submit_evaluation.operation(body=body)))
    assert caught.value.idempotency_key == "new-key"


def test_invalid_operation_is_rejected_with_example() -> None:
    odd: Any = "GET /v1/health"
    for send in (sending.send, sending.send_raw):
        player = Player([])
        with pytest.raises(errors.InvalidRequestError) as caught:
            player.run(send(player.context, odd))
        assert str(caught.value) == (
            "operation must be built by a module of runflow_api.api, as in get_health.operation(), not str"
        )
        assert caught.value.argument == "operation"
        assert player.requests == []


def test_operations_own_key_is_kept_and_validated() -> None:
    body = SubmitEvaluationRequest(generated_image_url="https://example.com/a.png", task_type="headshot")
    player = Player([REFUSED])
    with pytest.raises(errors.PermissionDeniedError) as caught:
        player.run(sending.send(player.context, submit_evaluation.operation(body=body, idempotency_key="mine")))
    assert keys_of(player.requests) == {"mine"}
    assert caught.value.idempotency_key == "mine"
    with pytest.raises(errors.InvalidRequestError) as refused:
        player.run(sending.send(player.context, submit_evaluation.operation(body=body, idempotency_key="é")))
    assert refused.value.argument == "idempotency_key"


def test_sent_get_operation_has_no_key() -> None:
    player = Player([response(200, {"status": "ok"})], timeout=7.0)
    assert player.run(sending.send(player.context, get_health.operation())).status == "ok"
    assert keys_of(player.requests) == set()
    assert player.deadlines == [1_007.0]


def test_response_of_sent_operation_is_read_by_documented_status() -> None:
    for status in (200, 203):
        player = Player([response(status, [{"code": "a"}, {"code": "b"}])])
        page = player.run(sending.send(player.context, list_evaluation_statuses.operation()))
        assert len(page.items) == 2
    player = Player([response(204)])
    assert player.run(sending.send(player.context, delete_callback_secret.operation(ID))) is None
    for body in (b"", b"text", b"5"):
        player = Player([response(200, body)])
        with pytest.raises(errors.DecodeError, match="sending"):
            player.run(sending.send(player.context, get_balance.operation()))


def test_raw_response_is_returned_unchanged() -> None:
    reply = response(200, b"<html>", x="y")
    player = Player([reply])
    assert player.run(sending.send_raw(player.context, get_evaluation.operation(uuid.UUID(ID)))) is reply


def strings(data: Any) -> list[str]:
    if not isinstance(data, list):
        raise AnswerError("no list")
    return data


def test_response_that_is_no_object_is_read_by_its_reader() -> None:
    operation = get_health.operation()._replace(answers={200: strings})
    player = Player([response(200, ["a"])])
    assert player.run(sending.send(player.context, operation)) == ["a"]
    player = Player([response(200, {"a": 1})])
    with pytest.raises(errors.DecodeError):
        player.run(sending.send(player.context, operation))


@pytest.mark.parametrize(("body", "is_read"), [(b"null", True), (b" null\n", True), (b"<html>", False), (b"", False)])
def test_null_response_differs_from_body_that_is_no_json(body: bytes, is_read: bool) -> None:
    operation = get_health.operation()._replace(answers={200: lambda data: data})
    player = Player([response(200, body)])
    if is_read:
        assert player.run(sending.send(player.context, operation)) is None
    else:
        with pytest.raises(errors.DecodeError):
            player.run(sending.send(player.context, operation))


@pytest.mark.parametrize(
    ("media_type", "expected"),
    [("text/csv", b"[1]"), ("application/json", [1]), ("application/problem+json; x=y", [1])],
)
def test_response_in_two_media_types_is_read_by_its_own(media_type: str, expected: Any) -> None:
    both = {"answers": {200: lambda data: data}, "raw_answers": {200: lambda content: content}}
    operation = get_health.operation()._replace(**both, accept="application/json, text/csv")
    player = Player([response(200, b"[1]", content_type=media_type)])
    assert player.run(sending.send(player.context, operation)) == expected
    assert ("Accept", "application/json, text/csv") in player.requests[0].headers


def test_raw_response_needs_documented_status() -> None:
    operation = get_health.operation()._replace(answers={}, raw_answers={200: lambda content: content})
    player = Player([response(200, b"a,b")])
    assert player.run(sending.send(player.context, operation)) == b"a,b"
    player = Player([response(201, b"a,b")])
    with pytest.raises(errors.DecodeError):
        player.run(sending.send(player.context, operation))


def test_content_is_sent_as_it_is_with_its_media_type() -> None:
    operation = get_health.operation()._replace(content=b"a=b", content_type="application/x-www-form-urlencoded")
    player = Player([response(200, {"status": "ok"})])
    player.run(sending.send(player.context, operation))
    assert player.requests[0].body == b"a=b"
    assert ("Content-Type", "application/x-www-form-urlencoded") in player.requests[0].headers


def test_documented_empty_response_is_none_and_html_is_not() -> None:
    operation = delete_callback_secret.operation(ID)._replace(answers={200: nothing})
    player = Player([response(200, b"")])
    assert player.run(sending.send(player.context, operation)) is None
    player = Player([response(200, b"<html>")])
    with pytest.raises(errors.DecodeError):
        player.run(sending.send(player.context, operation))
