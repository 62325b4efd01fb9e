"""The asyncio transports: our own over httpcore, and one over a caller's httpx client; `asyncio.timeout` keeps the deadline."""

from __future__ import annotations

import asyncio
import inspect
import warnings
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import TYPE_CHECKING, Any

import httpcore

from ...errors import ConfigurationError
from ...flows.base.steps import FailureKind, RequestFailure, Response
from ..clock import Clock
from .async_network import ClosingBackend
from .wire import (
    CHUNK,
    LONGEST_RESPONSE,
    BodyFailedError,
    HTTPRequest,
    already_read,
    closed_error,
    environment_proxy,
    failure_from,
    origin_of,
    pool_options,
    response_from,
    ssl_context,
    too_large,
)

if TYPE_CHECKING:
    import ssl

    import httpx

    from ...flows.base.steps import LocalFile


class _LoopGuard:
    """Holds a client to the event loop of its first request: connections cannot move to another."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None

    def is_here(self) -> bool:
        return self._loop is None or self._loop is asyncio.get_running_loop()

    def enter(self) -> None:
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            raise ConfigurationError("an AsyncRunflow works in an asyncio event loop, and none is running") from None
        if not self.is_here():
            raise ConfigurationError(
                "this AsyncRunflow belongs to the event loop of its first call, and this is another: make one client in "
                "each asyncio.run(), inside of it"
            )
        self._loop = asyncio.get_running_loop()


async def _within(
    send: Coroutine[Any, Any, Response | RequestFailure], left: float | None
) -> Response | RequestFailure:
    try:
        async with asyncio.timeout(left):
            return await send
    except TimeoutError as error:
        return failure_from(error, FailureKind.TIMEOUT)


def _content_of(request: HTTPRequest) -> bytes | AsyncIterator[bytes] | None:
    """Return a body as httpcore and httpx take it: whole, or in pieces that a thread reads, with the progress told after each."""
    body = request.body
    return body if body is None or isinstance(body, bytes) else _pieces(body, request.on_progress)


async def _pieces(body: LocalFile, on_progress: Callable[[int, int], Any] | None) -> AsyncIterator[bytes]:
    place = 0
    while place < body.size:
        try:
            data = await asyncio.to_thread(body.read_at, place, CHUNK)
        except Exception as error:
            raise BodyFailedError(error) from None
        yield data
        place += len(data)
        if on_progress is not None:
            try:
                told = on_progress(place, body.size)
                if inspect.isawaitable(told):
                    await told
            except Exception as error:
                raise BodyFailedError(error) from None


class AsyncPoolTransport:
    """Sends requests over pools of connections of our own, in one event loop.

    Args:
        clock: what deadlines are measured by.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._loop = _LoopGuard()
        self._closed = False
        self._ssl_context: ssl.SSLContext | None = None
        self._pools: dict[str, httpcore.AsyncConnectionPool] = {}

    async def send(self, request: HTTPRequest, deadline: float | None) -> Response | RequestFailure:
        pool = self._pool_of(request)
        left = None if deadline is None else deadline - self._clock.now()
        try:
            return await _within(self._exchange(pool, request), left)
        except httpcore.TimeoutException as error:
            return failure_from(error, FailureKind.TIMEOUT)
        except (httpcore.ConnectError, httpcore.ProxyError, httpcore.UnsupportedProtocol) as error:
            return failure_from(error, FailureKind.NOT_CONNECTED, may_have_been_received=False)
        except httpcore.LocalProtocolError as error:
            return failure_from(error, FailureKind.UNSENDABLE, may_have_been_received=False)
        except (httpcore.NetworkError, httpcore.ProtocolError, OSError) as error:
            return failure_from(error)

    async def _exchange(self, pool: httpcore.AsyncConnectionPool, request: HTTPRequest) -> Response | RequestFailure:
        content = _content_of(request)
        async with pool.stream(request.method, request.url, headers=request.headers, content=content) as response:
            body = bytearray()
            async for chunk in response.aiter_stream():
                body += chunk
                if len(body) > LONGEST_RESPONSE:
                    return too_large()
            return response_from(response.status, response.headers, bytes(body))

    def _pool_of(self, request: HTTPRequest) -> httpcore.AsyncConnectionPool:
        if self._closed:
            raise closed_error()
        self._loop.enter()
        origin = origin_of(request.url)
        pool = self._pools.get(origin)
        if pool is None:
            pool = self._pools[origin] = self._new_pool(origin)
        return pool

    def _new_pool(self, origin: str) -> httpcore.AsyncConnectionPool:
        proxy = environment_proxy(origin)
        options = pool_options(proxy)
        if origin.startswith("https:"):
            self._ssl_context = self._ssl_context or ssl_context()
            options["ssl_context"] = self._ssl_context
        kind = httpcore.AsyncConnectionPool if proxy is None else httpcore.AsyncHTTPProxy
        return kind(network_backend=ClosingBackend(), **options)

    async def aclose(self) -> None:
        self._closed = True
        pools = list(self._pools.values())
        self._pools.clear()
        if self._loop.is_here():
            for pool in pools:
                await pool.aclose()

    def __del__(self, warn: Any = warnings.warn) -> None:
        if getattr(self, "_pools", None):
            warn(
                "an AsyncRunflow client was forgotten with connections open: use `async with AsyncRunflow() as client` or "
                "await client.aclose()",
                ResourceWarning,
                source=self,
                stacklevel=2,
            )


class AsyncHttpxTransport:
    """Sends requests through a caller's own `httpx.AsyncClient`, which stays the caller's to close."""

    def __init__(self, client: httpx.AsyncClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._loop = _LoopGuard()
        self._closed = False

    async def send(self, request: HTTPRequest, deadline: float | None) -> Response | RequestFailure:
        import httpx

        if self._closed or self._client.is_closed:
            raise closed_error()
        self._loop.enter()
        left = None if deadline is None else deadline - self._clock.now()
        try:
            return await _within(self._exchange(request), left)
        except httpx.TimeoutException as error:
            return failure_from(error, FailureKind.TIMEOUT)
        except (httpx.ConnectError, httpx.ProxyError, httpx.UnsupportedProtocol) as error:
            return failure_from(error, FailureKind.NOT_CONNECTED, may_have_been_received=False)
        except (httpx.LocalProtocolError, httpx.InvalidURL, UnicodeError) as error:
            # The last two: a host that a server names in a presigned URL, and that no host can be called.
            return failure_from(error, FailureKind.UNSENDABLE, may_have_been_received=False)
        except (httpx.RequestError, httpx.StreamError, OSError) as error:
            return failure_from(error)

    async def _exchange(self, request: HTTPRequest) -> Response | RequestFailure:
        import httpx

        # Made without the client's own headers, cookies and parameters: a presigned URL is to be given none of them.
        sent = httpx.Request(
            request.method,
            request.url,
            headers=request.headers,
            content=_content_of(request),
            extensions={"timeout": httpx.Timeout(None).as_dict()},
        )
        response = await self._client.send(sent, stream=True, auth=None, follow_redirects=False)
        try:
            if (read := already_read(response)) is not None:
                return read
            body = bytearray()
            async for chunk in response.aiter_raw():
                body += chunk
                if len(body) > LONGEST_RESPONSE:
                    return too_large()
            return response_from(response.status_code, response.headers.raw, bytes(body))
        finally:
            await response.aclose()

    async def aclose(self) -> None:
        """Leave the caller's client open."""
        self._closed = True
