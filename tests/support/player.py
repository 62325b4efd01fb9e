"""Runs a flow without network or real time: the test gives the responses, and a sleep only advances a virtual clock."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any, TypeVar

from runflow_client._redaction import redactor
from runflow_client.events import EvaluationSubmitted, Event
from runflow_client.flows.base.context import Context
from runflow_client.flows.base.policies import RetryPolicy
from runflow_client.flows.base.steps import (
    Checkpoint,
    FailureKind,
    Flow,
    Load,
    Open,
    Report,
    Request,
    RequestFailure,
    Reserve,
    Response,
    Send,
    Sleep,
    StepResult,
)
from runflow_client.runtime.files import images, uploads

T = TypeVar("T")
Replies = Callable[[Request, int], Response | RequestFailure]

BROKEN = RequestFailure(FailureKind.BROKEN, "reset", may_have_been_received=True)
NOT_CONNECTED = RequestFailure(FailureKind.NOT_CONNECTED, "refused", may_have_been_received=False)
TIMED_OUT = RequestFailure(FailureKind.TIMEOUT, "", may_have_been_received=True)


def response(status: int, body: Any = None, **headers: str) -> Response:
    """Return a response whose body is given as JSON data or as bytes."""
    raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    return Response(status, {name.replace("_", "-"): value for name, value in headers.items()}, raw)


class Player:
    """Runs flows on a virtual clock.

    Args:
        replies: the responses in order, the last one repeated; or a function of the request and its index.
        seconds: the duration of each request.
        settings: arguments of `Context`; `random` and `new_key` as the values that these functions return.
    """

    def __init__(
        self, replies: Replies | list[Response | RequestFailure], seconds: float = 0.1, **settings: Any
    ) -> None:
        self._replies = replies
        self._seconds = seconds
        self.now = 1_000.0
        self.requests: list[Request] = []
        self.times: list[float] = []
        self.deadlines: list[float] = []
        self.sleeps: list[float] = []
        self.events: list[Event] = []
        self.checkpoints: list[Checkpoint] = []
        self._random = settings.pop("random", 1.0)
        new_key = settings.pop("new_key", "new-key")
        self.context = Context(
            now=lambda: self.now,
            random=lambda: self._random,
            new_key=lambda: new_key,
            redact=redactor([]),
            notify=self.events.append,
            retries=settings.pop("retries", RetryPolicy()),
            timeout=math.inf if (seconds_of_call := settings.pop("timeout", 60.0)) is None else seconds_of_call,
            is_local=settings.pop("is_local", False),
            takes_coroutines=settings.pop("takes_coroutines", True),
        )
        assert not settings

    def run(self, flow: Flow[T]) -> T:
        outcome: StepResult = None
        try:
            while True:
                try:
                    step = flow.send(outcome)
                except StopIteration as end:
                    result: T = end.value
                    return result
                outcome = self._do(step)
        except BaseException as interruption:
            flow.throw(interruption)  # as both drivers do, so that the flow can add the idempotency key to it
            raise

    @property
    def submitted(self) -> list[str]:
        """The ids of the evaluations that were submitted, as events name them."""
        return [event.evaluation_id for event in self.events if isinstance(event, EvaluationSubmitted)]

    def _do(self, step: object) -> StepResult:
        match step:
            case Send(request, deadline, attempt_timeout):
                return self._send(request, min(deadline, self.now + attempt_timeout))
            case Sleep(seconds):
                self.sleeps.append(seconds)
                self.now += seconds
            case Load(source, argument):
                return images.load(source, argument)
            case Open(source, argument, filename, media_type):
                return uploads.open_to_send(source, argument, filename, media_type)
            case Report(on_update, evaluation):
                on_update(evaluation)
            case Reserve(deadline):
                assert deadline > self.now
            case Checkpoint():
                self.checkpoints.append(step)
        return None

    def _send(self, request: Request, deadline: float) -> Response | RequestFailure:
        number = len(self.requests)
        self.requests.append(request)
        self.times.append(self.now)
        self.deadlines.append(deadline)
        if isinstance(self._replies, list):
            reply = self._replies[min(number, len(self._replies) - 1)]
        else:
            reply = self._replies(request, number)
        left = deadline - self.now
        if reply is TIMED_OUT or self._seconds > left:
            self.now += min(left, 1e9)
            return TIMED_OUT
        self.now += self._seconds
        return reply


def keys_of(requests: list[Request]) -> set[str]:
    """Return the idempotency keys of the requests."""
    return {value for request in requests for name, value in request.headers if name == "Idempotency-Key"}
