"""Callback secrets, the account, lists, pages, feedback of a run, and operations sent as they are: request, key and answer."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from player import LOST, Player, answer, keys_of

from runflow_client import errors
from runflow_client.flows import account, assets, evaluations
from runflow_client.flows import evaluations as flows
from runflow_client.flows.base.context import Context
from runflow_client.flows.base.steps import Flow, Request, Response

ID = "0193f0a0-0000-7000-8000-000000000001"
RUN = "0193f0a0-0000-7000-8000-000000000002"
REFUSED = answer(403, {"code": "FORBIDDEN"})

ASKING: dict[str, tuple[Callable[[Context], Flow[Any]], str, str, Any, str]] = {
    "create secret": (
        lambda context: account.create_secret(context, "main"),
        "POST",
        "/v1/callback-secrets",
        {"label": "main"},
        "creating a callback secret",
    ),
    "get secret": (
        lambda context: account.get_secret(context, ID),
        "GET",
        f"/v1/callback-secrets/{ID}",
        None,
        f"getting callback secret {ID}",
    ),
    "relabel secret": (
        lambda context: account.update_secret(context, ID, "new", None),
        "PATCH",
        f"/v1/callback-secrets/{ID}",
        {"label": "new"},
        f"changing callback secret {ID}",
    ),
    "retire secret": (
        lambda context: account.update_secret(context, ID, None, False),
        "PATCH",
        f"/v1/callback-secrets/{ID}",
        {"is_current": False},
        f"changing callback secret {ID}",
    ),
    "delete secret": (
        lambda context: account.delete_secret(context, ID),
        "DELETE",
        f"/v1/callback-secrets/{ID}",
        None,
        f"deleting callback secret {ID}",
    ),
    "me": (account.me, "GET", "/v1/auth/me", None, "asking whose key this is"),
    "balance": (account.balance, "GET", "/v1/billing/balance", None, "getting the balance"),
    "health": (account.health, "GET", "/v1/health", None, "asking for the service's health"),
    "job classes": (evaluations.job_classes, "GET", "/v1/evaluations/job-classes", None, "listing job classes"),
    "statuses": (evaluations.statuses, "GET", "/v1/evaluations/statuses", None, "listing statuses"),
    "get asset": (lambda context: assets.get(context, ID), "GET", f"/v1/assets/{ID}", None, f"getting asset {ID}"),
    "asset types": (assets.types, "GET", "/v1/assets/types", None, "listing asset types"),
    "evaluations of a run": (
        lambda context: evaluations.for_run(context, RUN),
        "GET",
        f"/v1/runs/{RUN}/evaluations",
        None,
        f"listing the evaluations of run {RUN}",
    ),
    "get": (
        lambda context: evaluations.get(context, ID, ("judges", "action")),
        "GET",
        f"/v1/evaluations/{ID}?embed=judges%2Caction",
        None,
        f"getting evaluation {ID}",
    ),
    "get bare": (
        lambda context: evaluations.get(context, ID, ()),
        "GET",
        f"/v1/evaluations/{ID}",
        None,
        f"getting evaluation {ID}",
    ),
    "rate": (
        lambda context: evaluations.set_feedback(context, ID, False, "blurred", None),
        "PATCH",
        f"/v1/evaluations/{ID}/feedback",
        {"is_positive": False, "reason": "blurred"},
        f"rating evaluation {ID}",
    ),
    "rate within a run": (
        lambda context: evaluations.set_feedback(context, ID, True, None, RUN),
        "PATCH",
        f"/v1/runs/{RUN}/evaluations/{ID}/feedback",
        {"is_positive": True},
        f"rating evaluation {ID}",
    ),
    "clear within a run": (
        lambda context: evaluations.clear_feedback(context, ID, RUN),
        "PATCH",
        f"/v1/runs/{RUN}/evaluations/{ID}/feedback",
        {"is_positive": None},
        f"clearing the rating of evaluation {ID}",
    ),
}
PENDING = {"id": ID, "status_code": "pending"}


@pytest.mark.parametrize("name", ASKING)
def test_method_sends_its_request_and_error_names_operation(name: str) -> None:
    flow, method, target, body, doing = ASKING[name]
    player = Player([REFUSED], timeout=7.0)
    with pytest.raises(errors.PermissionDeniedError) as caught:
        player.run(flow(player.context))
    (request,) = player.requests
    assert (request.method, request.target) == (method, target)
    sent = request.body if request.body is None else json.loads(_bytes(request))
    assert sent == body
    assert str(caught.value).startswith(f"{doing}: the server answered 403 FORBIDDEN")
    assert player.deadlines == [1_007.0], "the client's own timeout is the shorter one"
    evaluation_id = ID if f"evaluation {ID}" in doing else None
    assert caught.value.evaluation_id == evaluation_id
    minted = "minted-key" if method == "POST" else None
    assert keys_of(player.requests) == ({minted} if minted else set())
    assert caught.value.idempotency_key == minted


def _bytes(request: Request) -> bytes:
    assert isinstance(request.body, bytes)
    return request.body


def test_responses_are_read_as_their_models() -> None:
    def ask(flow: Callable[[Context], Flow[Any]], body: Any) -> Any:
        player = Player([answer(200, body)])
        return player.run(flow(player.context))

    assert ask(lambda context: account.create_secret(context, "a"), {"id": ID, "label": "a"}).label == "a"
    assert ask(lambda context: account.get_secret(context, ID), {"id": ID}).id == ID
    assert ask(lambda context: account.update_secret(context, ID, "b", True), {"label": "b"}).label == "b"
    assert ask(account.balance, {"balance": "12.5"}).balance == "12.5"
    assert ask(account.health, {"status": "ok"}).status == "ok"
    assert ask(account.me, {"x": 1}).to_dict()["x"] == 1
    assert [row.code for row in ask(evaluations.statuses, [{"code": "new"}, 5])] == ["new"]
    assert [row.code for row in ask(evaluations.job_classes, {"items": [{"code": "x"}]})] == ["x"]
    assert ask(lambda context: account.delete_secret(context, ID), None) is None


def test_pages_are_read_until_no_next_cursor() -> None:
    pages = [
        answer(200, {"items": [{"id": "1"}, 5], "next": "abc"}),
        answer(200, {"items": [{"id": "2"}], "next": "https://api.example/x?pq=def&z=1"}),
        answer(200, {"items": [], "next": "/v1/x?pq=ghi"}),
        answer(200, {"items": [{"id": "3"}], "next": "/v1/x?other=1"}),
    ]
    player = Player(pages)
    found = player.run(evaluations.for_run(player.context, RUN))
    assert [evaluation.id for evaluation in found] == ["1", "2", "3"]
    assert [request.target.partition("pq=")[2] for request in player.requests] == ["", "abc", "def", "ghi"]


def test_endless_pages_stop_after_thousand() -> None:
    def reply(request: Request, number: int) -> Response:
        return answer(200, {"items": [{"id": ID}], "next": f"c{number}"})

    player = Player(reply, seconds=0.0)
    assert len(player.run(evaluations.for_run(player.context, RUN))) == len(player.requests) == 1_000


def test_repeated_cursor_ends_list() -> None:
    page = answer(200, {"items": [{"id": "1"}], "next": "again"})
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
    player = Player([answer(200, {"items": [], "next": cursor}), answer(200, [{"id": "1"}])])
    assert len(player.run(evaluations.for_run(player.context, RUN))) == 1
    assert player.requests[1].target.partition("pq=")[2] == asked


def test_all_pages_share_one_deadline() -> None:
    player = Player([answer(200, {"items": [], "next": str(number)}) for number in range(100)], seconds=3.0)
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
    player = Player([answer(200, {"id": ID, "status_code": "running", "client_ref": "c"})])
    found = player.run(evaluations.get(player.context, ID, ("judges", "action")))
    assert (found.id, found.status_code, found.client_ref) == (ID, "running", "c")
    assert player.requests[0].target == f"/v1/evaluations/{ID}?embed=judges%2Caction"


@pytest.mark.parametrize("end", [{"next": ""}, {"next": None}, {"next": 5}, {}])
def test_page_without_cursor_is_last(end: dict[str, Any]) -> None:
    player = Player([answer(200, {"items": [{"id": "1"}], **end})])
    assert len(player.run(evaluations.for_run(player.context, RUN))) == 1
    assert len(player.requests) == 1


@pytest.mark.parametrize("body", [{"items": None}, {"items": {}}, {}, "text", b"<html>"])
def test_invalid_page_raises_decode_error(body: Any) -> None:
    player = Player([answer(200, body)])
    with pytest.raises(errors.DecodeError, match=RUN):
        player.run(evaluations.for_run(player.context, RUN))


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
