"""One HTTP/1.1 connection of a client: reads requests and sends replies until either side closes it."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NoReturn

from .._replies import RefusedError, Reply, ReplyError
from .._requirements import explain_missing_library
from ..faults.faults import Fault
from ..service.assets.spool import Spool
from ..service.assets.storage import MAX_FILE, file_too_large, is_storage
from ..service.service import MAX_BODY, Service, body_too_large
from .site import Site, cross_origin_headers

with explain_missing_library():
    import h11

_log = logging.getLogger(__name__)
_CHUNK = 64 * 1024
_PIECE = 1024 * 1024
_MAX_HEAD = 64 * 1024
_WITHOUT_BODY = frozenset({204, 304})


@dataclass(frozen=True, slots=True)
class Limits:
    """How long the server waits, in seconds of real time, and how many connections it serves.

    Args:
        idle: for the next request to begin.
        request: for the rest of a request that has begun.
        reply: for the client to read a reply.
        linger: for a client to stop sending, if its request was refused before its end.
        callback: for a receiver to respond to a callback.
        connections: how many there may be at once, further ones get a 503; None for a third of the files that the process
            may have open, 500 at most.
    """

    idle: float = 60.0
    request: float = 60.0
    reply: float = 60.0
    linger: float = 1.0
    callback: float = 5.0
    connections: int | None = None


class _DroppedError(Exception):
    """Ends the connection without a reply."""


class Connection:
    """Serves one connection of a client."""

    def __init__(
        self,
        service: Service,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        now: Callable[[], float],
        limits: Limits,
        site: Site,
    ) -> None:
        self._service = service
        self._site = site
        self._reader = reader
        self._writer = writer
        self._now = now
        self._limits = limits
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=_MAX_HEAD)
        self._method = self._path = ""
        self._headers: dict[str, str] = {}
        self._began = 0.0
        # Without a buffer, a drained writer means that the reply has left the process.
        writer.transport.set_write_buffer_limits(high=0)

    async def refuse(self) -> None:
        """Close the connection without reading from it, because there are too many."""
        message = "The sandbox has too many connections."
        _log.warning("refused a connection with 503: there are too many")
        try:
            await self._send(RefusedError(503, "TOO_MANY_CONNECTIONS", message).reply, Fault(), close=True)
            await self._linger()
        except (TimeoutError, OSError):
            pass
        finally:
            self._writer.transport.abort()

    async def serve(self) -> None:
        """Serve requests until the connection ends, and close it."""
        try:
            while await self._serve_one_request():
                self._http.start_next_cycle()
            await self._linger()
        except (_DroppedError, TimeoutError, OSError):
            pass
        finally:
            # Every reply that was to be sent has been drained.
            self._writer.transport.abort()

    async def _serve_one_request(self) -> bool:
        """Read one request and send the reply; return whether the connection can be used again."""
        self._method = self._path = ""
        self._headers = {}
        self._began = time.monotonic()
        try:
            async with asyncio.timeout(self._limits.idle):
                event = await self._next_event()
            if not isinstance(event, h11.Request):
                return False
            reply, fault = await self._handle(event)
        except h11.RemoteProtocolError as error:
            await self._send(_bad_request(error), Fault(), close=True)
            return False
        except ReplyError as ended:
            await self._send(ended.reply, Fault(), close=True)
            return False
        except _DroppedError:
            self._record("closed without a reply (fault)")
            raise
        await self._send(reply, fault)
        return self._http.our_state is h11.DONE and self._http.their_state is h11.DONE

    async def _handle(self, head: h11.Request) -> tuple[Reply, Fault]:
        self._began = time.monotonic()
        self._method, target = head.method.decode("ascii"), head.target.decode("latin-1")
        self._path = target.partition("?")[0]
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in head.headers]
        self._headers = dict(headers)
        own = self._site.handle(self._method, target, self._headers)
        if own is not None:
            await self._read_body()
            return own, Fault()
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
            raise RefusedError(408, "REQUEST_TIMEOUT", "The request was not complete in time.") from error
        try:
            return fault.apply(lambda: self._service.handle(self._method, target, headers, body, self._now())), fault
        except Exception as error:
            _log.exception("the sandbox failed to handle %s %s", self._method, self._path)
            raise RefusedError(500, "INTERNAL_ERROR", "The sandbox itself failed; see its log.") from error

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
            try:
                spool.write(data)
            except OSError as error:
                _log.exception("the sandbox could not store an upload")
                raise RefusedError(500, "INTERNAL_ERROR", "The sandbox could not store the upload.") from error
            if spool.size > MAX_FILE:
                raise file_too_large()
        return spool

    async def _next_part(self) -> bytes | None:
        """Return the next bytes of the body, None after the last."""
        event = await self._next_event()
        if isinstance(event, h11.EndOfMessage):
            return None
        assert isinstance(event, h11.Data)
        return bytes(event.data)

    async def _send(self, reply: Reply, fault: Fault, *, close: bool = False) -> None:
        if fault.seconds:
            await asyncio.sleep(fault.seconds)
        if fault.drop == "after" and fault.stop_at is None:
            self._record("closed without a reply (fault)")
            raise _DroppedError
        self._record(f"{reply.status} (fault)" if fault != Fault() else str(reply.status))
        headers = [*reply.headers, *cross_origin_headers(self._path, self._headers)]
        has_no_body = reply.status in _WITHOUT_BODY
        if not has_no_body and not {"content-length", "transfer-encoding"} & dict(headers).keys():
            headers.append(("content-length", str(len(reply.body))))
        if close:
            headers.append(("connection", "close"))
        if fault.stop_at is not None:
            await self._send_part(reply, fault.stop_at, silent=fault.drop is None)
        body = b"" if has_no_body or self._method == "HEAD" else reply.body
        data = [self._http.send(h11.Response(status_code=reply.status, headers=_encoded(headers)))]
        async with asyncio.timeout(self._limits.reply):
            # In pieces, because each copy on the way out of the process takes as much memory as one write.
            for start in range(0, len(body), _PIECE):
                if start:
                    await self._write(data)
                    data = []
                data.append(self._http.send(h11.Data(data=body[start : start + _PIECE])))
            data.append(self._http.send(h11.EndOfMessage()))
            await self._write(data)

    async def _send_part(self, reply: Reply, stop_at: int, *, silent: bool) -> NoReturn:
        """Send so many bytes of a body that is declared longer, and then nothing more."""
        headers = [pair for pair in reply.headers if pair[0] not in ("content-length", "transfer-encoding")]
        headers.append(("content-length", str(max(len(reply.body), stop_at + 1))))
        head = h11.Response(status_code=reply.status, headers=_encoded(headers))
        async with asyncio.timeout(self._limits.reply):
            if reply.status not in _WITHOUT_BODY and self._method != "HEAD":
                await self._write([self._http.send(head), self._http.send(h11.Data(data=reply.body[:stop_at]))])
            while silent and await self._reader.read(_CHUNK):
                pass
        raise _DroppedError

    def _record(self, outcome: str) -> None:
        """Log a request and what became of it; never its query, which may hold a signature."""
        # The page asks for the state every second, which is no news.
        if not self._path.startswith("/sandbox/"):
            milliseconds = (time.monotonic() - self._began) * 1000
            _log.info("%s %s %s, %.0f ms", self._method or "request", self._path, outcome, milliseconds)

    async def _write(self, data: Iterable[bytes | None]) -> None:
        self._writer.write(b"".join(part for part in data if part))
        await self._writer.drain()

    async def _linger(self) -> None:
        """Read the rest of what the client sends; a reset of the connection would discard the reply."""
        self._writer.write_eof()
        async with asyncio.timeout(self._limits.linger):
            while await self._reader.read(_CHUNK):
                pass


def _encoded(headers: Iterable[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    return [(name.encode("ascii"), value.encode("latin-1")) for name, value in headers]


def _bad_request(error: h11.RemoteProtocolError) -> Reply:
    status = error.error_status_hint
    code = "HEADERS_TOO_LARGE" if status == 431 else "BAD_REQUEST"
    return RefusedError(status, code, "The request is not valid HTTP/1.1, or its head is too large.").reply
