"""The HTTP request of a transport: with the whole URL and, if it goes to the API, with the key."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from ..._urls import split_url
from ...flows.base.steps import LocalFile, Request
from ..configuration import Configuration

_DEFAULT_PORTS = {"http": 80, "https": 443}


class Origin(NamedTuple):
    """The scheme, host and port of a URL; an IPv6 address has no brackets."""

    scheme: str
    host: str
    port: int

    @property
    def is_secure(self) -> bool:
        return self.scheme == "https"

    @property
    def authority(self) -> str:
        """The host and port in the form of `CONNECT` and `NO_PROXY`."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def host_header(self) -> str:
        """The value of the `Host` header: without the port if it is the scheme's default."""
        if self.port == _DEFAULT_PORTS[self.scheme]:
            return self.authority.rpartition(":")[0]
        return self.authority

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}"


class HTTPRequest(NamedTuple):
    """A request with its URL and, if it goes to the API, the key; only transports may hold it.

    `is_presigned` is whether it goes to a presigned URL instead, which is a secret itself.
    """

    method: str
    url: str
    headers: list[tuple[str, str]]
    body: bytes | LocalFile | None
    on_progress: Callable[[int, int], Any] | None = None
    is_presigned: bool = False

    def __repr__(self) -> str:
        return f"HTTPRequest(method={self.method!r})"


def http_request(configuration: Configuration, request: Request) -> HTTPRequest:
    """Return the HTTP request for a transport: with the key if it goes to the API, without it for a presigned URL."""
    if request.presigned_url is not None:
        headers = [*request.headers, *_user_agent(configuration)]
        return HTTPRequest(request.method, request.presigned_url, headers, request.body, request.on_progress, True)
    headers = configuration.headers_with_key((*request.headers, ("Accept-Encoding", "gzip")))
    return HTTPRequest(request.method, configuration.base_url + request.target, headers, request.body)


def _user_agent(configuration: Configuration) -> list[tuple[str, str]]:
    return [(name, value) for name, value in configuration.headers if name.lower() == "user-agent"]


def origin_and_target(url: str) -> tuple[Origin, str]:
    """Return the origin of a URL, and its path with the query.

    Raises:
        ValueError: it is not an http or https URL with a host.
    """
    parts = urlsplit(url)
    target = parts.path or "/"
    if parts.query:
        target += "?" + parts.query
    return _origin(parts.scheme, parts.netloc), target


@lru_cache(maxsize=64)
def _origin(scheme: str, authority: str) -> Origin:
    parts = split_url(f"{scheme}://{authority}")
    if scheme not in _DEFAULT_PORTS or parts is None:
        raise ValueError("the URL must begin with https:// or http:// and name a host")
    return Origin(scheme, parts.hostname or "", parts.port or _DEFAULT_PORTS[scheme])


def origin_of(url: str) -> str:
    """Return the scheme, host and port of a URL, without user name and password; "" if it is not a URL."""
    try:
        return str(origin_and_target(url)[0])
    except ValueError:
        return ""
