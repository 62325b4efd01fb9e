"""The proxies of the environment variables, and tunnels through them."""

from __future__ import annotations

import base64
import os
import sys
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote, urlsplit

import h11

from ...._urls import is_loopback
from ....errors import ConfigurationError
from ..requests import Origin

if TYPE_CHECKING:
    from .tls import Layers, Steps

_PROXIES = ("https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY")
_EXCEPTIONS = ("no_proxy", "NO_PROXY")
_SYSTEM_HAS_PROXIES = sys.platform in ("darwin", "win32")


class ProxyRefusedError(OSError):
    """A proxy did not open a tunnel."""


class Proxy(NamedTuple):
    """A proxy that an environment variable names.

    Args:
        origin: its scheme, host and port.
        headers: `Proxy-Authorization` if its URL holds a user or a password.
    """

    origin: Origin
    headers: tuple[tuple[str, str], ...] = ()

    def __repr__(self) -> str:
        return f"Proxy(origin={self.origin!r})"


def environment_proxy(origin: Origin) -> Proxy | None:
    """Return the proxy that HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY name for an origin; never one for loopback.

    Raises:
        ConfigurationError: the proxy cannot be used.
    """
    proxies, exceptions = tuple(map(os.environ.get, _PROXIES)), tuple(map(os.environ.get, _EXCEPTIONS))
    if is_loopback(origin.host) or not (any(proxies) or _SYSTEM_HAS_PROXIES):
        return None
    return _proxy_of(origin, proxies + exceptions)


@lru_cache(maxsize=64)
def _proxy_of(origin: Origin, values: tuple[str | None, ...]) -> Proxy | None:
    from urllib.request import getproxies, proxy_bypass  # imported late: it loads many modules and is seldom needed

    if proxy_bypass(origin.authority):
        return None
    proxies = getproxies()
    url = proxies.get(origin.scheme) or proxies.get("all")
    if not url:
        return None
    return _parsed(url if "://" in url else f"http://{url}")


def _parsed(url: str) -> Proxy:
    try:
        parts = urlsplit(url)
        port = parts.port
        host = (parts.hostname or "").encode("idna").decode()
    except ValueError:
        raise ConfigurationError(
            "the proxy URL in the environment is not valid: write it as in http://proxy.example.com:3128"
        ) from None
    if parts.scheme not in ("http", "https") or not host or " " in host or port == 0:
        raise ConfigurationError(
            f"the proxy in the environment (scheme: {parts.scheme or 'none'}) cannot be used: its URL must be http:// or https:// "
            "with a host and a valid port. Correct it, add the API's host to NO_PROXY, or pass an http_client that supports the proxy"
        )
    headers: tuple[tuple[str, str], ...] = ()
    if parts.username is not None or parts.password is not None:
        login = f"{unquote(parts.username or '')}:{unquote(parts.password or '')}"
        headers = (("Proxy-Authorization", "Basic " + base64.b64encode(login.encode()).decode()),)
    return Proxy(Origin(parts.scheme, host, port or (443 if parts.scheme == "https" else 80)), headers)


def open_tunnel(layers: Layers, origin: Origin, proxy: Proxy) -> Steps:
    """Open a tunnel to an origin through a proxy.

    Raises:
        ProxyRefusedError: the proxy did not open it.
    """
    http = h11.Connection(h11.CLIENT)
    request = h11.Request(
        method="CONNECT", target=origin.authority, headers=[("Host", origin.authority), *proxy.headers]
    )
    data = layers.encrypt((http.send(request) or b"") + (http.send(h11.EndOfMessage()) or b""))
    while True:
        event = http.next_event()
        if isinstance(event, h11.Response):
            if event.status_code // 100 != 2:
                raise ProxyRefusedError(f"the proxy responded to CONNECT with {event.status_code}")
            return
        if event is h11.NEED_DATA:
            plain, is_end = layers.decrypt((yield data))
            data = b""
            if is_end:
                raise ProxyRefusedError("the proxy closed the connection without a response to CONNECT")
            if plain:
                http.receive_data(plain)
