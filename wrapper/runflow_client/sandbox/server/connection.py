"""One HTTP/1.1 connection to the sandbox: requests in, answers out, until either side closes it."""

import asyncio
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NoReturn

from .._replies import RefusedError, Reply, ReplyError
from .._requirements import sandbox_extra
from ..faults import Fault
from ..service.assets.spool import Spool
from ..service.assets.storage import MAX_FILE, file_too_large, is_storage
from ..service.service import MAX_BODY, Service, body_too_large

with sandbox_extra():
    import h11

_log = logging.getLogger(__name__)
_CHUNK = 64 * 1024
_PIECE = 1024 * 1024
_MAX_HEAD = 64 * 1024
_BODYLESS = frozenset({204, 304})


@dataclass(frozen=True, slots=True)
class Limits:
    """How long the server waits, in seconds of real time.

    Args:
        idle: for the next request to begin.
        request: for a request that has begun to be complete.
        answer: for the client to take an answer.
        linger: for a client whose request was refused half-way to stop sending.
        callback: for a receiver to answer a callback.
    """

    idle: float = 60.0
    request: float = 60.0
    answer: float = 60.0
    linger: float = 1.0
    callback: float = 5.0


class _DroppedError(Exception):
    """The connection ends here, without an answer."""


class Connection:
    """Serves one connection of a client."""

    def __init__(
        self,
        service: Service,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        now: Callable[[], float],
        limits: Limits,
    ) -> None:
        self._service = service
        self._reader = reader
        self._writer = writer
        self._now = now
        self._limits = limits
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=_MAX_HEAD)
        self._method = ""
        # With no room to buffer, draining means that the answer has left the process.
        writer.transport.set_write_buffer_limits(high=0)

    async def serve(self) -> None:
        """Answer requests until the connection ends, and close it."""
        try:
            while await self._one_exchange():
                self._http.start_next_cycle()
            await self._linger()
        except (_DroppedError, TimeoutError, OSError):
            pass
        finally:
            # Whatever was answered has been drained; what was not is to be lost.
            self._writer.transport.abort()

    async def _one_exchange(self) -> bool:
        """Read one request and answer it; true when the connection can take another."""
        try:
            async with asyncio.timeout(self._limits.idle):
                event = await self._next_event()
            if not isinstance(event, h11.Request):
                return False
            reply, fault = await self._handled(event)
        except h11.RemoteProtocolError as error:
            await self._send(_bad_request(error), Fault(), close=True)
            return False
        except ReplyError as ended:
            await self._send(ended.reply, Fault(), close=True)
            return False
        await self._send(reply, fault)
        return self._http.our_state is h11.DONE and self._http.their_state is h11.DONE

    async def _handled(self, head: h11.Request) -> tuple[Reply, Fault]:
        self._method, target = head.method.decode("ascii"), head.target.decode("latin-1")
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in head.headers]
        fault = self._service.arrive(self._method, target, headers)
        if fault.drop == "before":
            raise _DroppedError
        to_storage = is_storage(target)
        if int(dict(headers).get("content-length", 0)) > (MAX_FILE if to_storage else MAX_BODY):
            raise file_too_large() if to_storage else body_too_large()
        try:
            async with asyncio.timeout(self._limits.request):
                body = await (self._read_file() if to_storage else self._read_body())
        except TimeoutError as error:
            raise RefusedError(408, "REQUEST_TIMEOUT", "The request did not end in time.") from error
        try:
            return fault.apply(lambda: self._service.handle(self._method, target, headers, body, self._now())), fault
        except Exception as error:
            _log.exception("the sandbox failed to handle %s %s", self._method, target.partition("?")[0])
            raise RefusedError(500, "INTERNAL_ERROR", "The sandbox itself failed; its log says where.") from error

    async def _next_event(self) -> h11.Event | type[h11.NEED_DATA] | type[h11.PAUSED]:
        while True:
            event = self._http.next_event()
            if event is not h11.NEED_DATA:
                return event
            if self._http.they_are_waiting_for_100_continue:
                self._writer.write(self._http.send(h11.InformationalResponse(status_code=100, headers=[])) or b"")
            self._http.receive_data(await self._reader.read(_CHUNK))

    async def _read_body(self) -> bytes:
        parts: list[bytes] = []
        size = 0
        while (data := await self._next_part()) is not None:
            parts.append(data)
            size += len(data)
            if size > MAX_BODY:
                raise body_too_large()
        return b"".join(parts)

    async def _read_file(self) -> Spool:
        spool = Spool()
        while (data := await self._next_part()) is not None:
            spool.write(data)
            if spool.size > MAX_FILE:
                raise file_too_large()
        return spool

    async def _next_part(self) -> bytes | None:
        """Give the next bytes of the body, None after the last."""
        event = await self._next_event()
        if isinstance(event, h11.EndOfMessage):
            return None
        assert isinstance(event, h11.Data)
        return bytes(event.data)

    async def _send(self, reply: Reply, fault: Fault, *, close: bool = False) -> None:
        if fault.seconds:
            await asyncio.sleep(fault.seconds)
        if fault.drop == "after" and fault.stop_at is None:
            raise _DroppedError
        headers = [*reply.headers]
        bodyless = reply.status in _BODYLESS
        if not bodyless and not {"content-length", "transfer-encoding"} & dict(headers).keys():
            headers.append(("content-length", str(len(reply.body))))
        if close:
            headers.append(("connection", "close"))
        if fault.stop_at is not None:
            await self._stop(reply, fault.stop_at, silent=fault.drop is None)
        body = b"" if bodyless or self._method == "HEAD" else reply.body
        data = [self._http.send(h11.Response(status_code=reply.status, headers=_on_the_wire(headers)))]
        async with asyncio.timeout(self._limits.answer):
            # Piece by piece, as each copy on the way out of the process weighs as much as what is written at once.
            for start in range(0, len(body), _PIECE):
                if start:
                    await self._write(data)
                    data = []
                data.append(self._http.send(h11.Data(data=body[start : start + _PIECE])))
            data.append(self._http.send(h11.EndOfMessage()))
            await self._write(data)

    async def _stop(self, reply: Reply, stop_at: int, *, silent: bool) -> NoReturn:
        """Send an answer as far as so many bytes of its body, which is announced as longer than that."""
        headers = [pair for pair in reply.headers if pair[0] not in ("content-length", "transfer-encoding")]
        headers.append(("content-length", str(max(len(reply.body), stop_at + 1))))
        head = h11.Response(status_code=reply.status, headers=_on_the_wire(headers))
        async with asyncio.timeout(self._limits.answer):
            if reply.status not in _BODYLESS and self._method != "HEAD":
                await self._write([self._http.send(head), self._http.send(h11.Data(data=reply.body[:stop_at]))])
            while silent and await self._reader.read(_CHUNK):
                pass
        raise _DroppedError

    async def _write(self, data: Iterable[bytes | None]) -> None:
        self._writer.write(b"".join(part for part in data if part))
        await self._writer.drain()

    async def _linger(self) -> None:
        """Take in what the client still sends, or the answer would be lost with the reset of the connection."""
        self._writer.write_eof()
        async with asyncio.timeout(self._limits.linger):
            while await self._reader.read(_CHUNK):
                pass


def _on_the_wire(headers: Iterable[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    return [(name.encode("ascii"), value.encode("latin-1")) for name, value in headers]


def _bad_request(error: h11.RemoteProtocolError) -> Reply:
    status = error.error_status_hint
    code = "HEADERS_TOO_LARGE" if status == 431 else "BAD_REQUEST"
    return RefusedError(status, code, "The request is not valid HTTP/1.1, or its head is too large.").reply
