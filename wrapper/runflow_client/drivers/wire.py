"""What travels between a driver and its transport, and what both transports do alike."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from typing import Any, Protocol

from ..configuration import Configuration, is_loopback
from ..flows.steps import Loss, NoAnswer, Request, Response

LONGEST_ANSWER = 32 * 1_048_576
"""Bytes, compressed or not; a full evaluation weighs about 45 kB."""


@dataclass(frozen=True, slots=True)
class WireRequest:
    """A request with its origin and the key, as it goes to a transport and nowhere else."""

    method: str
    url: str = field(repr=False)
    headers: list[tuple[str, str]] = field(repr=False)
    body: bytes | None = field(repr=False)


class Transport(Protocol):
    """Sends one request and reads its whole answer by a deadline; an OSError that it raises counts as a lost answer."""

    def exchange(self, request: WireRequest, deadline: float | None) -> Response | NoAnswer: ...

    def close(self) -> None: ...


class AsyncTransport(Protocol):
    """The same for asyncio."""

    async def exchange(self, request: WireRequest, deadline: float | None) -> Response | NoAnswer: ...

    async def aclose(self) -> None: ...


def wire_request(configuration: Configuration, request: Request) -> WireRequest:
    headers = configuration.headers_with_key((*request.headers, ("Accept-Encoding", "gzip")))
    return WireRequest(request.method, configuration.base_url + request.target, headers, request.body)


def lost(error: BaseException, loss: Loss = Loss.BROKEN, *, maybe_received: bool = True) -> NoAnswer:
    """Return the loss that an exception of the layer below means, without the exception: its frames hold the key."""
    words = str(error).strip()
    return NoAnswer(loss, f"{type(error).__name__}: {words}" if words else type(error).__name__, maybe_received)


def scrubbed(answer: Response | NoAnswer, configuration: Configuration) -> Response | NoAnswer:
    if isinstance(answer, NoAnswer):
        return NoAnswer(answer.loss, configuration.scrub(answer.reason)[:300], answer.maybe_received)
    return answer


def response_of(status: int, raw_headers: list[tuple[bytes, bytes]], raw_body: bytes) -> Response | NoAnswer:
    """Return the answer with its body decompressed, within the limit."""
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in raw_headers}
    if headers.get("content-encoding", "").strip().lower() not in ("gzip", "x-gzip"):
        return Response(status, headers, raw_body)
    unpacker = zlib.decompressobj(wbits=31)
    try:
        body = unpacker.decompress(raw_body, LONGEST_ANSWER)
    except zlib.error as error:
        return lost(error)
    if unpacker.unconsumed_tail:
        return too_large()
    if not unpacker.eof:
        return NoAnswer(Loss.BROKEN, "the compressed body ends too early", True)
    return Response(status, headers, body)


def too_large() -> NoAnswer:
    return NoAnswer(Loss.TOO_LARGE, f"over {LONGEST_ANSWER:,} bytes", True)


def pool_options(configuration: Configuration) -> tuple[str | None, dict[str, Any]]:
    """Return the proxy that the environment names for the base URL, if any, and the options of a connection pool.

    The certificates are those that httpx trusts; they are loaded only where the base URL needs them.
    """
    from urllib.parse import unquote, urlsplit

    base = urlsplit(configuration.base_url)
    options: dict[str, Any] = {"max_connections": 100, "max_keepalive_connections": 20, "keepalive_expiry": 5.0}
    if base.scheme == "https":
        import httpx

        options["ssl_context"] = httpx.create_ssl_context()
    proxy = _environment_proxy(base.scheme, base.hostname or "")
    if proxy is None:
        return None, options
    parts = urlsplit(proxy)
    if parts.username is not None:
        options["proxy_auth"] = (unquote(parts.username), unquote(parts.password or ""))
    host = parts.hostname or ""
    place = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{place}" + (f":{parts.port}" if parts.port else ""), options


def _environment_proxy(scheme: str, host: str) -> str | None:
    from urllib.request import getproxies, proxy_bypass

    if is_loopback(host) or proxy_bypass(host):
        return None
    proxies = getproxies()
    proxy = proxies.get(scheme) or proxies.get("all")
    if not proxy:
        return None
    return proxy if "://" in proxy else f"http://{proxy}"
