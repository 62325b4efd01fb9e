"""Every exception that ends a submit or an evaluate carries the key, and the id once it is known."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from player import Player, response

from runflow_client import PollPolicy, errors
from runflow_client.flows import evaluations as flows
from runflow_client.flows import submitting
from runflow_client.flows.base.steps import Flow, Load, Report, Send, Sleep
from runflow_client.models.evaluation_request import EvaluationRequest

ID = "0193f0a0-0000-7000-8000-000000000001"
PENDING = response(202, {"id": ID, "status_code": "pending"})
SUBMITTING = "An image was being submitted: to go on, submit it again with idempotency_key='new-key'."
WAITING = f"Evaluation {ID} goes on at the server: call wait('{ID}') to go on waiting."


def submission(**changes: Any) -> EvaluationRequest:
    return EvaluationRequest(**{"image": "https://example.com/a.png", "task_type": "headshot", **changes})


def submit_flow(player: Player) -> Flow[Any]:
    return submitting.submit(player.context, submission())


def evaluating(player: Player, on_update: Callable[[Any], Any] | None = None) -> Flow[Any]:
    return flows.evaluate(player.context, submission(), timeout=60.0, poll=PollPolicy(), on_update=on_update)


def waiting(player: Player) -> Flow[Any]:
    return flows.wait(player.context, ID, timeout=60.0, poll=PollPolicy(), on_update=None)


def advanced(flow: Flow[Any], to: type[Any]) -> None:
    """Advance a flow to its first step of a type."""
    step: Any = next(flow)
    while not isinstance(step, to):
        step = flow.send("https://example.com/a.png" if isinstance(step, Load) else PENDING)


@pytest.mark.parametrize(
    ("start", "step", "note"),
    [
        (submit_flow, Load, SUBMITTING),
        (submit_flow, Send, SUBMITTING),
        (evaluating, Load, SUBMITTING),
        (evaluating, Send, SUBMITTING),
        (evaluating, Sleep, WAITING),
        (waiting, Send, WAITING),
    ],
)
@pytest.mark.parametrize("kind", [KeyboardInterrupt, RuntimeError])
def test_interruption_notes_how_to_continue(
    start: Callable[[Player], Flow[Any]], step: type[Any], note: str, kind: type[BaseException]
) -> None:
    flow = start(Player([]))
    advanced(flow, step)
    with pytest.raises(kind) as caught:
        flow.throw(kind())
    assert caught.value.__notes__ == [note]


@pytest.mark.parametrize(
    ("start", "step", "evaluation_id", "key"),
    [
        (submit_flow, Load, None, "new-key"),
        (evaluating, Load, None, "new-key"),
        (evaluating, Send, None, "new-key"),
        (evaluating, Sleep, ID, "new-key"),
        (waiting, Send, None, None),
    ],
)
def test_library_error_gets_missing_key_and_id(
    start: Callable[[Player], Flow[Any]], step: type[Any], evaluation_id: str | None, key: str | None
) -> None:
    flow = start(Player([]))
    advanced(flow, step)
    with pytest.raises(errors.InvalidRequestError) as caught:
        flow.throw(errors.InvalidRequestError("odd"))
    assert (caught.value.evaluation_id, caught.value.idempotency_key) == (evaluation_id, key)
    assert not hasattr(caught.value, "__notes__")


def test_library_error_keeps_own_key_and_id() -> None:
    flow = evaluating(Player([]))
    advanced(flow, Sleep)
    with pytest.raises(errors.DecodeError) as caught:
        flow.throw(errors.DecodeError("odd", evaluation_id="its own", idempotency_key="its own too"))
    assert (caught.value.evaluation_id, caught.value.idempotency_key) == ("its own", "its own too")


@pytest.mark.parametrize("step", [Load, Send, Sleep])
def test_closed_flow_ends_without_error(step: type[Any]) -> None:
    flow = evaluating(Player([]))
    advanced(flow, step)
    flow.close()
    with pytest.raises(StopIteration):
        next(flow)


def test_evaluate_reports_every_status_and_failure_carries_ids() -> None:
    seen: list[Any] = []
    failed = response(200, {"id": ID, "status_code": "failed", "failure_code": "invalid_media"})
    player = Player([PENDING, response(200, {"id": ID, "status_code": "running"}), failed])
    with pytest.raises(errors.EvaluationFailedError, match="invalid_media") as caught:
        player.run(evaluating(player, lambda evaluation: seen.append(evaluation.status_code)))
    assert seen == ["pending", "running", "failed"]
    assert (caught.value.evaluation_id, caught.value.idempotency_key) == (ID, "new-key")


def test_evaluate_without_on_update_reports_nothing() -> None:
    flow = evaluating(Player([]))
    step: Any = next(flow)
    kinds = []
    while not isinstance(step, Sleep):
        kinds.append(type(step))
        step = flow.send("https://example.com/a.png" if isinstance(step, Load) else PENDING)
    flow.close()
    assert Report not in kinds


@pytest.mark.parametrize("start", [flows.evaluate, flows.wait])
def test_invalid_on_update_and_poll_are_rejected_before_sending(start: Any) -> None:
    player = Player([])
    what: Any = submission() if start is flows.evaluate else ID
    with pytest.raises(errors.InvalidRequestError, match="^on_update must be a function, not int$") as caught:
        player.run(start(player.context, what, timeout=5, poll=PollPolicy(), on_update=5))
    assert caught.value.argument == "on_update"
    with pytest.raises(errors.InvalidRequestError, match="^poll must be a PollPolicy") as refused:
        player.run(start(player.context, what, timeout=5, poll=5, on_update=None))
    assert refused.value.argument == "poll"
    assert player.requests == []


def test_request_submitted_twice_gets_two_keys() -> None:
    own, keys = submission(), iter(["first", "second"])
    player = Player([PENDING])
    context = player.context._replace(new_key=lambda: next(keys))
    for _ in range(2):
        player.run(submitting.submit(context, own))
    assert [dict(request.headers)["Idempotency-Key"] for request in player.requests] == ["first", "second"]
