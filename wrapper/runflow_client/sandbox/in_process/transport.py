"""The transports of clients inside the process: no socket, and time passes on the virtual clock only."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ...errors import ConfigurationError
from ...flows.base.steps import ConnectionSlot, FailureKind, RequestFailure, Response
from ...runtime.transport.bodies import whole_body
from ...runtime.transport.requests import origin_of
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


class _ThreadSlot(ThreadSlot):
    """A slot that a thread waits for; it is given back where the deadline on the virtual clock passed meanwhile."""

    def take(self) -> None:
        super().take()
        if self.is_taken and self._clock.now() > self._deadline:
            self.release()


class _TaskSlot(TaskSlot):
    """A slot that a task waits for on the virtual clock."""

    _on_wake: Callable[[], None] | None = None

    def on_arrival(self, wake: Callable[[], None] | None) -> None:
        self._on_wake = wake

    def wake(self) -> None:
        super().wake()
        if self._on_wake is not None:
            self._on_wake()

    async def _wait(self) -> None:
        if self._deadline == math.inf:
            await super()._wait()
            return
        await self._clock.wait_async(self, self._deadline - self._clock.now())
        if not self.is_taken:
            self._slots.leave(self)


class _Requests:
    """The steps of a request inside the process, which both transports share.

    Attributes:
        has_ended: True once the test has ended whose sandbox this is; every request is then refused.

    Args:
        seconds: how long a request takes, in seconds of the clock.
        max_connections: the largest number of requests in flight; further ones wait in the queue of real clients.
    """

    def __init__(
        self,
        service: Service,
        clock: VirtualClock,
        seconds: float,
        max_connections: int = DEFAULT_MAX_CONNECTIONS,
    ) -> None:
        self.max_connections = max_connections
        self.has_ended = False
        self._service = service
        self._clock = clock
        self._seconds = seconds
        self._slots = Slots(max_connections)

    def _steps(self, request: HTTPRequest, deadline: float, attempt_timeout: float) -> _Steps:
        """Send a request; half of its seconds pass before it is handled."""
        if self.has_ended:
            raise ConfigurationError(
                "this client was made in an earlier test, whose sandbox has ended. Code that keeps its client (in a variable of "
                "a module, in a cache) must make it anew in each test: forget it in a fixture, for instance by "
                "monkeypatch.setattr or cache_clear()"
            )
        deadline = min(deadline, self._clock.now() + attempt_timeout)
        parts = urlsplit(request.url)
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        if not (yield from self._pass(self._seconds / 2, deadline)):
            return _timed_out(handled=False)
        fault = self._service.arrive(request.method, target, request.headers)
        if fault.drop == "before":
            raise ConnectionResetError("the sandbox closed the connection before it handled the request")
        body = whole_body(request)
        with self._clock.hold():
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

    moves_at_once = False
    """Whether each request moves the clock by itself, in place of sharing the time with other threads that sleep."""

    def share(self) -> SandboxTransport:
        """Return a transport over the same connections, for a batch. Its requests move the clock one after the other, because
        its few threads send as fast as they can, and nothing depends on the time that they take."""
        shared = SandboxTransport(self._service, self._clock, self._seconds, self.max_connections)
        shared._slots = self._slots
        shared.has_ended = self.has_ended
        shared.moves_at_once = True
        return shared

    def slot(self, url: str, deadline: float) -> ThreadSlot:
        """Return a context manager that waits until the deadline for a slot to the origin of this URL."""
        return _ThreadSlot(self._slots, origin_of(url), deadline, self._clock)

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
        if slot is None or slot.origin != origin_of(request.url):
            with self.slot(request.url, deadline) as own:
                return self._send(request, deadline, attempt_timeout, own)
        return self._send(request, deadline, attempt_timeout, slot)

    def _send(
        self, request: HTTPRequest, deadline: float, attempt_timeout: float, slot: ConnectionSlot
    ) -> Response | RequestFailure:
        if not slot.is_taken:
            return _no_slot(slot.origin)
        steps = self._steps(request, deadline, attempt_timeout)
        while True:
            try:
                seconds = next(steps)
            except StopIteration as stop:
                outcome: Response | RequestFailure = stop.value
                return outcome
            if self.moves_at_once:
                self._clock.advance(seconds)
            else:
                self._clock.sleep(seconds)

    def close(self) -> None:
        """Do nothing: there is nothing to close."""


class AsyncSandboxTransport(_Requests):
    """Passes the requests of an async client to the service of the sandbox."""

    def slot(self, url: str, deadline: float) -> TaskSlot:
        """Return an asynchronous context manager that waits until the deadline for a slot to the origin of this URL."""
        return _TaskSlot(self._slots, origin_of(url), deadline, self._clock, LoopGuard())

    async def send(
        self,
        request: HTTPRequest,
        deadline: float,
        attempt_timeout: float = math.inf,
        slot: ConnectionSlot | None = None,
    ) -> Response | RequestFailure:
        """Send a request; arguments and errors are those of `SandboxTransport.send`."""
        if slot is None or slot.origin != origin_of(request.url):
            async with self.slot(request.url, deadline) as own:
                return await self._send(request, deadline, attempt_timeout, own)
        return await self._send(request, deadline, attempt_timeout, slot)

    async def _send(
        self, request: HTTPRequest, deadline: float, attempt_timeout: float, slot: ConnectionSlot
    ) -> Response | RequestFailure:
        if not slot.is_taken:
            return _no_slot(slot.origin)
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


def _no_slot(origin: str) -> RequestFailure:
    return RequestFailure(FailureKind.TIMEOUT, "no connection was free in time", False, origin)


def _timed_out(*, handled: bool) -> RequestFailure:
    return RequestFailure(
        FailureKind.TIMEOUT, "the deadline came before the sandbox's reply", may_have_been_received=handled
    )
