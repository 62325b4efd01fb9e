"""Sends the requests of threads through a caller's own `httpx.Client`."""

from __future__ import annotations

import math

import httpx

from ....flows.base.steps import ConnectionSlot, FailureKind, RequestFailure, Response
from ...clock import Clock
from ..bodies import pieces_of
from ..compression import LONGEST_RESPONSE, response_from, too_large
from ..failures import closed_error, is_network_error, with_origin
from ..requests import HTTPRequest, origin_of
from ..slots import DEFAULT_MAX_CONNECTIONS, Slots, ThreadSlot
from .failures import ERRORS, failure_of
from .requests import already_read, httpx_request


class HttpxTransport:
    """Sends requests through a caller's own `httpx.Client`, which the caller closes.

    httpx limits each wait on its own: to the time that is left. Headers that arrive slowly can exceed the deadline.
    """

    def __init__(self, client: httpx.Client, clock: Clock, max_connections: int = DEFAULT_MAX_CONNECTIONS) -> None:
        self._client = client
        self._clock = clock
        self._closed = False
        self._slots = Slots(max_connections)

    def slot(self, url: str, deadline: float) -> ThreadSlot:
        """Return a context manager that waits until the deadline for a slot to the origin of this URL."""
        self._check_usable()
        return ThreadSlot(self._slots, origin_of(url), deadline, self._clock)

    def send(
        self,
        request: HTTPRequest,
        deadline: float,
        attempt_timeout: float = math.inf,
        slot: ConnectionSlot | None = None,
    ) -> Response | RequestFailure:
        self._check_usable()
        origin = origin_of(request.url)
        if slot is None or slot.origin != origin:
            with ThreadSlot(self._slots, origin, deadline, self._clock) as own:
                return self._send(request, deadline, attempt_timeout, own)
        return self._send(request, deadline, attempt_timeout, slot)

    def _send(
        self, request: HTTPRequest, deadline: float, attempt_timeout: float, slot: ConnectionSlot
    ) -> Response | RequestFailure:
        now = self._clock.now()
        limit = min(deadline, now + attempt_timeout)
        if not slot.is_taken:
            return RequestFailure(FailureKind.TIMEOUT, "no connection was free in time", False, slot.origin)
        if limit <= now:
            return RequestFailure(FailureKind.TIMEOUT, "", False, slot.origin)
        self._check_usable()
        try:
            seconds = None if limit == math.inf else limit - now
            return with_origin(self._send_and_read(request, limit, seconds), slot.origin)
        except ERRORS as error:
            if isinstance(error, OSError) and not is_network_error(error):
                raise
            return with_origin(failure_of(error), slot.origin)

    def _send_and_read(self, request: HTTPRequest, limit: float, seconds: float | None) -> Response | RequestFailure:
        content = request.body if request.body is None or isinstance(request.body, bytes) else pieces_of(request)
        sent = httpx_request(self._client, request, content, seconds)
        if request.is_presigned:
            # Without the client's hooks and its log, which would receive the signature in the URL.
            response = self._client._transport_for_url(sent.url).handle_request(sent)
        else:
            response = self._client.send(sent, stream=True, auth=None, follow_redirects=False)
        try:
            if (read := already_read(response)) is not None:
                return read
            body = bytearray()
            for chunk in response.iter_raw():
                body += chunk
                if len(body) > LONGEST_RESPONSE:
                    return too_large()
                if self._clock.now() > limit:
                    return RequestFailure(FailureKind.TIMEOUT, "", True)
            return response_from(response.status_code, response.headers.raw, bytes(body))
        finally:
            response.close()

    def _check_usable(self) -> None:
        if self._closed or self._client.is_closed:
            raise closed_error()

    def close(self) -> None:
        """Leave the caller's client open."""
        self._closed = True
