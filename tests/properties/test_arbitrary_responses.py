"""Flows against responses with any status, header and body, in any order."""

from __future__ import annotations

import json
from typing import Any

from error_checks import check_error
from fault_injection import KEY, RETRY_AFTER, Exchange, searched, seconds
from hypothesis import given
from hypothesis import strategies as st
from player import BROKEN, NOT_CONNECTED, TIMED_OUT, Player, keys_of, response

from runflow_client import Evaluation, PollPolicy, RetryPolicy, errors
from runflow_client.flows import evaluations as flows
from runflow_client.flows.base.steps import Request, RequestFailure, Response
from runflow_client.models.evaluation_request import EvaluationRequest

ID = "0193f0a0-0000-7000-8000-000000000001"
PICTURE = "https://example.com/a.png"

json_data = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)),
    max_leaves=6,
)
odd = st.one_of(
    json_data, st.sampled_from([ID, ID.upper(), "", "../x", "a b", "pending", "running", "completed", "failed"])
)
_FIELDS = (
    "id",
    "status_code",
    "overall_passed",
    "judges",
    "code",
    "message",
    "errors",
    "detail",
    "error",
    "created_at",
    "cost",
)
documents = st.one_of(
    st.fixed_dictionaries(
        {"id": st.just(ID), "status_code": st.sampled_from(["pending", "running", "completed", "failed"])}
    ),
    st.dictionaries(st.sampled_from(_FIELDS), odd, max_size=6),
    json_data,
)
bodies = st.one_of(documents.map(lambda data: json.dumps(data).encode()), st.binary(max_size=40))
_texts = st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=30)
headers = st.fixed_dictionaries(
    {},
    optional={
        "retry-after": st.one_of(st.sampled_from([str(value) for value in RETRY_AFTER]), _texts),
        "date": st.one_of(_texts, st.just("Thu, 01 Jan 2026 12:00:00 GMT")),
        "x-request-id": _texts,
        "content-type": _texts,
    },
)
_usual = st.sampled_from([200, 202, 400, 401, 404, 408, 409, 425, 429, 500, 501, 503, 505, 520])
statuses = st.one_of(_usual, st.integers(100, 999))
replies = st.one_of(
    st.sampled_from([BROKEN, NOT_CONNECTED, TIMED_OUT]),
    st.builds(lambda status, body, named: response(status, body, **named), statuses, bodies, headers),
)


class RecordingPlayer(Player):
    """A player that records each request and its result."""

    def __init__(self, row: list[Response | RequestFailure], took: float, **settings: Any) -> None:
        super().__init__(self.reply, took, **settings)
        self._row = row
        self.exchanges: list[Exchange] = []

    def reply(self, request: Request, number: int) -> Response | RequestFailure:
        return self._row[min(number, len(self._row) - 1)]

    def _send(self, request: Request, deadline: float | None) -> Response | RequestFailure:
        given = super()._send(request, deadline)
        key = dict(request.headers).get("Idempotency-Key")
        self.exchanges.append(Exchange(request.method, request.target, key, given))
        return given


@searched(250, long=2.0)
@given(
    st.lists(replies, min_size=1, max_size=8),
    seconds(0.0, 5.0),
    seconds(0.05, 100.0),
    st.one_of(st.none(), seconds(0.05, 100.0)),
    st.integers(1, 5),
    st.booleans(),
)
def test_flow_with_arbitrary_responses_returns_evaluation_or_raises_library_error(
    row: list[Response | RequestFailure],
    took: float,
    timeout: float,
    call_timeout: float | None,
    attempts: int,
    waits: bool,
) -> None:
    player = RecordingPlayer(row, took, timeout=call_timeout, retries=RetryPolicy(attempts=attempts))
    seen: list[Evaluation] = []
    options: dict[str, Any] = {"timeout": timeout, "poll": PollPolicy(), "on_update": seen.append}
    began = player.now
    try:
        if waits:
            ended = player.run(flows.wait(player.context, ID, **options))
        else:
            submission = EvaluationRequest(image=PICTURE, task_type="headshot")
            ended = player.run(flows.evaluate(player.context, submission, **options))
    except errors.RunflowError as error:
        check_error(error, player.exchanges, about=ID if waits else None, secret=KEY)
    else:
        assert isinstance(ended, Evaluation)
        assert ended.is_terminal
        assert len({evaluation.id for evaluation in (*seen, ended)}) == 1
    assert player.now - began <= timeout + 1e-6
    assert len(keys_of(player.requests)) <= 1
