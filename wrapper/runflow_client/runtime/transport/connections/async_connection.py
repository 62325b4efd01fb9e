"""A connection for asyncio; the caller limits its waits with `asyncio.timeout`."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import Any

from ....flows.base.steps import RequestFailure, Response
from ..bodies import async_pieces_of
from ..failures import executor_error
from ..requests import HTTPRequest, Origin
from .addresses import ATTEMPT_DELAY, Address, in_order, no_address
from .http import HTTPConnection, UnsendableError
from .idle import can_be_read

_READ_SIZE = 65_536


class AsyncConnection(asyncio.Protocol):
    """A connection to one origin.

    Args:
        origin: the scheme, host and port of the server.

    `has_sent` is whether a byte of the last request was written.
    """

    def __init__(self, origin: Origin) -> None:
        self.origin = origin
        self.idle_since = 0.0
        self.has_sent = False
        self._http = HTTPConnection(origin)
        self._transport: asyncio.Transport | None = None
        self._in_use = True
        self._is_paused = False
        self._problem: BaseException | None = None
        self._change: asyncio.Future[None] | None = None

    async def send(self, request: HTTPRequest, target: str) -> Response | RequestFailure:
        """Send a request to the path and query of its URL, and return the response.

        Raises:
            UnsendableError, OSError, h11.ProtocolError: the request failed.
        """
        self._in_use = True
        self.has_sent = False
        data = self._http.begin(request, target)
        if self._transport is None:
            await self._connect()
        if request.body is None:
            self._write(data + self._http.end())
        else:
            async with contextlib.aclosing(async_pieces_of(request)) as pieces:
                async for piece in pieces:
                    await self._write_all(data + self._http.piece(piece))
                    data = b""
                    if self._http.needs_no_more:
                        break
                else:
                    self._write(data + self._http.end())
        while self._http.result is None:
            await self._wait_for_change()
        return self._http.result

    def finish(self) -> bool:
        """End the exchange of request and response; return whether the connection can be used again."""
        self._in_use = False
        return self._problem is None and not self._is_paused and self._http.finish()

    @property
    def route(self) -> str:
        """The origin of the server, with that of the proxy, for errors."""
        return self._http.route

    @property
    def is_open(self) -> bool:
        """Whether the connection was made, with its proxy tunnel and its TLS where they are needed."""
        return self._transport is not None and self._http.is_open

    def is_stale(self) -> bool:
        """Return whether the server has closed the connection, or sent bytes without a request."""
        if self._problem is not None or self._transport is None:
            return True
        # The event loop may not have reported this yet.
        return can_be_read(self._transport.get_extra_info("socket"))

    def close(self) -> None:
        """Close the connection at once; its socket is closed in the event loop's next turn."""
        self._fail(ConnectionAbortedError("the client was closed"))

    async def _connect(self) -> None:
        loop = asyncio.get_running_loop()
        host, port = self._http.address
        try:
            sock = await _first_connected(host, port)
        except UnicodeError as error:
            raise UnsendableError(f"{host!r} is not a host name: {error}") from None
        try:
            await loop.create_connection(lambda: self, sock=sock)
        except BaseException:
            sock.close()
            raise
        self._transport_write(self._http.open())
        while not self._http.is_open:
            await self._wait_for_change()

    async def _write_all(self, data: bytes) -> None:
        """Write bytes and wait until most of them are sent, or until the rest is not needed."""
        self._write(data)
        while self._is_paused and not self._http.needs_no_more:
            await self._wait_for_change()

    def _write(self, data: bytes) -> None:
        """Write a part of a request."""
        self._raise_problem()
        self._transport_write(self._http.encrypt(data))
        # A closing transport drops the data.
        self.has_sent = self.has_sent or (self._transport is not None and not self._transport.is_closing())

    def _transport_write(self, data: bytes) -> None:
        if data and self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def _raise_problem(self) -> None:
        if self._problem is not None and self._http.result is None:
            raise self._problem

    async def _wait_for_change(self) -> None:
        """Wait until bytes have arrived or can be written; raise the reason if the connection is closed."""
        self._raise_problem()
        self._change = asyncio.get_running_loop().create_future()
        try:
            await self._change
        finally:
            self._change = None
        self._raise_problem()

    def _wake(self) -> None:
        if self._change is not None and not self._change.done():
            self._change.set_result(None)

    def _fail(self, problem: BaseException) -> None:
        self._problem = self._problem or problem
        if self._transport is not None:
            self._transport.abort()
        self._wake()

    # The methods of asyncio.Protocol.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        if not self._in_use:
            self._fail(ConnectionAbortedError("the server sent bytes without a request"))
            return
        self._receive(data)

    def eof_received(self) -> bool:
        if self._in_use:
            self._receive(b"")
        self._fail(ConnectionResetError("the server closed the connection"))
        return False

    def _receive(self, data: bytes) -> None:
        was_open = self._http.is_open
        try:
            self._transport_write(self._http.receive(data))
        except Exception as problem:  # of the parser, TLS or the proxy: the waiting task raises it
            self._fail(problem)
        else:
            if self._http.needs_no_more or not was_open:
                self._wake()

    def pause_writing(self) -> None:
        self._is_paused = True

    def resume_writing(self) -> None:
        self._is_paused = False
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        if exc is not None and self._in_use and self._problem is None:
            self._read_response()
        self._fail(exc or ConnectionResetError("the connection was closed"))

    def _read_response(self) -> None:
        """Read the response of a server that closed the connection before it had received the whole request."""
        assert self._transport is not None
        with contextlib.suppress(OSError), self._transport.get_extra_info("socket").dup() as sock:
            while self._http.result is None and (data := sock.recv(_READ_SIZE)):
                self._receive(data)


async def _first_connected(host: str, port: int) -> socket.socket:
    """Return a socket that is connected to one of a host's addresses, the first that accepts."""
    addresses = in_order(await _resolve(host, port))
    if len(addresses) == 1:
        return await _connected_to(addresses[0])
    tasks: list[asyncio.Task[socket.socket]] = []
    chosen = None
    try:
        while addresses or not all(task.done() for task in tasks):
            if addresses:
                tasks.append(asyncio.create_task(_connected_to(addresses.pop(0))))
            await asyncio.wait(
                [task for task in tasks if not task.done()] or tasks,
                timeout=ATTEMPT_DELAY if addresses else None,
                return_when=asyncio.FIRST_COMPLETED,
            )
            chosen = next((task for task in tasks if task.done() and task.exception() is None), None)
            if chosen is not None:
                return chosen.result()
    finally:
        for task in tasks:
            if task is not chosen:
                task.add_done_callback(_close)
                task.cancel()
    raise (tasks[-1].exception() if tasks else None) or no_address()


def _close(task: asyncio.Task[socket.socket]) -> None:
    if not task.cancelled() and task.exception() is None:
        task.result().close()


async def _resolve(host: str, port: int) -> list[tuple[Any, ...]]:
    with contextlib.suppress(socket.gaierror):
        # An IP address needs no name resolution, and so no thread: the caller's own work may keep the executor busy.
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    try:
        return await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except RuntimeError as error:
        raise executor_error(error) from None


async def _connected_to(address: Address) -> socket.socket:
    """Return a socket that is connected to this address."""
    sock = address.new_socket()
    try:
        await asyncio.get_running_loop().sock_connect(sock, address.sockaddr)
    except BaseException:
        sock.close()
        raise
    return sock
