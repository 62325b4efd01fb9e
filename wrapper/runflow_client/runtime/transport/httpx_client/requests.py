"""The code that both httpx transports share."""

from __future__ import annotations

from typing import Any

import httpx

from ....flows.base.steps import Response
from ..requests import HTTPRequest


def httpx_request(
    client: httpx.Client | httpx.AsyncClient, request: HTTPRequest, content: Any, seconds: float | None
) -> httpx.Request:
    """Return a request with the client's own headers and cookies if it goes to the API; a presigned URL is sent neither."""
    headers, cookies = httpx.Headers(), None
    if not request.is_presigned:
        headers, cookies = client.headers.copy(), client.cookies
    headers.update(request.headers)
    return httpx.Request(
        request.method,
        request.url,
        headers=headers,
        cookies=cookies,
        content=content,
        extensions={"timeout": httpx.Timeout(seconds).as_dict()},
    )


def already_read(response: Any) -> Response | None:
    """Return the body if a hook of the caller's httpx client has read it, after which httpx cannot stream it; else None."""
    if not response.is_stream_consumed:
        return None
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers.raw}
    return Response(response.status_code, headers, response.content)
