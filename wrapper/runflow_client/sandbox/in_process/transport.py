"""The transports of clients inside the process: no socket, and time passes on the virtual clock only."""

from __future__ import annotations

import math
from collections.abc import Generator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ...flows.base.steps import ConnectionSlot, FailureKind, RequestFailure, Response
from ...runtime.transport.bodies import whole_body
from ...runtime.transport.slots import DEFAULT_MAX_CONNECTIONS, Slots, ThreadSlot
from ...runtime.transport.task_slots import LoopGuard, TaskSlot
from ..service.service import Service
from .clock import VirtualClock

if TYPE_CHECKING:
    from ...runtime.transport.requests import HTTPRequest

# Seconds after which the sandbox closes a connection on which it has stalled, as its server does (`Limits.reply`).
_LONGEST_SILENCE = 60.0

# Yields the seconds that pass, and returns the outcome of the request.
_Steps = Generator[float, None, Response | RequestFailure]


class _Requests:
    """The steps of a request inside the process, which both transports share.

    Args:
        seconds: how long a request takes, in seconds of the clock.
    """

    max_connections = DEFAULT_MAX_CONNECTIONS

    def __init__(self, service: Service, clock: VirtualClock, seconds: float) -> None:
        self._service = service
        self._clock = clock
        self._seconds = seconds

    def _steps(self, request: HTTPRequest, deadline: float, attempt_timeout: float) -> _Steps:
        """Send a request; half of its seconds pass before it is handled."""
        deadline = min(deadline, self._clock.now() + attempt_timeout)
        parts = urlsplit(request.url)
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        if not (yield from self._pass(self._seconds / 2, deadline)):
            return _timed_out(handled=False)
        fault = self._service.arrive(request.method, target, request.headers)
        if fault.drop == "before":
            raise ConnectionResetError("the sandbox closed the connection before it handled the request")
        body = whole_body(request)
        reply = fault.apply(
            lambda: self._service.handle(request.method, target, request.headers, body, self._clock.now())
        )
        silence = _LONGEST_SILENCE if fault.stop_at is not None and fault.drop is None else 0.0
        if not (yield from self._pass(self._seconds / 2 + fault.seconds + silence, deadline)):
            return _timed_out(handled=True)
        if fault.drop == "after" or fault.stop_at is not None:
            raise ConnectionResetError("the sandbox closed the connection before it replied")
        return Response(reply.status, dict(reply.headers), reply.body)

    def _pass(self, seconds: float, deadline: float) -> Generator[float, None, bool]:
        """Let the seconds pass, but not beyond the deadline; return whether the deadline was kept."""
        left = deadline - self._clock.now()
        yield min(seconds, max(0.0, left))
        return seconds <= left


class SandboxTransport(_Requests):
    """Passes the requests of a sync client to the service of the sandbox."""

    def share(self) -> SandboxTransport:
        """Return this transport, which holds nothing to close."""
        return self

    def slot(self, url: str, deadline: float) -> ThreadSlot:
        """Return a slot that is always free: the sandbox does not limit connections."""
        return ThreadSlot(Slots(math.inf), url, deadline, self._clock)

    def send(
        self,
        request: HTTPRequest,
        deadline: float,
        attempt_timeout: float = math.inf,
        slot: ConnectionSlot | None = None,
    ) -> Response | RequestFailure:
        """Send a request.

        Args:
            deadline: time on the clock by which the response is needed; infinity for no limit.
            attempt_timeout: seconds from now, another limit.

        Returns:
            The response, or a failure of kind `TIMEOUT` when the deadline came first.

        Raises:
            ConnectionResetError: a fault closed the connection.
        """
        steps = self._steps(request, deadline, attempt_timeout)
        while True:
            try:
                seconds = next(steps)
            except StopIteration as stop:
                outcome: Response | RequestFailure = stop.value
                return outcome
            self._clock.sleep(seconds)

    def close(self) -> None:
        """Do nothing: there is nothing to close."""


class AsyncSandboxTransport(_Requests):
    """Passes the requests of an async client to the service of the sandbox."""

    def slot(self, url: str, deadline: float) -> TaskSlot:
        """Return a slot that is always free: the sandbox does not limit connections."""
        return TaskSlot(Slots(math.inf), url, deadline, self._clock, LoopGuard())

    async def send(
        self,
        request: HTTPRequest,
        deadline: float,
        attempt_timeout: float = math.inf,
        slot: ConnectionSlot | None = None,
    ) -> Response | RequestFailure:
        """Send a request; arguments and errors are those of `SandboxTransport.send`."""
        steps = self._steps(request, deadline, attempt_timeout)
        while True:
            try:
                seconds = next(steps)
            except StopIteration as stop:
                outcome: Response | RequestFailure = stop.value
                return outcome
            await self._clock.sleep_async(seconds)

    async def aclose(self) -> None:
        """Do nothing: there is nothing to close."""


def _timed_out(*, handled: bool) -> RequestFailure:
    return RequestFailure(
        FailureKind.TIMEOUT, "the deadline came before the sandbox's reply", may_have_been_received=handled
    )
