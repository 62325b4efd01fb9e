"""The interface of a caller's own HTTP client; `httpx.Client` and `httpx.AsyncClient` have it."""

from __future__ import annotations

from typing import Any, Protocol


class HTTPClient(Protocol):
    """A synchronous client, such as `httpx.Client`."""

    @property
    def is_closed(self) -> bool: ...

    def send(self, request: Any, *, stream: bool = ..., auth: Any = ..., follow_redirects: Any = ...) -> Any: ...


class AsyncHTTPClient(Protocol):
    """An asynchronous client, such as `httpx.AsyncClient`."""

    @property
    def is_closed(self) -> bool: ...

    async def send(self, request: Any, *, stream: bool = ..., auth: Any = ..., follow_redirects: Any = ...) -> Any: ...
