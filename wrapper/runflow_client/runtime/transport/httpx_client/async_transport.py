"""Sends the requests of asyncio tasks through a caller's own `httpx.AsyncClient`."""

from __future__ import annotations

import asyncio
import math

import httpx

from ....flows.base.steps import ConnectionSlot, FailureKind, RequestFailure, Response
from ...clock import Clock
from ..bodies import async_pieces_of
from ..compression import LONGEST_RESPONSE, response_from, too_large
from ..failures import closed_error, is_network_error, with_origin
from ..requests import HTTPRequest, origin_of
from ..slots import DEFAULT_MAX_CONNECTIONS, Slots
from ..task_slots import LoopGuard, TaskSlot
from .failures import ERRORS, failure_of
from .requests import already_read, httpx_request


class AsyncHttpxTransport:
    """Sends requests through a caller's own `httpx.AsyncClient`, which the caller closes."""

    def __init__(self, client: httpx.AsyncClient, clock: Clock, max_connections: int = DEFAULT_MAX_CONNECTIONS) -> None:
        self._client = client
        self._clock = clock
        self._loop = LoopGuard()
        self._closed = False
        self._slots = Slots(max_connections)

    def slot(self, url: str, deadline: float) -> TaskSlot:
        """Return a context manager that waits until the deadline for a slot to the origin of this URL."""
        self._check_usable()
        return TaskSlot(self._slots, origin_of(url), deadline, self._clock, self._loop)

    async def send(
        self,
        request: HTTPRequest,
        deadline: float,
        attempt_timeout: float = math.inf,
        slot: ConnectionSlot | None = None,
    ) -> Response | RequestFailure:
        self._check_usable()
        self._loop.enter()
        origin = origin_of(request.url)
        if slot is None or slot.origin != origin:
            async with TaskSlot(self._slots, origin, deadline, self._clock, self._loop) as own:
                return await self._send(request, deadline, attempt_timeout, own)
        return await self._send(request, deadline, attempt_timeout, slot)

    async def _send(
        self, request: HTTPRequest, deadline: float, attempt_timeout: float, slot: ConnectionSlot
    ) -> Response | RequestFailure:
        if not slot.is_taken:
            return RequestFailure(FailureKind.TIMEOUT, "no connection was free in time", False, slot.origin)
        self._check_usable()
        left = min(deadline - self._clock.now(), attempt_timeout)
        if left <= 0:
            return RequestFailure(FailureKind.TIMEOUT, "", False, slot.origin)
        limit = asyncio.timeout(None if left == math.inf else left)
        try:
            async with limit:
                return with_origin(await self._send_and_read(request), slot.origin)
        except ERRORS as error:
            if isinstance(error, TimeoutError) and limit.expired():
                return RequestFailure(FailureKind.TIMEOUT, "", True, slot.origin)
            if isinstance(error, OSError) and not is_network_error(error):
                raise
            return with_origin(failure_of(error), slot.origin)

    async def _send_and_read(self, request: HTTPRequest) -> Response | RequestFailure:
        body = request.body
        content = body if body is None or isinstance(body, bytes) else async_pieces_of(request)
        sent = httpx_request(self._client, request, content, None)
        if request.is_presigned:
            # Without the client's hooks and its log, which would receive the signature in the URL.
            response = await self._client._transport_for_url(sent.url).handle_async_request(sent)
        else:
            response = await self._client.send(sent, stream=True, auth=None, follow_redirects=False)
        try:
            if (read := already_read(response)) is not None:
                return read
            received = bytearray()
            async for chunk in response.aiter_raw():
                received += chunk
                if len(received) > LONGEST_RESPONSE:
                    return too_large()
            return response_from(response.status_code, response.headers.raw, bytes(received))
        finally:
            await response.aclose()

    def _check_usable(self) -> None:
        if self._closed or self._client.is_closed:
            raise closed_error()

    async def aclose(self) -> None:
        """Leave the caller's client open."""
        self._closed = True
