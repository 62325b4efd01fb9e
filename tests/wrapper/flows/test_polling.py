from __future__ import annotations

import pickle
from typing import Any

import pytest
from player import BROKEN, TIMED_OUT, Player, response

from runflow_client import errors
from runflow_client.flows import evaluations as flows
from runflow_client.flows.base.policies import PollPolicy
from runflow_client.flows.base.steps import (
    Checkpoint,
    FailureKind,
    Load,
    Report,
    Request,
    RequestFailure,
    Reserve,
    Response,
    Send,
    Sleep,
)
from runflow_client.models.evaluation import Evaluation, Verdict
from runflow_client.models.evaluation_request import EvaluationRequest

ID = "0193f0a0-0000-7000-8000-000000000001"
PENDING = {"id": ID, "status_code": "pending"}
RUNNING = {"id": ID, "status_code": "running"}
DONE = {"id": ID, "status_code": "completed", "overall_passed": True}
FAILED = {"id": ID, "status_code": "failed", "failure_code": "invalid_media"}


def wait(player: Player, on: Any = ID, timeout: float | None = 600.0, on_update: Any = None) -> Evaluation:
    return player.run(flows.wait(player.context, on, timeout=timeout, poll=PollPolicy(), on_update=on_update))


def evaluate(player: Player, timeout: float | None = 600.0, **changes: Any) -> Evaluation:
    submission = EvaluationRequest(image="https://example.com/a.png", task_type="headshot", **changes)
    return player.run(flows.evaluate(player.context, submission, timeout=timeout, poll=PollPolicy(), on_update=None))


def test_wait_on_id_polls_immediately_then_at_growing_pauses() -> None:
    player = Player([response(200, RUNNING)] * 3 + [response(200, DONE)])
    assert wait(player).verdict is Verdict.PASSED
    assert player.sleeps == pytest.approx([3.0, 3.0 * 1.05, 3.0 * 1.05**2])
    assert {request.target for request in player.requests} == {
        f"/v1/evaluations/{ID}?embed=judges%2Caction%2Cgate_failures"
    }


def test_wait_on_evaluation_polls_after_first_pause() -> None:
    player = Player([response(200, DONE)])
    wait(player, Evaluation.from_dict(PENDING))
    assert player.sleeps == pytest.approx([5.0])


def test_failed_evaluation_is_returned_by_wait_and_raised_by_evaluate() -> None:
    assert wait(Player([response(200, FAILED)])).status_code == "failed"
    with pytest.raises(errors.EvaluationFailedError, match="invalid_media") as caught:
        evaluate(Player([response(202, PENDING), response(200, FAILED)]))
    assert caught.value.evaluation_id == caught.value.evaluation.id == ID
    assert caught.value.idempotency_key == "new-key"
    assert caught.value.evaluation.verdict is None
    again = pickle.loads(pickle.dumps(caught.value))
    assert again.evaluation == caught.value.evaluation


@pytest.mark.parametrize(
    "fault",
    [
        BROKEN,
        TIMED_OUT,
        response(500),
        response(501),
        response(502, b"<html>"),
        response(520),
        response(429, retry_after="nan"),
        response(408),
        response(425),
        response(200, b""),
        response(200, b"<html>"),
        response(200, b"[1]"),
        response(404),
        response(200, {"id": ID, "status_code": "thinking"}),
        response(200, {**DONE, "id": "0193f0a0-0000-7000-8000-000000000002", "overall_passed": False}),
        response(200, {"id": ID, "status_code": None}),
        response(200, {"id": ID, "status_code": ["completed"]}),
        response(200, {}),
    ],
)
def test_transient_failure_or_unknown_status_does_not_end_wait(fault: Any) -> None:
    player = Player([response(200, RUNNING), fault, response(200, DONE)])
    assert wait(player).verdict is Verdict.PASSED
    assert len(player.requests) == 3


@pytest.mark.parametrize("status", [302, 400, 401, 402, 403, 409, 410, 422, 499])
def test_other_error_status_ends_wait_immediately_with_evaluation_id(status: int) -> None:
    player = Player([response(200, RUNNING), response(status)])
    with pytest.raises(errors.APIError) as caught:
        wait(player)
    assert caught.value.status == status
    assert caught.value.evaluation_id == ID
    assert len(player.requests) == 2


def test_404_lasting_ten_seconds_ends_wait() -> None:
    player = Player([response(404)])
    with pytest.raises(errors.NotFoundError):
        wait(player)
    assert 10.0 <= player.now - 1_000.0 <= 15.0


def test_404_interrupted_by_success_restarts_ten_seconds() -> None:
    player = Player([response(404), response(404), response(200, RUNNING)] * 6 + [response(200, DONE)])
    assert wait(player).verdict is Verdict.PASSED


def test_long_retry_after_is_slept_within_deadline() -> None:
    player = Player([response(429, retry_after="200"), response(200, DONE)])
    assert wait(player).verdict is Verdict.PASSED
    assert player.sleeps == pytest.approx([200.0])


def test_retry_after_beyond_deadline_still_allows_last_poll() -> None:
    player = Player([response(429, retry_after="9000"), response(200, DONE)])
    assert wait(player, timeout=100.0).verdict is Verdict.PASSED
    assert player.now <= 1_100.0


@pytest.mark.parametrize("timeout", [0.2, 1.0, 3.0, 7.5, 30.0, 60.0])
@pytest.mark.parametrize("seconds", [0.01, 0.4, 3.0])
def test_wait_ends_by_deadline_after_last_poll(timeout: float, seconds: float) -> None:
    player = Player([response(200, RUNNING)], seconds=seconds)
    with pytest.raises(errors.WaitTimeoutError) as caught:
        wait(player, timeout=timeout)
    assert player.now <= 1_000.0 + timeout + 1e-6
    assert caught.value.evaluation_id == ID
    if seconds < timeout / 2:
        assert caught.value.evaluation.status_code == "running"
        assert player.times[-1] + seconds <= 1_000.0 + timeout


def test_last_poll_is_close_to_deadline() -> None:
    player = Player(lambda request, number: response(200, DONE if player.now >= 1_058.5 else RUNNING), seconds=0.05)
    assert wait(player, timeout=60.0).verdict is Verdict.PASSED


def test_wait_without_any_response_can_be_continued() -> None:
    with pytest.raises(errors.WaitTimeoutError, match="unknown.*no response arrived in time") as caught:
        wait(Player([TIMED_OUT]), timeout=30.0)
    assert caught.value.evaluation.id == ID
    assert wait(Player([response(200, DONE)]), caught.value.evaluation).verdict is Verdict.PASSED


def test_on_update_gets_known_evaluation_then_status_changes() -> None:
    player = Player([response(200, body) for body in (PENDING, RUNNING, RUNNING, DONE)])
    seen: list[Any] = []
    wait(player, Evaluation.from_dict(PENDING), on_update=lambda evaluation: seen.append(evaluation.status_code))
    assert seen == ["pending", "running", "completed"]


def test_status_going_backwards_continues_waiting() -> None:
    player = Player([response(200, body) for body in (RUNNING, PENDING, RUNNING, DONE)])
    assert wait(player).is_terminal


def test_completed_evaluation_without_verdict_is_undecided() -> None:
    ended = evaluate(Player([response(202, PENDING), response(200, {"id": ID, "status_code": "completed"})]))
    assert ended.verdict is Verdict.UNDECIDED
    assert ended.passed is False


def test_replayed_submit_of_ended_evaluation_polls_once() -> None:
    player = Player([response(202, DONE), response(200, {**DONE, "judges": []})])
    assert evaluate(player).judges == []
    assert player.sleeps == []


def test_timeout_before_submit_response_raises_request_timeout_with_key() -> None:
    player = Player([TIMED_OUT])
    with pytest.raises(errors.RequestTimeoutError) as caught:
        evaluate(player, timeout=10.0)
    assert caught.value.idempotency_key == "new-key"
    assert player.now <= 1_010.0


def test_timeout_after_submit_response_raises_wait_timeout_with_ids() -> None:
    player = Player(lambda request, number: response(202, PENDING) if number == 0 else response(200, RUNNING))
    with pytest.raises(errors.WaitTimeoutError) as caught:
        evaluate(player, timeout=10.0)
    assert (caught.value.evaluation_id, caught.value.idempotency_key) == (ID, "new-key")
    assert player.now <= 1_010.0


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, SystemExit, ValueError])
def test_interruption_during_wait_notes_id(interruption: type[BaseException]) -> None:
    flow = flows.wait(Player([]).context, ID, timeout=60.0, poll=PollPolicy(), on_update=None)
    assert isinstance(next(flow), Send)
    assert isinstance(flow.send(Response(200, {}, b'{"status_code": "running"}')), Sleep)
    with pytest.raises(interruption) as caught:
        flow.throw(interruption())
    assert any(ID in note for note in caught.value.__notes__)


def test_waiting_evaluate_holds_no_image() -> None:
    import gc
    import weakref

    class Image(bytes):
        pass

    picture = Image(b"\x89PNG\r\n\x1a\n" + b"x" * 100)
    kept = weakref.ref(picture) if hasattr(picture, "__weakref__") else None
    submission = EvaluationRequest(image=picture, task_type="t")
    flow = flows.evaluate(Player([]).context, submission, timeout=60.0, poll=PollPolicy(), on_update=None)
    assert isinstance(next(flow), Reserve)
    assert isinstance(flow.send(None), Load)
    assert isinstance(flow.send("data:image/png;base64,AAAA"), Checkpoint)
    assert isinstance(flow.send(None), Send)
    submitted = flow.send(Response(202, {}, b'{"id": "%s", "status_code": "pending"}' % ID.encode()))
    assert isinstance(submitted, Checkpoint)
    assert isinstance(flow.send(None), Sleep)
    del picture, submission
    gc.collect()
    assert kept is None or kept() is None


@pytest.mark.parametrize("timeout", [0, -1, "10", True, float("nan")])
def test_invalid_wait_timeout_is_rejected(timeout: Any) -> None:
    player = Player([response(200, DONE)])
    with pytest.raises(errors.InvalidRequestError, match="timeout"):
        wait(player, timeout=timeout)
    assert player.requests == []


def test_wait_without_timeout_continues_until_end() -> None:
    def replies(request: Request, number: int) -> Response:
        return response(200, DONE if number == 5_000 else RUNNING)

    assert wait(Player(replies), timeout=None).verdict is Verdict.PASSED


def test_wait_with_on_update_reports_known_evaluation() -> None:
    flow = flows.wait(
        Player([]).context, Evaluation.from_dict(PENDING), timeout=None, poll=PollPolicy(), on_update=print
    )
    assert isinstance(next(flow), Report)


def test_response_about_other_evaluation_is_ignored() -> None:
    other = {**DONE, "id": "0193f0a0-0000-7000-8000-000000000002"}
    with pytest.raises(errors.WaitTimeoutError, match="another evaluation") as caught:
        wait(Player([response(200, RUNNING), response(200, other)]), timeout=30.0)
    assert caught.value.evaluation.status_code == "running"
    assert wait(Player([response(200, {**DONE, "id": ID.upper()})])).verdict is Verdict.PASSED


def test_deeply_nested_evaluation_raises_decode_error_with_id(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def too_deep(data: Any) -> Any:
        """A model reader without enough stack; from Python 3.12 on the JSON parser accepts deeper nesting than a model."""
        return too_deep(data)

    player = Player([response(200, {"status_code": "completed"}, x_request_id="r-1")])
    monkeypatch.setattr(Evaluation, "from_dict", too_deep)
    with pytest.raises(errors.DecodeError, match="nested too deep") as caught:
        player.run(flows.wait(player.context, ID, timeout=60.0, poll=PollPolicy(), on_update=None))
    assert (caught.value.evaluation_id, caught.value.request_id) == (ID, "r-1")
    assert caught.value.__suppress_context__


@pytest.mark.parametrize("kind", [FailureKind.UNTRUSTED, FailureKind.UNSENDABLE])
def test_failure_that_no_poll_mends_ends_wait_at_once(kind: FailureKind) -> None:
    player = Player([RequestFailure(kind, "self-signed certificate", False)])
    flow = flows.wait(player.context, ID, timeout=600.0, poll=PollPolicy(), on_update=None)
    with pytest.raises(errors.ConnectionFailedError, match=kind.value):
        player.run(flow)
    assert len(player.requests) == 1
