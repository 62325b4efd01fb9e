"""Sends the requests of asyncio tasks over the library's own connections."""

from __future__ import annotations

import asyncio
import math
import warnings
from typing import TYPE_CHECKING, Any

from ....flows.base.steps import ConnectionSlot, FailureKind, RequestFailure, Response
from ...clock import Clock
from ..failures import closed_error, failure_from, is_network_error, with_origin
from ..requests import HTTPRequest, Origin, origin_and_target, origin_of
from ..slots import DEFAULT_MAX_CONNECTIONS, Slots
from ..task_slots import LoopGuard, TaskSlot
from .idle import IdleConnections

if TYPE_CHECKING:
    from .async_connection import AsyncConnection


class AsyncConnectionTransport:
    """Sends requests over pooled connections, in one event loop.

    Args:
        clock: the clock of the deadlines.
        max_connections: the largest number of requests in flight to one origin, and of idle connections in total.
    """

    def __init__(self, clock: Clock, max_connections: int = DEFAULT_MAX_CONNECTIONS) -> None:
        self._clock = clock
        self.max_connections = max_connections
        self._loop = LoopGuard()
        self._closed = False
        self._slots = Slots(max_connections)
        self._idle: IdleConnections[AsyncConnection] = IdleConnections(max_connections, clock.now)
        self._active: set[AsyncConnection] = set()

    def slot(self, url: str, deadline: float) -> TaskSlot:
        """Return a context manager that waits until the deadline for a slot to the origin of this URL."""
        if self._closed:
            raise closed_error()
        return TaskSlot(self._slots, origin_of(url), deadline, self._clock, self._loop)

    async def send(
        self,
        request: HTTPRequest,
        deadline: float,
        attempt_timeout: float = math.inf,
        slot: ConnectionSlot | None = None,
    ) -> Response | RequestFailure:
        if self._closed:
            raise closed_error()
        self._loop.enter()
        try:
            origin, target = origin_and_target(request.url)
        except ValueError as error:
            return failure_from(error, FailureKind.UNSENDABLE, may_have_been_received=False)
        if slot is None or slot.origin != str(origin):
            async with TaskSlot(self._slots, str(origin), deadline, self._clock, self._loop) as own:
                return await self._send(request, origin, target, deadline, attempt_timeout, own)
        return await self._send(request, origin, target, deadline, attempt_timeout, slot)

    async def _send(
        self,
        request: HTTPRequest,
        origin: Origin,
        target: str,
        deadline: float,
        attempt_timeout: float,
        slot: ConnectionSlot,
    ) -> Response | RequestFailure:
        if not slot.is_taken:
            return RequestFailure(FailureKind.TIMEOUT, "no connection was free in time", False, str(origin))
        if self._closed:
            raise closed_error()
        left = min(deadline - self._clock.now(), attempt_timeout)
        if left <= 0:
            return RequestFailure(FailureKind.TIMEOUT, "", False, str(origin))
        # Imported late: h11 takes longer to load than the rest of a client.
        from .async_connection import AsyncConnection
        from .http import ERRORS, TimeUpError, failure_of

        connection = self._idle.take(origin) or AsyncConnection(origin)
        self._active.add(connection)
        limit = asyncio.timeout(None if left == math.inf else left)
        is_reusable = False
        try:
            async with limit:
                result = await connection.send(request, target)
            is_reusable = connection.finish()
            return with_origin(result, slot.origin)
        except ERRORS as error:
            problem = TimeUpError() if isinstance(error, TimeoutError) and limit.expired() else error
            if isinstance(problem, OSError) and not is_network_error(problem):
                raise
            return failure_of(problem, connection.route, is_open=connection.is_open, has_sent=connection.has_sent)
        finally:
            self._active.discard(connection)
            if is_reusable and not self._closed:
                self._idle.keep(connection)
            else:
                connection.close()

    async def aclose(self) -> None:
        self._closed = True
        connections = [*self._idle.clear(), *self._active]
        if self._loop.is_here():
            for connection in connections:
                connection.close()
            # Wait until asyncio has closed the sockets, which it does in the loop's next turn.
            await asyncio.sleep(0)

    def __del__(self, warn: Any = warnings.warn) -> None:
        if getattr(self, "_idle", None) is None or not len(self._idle):
            return
        loop = self._loop.loop
        if loop is not None and not loop.is_closed():
            for connection in self._idle.clear():
                loop.call_soon_threadsafe(connection.close)
        warn(
            "an AsyncRunflow client was garbage-collected with open connections: use `async with AsyncRunflow() as client` or "
            "await client.aclose()",
            ResourceWarning,
            source=self,
            stacklevel=2,
        )
