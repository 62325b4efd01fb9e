"""The code that both httpx transports share."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import httpx

from ....flows.base.steps import Response
from ..requests import HTTPRequest


def httpx_request(
    client: httpx.Client | httpx.AsyncClient, request: HTTPRequest, content: Any, seconds: float | None
) -> httpx.Request:
    """Return a request with the client's own headers and cookies if it goes to the API; a presigned URL is sent neither."""
    headers = [(name.encode("ascii"), value.encode("ascii")) for name, value in request.headers]
    extensions = {"timeout": dict.fromkeys(("connect", "read", "write", "pool"), seconds)}
    if request.is_presigned:
        return httpx.Request(request.method, request.url, headers=headers, content=content, extensions=extensions)
    url, names = _parsed(request.url), {name.lower() for name, _ in headers}
    headers = [header for header in client.headers.raw if header[0].lower() not in names] + headers
    stream = None
    if request.method == "GET" and content is None and not any(name.lower() == b"host" for name, _ in headers):
        # What httpx adds to a request without a body itself; with a stream given it looks for nothing else to add.
        headers.insert(0, (b"Host", url.netloc))
        stream = httpx.ByteStream(b"")
    # With an empty jar, too, httpx makes a request of urllib to look for cookies.
    cookies = client.cookies if client.cookies.jar else None
    sent = httpx.Request(
        request.method, url, headers=headers, cookies=cookies, content=content, stream=stream, extensions=extensions
    )
    if stream is not None:
        sent.read()  # so that a hook of the caller's can look at the content, as at that of any other
    return sent


@lru_cache(maxsize=256)
def _parsed(url: str) -> httpx.URL:
    """Return a URL of the API parsed, which takes httpx a tenth of a call; most of them are polled more than once."""
    return httpx.URL(url)


def already_read(response: Any) -> Response | None:
    """Return the body if a hook of the caller's httpx client has read it, after which httpx cannot stream it; else None."""
    if not response.is_stream_consumed:
        return None
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers.raw}
    return Response(response.status_code, headers, response.content)
