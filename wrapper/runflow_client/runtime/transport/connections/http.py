"""HTTP/1.1 without IO: the same for threads and for asyncio.

The methods return bytes to write to the socket; `receive` takes the bytes that were read from it. The response may arrive at
any time after the first byte of the request, even while the body is being sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import h11

from ....flows.base.steps import FailureKind, RequestFailure, Response
from ..compression import LONGEST_RESPONSE, response_from, too_large
from ..failures import FailureTable, failure_from, kind_of
from ..requests import HTTPRequest, Origin
from .proxies import Proxy, environment_proxy, open_tunnel

if TYPE_CHECKING:
    from .tls import Layers, Steps

_LONGEST_HEAD = 102_400
_METHODS_WITH_BODY = ("POST", "PUT", "PATCH")
"""They have a Content-Length even without a body (RFC 9110, section 8.6)."""


class UnsendableError(Exception):
    """A request cannot be written as HTTP."""


class TimeUpError(Exception):
    """The deadline of a request, or the timeout of an attempt, has passed."""


ERRORS = (TimeUpError, UnsendableError, OSError, h11.ProtocolError)
"""The exceptions of a connection that mean a failed request; others come from the caller's code."""

_FAILURES: FailureTable = (
    (TimeUpError, FailureKind.TIMEOUT),
    (UnsendableError, FailureKind.UNSENDABLE),
    (h11.LocalProtocolError, FailureKind.UNSENDABLE),
)


def failure_of(error: BaseException, route: str, *, is_open: bool, has_sent: bool) -> RequestFailure:
    """Return the failure that an exception means.

    Args:
        error: one of `ERRORS`.
        route: the origin of the server, with the proxy on the way.
        is_open: whether the connection was established.
        has_sent: whether a byte of the request was written.
    """
    kind = kind_of(error, _FAILURES, FailureKind.BROKEN if is_open else FailureKind.NOT_CONNECTED)
    # A connection may keep the exception, and the frames of its traceback would keep the request in memory.
    error.__traceback__ = None
    if isinstance(error, TimeUpError):
        return RequestFailure(kind, "", has_sent, route)
    return failure_from(error, kind, may_have_been_received=has_sent)._replace(origin=route)


class HTTPConnection:
    """The protocol state of a connection: it is opened once, then sends one request after another.

    Args:
        origin: the scheme, host and port of the server.

    `is_open` is whether requests can be sent. `result` is the complete response, or the failure.
    """

    def __init__(self, origin: Origin) -> None:
        self.origin = origin
        self.proxy: Proxy | None = environment_proxy(origin)
        self.is_open = False
        self._has_failed_status = False
        self.result: Response | RequestFailure | None = None
        self._layers: Layers | None = None
        if origin.is_secure or (self.proxy is not None and self.proxy.origin.is_secure):
            from .tls import Layers  # imported late: a process that only uses loopback does not need it

            self._layers = Layers()
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=_LONGEST_HEAD)
        self._head: h11.Response | None = None
        self._body = bytearray()
        self._opening = self._open()

    @property
    def needs_no_more(self) -> bool:
        """Whether the rest of the body need not be sent: the response is complete, or its status is not a success."""
        return self._has_failed_status or self.result is not None

    @property
    def address(self) -> tuple[str, int]:
        """The host and port to connect the socket to."""
        server = self.origin if self.proxy is None else self.proxy.origin
        return server.host, server.port

    @property
    def route(self) -> str:
        """The origin of the server, with that of the proxy, for errors; without the proxy's user and password."""
        return str(self.origin) if self.proxy is None else f"{self.origin} through the proxy {self.proxy.origin}"

    def open(self) -> bytes:
        """Start the proxy tunnel and TLS, where they are needed; `receive` continues until `is_open`."""
        return self._continue_opening(None)

    def _open(self) -> Steps:
        if self._layers is None:
            return
        if self.proxy is not None:
            if self.proxy.origin.is_secure:
                yield from self._layers.secure(self.proxy.origin.host)
            if self.origin.is_secure:
                yield from open_tunnel(self._layers, self.origin, self.proxy)
        if self.origin.is_secure:
            yield from self._layers.secure(self.origin.host)

    def _continue_opening(self, data: bytes | None) -> bytes:
        try:
            return next(self._opening) if data is None else self._opening.send(data)
        except StopIteration:
            self.is_open = True
            return b""

    def begin(self, request: HTTPRequest, target: str) -> bytes:
        """Return the head of a request to the path and query of its URL.

        Raises:
            UnsendableError: it cannot be sent.
        """
        self._head, self._body = None, bytearray()
        self.result, self._has_failed_status = None, False
        headers = [*self._missing_headers(request), *request.headers]
        if self.proxy is not None and not self.origin.is_secure:
            target = f"{self.origin.scheme}://{self.origin.host_header}{target}"
            headers += self.proxy.headers
        try:
            return self._http.send(h11.Request(method=request.method, target=target, headers=headers)) or b""
        except (UnicodeError, h11.LocalProtocolError) as error:
            raise UnsendableError(str(error)) from None

    def _missing_headers(self, request: HTTPRequest) -> list[tuple[str, str]]:
        """Return the headers of HTTP/1.1 that the request must have and does not have yet."""
        names = {name.lower() for name, _ in request.headers}
        headers = [] if "host" in names else [("Host", self.origin.host_header)]
        body = request.body
        if "content-length" not in names and (body is not None or request.method in _METHODS_WITH_BODY):
            size = 0 if body is None else len(body) if isinstance(body, bytes) else body.size
            headers.append(("Content-Length", str(size)))
        return headers

    def encrypt(self, data: bytes) -> bytes:
        """Return the bytes to write to the socket for a part of a request."""
        return data if self._layers is None else self._layers.encrypt(data)

    def piece(self, data: bytes) -> bytes:
        """Return the bytes to write for a piece of the body."""
        return self._http.send(h11.Data(data=data)) or b""

    def end(self) -> bytes:
        """Return the bytes to write at the end of the request."""
        return self._http.send(h11.EndOfMessage()) or b""

    def receive(self, data: bytes) -> bytes:
        """Take the bytes that were read (b"" at the end) and return the bytes to write.

        Raises:
            OSError, h11.RemoteProtocolError: the connection cannot be used any more.
        """
        if not self.is_open:
            return self._continue_opening(data)
        plain, is_end = (data, not data) if self._layers is None else self._layers.decrypt(data)
        if plain:
            self._http.receive_data(plain)
            self._read_events()
        if is_end and self.result is None:
            if self._head is None:
                raise h11.RemoteProtocolError("the server closed the connection without a response")
            self._http.receive_data(b"")
            self._read_events()
        return b""

    def _read_events(self) -> None:
        while self.result is None:
            event = self._http.next_event()
            if event is h11.NEED_DATA or event is h11.PAUSED:
                break
            self._process(event)

    def _process(self, event: object) -> None:
        if isinstance(event, h11.Response):
            self._head = event
            self._has_failed_status = event.status_code >= 300
        elif isinstance(event, h11.Data):
            self._body += event.data
            if len(self._body) > LONGEST_RESPONSE:
                self.result = too_large()
        elif isinstance(event, h11.EndOfMessage):
            assert self._head is not None
            self.result = response_from(self._head.status_code, self._head.headers, bytes(self._body))

    def finish(self) -> bool:
        """End the exchange of request and response; return whether the connection can be used again."""
        states = (self._http.our_state, self._http.their_state)
        # Trailing bytes would be read as the next response; True means that the server has closed the connection.
        if states != (h11.DONE, h11.DONE) or self._http.trailing_data != (b"", False):
            return False
        self._http.start_next_cycle()
        self._body = bytearray()
        return True
