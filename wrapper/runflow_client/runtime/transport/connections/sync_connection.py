"""A connection for threads: every wait on its socket ends at the time limit of the current request."""

from __future__ import annotations

import contextlib
import math
import os
import select
import selectors
import socket

from ....flows.base.steps import RequestFailure, Response
from ...clock import Clock
from ..bodies import pieces_of
from ..requests import HTTPRequest, Origin
from .addresses import ATTEMPT_DELAY, Address, in_order, no_address
from .http import HTTPConnection, TimeUpError, UnsendableError
from .idle import can_be_read

_READ_SIZE = 65_536
_LONGEST_WAIT = 1e6
"""Seconds; the operating system refuses a wait of more than 24 days."""


class SyncConnection:
    """A connection to one origin.

    Args:
        origin: the scheme, host and port of the server.
        clock: the clock of the time limits.

    `has_sent` is whether a byte of the last request was written.
    """

    def __init__(self, origin: Origin, clock: Clock) -> None:
        self.origin = origin
        self.idle_since = 0.0
        self.has_sent = False
        self._is_request_incomplete = False
        self._is_aborted = False
        self._clock = clock
        self._limit = math.inf
        self._http = HTTPConnection(origin)
        self._sockets: list[socket.socket] = []

    def send(self, request: HTTPRequest, target: str, limit: float) -> Response | RequestFailure:
        """Send a request and return its response.

        Args:
            request: the request.
            target: the path and query of its URL.
            limit: the time on the clock by which the response must be complete: the deadline, or the attempt's timeout if earlier.

        Raises:
            TimeUpError: the limit has passed.
            UnsendableError, OSError, h11.ProtocolError: the request failed.
        """
        self._limit = limit
        self.has_sent = False
        head = self._http.begin(request, target)
        self._seconds_left()  # raises, before a byte is written, if there are none
        if not self._sockets:
            self._connect()
        for piece in pieces_of(request):
            self._write(head + self._http.piece(piece), is_request=True)
            head = b""
            if self._http.needs_no_more:
                break
        else:
            self._write(head + self._http.end(), is_request=True)
        while self._http.result is None:
            self._read()
        return self._http.result

    def finish(self) -> bool:
        """End the exchange of request and response; return whether the connection can be used again."""
        return not self._is_request_incomplete and self._http.finish()

    @property
    def route(self) -> str:
        """The origin of the server, with that of the proxy, for errors."""
        return self._http.route

    @property
    def is_open(self) -> bool:
        """Whether the connection was made, with its proxy tunnel and its TLS where they are needed."""
        return bool(self._sockets) and self._http.is_open

    def is_stale(self) -> bool:
        """Return whether the server has closed the connection, or sent bytes without a request."""
        return can_be_read(self._sockets[0])

    def abort(self) -> None:
        """Abort the request that another thread is sending on this connection."""
        self._is_aborted = True
        for sock in list(self._sockets):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        for sock in self._sockets:
            sock.close()
        self._sockets = []

    def _seconds_left(self) -> float:
        """Return the seconds that a wait may take; raise if the time limit has passed or the client was closed."""
        if self._is_aborted:
            raise ConnectionAbortedError("the client was closed")
        left = self._limit - self._clock.now()
        if left <= 0:
            raise TimeUpError
        return min(left, _LONGEST_WAIT)

    def _connect(self) -> None:
        host, port = self._http.address
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except UnicodeError as error:
            raise UnsendableError(f"{host!r} is not a host name: {error}") from None
        chosen = self._first_connected(in_order(found))
        for sock in self._sockets:
            if sock is not chosen:
                sock.close()
        self._sockets = [chosen]
        self._write(self._http.open())
        while not self._http.is_open:
            self._read()

    def _first_connected(self, addresses: list[Address]) -> socket.socket:
        """Return a socket that is connected to one of a host's addresses, the first that accepts."""
        problem = no_address()
        with selectors.DefaultSelector() as selector:
            while addresses or selector.get_map():
                if addresses:
                    problem = self._start_connecting(addresses.pop(0), selector) or problem
                wait = min(self._seconds_left(), ATTEMPT_DELAY if addresses else math.inf)
                for key, _ in selector.select(wait) if selector.get_map() else ():
                    sock: socket.socket = key.data
                    selector.unregister(sock)
                    error_number = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                    if error_number == 0:
                        return sock
                    problem = OSError(error_number, os.strerror(error_number))
        raise problem

    def _start_connecting(self, address: Address, selector: selectors.BaseSelector) -> OSError | None:
        """Start to connect to an address; return the error if that fails at once."""
        try:
            sock = address.new_socket()
            self._sockets.append(sock)
            with contextlib.suppress(BlockingIOError):
                sock.connect(address.sockaddr)
        except OSError as error:
            return error
        selector.register(sock, selectors.EVENT_WRITE, sock)
        return None

    def _write(self, data: bytes, *, is_request: bool = False) -> None:
        """Write bytes and read what arrives meanwhile; stop when the rest of the request is not needed.

        A part of a request is encrypted here; the bytes of a handshake or a tunnel are ready to be sent.
        """
        view = memoryview(self._http.encrypt(data) if is_request else data)
        sock = self._sockets[0]
        while view:
            try:
                view = view[sock.send(view) :]
                self.has_sent = self.has_sent or is_request
                continue
            except BlockingIOError:
                pass
            except OSError:
                if not (is_request and self._try_to_read_response()):
                    raise
                self._is_request_incomplete = True
                return
            readable, _ = self._wait_for_socket(True, self._seconds_left())
            if readable:
                self._receive()
                if is_request and self._http.needs_no_more:
                    self._is_request_incomplete = True
                    return

    def _try_to_read_response(self) -> bool:
        """Read the response of a server that closed the connection before it had received the whole request; return whether
        there is one."""
        with contextlib.suppress(BlockingIOError):
            while self._http.result is None:
                self._receive()
        return self._http.result is not None

    def _read(self) -> None:
        """Wait for bytes and process them."""
        while True:
            self._wait_for_socket(False, self._seconds_left())
            try:
                return self._receive()
            except BlockingIOError:  # the socket had no bytes after all
                pass

    def _receive(self) -> None:
        """Process the bytes that have arrived; raise BlockingIOError if there are none."""
        output = self._http.receive(self._sockets[0].recv(_READ_SIZE))
        if output:
            self._write(output)

    def _wait_for_socket(self, to_write: bool, seconds: float) -> tuple[bool, bool]:
        """Wait until the socket can be read (with `to_write`: read or written) or the seconds have passed; return whether it
        can be read, and whether it can be written."""
        sock = self._sockets[0]
        if hasattr(select, "poll"):
            poll = select.poll()
            poll.register(sock, select.POLLIN | select.POLLOUT if to_write else select.POLLIN)
            found = poll.poll(math.ceil(seconds * 1_000))
            event = found[0][1] if found else 0
            return bool(event & ~select.POLLOUT), bool(event & select.POLLOUT)
        readable, writable, _ = select.select([sock], [sock] if to_write else [], [], seconds)  # pragma: no cover
        return bool(readable), bool(writable)  # pragma: no cover - on Windows alone
