"""The exact limits of polling: times, deadlines, ids and messages."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from player import BROKEN, TIMED_OUT, Player, response

from runflow_client import Evaluation, PollPolicy, RetryPolicy, errors
from runflow_client.flows import evaluations as flows
from runflow_client.flows import polling
from runflow_client.models.evaluation_request import EvaluationRequest

ID = "0193f0a0-0000-7000-8000-000000000001"
PENDING = response(202, {"id": ID, "status_code": "pending"})
RUNNING = response(200, {"id": ID, "status_code": "running"})
DONE = response(200, {"id": ID, "status_code": "completed", "overall_passed": True})


def submission(**changes: Any) -> EvaluationRequest:
    return EvaluationRequest(**{"image": "https://example.com/a.png", "task_type": "headshot", **changes})


def wait(player: Player, timeout: float | None, known: Any = ID, **poll: float) -> Evaluation:
    policy = PollPolicy(**poll) if poll else PollPolicy(first=1, then=1, longest=1, growth=1)
    return player.run(flows.wait(player.context, known, timeout=timeout, poll=policy, on_update=None))


def test_polls_on_id_follow_policy_exactly() -> None:
    player = Player([RUNNING, RUNNING, RUNNING, DONE], seconds=0.0)
    assert wait(player, None, first=50, then=2, longest=3, growth=2).passed
    assert player.times == [1_000.0, 1_002.0, 1_005.0, 1_008.0]
    assert player.requests[0].target == f"/v1/evaluations/{ID}?embed=judges%2Caction%2Cgate_failures"
    assert player.deadlines == [time + 20.0 for time in player.times], "each poll has the timeout of an attempt"


def test_running_evaluation_waits_first_pause_and_ended_polls_immediately() -> None:
    player = Player([DONE], seconds=0.0)
    wait(player, None, Evaluation(id=ID, status_code="running"), first=4, then=1, longest=1, growth=1)
    assert player.times == [1_004.0]
    player = Player([DONE], seconds=0.0)
    wait(player, None, Evaluation(id=ID, status_code="completed"), first=4, then=1, longest=1, growth=1)
    assert player.times == [1_000.0]


@pytest.mark.parametrize(
    ("timeout", "seconds", "last"),
    [
        (100.0, 0.0, 99.9),  # at least a tenth of a second
        (100.0, 0.1, 99.8),  # twice the slowest poll
        (100.0, 0.5, 99.0),
        (100.0, 4.0, 95.0),  # at most five seconds
        (1.0, 0.0, 0.9),  # the first poll starts by half of the timeout, and leaves time for another
    ],
)
def test_last_poll_leaves_time_for_slowest_response(timeout: float, seconds: float, last: float) -> None:
    player = Player([RUNNING], seconds=seconds)
    with pytest.raises(errors.WaitTimeoutError):
        wait(player, timeout, first=7, then=7, longest=7, growth=1)
    assert player.times[-1] == 1_000.0 + last
    assert player.deadlines[-1] == min(1_000.0 + timeout, player.times[-1] + 20.0)
    assert player.now <= 1_000.0 + timeout


def test_poll_at_time_of_last_poll_is_last() -> None:
    player = Player([RUNNING], seconds=0.5)
    with pytest.raises(errors.WaitTimeoutError):
        wait(player, 10.0, Evaluation(id=ID, status_code="running"), first=9, then=0.1, longest=0.1, growth=1)
    assert player.times == [1_009.0]


@pytest.mark.parametrize(("timeout", "times"), [(1.0, [0.5, 0.9]), (2.0, [1.0, 1.9]), (3.2, [2.2, 3.1])])
def test_quick_last_poll_leaves_time_for_another(timeout: float, times: list[float]) -> None:
    player = Player([RUNNING], seconds=0.0)
    with pytest.raises(errors.WaitTimeoutError):
        wait(player, timeout, Evaluation(id=ID, status_code="running"), first=5, then=5, longest=5, growth=1)
    assert player.times == pytest.approx([1_000.0 + time for time in times])


def test_short_poll_pauses_are_kept() -> None:
    player = Player([RUNNING, RUNNING, DONE], seconds=0.0)
    wait(player, None, first=0.25, then=0.25, longest=0.25, growth=1)
    assert player.times == [1_000.0, 1_000.25, 1_000.5]


def test_poll_without_time_for_response_is_not_started() -> None:
    player = Player([TIMED_OUT], timeout=60.0, retries=RetryPolicy(attempt_timeout=9.0))
    with pytest.raises(errors.WaitTimeoutError) as caught:
        wait(player, 10.0)
    assert player.now <= 1_010.0
    assert "no response arrived in time" in str(caught.value)


@pytest.mark.parametrize(("seconds", "ends"), [(9.999, False), (10.0, True)])
def test_ten_seconds_of_404_count_from_first_one(seconds: float, ends: bool) -> None:
    player = Player([response(404), response(404), DONE], seconds=0.0)
    poll = {"first": 1.0, "then": seconds, "longest": seconds, "growth": 1.0}
    if ends:
        with pytest.raises(errors.NotFoundError):
            wait(player, None, **poll)
    else:
        assert wait(player, None, **poll).passed


def test_failed_poll_makes_no_report() -> None:
    seen: list[Any] = []
    player = Player([RUNNING, response(503), BROKEN, RUNNING, response(200, b"junk"), DONE])
    flow = flows.wait(
        player.context, ID, timeout=None, poll=PollPolicy(), on_update=lambda e: seen.append(e.status_code)
    )
    assert player.run(flow).passed
    assert seen == ["running", "completed"]


def test_wait_timeout_carries_ids_and_last_problem() -> None:
    player = Player([PENDING, RUNNING, response(503, {"message": "busy"})])
    flow = flows.evaluate(player.context, submission(), timeout=30.0, poll=PollPolicy(), on_update=None)
    with pytest.raises(errors.WaitTimeoutError) as caught:
        player.run(flow)
    error = caught.value
    assert (error.evaluation_id, error.idempotency_key, error.evaluation.status_code) == (ID, "new-key", "running")
    assert str(error) == (
        f"evaluation {ID} had not ended by the deadline (last status: running). The last poll failed: waiting "
        f"for evaluation {ID}: the server responded with 503: busy. The server failed. It is safe to call "
        "again. The evaluation goes on at the server and is not billed again: call wait(error.evaluation) to "
        "go on waiting."
    )


@pytest.mark.parametrize("status", [400, 403])
def test_error_status_during_evaluate_wait_carries_id_and_key(status: int) -> None:
    player = Player([PENDING, response(status)])
    flow = flows.evaluate(player.context, submission(), timeout=30.0, poll=PollPolicy(), on_update=None)
    with pytest.raises(
        errors.APIError, match=f"^waiting for evaluation {ID}: the server responded with {status}"
    ) as caught:
        player.run(flow)
    assert (caught.value.evaluation_id, caught.value.idempotency_key) == (ID, "new-key")


def test_poll_response_without_id_counts_for_requested_evaluation() -> None:
    for named in ({}, {"id": None}, {"id": 5}):
        player = Player([response(200, {**named, "status_code": "completed"})])
        assert wait(player, 10.0).id == ID
    for other in ("", "another"):
        player = Player([response(200, {"id": other, "status_code": "completed"}), DONE])
        assert wait(player, 10.0).passed


def test_wait_timeout_without_problem_names_last_status() -> None:
    player = Player([RUNNING])
    with pytest.raises(errors.WaitTimeoutError) as caught:
        wait(player, 10.0)
    assert str(caught.value) == (
        f"evaluation {ID} had not ended by the deadline (last status: running). The evaluation goes on at the "
        "server and is not billed again: call wait(error.evaluation) to go on waiting."
    )
    assert caught.value.idempotency_key is None


def test_unusable_evaluation_id_error_warns_against_new_key() -> None:
    player = Player([response(202, {"id": "odd", "status_code": "pending"}, x_request_id="r-1")])
    flow = flows.evaluate(player.context, submission(), timeout=30.0, poll=PollPolicy(), on_update=None)
    with pytest.raises(errors.DecodeError) as caught:
        player.run(flow)
    error = caught.value
    assert (error.evaluation_id, error.idempotency_key, error.request_id) == ("odd", "new-key", "r-1")
    assert str(error).startswith("the server accepted the image, but the evaluation id in its response is not valid: ")
    assert str(error).endswith(". Do not submit the image under another idempotency key: it may be billed twice.")


def test_response_about_other_evaluation_is_last_problem() -> None:
    player = Player([response(200, {"id": "other", "status_code": "completed"})])
    seen: list[Any] = []
    flow = flows.wait(player.context, ID, timeout=10.0, poll=PollPolicy(), on_update=seen.append)
    with pytest.raises(errors.WaitTimeoutError, match="the response holds another evaluation"):
        player.run(flow)
    assert seen == []


@pytest.mark.parametrize(
    "last",
    [
        response(503, x_request_id="r-2 https://a.example/?s3cr3t"),
        response(200, b"<html>", x_request_id="r-2 https://a.example/?s3cr3t"),
        response(200, {"id": "other", "status_code": "completed"}, x_request_id="r-2 https://a.example/?s3cr3t"),
    ],
)
def test_wait_timeout_carries_request_id_of_failed_last_poll(last: Any) -> None:
    player = Player([response(200, {"id": ID, "status_code": "running"}, x_request_id="r-1"), last])
    with pytest.raises(errors.WaitTimeoutError) as caught:
        wait(player, 10.0)
    assert caught.value.request_id == "r-2 https://a.example/?[query cut]"
    with pytest.raises(errors.WaitTimeoutError) as caught:
        wait(Player([response(200, {"id": ID, "status_code": "running"}, x_request_id="r-1")]), 10.0)
    assert caught.value.request_id is None


@pytest.mark.parametrize("named", [{"id": ID.upper()}, {"id": ID}, {"id": 5}, {}])
@pytest.mark.parametrize("asked", [ID, ID.upper(), uuid.UUID(ID)])
def test_evaluation_has_requested_id(named: dict[str, Any], asked: Any) -> None:
    assert wait(Player([response(200, {**named, "status_code": "completed"})]), 10.0, asked).id == str(asked)
    with pytest.raises(errors.WaitTimeoutError) as caught:
        wait(Player([response(200, {**named, "status_code": "running"})]), 10.0, asked)
    assert caught.value.evaluation_id == str(asked)


def test_reports_carry_requested_id() -> None:
    seen: list[Any] = []
    player = Player([response(200, {"status_code": "running"}), response(200, {"status_code": "completed"})])
    player.run(flows.wait(player.context, ID, timeout=60.0, poll=PollPolicy(), on_update=lambda e: seen.append(e.id)))
    assert seen == [ID, ID]


@pytest.mark.parametrize("looks_late", [False, True])
def test_poll_that_was_answered_during_a_pause_is_repeated(looks_late: bool) -> None:
    def replies(request: Any, number: int) -> Any:
        if number == 0:
            player.now += 39.5  # the caller of a batch paused here
        return DONE if number else RUNNING

    player = Player(replies, seconds=0.0, retries=RetryPolicy(attempt_timeout=100.0))
    flow = polling.wait(
        player.context,
        Evaluation(id=ID),
        deadline=player.now + 40,
        poll=PollPolicy(),
        on_update=None,
        looks_late=looks_late,
    )
    if looks_late:
        assert player.run(flow).passed
    else:
        with pytest.raises(errors.WaitTimeoutError):
            player.run(flow)
    assert len(player.requests) == 1 + looks_late
