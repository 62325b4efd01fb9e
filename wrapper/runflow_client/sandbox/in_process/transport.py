"""The way into a sandbox from inside the process: no sockets, and time passes on the virtual clock only."""

from __future__ import annotations

import math
from collections.abc import Generator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ...flows.base.steps import FailureKind, RequestFailure, Response
from ...runtime.transport.slots import Slot, Slots, ThreadSlot
from ..service.service import Sandbox

if TYPE_CHECKING:
    from ...runtime.transport.requests import HTTPRequest
    from ...runtime.transport.task_slots import TaskSlot

# Seconds after which the sandbox closes a connection on which it has stalled, as its server does (`Limits.answer`).
_LONGEST_SILENCE = 60.0


class SandboxTransport:
    """Carries the requests of a sync client to a sandbox."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def slot(self, url: str, deadline: float) -> ThreadSlot:
        """Return a slot that is always free: there are no connections to be bounded."""
        return ThreadSlot(Slots(math.inf), url, deadline, self._sandbox.clock)

    def send(
        self,
        request: HTTPRequest,
        deadline: float | None,
        attempt_timeout: float = math.inf,
        slot: Slot | None = None,
    ) -> Response | RequestFailure:
        """Have a request answered.

        Args:
            deadline: time on the sandbox's clock by which the answer is needed; `None` for no limit.

        Returns:
            The answer, or a loss by `TIMEOUT` when the deadline came first.

        Raises:
            ConnectionResetError: a fault of the sandbox closed the connection.
        """
        steps = _exchange(self._sandbox, request, _limit(self._sandbox, deadline, attempt_timeout))
        while True:
            try:
                seconds = next(steps)
            except StopIteration as stop:
                answer: Response | RequestFailure = stop.value
                return answer
            self._sandbox.clock.sleep(seconds)

    def close(self) -> None:
        """Do nothing: there is nothing to close."""


class AsyncSandboxTransport:
    """Carries the requests of an async client to a sandbox."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def slot(self, url: str, deadline: float) -> TaskSlot:
        """Return a slot that is always free: there are no connections to be bounded."""
        from ...runtime.transport.task_slots import LoopGuard, TaskSlot

        return TaskSlot(Slots(math.inf), url, deadline, self._sandbox.clock, LoopGuard())

    async def send(
        self,
        request: HTTPRequest,
        deadline: float | None,
        attempt_timeout: float = math.inf,
        slot: Slot | None = None,
    ) -> Response | RequestFailure:
        """Have a request answered; arguments and errors are those of `SandboxTransport.exchange`."""
        steps = _exchange(self._sandbox, request, _limit(self._sandbox, deadline, attempt_timeout))
        while True:
            try:
                seconds = next(steps)
            except StopIteration as stop:
                answer: Response | RequestFailure = stop.value
                return answer
            await self._sandbox.clock.sleep_async(seconds)

    async def aclose(self) -> None:
        """Do nothing: there is nothing to close."""


def _limit(sandbox: Sandbox, deadline: float | None, attempt_timeout: float) -> float | None:
    limit = min(math.inf if deadline is None else deadline, sandbox.clock.now() + attempt_timeout)
    return None if limit == math.inf else limit


def _exchange(
    sandbox: Sandbox, request: HTTPRequest, deadline: float | None
) -> Generator[float, None, Response | RequestFailure]:
    """Go through one exchange, yielding the seconds that pass: half of them before the request is handled."""
    parts = urlsplit(request.url)
    target = f"{parts.path}?{parts.query}" if parts.query else parts.path
    if not (yield from _travel(sandbox, sandbox.request_seconds / 2, deadline)):
        return _too_late(handled=False)
    fault = sandbox.arrive(request.method, target, request.headers)
    if fault.drop == "before":
        raise ConnectionResetError("the sandbox closed the connection before it handled the request")
    body = request.whole_body()
    reply = fault.answer(lambda: sandbox.handle(request.method, target, request.headers, body, sandbox.clock.now()))
    silence = _LONGEST_SILENCE if fault.stop_at is not None and fault.drop is None else 0.0
    if not (yield from _travel(sandbox, sandbox.request_seconds / 2 + fault.seconds + silence, deadline)):
        return _too_late(handled=True)
    if fault.drop == "after" or fault.stop_at is not None:
        raise ConnectionResetError("the sandbox closed the connection before it answered")
    return Response(reply.status, dict(reply.headers), reply.body)


def _travel(sandbox: Sandbox, seconds: float, deadline: float | None) -> Generator[float, None, bool]:
    """Let the seconds pass, or those that are left until the deadline; tell whether it was kept."""
    left = seconds if deadline is None else deadline - sandbox.clock.now()
    yield min(seconds, max(0.0, left))
    return seconds <= left


def _too_late(*, handled: bool) -> RequestFailure:
    return RequestFailure(
        FailureKind.TIMEOUT, "the deadline came before the sandbox's answer", may_have_been_received=handled
    )
