"""The body, the key and the log line of a submit."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from player import Player, response

from runflow_client import Evaluation, errors
from runflow_client.flows import submitting
from runflow_client.models.evaluation_request import EvaluationRequest

ID = "0193f0a0-0000-7000-8000-000000000001"
PENDING = {"id": ID, "status_code": "pending"}


def submission(**changes: Any) -> EvaluationRequest:
    return EvaluationRequest(**{"image": "https://example.com/a.png", "task_type": "headshot", **changes})


def submit(player: Player, **changes: Any) -> Evaluation:
    return player.run(submitting.submit(player.context, submission(**changes)))


@pytest.mark.parametrize("body", [{}, {"id": None}, {"id": 12}, {"id": ""}, {"status_code": "pending"}])
def test_submit_response_without_id_raises_decode_error(body: dict[str, Any]) -> None:
    with pytest.raises(errors.DecodeError, match="holds no evaluation id") as caught:
        submit(Player([response(202, body)]))
    assert caught.value.idempotency_key == "new-key"


def test_submit_body_holds_only_given_arguments() -> None:
    player = Player([response(202, PENDING)])
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
    player = Player([response(202, PENDING)])
    with pytest.raises(errors.InvalidRequestError, match="JSON"):
        submit(player, input_attributes={"a": value})
    assert player.requests == []


@pytest.mark.parametrize("key", ["", "a\nb", "é", 5, "\x00"])
def test_idempotency_key_invalid_in_header_is_rejected(key: Any) -> None:
    player = Player([response(202, PENDING)])
    with pytest.raises(errors.InvalidRequestError, match="idempotency_key"):
        submit(player, idempotency_key=key)
    assert player.requests == []


def test_submit_logs_one_line_with_id() -> None:
    player = Player([response(202, PENDING)])
    submit(player)
    assert player.submitted == [f"{ID}"]


def test_interruption_during_submit_notes_idempotency_key() -> None:
    flow = submitting.submit(Player([]).context, submission(idempotency_key="mine"))
    next(flow)
    flow.send("https://example.com/a.png")
    with pytest.raises(KeyboardInterrupt) as caught:
        flow.throw(KeyboardInterrupt())
    assert any("idempotency_key='mine'" in note for note in caught.value.__notes__)


def test_submit_response_without_id_carries_key_and_request_id() -> None:
    player = Player([response(202, {"status_code": "pending"}, x_request_id="r-1")])
    with pytest.raises(errors.DecodeError) as caught:
        submit(player, idempotency_key="mine")
    assert (caught.value.idempotency_key, caught.value.request_id) == ("mine", "r-1")
    assert str(caught.value) == (
        "submitting an image: the server accepted it, but the response holds no evaluation id. To go on, call again "
        "with idempotency_key='mine' and the same arguments, so that nothing is billed twice."
    )
