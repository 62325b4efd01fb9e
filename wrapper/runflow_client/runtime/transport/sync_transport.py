"""The sync transports: our own over httpcore, which keeps a deadline to the socket, and one over a caller's httpx client."""

from __future__ import annotations

import os
import threading
import warnings
from typing import TYPE_CHECKING, Any

import httpcore

from ...flows.base.steps import FailureKind, RequestFailure, Response
from ..clock import Clock
from .sync_network import DeadlineBackend, TimeLeft
from .wire import (
    LONGEST_RESPONSE,
    HTTPRequest,
    already_read,
    closed_error,
    content_of,
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

# Connections that a forked child has from its parent: closing them, or letting them be collected, is not the child's to do.
_INHERITED: list[Any] = []


class PoolTransport:
    """Sends requests over pools of connections of our own; thread-safe, and in a forked child starts with new pools.

    Args:
        clock: what deadlines are measured by.
    """

    def __init__(self, clock: Clock) -> None:
        self._time_left = TimeLeft(clock)
        self._closed = False
        self._ssl_context: ssl.SSLContext | None = None
        self._start()

    def _start(self) -> None:
        self._process = os.getpid()
        self._lock = threading.Lock()
        self._pools: dict[str, httpcore.ConnectionPool] = {}

    def send(self, request: HTTPRequest, deadline: float | None) -> Response | RequestFailure:
        pool = self._pool_of(request)
        # A callback of this very request (`on_progress`) may send another one in between.
        outer, self._time_left.deadline = self._time_left.deadline, deadline
        try:
            return self._exchange(pool, request)
        except (httpcore.ConnectTimeout, httpcore.PoolTimeout) as error:
            return failure_from(error, FailureKind.TIMEOUT, may_have_been_received=False)
        except httpcore.TimeoutException as error:
            return failure_from(error, FailureKind.TIMEOUT)
        except (httpcore.ConnectError, httpcore.ProxyError, httpcore.UnsupportedProtocol) as error:
            return failure_from(error, FailureKind.NOT_CONNECTED, may_have_been_received=False)
        except httpcore.LocalProtocolError as error:
            return failure_from(error, FailureKind.UNSENDABLE, may_have_been_received=False)
        except (httpcore.NetworkError, httpcore.ProtocolError, OSError) as error:
            return failure_from(error)
        finally:
            self._time_left.deadline = outer

    def _exchange(self, pool: httpcore.ConnectionPool, request: HTTPRequest) -> Response | RequestFailure:
        wait = {"timeout": {"pool": self._time_left.seconds(httpcore.PoolTimeout)}}
        content = content_of(request)
        with pool.stream(
            request.method, request.url, headers=request.headers, content=content, extensions=wait
        ) as response:
            body = bytearray()
            for chunk in response.iter_stream():
                body += chunk
                if len(body) > LONGEST_RESPONSE:
                    return too_large()
            return response_from(response.status, response.headers, bytes(body))

    def _pool_of(self, request: HTTPRequest) -> httpcore.ConnectionPool:
        if os.getpid() != self._process:
            _INHERITED.append(self._pools)
            self._start()
        origin = origin_of(request.url)
        with self._lock:
            if self._closed:
                raise closed_error()
            pool = self._pools.get(origin)
            if pool is None:
                pool = self._pools[origin] = self._new_pool(origin)
            return pool

    def _new_pool(self, origin: str) -> httpcore.ConnectionPool:
        proxy = environment_proxy(origin)
        options = pool_options(proxy)
        if origin.startswith("https:"):
            self._ssl_context = self._ssl_context or ssl_context()
            options["ssl_context"] = self._ssl_context
        kind = httpcore.ConnectionPool if proxy is None else httpcore.HTTPProxy
        return kind(network_backend=DeadlineBackend(self._time_left), **options)

    def close(self) -> None:
        with self._lock:
            self._closed = True
            pools = list(self._pools.values())
            self._pools.clear()
        for pool in pools:
            pool.close()

    def __del__(self, warn: Any = warnings.warn) -> None:
        if getattr(self, "_pools", None) and os.getpid() == self._process:
            self.close()
            warn(
                "a Runflow client was forgotten with connections open: use `with Runflow() as client` or client.close()",
                ResourceWarning,
                source=self,
                stacklevel=2,
            )


class HttpxTransport:
    """Sends requests through a caller's own `httpx.Client`, which stays the caller's to close.

    Its waits are httpx's: each is bounded by what is left of the time, headers that trickle in are not.
    """

    def __init__(self, client: httpx.Client, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._closed = False

    def send(self, request: HTTPRequest, deadline: float | None) -> Response | RequestFailure:
        import httpx

        if self._closed or self._client.is_closed:
            raise closed_error()
        left = None if deadline is None else deadline - self._clock.now()
        if left is not None and left <= 0:
            return RequestFailure(FailureKind.TIMEOUT, "", False)
        try:
            return self._exchange(request, deadline, left)
        except (httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            return failure_from(error, FailureKind.TIMEOUT, may_have_been_received=False)
        except httpx.TimeoutException as error:
            return failure_from(error, FailureKind.TIMEOUT)
        except (httpx.ConnectError, httpx.ProxyError, httpx.UnsupportedProtocol) as error:
            return failure_from(error, FailureKind.NOT_CONNECTED, may_have_been_received=False)
        except (httpx.LocalProtocolError, httpx.InvalidURL, UnicodeError) as error:
            # The last two: a host that a server names in a presigned URL, and that no host can be called.
            return failure_from(error, FailureKind.UNSENDABLE, may_have_been_received=False)
        except (httpx.RequestError, httpx.StreamError, OSError) as error:
            return failure_from(error)

    def _exchange(self, request: HTTPRequest, deadline: float | None, left: float | None) -> Response | RequestFailure:
        import httpx

        # Made without the client's own headers, cookies and parameters: a presigned URL is to be given none of them.
        sent = httpx.Request(
            request.method,
            request.url,
            headers=request.headers,
            content=content_of(request),
            extensions={"timeout": httpx.Timeout(left).as_dict()},
        )
        response = self._client.send(sent, stream=True, auth=None, follow_redirects=False)
        try:
            if (read := already_read(response)) is not None:
                return read
            body = bytearray()
            for chunk in response.iter_raw():
                body += chunk
                if len(body) > LONGEST_RESPONSE:
                    return too_large()
                if deadline is not None and self._clock.now() > deadline:
                    return RequestFailure(FailureKind.TIMEOUT, "", True)
            return response_from(response.status_code, response.headers.raw, bytes(body))
        finally:
            response.close()

    def close(self) -> None:
        """Leave the caller's client open."""
        self._closed = True
