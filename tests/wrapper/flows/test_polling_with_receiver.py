"""A wait with a receiver of callbacks: polls are seldom until the callback arrives, and the poll after it ends the wait."""

from __future__ import annotations

import math
from typing import Any

import pytest
from player import BROKEN, Player, response

from runflow_client import EvaluationRequest, PollPolicy, errors
from runflow_client.callbacks import Callback, Receiver
from runflow_client.flows import evaluations
from runflow_client.flows.base.steps import Request, Response, Sleep
from runflow_client.models.evaluation import Evaluation

ID = "01978c5f-6b02-7d19-8f4a-2c9e6d3b5a10"
PENDING = Evaluation.from_dict({"id": ID, "status_code": "pending"})
REQUEST = EvaluationRequest("https://images.example.com/a.png", "headshot", callback_url="https://shop.example/hook")


class CallbackPlayer(Player):
    """Runs a wait whose callback arrives at a time on the virtual clock.

    Args:
        arrives: seconds after the start at which the callback arrives; None for never.
        ends: seconds after the start at which the evaluation has ended; by default when the callback arrives.
        replies: responses in place of the first polls.
    """

    def __init__(
        self,
        receiver: Receiver,
        arrives: float | None,
        ends: float | None = None,
        replies: dict[int, Any] | None = None,
    ) -> None:
        super().__init__(self._reply)
        self._receiver = receiver
        self._start = self.now
        self._arrives = arrives
        self._ends = arrives if ends is None else ends
        self._replaced = replies or {}
        self._polls = 0

    def _reply(self, request: Request, number: int) -> Any:
        if request.method == "POST":
            return response(202, {"id": ID, "status_code": "pending"})
        self._polls += 1
        if self._polls - 1 in self._replaced:
            return self._replaced[self._polls - 1]
        has_ended = self._ends is not None and self.now - self._start >= self._ends
        return response(200, {"id": ID, "status_code": "completed" if has_ended else "running", "overall_passed": True})

    def _do(self, step: object) -> Any:
        if isinstance(step, Sleep) and step.signal is not None:
            woken: list[bool] = []
            step.signal.on_arrival(lambda: woken.append(True))
            left = math.inf if self._arrives is None else self._start + self._arrives - self.now
            if not woken and left <= step.seconds:
                self.sleeps.append(left)
                self.now += max(left, 0.0)
                self._arrives = None
                self._receiver(Callback("evaluation.completed", ID, None, None, {}))
                assert woken
            step.signal.on_arrival(None)
            if woken:
                return None
        return super()._do(step)

    @property
    def seconds(self) -> list[float]:
        """When the polls were sent, in seconds since the start."""
        polls = [time for request, time in zip(self.requests, self.times, strict=True) if request.method == "GET"]
        return [round(time - self._start, 2) for time in polls]


def wait(player: CallbackPlayer, receiver: Any, known: Any = PENDING, **options: Any) -> Evaluation:
    chosen = {"timeout": 600.0, "poll": PollPolicy(), "on_update": None, **options}
    return player.run(evaluations.wait(player.context, known, receiver=receiver, **chosen))


def test_callback_ends_the_wait_with_one_poll() -> None:
    receiver = Receiver()
    player = CallbackPlayer(receiver, arrives=120.0)
    assert wait(player, receiver).passed
    assert player.seconds == [120.0]
    assert not receiver._expected


def test_evaluate_with_callback_takes_two_requests() -> None:
    receiver = Receiver()
    player = CallbackPlayer(receiver, arrives=120.0)
    evaluation = player.run(
        evaluations.evaluate(
            player.context, REQUEST, timeout=600.0, poll=PollPolicy(), on_update=None, receiver=receiver
        )
    )
    assert evaluation.passed and [request.method for request in player.requests] == ["POST", "GET"]
    assert list(receiver._seconds) == [pytest.approx(119.9)] and list(receiver._arrivals) == [True]


def test_lost_callback_is_replaced_by_seldom_polls() -> None:
    receiver = Receiver()
    player = CallbackPlayer(receiver, arrives=None, ends=200.0)
    assert wait(player, receiver).passed
    assert player.seconds == [150.0, 225.15]
    assert list(receiver._arrivals) == [False]


def test_callback_that_arrived_before_the_wait_is_polled_at_once() -> None:
    receiver = Receiver()
    receiver(Callback("evaluation.completed", ID.upper(), None, None, {}))
    player = CallbackPlayer(receiver, arrives=None, ends=0.0)
    assert wait(player, receiver).passed
    assert player.seconds == [0.0]


def test_callback_of_another_evaluation_changes_nothing() -> None:
    receiver = Receiver()
    player = CallbackPlayer(receiver, arrives=None, ends=100.0)
    receiver(Callback("evaluation.completed", "another", None, None, {}))
    wait(player, receiver)
    assert player.seconds == [150.0]


def test_evaluation_running_after_its_callback_is_polled_by_the_policy() -> None:
    receiver = Receiver()
    player = CallbackPlayer(receiver, arrives=60.0, ends=64.0, replies={0: response(404), 1: BROKEN})
    assert wait(player, receiver).passed
    assert player.seconds == [60.0, 63.1, 66.35], "the callback may come before every replica has the end"


def test_retry_after_is_slept_although_the_callback_arrives() -> None:
    receiver = Receiver()
    player = CallbackPlayer(receiver, arrives=155.0, replies={0: response(429, retry_after="30")})
    assert wait(player, receiver).passed
    assert player.seconds == [150.0, 180.1]


def test_callback_during_a_poll_is_followed_by_another() -> None:
    receiver = Receiver()
    player = CallbackPlayer(receiver, arrives=None, ends=150.05)

    def during_poll(request: Request, number: int) -> Response:
        reply: Response = CallbackPlayer._reply(player, request, number)
        receiver(Callback("evaluation.completed", ID, None, None, {}))
        return reply

    player._replies = during_poll
    assert wait(player, receiver).passed
    assert player.seconds == [150.0, 150.1] and list(receiver._arrivals) == [True]


def test_mostly_lost_callbacks_are_polled_as_without_receiver() -> None:
    receiver = Receiver()
    for _ in range(10):
        receiver.learn(None, arrived=False)
    polled, usual = CallbackPlayer(receiver, None, 30.0), CallbackPlayer(receiver, None, 30.0)
    wait(polled, receiver)
    wait(usual, None)
    assert polled.seconds == usual.seconds


def test_id_is_polled_at_once_and_its_end_teaches_nothing() -> None:
    receiver = Receiver()
    player = CallbackPlayer(receiver, arrives=None, ends=0.0)
    assert wait(player, receiver, ID).passed
    assert player.seconds == [0.0] and not receiver._arrivals


def test_wait_without_known_submit_learns_no_duration() -> None:
    receiver = Receiver()
    player = CallbackPlayer(receiver, arrives=40.0)
    wait(player, receiver, ID)
    assert player.seconds == [0.0, 40.0]
    assert (list(receiver._seconds), list(receiver._arrivals)) == ([], [True])


def test_deadline_gets_its_last_poll_without_a_callback() -> None:
    receiver = Receiver()
    player = CallbackPlayer(receiver, arrives=None)
    with pytest.raises(errors.WaitTimeoutError):
        wait(player, receiver, timeout=60.0)
    assert player.seconds == [59.0, 59.8] and not receiver._expected


def test_interrupted_wait_expects_nothing_any_longer() -> None:
    receiver = Receiver()
    player = CallbackPlayer(receiver, arrives=None)
    flow = evaluations.wait(player.context, PENDING, timeout=None, poll=PollPolicy(), on_update=None, receiver=receiver)
    next(flow)
    assert receiver._expected
    flow.close()
    assert not receiver._expected


def test_receiver_without_callback_url_is_refused_before_the_submit() -> None:
    player = CallbackPlayer(Receiver(), arrives=None)
    request = EvaluationRequest("https://images.example.com/a.png", "headshot")
    with pytest.raises(errors.InvalidRequestError, match="receiver= needs callback_url=") as caught:
        player.run(
            evaluations.evaluate(
                player.context, request, timeout=None, poll=PollPolicy(), on_update=None, receiver=Receiver()
            )
        )
    assert caught.value.argument == "callback_url" and not player.requests


@pytest.mark.parametrize("receiver", ["receiver", print])
def test_receiver_of_another_type_is_refused(receiver: Any) -> None:
    player = CallbackPlayer(Receiver(), arrives=None)
    with pytest.raises(errors.InvalidRequestError, match="^receiver must be a callbacks.Receiver, not"):
        wait(player, receiver)
