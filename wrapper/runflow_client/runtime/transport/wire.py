"""What travels between a driver and its transport, and what both transports do alike."""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol

from ..._urls import is_loopback
from ...errors import ConfigurationError
from ...flows.base.steps import FailureKind, LocalFile, Request, RequestFailure, Response
from ..configuration import Configuration

if TYPE_CHECKING:
    import ssl


LONGEST_RESPONSE = 32 * 1_048_576
"""Bytes, compressed or not; a full evaluation weighs about 45 kB."""

CHUNK = 65_536
_GZIP = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class HTTPRequest:
    """A request with its origin and, where it goes to the API, the key; for a transport and nowhere else."""

    method: str
    url: str = field(repr=False)
    headers: list[tuple[str, str]] = field(repr=False)
    body: bytes | LocalFile | None = field(repr=False)
    on_progress: Callable[[int, int], Any] | None = field(default=None, repr=False)

    def whole_body(self) -> bytes:
        """Return the body in one piece, for a transport that has no use for less."""
        content = content_of(self)
        return content or b"" if content is None or isinstance(content, bytes) else b"".join(content)


class Transport(Protocol):
    """Sends one request and reads its whole answer by a deadline; an OSError that it raises counts as a lost answer."""

    def send(self, request: HTTPRequest, deadline: float | None) -> Response | RequestFailure: ...

    def close(self) -> None: ...


class AsyncTransport(Protocol):
    """The same for asyncio."""

    async def send(self, request: HTTPRequest, deadline: float | None) -> Response | RequestFailure: ...

    async def aclose(self) -> None: ...


def http_request(configuration: Configuration, request: Request) -> HTTPRequest:
    """Return a request as it is sent: to the API with the key, to another origin (a presigned URL) without."""
    if request.presigned_url is not None:
        return HTTPRequest(
            request.method, request.presigned_url, list(request.headers), request.body, request.on_progress
        )
    headers = configuration.headers_with_key((*request.headers, ("Accept-Encoding", "gzip")))
    return HTTPRequest(request.method, configuration.base_url + request.target, headers, request.body)


def failure_from(
    error: BaseException, kind: FailureKind = FailureKind.BROKEN, *, may_have_been_received: bool = True
) -> RequestFailure:
    """Return the loss that an exception of the layer below means, without the exception: its frames hold the key."""
    words = str(error).strip()
    return RequestFailure(
        kind, f"{type(error).__name__}: {words}" if words else type(error).__name__, may_have_been_received
    )


def response_from(status: int, raw_headers: list[tuple[bytes, bytes]], raw_body: bytes) -> Response | RequestFailure:
    """Return the answer with its body decompressed, within the limit."""
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in raw_headers}
    if headers.get("content-encoding", "").strip().lower() not in ("gzip", "x-gzip") or not raw_body:
        return Response(status, headers, raw_body)
    body = _unpacked(raw_body)
    return Response(status, headers, body) if isinstance(body, bytes) else body


def _unpacked(packed: bytes) -> bytes | RequestFailure:
    """Return what a gzip body holds: its members one after the other (RFC 1952, section 2.2), without what follows them."""
    body = b""
    while True:
        unpacker = zlib.decompressobj(wbits=31)
        try:
            body += unpacker.decompress(packed, LONGEST_RESPONSE + 1 - len(body))
        except zlib.error as error:
            return failure_from(error)
        if len(body) > LONGEST_RESPONSE:
            return too_large()
        if not unpacker.eof:
            return RequestFailure(FailureKind.BROKEN, "the compressed body ends too early", True)
        packed = unpacker.unused_data
        if not packed.startswith(_GZIP):
            return body


def already_read(response: Any) -> Response | None:
    """Return what a hook of the caller's httpx client has read already (httpx then streams it no more), else None."""
    if not response.is_stream_consumed:
        return None
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers.raw}
    return Response(response.status_code, headers, response.content)


def too_large() -> RequestFailure:
    return RequestFailure(FailureKind.TOO_LARGE, f"over {LONGEST_RESPONSE:,} bytes", True)


def origin_of(url: str) -> str:
    """Return scheme, host and port of a URL, as far as its third slash."""
    return "/".join(url.split("/", 3)[:3])


def closed_error() -> ConfigurationError:
    return ConfigurationError(
        "this client is closed: make a new one, or keep the `with` block open for as long as it is used"
    )


def ssl_context() -> ssl.SSLContext:
    """Return a context with the certificates that httpx trusts, those of SSL_CERT_FILE and SSL_CERT_DIR among them."""
    import httpx

    try:
        return httpx.create_ssl_context()
    except OSError as error:
        raise ConfigurationError(
            f"the certificates cannot be read ({type(error).__name__}: {error.strerror or error}): look at the files that "
            "SSL_CERT_FILE and SSL_CERT_DIR name"
        ) from None


def pool_options(proxy: str | None) -> dict[str, Any]:
    """Return the options of a connection pool behind this proxy; the proxy's password goes into a header."""
    from urllib.parse import unquote, urlsplit

    options: dict[str, Any] = {"max_connections": 100, "max_keepalive_connections": 20, "keepalive_expiry": 5.0}
    if proxy is None:
        return options
    try:
        parts = urlsplit(proxy)
        port = parts.port
    except ValueError:
        raise ConfigurationError(
            "the environment names a proxy whose URL cannot be read: it must be as in http://proxy.example.com:3128"
        ) from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigurationError(
            f"the environment names a {parts.scheme or 'nameless'} proxy, which is not supported: use an http:// or "
            "https:// proxy, add the host to NO_PROXY, or pass an http_client that supports it"
        )
    if parts.username is not None:
        options["proxy_auth"] = (unquote(parts.username), unquote(parts.password or ""))
    place = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    options["proxy_url"] = f"{parts.scheme}://{place}" + (f":{port}" if port else "")
    return options


@lru_cache(maxsize=64)
def _proxy_of(origin: str, names: tuple[str | None, ...]) -> str | None:
    from urllib.parse import urlsplit
    from urllib.request import getproxies, proxy_bypass

    parts = urlsplit(origin)
    if is_loopback(parts.hostname or "") or proxy_bypass(parts.hostname or ""):
        return None
    proxies = getproxies()
    proxy = proxies.get(parts.scheme) or proxies.get("all")
    if not proxy:
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


def environment_proxy(origin: str) -> str | None:
    """Return the proxy that HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY name for an origin; never one for loopback."""
    names = ("https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY")
    return _proxy_of(origin, tuple(os.environ.get(name) for name in names))


class BodyFailedError(Exception):
    """Carries what went wrong while a body was made (a file cannot be read, the caller's callback raised) past the network's own errors.

    Args:
        cause: what is to be raised to the caller.
    """

    def __init__(self, cause: Exception) -> None:
        super().__init__()
        self.cause = cause


def content_of(request: HTTPRequest) -> bytes | Iterator[bytes] | None:
    """Return a body as httpcore and httpx take it: whole, or in pieces with the progress told after each."""
    body = request.body
    return body if body is None or isinstance(body, bytes) else _pieces(body, request.on_progress)


def _pieces(body: LocalFile, on_progress: Callable[[int, int], Any] | None) -> Iterator[bytes]:
    place = 0
    while place < body.size:
        try:
            data = body.read_at(place, CHUNK)
        except Exception as error:
            raise BodyFailedError(error) from None
        yield data
        place += len(data)
        if on_progress is not None:
            try:
                on_progress(place, body.size)
            except Exception as error:
                raise BodyFailedError(error) from None
