"""The requests and responses of the evaluation methods: get, feedback, lists and pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from method_requests import ID, RUN, MethodRequest, check_request, read_response
from player import BROKEN, Player, keys_of, response

from runflow_client import errors
from runflow_client.flows import evaluations
from runflow_client.flows import evaluations as flows
from runflow_client.flows.base.context import Context
from runflow_client.flows.base.steps import Request, Response

PENDING = {"id": ID, "status_code": "pending"}


REQUESTS = [
    MethodRequest(
        "job classes", evaluations.job_classes, "GET", "/v1/evaluations/job-classes", None, "listing job classes"
    ),
    MethodRequest("statuses", evaluations.statuses, "GET", "/v1/evaluations/statuses", None, "listing statuses"),
    MethodRequest(
        "evaluations of a run",
        lambda context: evaluations.for_run(context, RUN),
        "GET",
        f"/v1/runs/{RUN}/evaluations",
        None,
        f"listing the evaluations of run {RUN}",
    ),
    MethodRequest(
        "get",
        lambda context: evaluations.get(context, ID, ("judges", "action")),
        "GET",
        f"/v1/evaluations/{ID}?embed=judges%2Caction",
        None,
        f"getting evaluation {ID}",
    ),
    MethodRequest(
        "get bare",
        lambda context: evaluations.get(context, ID, ()),
        "GET",
        f"/v1/evaluations/{ID}",
        None,
        f"getting evaluation {ID}",
    ),
    MethodRequest(
        "rate",
        lambda context: evaluations.set_feedback(context, ID, False, "blurred", None),
        "PATCH",
        f"/v1/evaluations/{ID}/feedback",
        {"is_positive": False, "reason": "blurred"},
        f"sending feedback on evaluation {ID}",
    ),
    MethodRequest(
        "rate within a run",
        lambda context: evaluations.set_feedback(context, ID, True, None, RUN),
        "PATCH",
        f"/v1/runs/{RUN}/evaluations/{ID}/feedback",
        {"is_positive": True},
        f"sending feedback on evaluation {ID}",
    ),
    MethodRequest(
        "clear within a run",
        lambda context: evaluations.clear_feedback(context, ID, RUN),
        "PATCH",
        f"/v1/runs/{RUN}/evaluations/{ID}/feedback",
        {"is_positive": None},
        f"removing the feedback on evaluation {ID}",
    ),
]


@pytest.mark.parametrize("expected", REQUESTS, ids=repr)
def test_method_sends_its_request_and_error_names_operation(expected: MethodRequest) -> None:
    check_request(expected)


def test_responses_are_read_as_lists_of_rows() -> None:
    assert [row.code for row in read_response(evaluations.statuses, [{"code": "new"}, 5])] == ["new"]
    assert [row.code for row in read_response(evaluations.job_classes, {"items": [{"code": "x"}]})] == ["x"]


def test_pages_are_read_until_no_next_cursor() -> None:
    pages = [
        response(200, {"items": [{"id": "1"}, 5], "next": "abc"}),
        response(200, {"items": [{"id": "2"}], "next": "https://api.example/x?pq=def&z=1"}),
        response(200, {"items": [], "next": "/v1/x?pq=ghi"}),
        response(200, {"items": [{"id": "3"}], "next": "/v1/x?other=1"}),
    ]
    player = Player(pages)
    found = player.run(evaluations.for_run(player.context, RUN))
    assert [evaluation.id for evaluation in found] == ["1", "2", "3"]
    assert [request.target.partition("pq=")[2] for request in player.requests] == ["", "abc", "def", "ghi"]


def test_endless_pages_stop_after_thousand() -> None:
    def reply(request: Request, number: int) -> Response:
        return response(200, {"items": [{"id": ID}], "next": f"c{number}"})

    player = Player(reply, seconds=0.0)
    assert len(player.run(evaluations.for_run(player.context, RUN))) == len(player.requests) == 1_000


def test_repeated_cursor_ends_list() -> None:
    page = response(200, {"items": [{"id": "1"}], "next": "again"})
    player = Player([page])
    assert len(player.run(evaluations.for_run(player.context, RUN))) == 2


@pytest.mark.parametrize(
    ("cursor", "asked"),
    [
        ("/x?pq=a%2Fb#pq=c", "a%2Fb"),
        ("https://a.example/x?y=?&pq=d", "d"),
        ("https://a.example/x?pq=d&y=?pq=e", "d"),
        ("a\ud800b", "a%3Fb"),
        ("a/b?c", "a%2Fb%3Fc"),
    ],
)
def test_cursor_is_read_from_url_or_used_directly(cursor: str, asked: str) -> None:
    player = Player([response(200, {"items": [], "next": cursor}), response(200, [{"id": "1"}])])
    assert len(player.run(evaluations.for_run(player.context, RUN))) == 1
    assert player.requests[1].target.partition("pq=")[2] == asked


def test_all_pages_share_one_deadline() -> None:
    player = Player([response(200, {"items": [], "next": str(number)}) for number in range(100)], seconds=3.0)
    with pytest.raises(errors.RequestTimeoutError):
        player.run(evaluations.for_run(player.context, RUN))
    assert player.now <= 1_060.0


@pytest.mark.parametrize(
    ("flow", "argument"),
    [
        (lambda context: evaluations.for_run(context, None), "run_id"),
        (lambda context: evaluations.for_run(context, "x"), "run_id"),
        (lambda context: evaluations.set_feedback(context, None, True, None, None), "evaluation_id"),
        (lambda context: evaluations.clear_feedback(context, None, None), "evaluation_id"),
        (lambda context: evaluations.clear_feedback(context, ID, "x"), "run_id"),
    ],
)
def test_invalid_id_error_names_callers_argument(flow: Callable[[Context], Any], argument: str) -> None:
    player = Player([])
    with pytest.raises(errors.InvalidRequestError) as caught:
        player.run(flow(player.context))
    assert caught.value.argument == argument
    assert str(caught.value).startswith(argument)


def test_get_returns_current_evaluation() -> None:
    player = Player([response(200, {"id": ID, "status_code": "running", "client_ref": "c"})])
    found = player.run(evaluations.get(player.context, ID, ("judges", "action")))
    assert (found.id, found.status_code, found.client_ref) == (ID, "running", "c")
    assert player.requests[0].target == f"/v1/evaluations/{ID}?embed=judges%2Caction"


@pytest.mark.parametrize("end", [{"next": ""}, {"next": None}, {"next": 5}, {}])
def test_page_without_cursor_is_last(end: dict[str, Any]) -> None:
    player = Player([response(200, {"items": [{"id": "1"}], **end})])
    assert len(player.run(evaluations.for_run(player.context, RUN))) == 1
    assert len(player.requests) == 1


@pytest.mark.parametrize("body", [{"items": None}, {"items": {}}, {}, "text", b"<html>"])
def test_invalid_page_raises_decode_error(body: Any) -> None:
    player = Player([response(200, body)])
    with pytest.raises(errors.DecodeError, match=RUN):
        player.run(evaluations.for_run(player.context, RUN))


def test_feedback_is_retried_without_key() -> None:
    player = Player([BROKEN, response(200, {**PENDING, "feedback_is_positive": True})])
    rated = player.run(flows.set_feedback(player.context, ID, True, None, None))
    assert rated.feedback_is_positive is True
    assert keys_of(player.requests) == set()
    assert player.requests[0].body == b'{"is_positive":true}'


def test_clear_feedback_sends_explicit_null() -> None:
    player = Player([response(200, PENDING)])
    player.run(flows.clear_feedback(player.context, ID, None))
    (request,) = player.requests
    assert (request.method, request.target) == ("PATCH", f"/v1/evaluations/{ID}/feedback")
    assert request.body == b'{"is_positive":null}'


@pytest.mark.parametrize("thumb", [None, 1, "yes"])
def test_feedback_of_other_type_is_rejected(thumb: Any) -> None:
    player = Player([response(200, PENDING)])
    with pytest.raises(errors.InvalidRequestError) as caught:
        player.run(flows.set_feedback(player.context, ID, thumb, None, None))
    assert ("clear_feedback" in str(caught.value)) == (thumb is None)
    assert player.requests == []


@pytest.mark.parametrize(("reason", "fine"), [("", False), ("x", True), ("x" * 2_000, True), ("x" * 2_001, False)])
def test_feedback_reason_has_1_to_2000_characters(reason: str, fine: bool) -> None:
    player = Player([response(200, PENDING)])
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
    player = Player([response(200, PENDING)])
    with pytest.raises(errors.InvalidRequestError) as caught:
        player.run(flows.get(player.context, evaluation_id, ()))
    assert caught.value.argument == "evaluation_id"
    assert player.requests == []
