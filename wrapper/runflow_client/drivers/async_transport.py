"""The asyncio transports: our own over httpcore, and one over a caller's httpx client; `asyncio.timeout` keeps the deadline."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TYPE_CHECKING

import httpcore

from ..configuration import Configuration
from ..flows.steps import Loss, NoAnswer, Response
from .clock import Clock
from .wire import LONGEST_ANSWER, WireRequest, lost, pool_options, response_of, too_large

if TYPE_CHECKING:
    import httpx


async def _within(exchange: Awaitable[Response | NoAnswer], left: float | None) -> Response | NoAnswer:
    try:
        async with asyncio.timeout(left):
            return await exchange
    except TimeoutError as error:
        return lost(error, Loss.TIMEOUT)


class AsyncPoolTransport:
    """Sends requests over a pool of connections of our own, in one event loop.

    Args:
        configuration: tells the origin, and with it certificates and proxy.
        clock: what deadlines are measured by.
    """

    def __init__(self, configuration: Configuration, clock: Clock) -> None:
        self._clock = clock
        proxy, options = pool_options(configuration)
        self._pool = (
            httpcore.AsyncConnectionPool(**options)
            if proxy is None
            else httpcore.AsyncHTTPProxy(proxy_url=proxy, **options)
        )

    async def exchange(self, request: WireRequest, deadline: float | None) -> Response | NoAnswer:
        try:
            return await _within(self._exchange(request), None if deadline is None else deadline - self._clock.now())
        except httpcore.TimeoutException as error:
            return lost(error, Loss.TIMEOUT)
        except (httpcore.ConnectError, httpcore.ProxyError, httpcore.UnsupportedProtocol) as error:
            return lost(error, Loss.NOT_CONNECTED, maybe_received=False)
        except httpcore.LocalProtocolError as error:
            return lost(error, Loss.UNSENDABLE, maybe_received=False)
        except (httpcore.NetworkError, httpcore.ProtocolError, OSError) as error:
            return lost(error)

    async def _exchange(self, request: WireRequest) -> Response | NoAnswer:
        async with self._pool.stream(
            request.method, request.url, headers=request.headers, content=request.body
        ) as response:
            body = bytearray()
            async for chunk in response.aiter_stream():
                body += chunk
                if len(body) > LONGEST_ANSWER:
                    return too_large()
            return response_of(response.status, response.headers, bytes(body))

    async def aclose(self) -> None:
        await self._pool.aclose()


class AsyncHttpxTransport:
    """Sends requests through a caller's own `httpx.AsyncClient`, which stays the caller's to close."""

    def __init__(self, client: httpx.AsyncClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock

    async def exchange(self, request: WireRequest, deadline: float | None) -> Response | NoAnswer:
        import httpx

        left = None if deadline is None else deadline - self._clock.now()
        try:
            return await _within(self._exchange(request), left)
        except httpx.TimeoutException as error:
            return lost(error, Loss.TIMEOUT)
        except (httpx.ConnectError, httpx.ProxyError, httpx.UnsupportedProtocol) as error:
            return lost(error, Loss.NOT_CONNECTED, maybe_received=False)
        except httpx.LocalProtocolError as error:
            return lost(error, Loss.UNSENDABLE, maybe_received=False)
        except (httpx.TransportError, httpx.StreamError, OSError) as error:
            return lost(error)

    async def _exchange(self, request: WireRequest) -> Response | NoAnswer:
        sent = self._client.build_request(
            request.method, request.url, headers=request.headers, content=request.body, timeout=None
        )
        response = await self._client.send(sent, stream=True, auth=None, follow_redirects=False)
        try:
            body = bytearray()
            async for chunk in response.aiter_raw():
                body += chunk
                if len(body) > LONGEST_ANSWER:
                    return too_large()
            return response_of(response.status_code, response.headers.raw, bytes(body))
        finally:
            await response.aclose()

    async def aclose(self) -> None:
        """Leave the caller's client open."""
