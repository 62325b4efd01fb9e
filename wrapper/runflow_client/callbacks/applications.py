"""The endpoint as an application: ASGI for uvicorn, hypercorn, Starlette and FastAPI, WSGI for gunicorn, Flask and Django."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from http import HTTPStatus
from typing import Any, TypeAlias

from ..errors import ConfigurationError
from .deduplication import Deduplicator
from .endpoint import MAX_BODY, TOO_LARGE, Endpoint, Handler, Reply, Secrets

Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
StartResponse: TypeAlias = Callable[..., Any]

_WRONG_METHOD = Reply(405, "send callbacks with POST", (("Allow", "POST"),))
_NO_LENGTH = Reply(411, "the Content-Length header is missing")
_WRONG_LENGTH = Reply(400, "the Content-Length header is not a number")
_CUT = Reply(400, "the body is shorter than its Content-Length")
_SIGNATURE_VARIABLE = "HTTP_RUNFLOW_SIGNATURE"


def asgi(
    handler: Handler,
    secrets: Secrets,
    *,
    deduplicator: Deduplicator | None = None,
    max_body: int = MAX_BODY,
) -> ASGIApplication:
    """Return an ASGI application that receives callbacks with POST, at any path, on asyncio.

    Serve it by itself, or add it to a framework, as in Starlette and FastAPI with
    `app.routes.append(Route("/runflow/callbacks", callbacks.asgi(...)))`. The body is verified before it is parsed; the reply
    is 200 only after the handler has returned.

    Args:
        handler: a function or coroutine function that takes a `Callback`; or a `Receiver`. A function is called in a thread.
        secrets: your callback secret, several of them during a rotation, or a function that returns them.
        deduplicator: remembers what was handled; None for one in memory.
        max_body: bytes; a larger body is refused with 413.

    Raises:
        ConfigurationError: the handler or a secret cannot be used.

    Example:
        >>> from runflow_client import callbacks
        >>> async def handle(callback):
        ...     print(callback.evaluation_id)
        >>> application = callbacks.asgi(handle, ["whsec_new", "whsec_old"])
    """
    return ASGIApplication(Endpoint(handler, secrets, deduplicator=deduplicator, max_body=max_body))


def wsgi(
    handler: Handler,
    secrets: Secrets,
    *,
    deduplicator: Deduplicator | None = None,
    max_body: int = MAX_BODY,
) -> WSGIApplication:
    """Return a WSGI application that receives callbacks with POST, at any path.

    Mount it in a framework or serve it by itself. The body is verified before it is parsed; the reply is 200 only after the
    handler has returned.

    Args:
        handler: a function that takes a `Callback`; or a `Receiver`.
        secrets: your callback secret, several of them during a rotation, or a function that returns them.
        deduplicator: remembers what was handled; None for one in memory. A server of several processes needs one that they
            share, such as `SQLiteDeduplicator`.
        max_body: bytes; a larger body is refused with 413.

    Raises:
        ConfigurationError: the handler or a secret cannot be used.

    Example:
        >>> from runflow_client import callbacks
        >>> def handle(callback):
        ...     print(callback.evaluation_id)
        >>> application = callbacks.wsgi(handle, "whsec_mine")
    """
    endpoint = Endpoint(handler, secrets, deduplicator=deduplicator, max_body=max_body)
    if endpoint.is_async:
        raise ConfigurationError(
            "the handler is a coroutine function, which WSGI cannot await: pass a function, or use asgi()"
        )
    return WSGIApplication(endpoint)


class ASGIApplication:
    """An endpoint as an ASGI application; made by `asgi`."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _run_lifespan(receive, send)
        elif scope["type"] == "http":
            reply = await self._reply(scope, receive)
            if reply is not None:
                await _send(reply, send)

    async def _reply(self, scope: Message, receive: Receive) -> Reply | None:
        """Return the reply; None where the client has gone."""
        if scope["method"] != "POST":
            return _WRONG_METHOD
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
        declared = next((value for name, value in headers if name.lower() == "content-length"), "")
        if declared.isdecimal() and int(declared) > self._endpoint.max_body:
            return TOO_LARGE
        parts, size = [], 0
        while True:
            message = await receive()
            if message["type"] != "http.request":
                return None
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            if size > self._endpoint.max_body:
                return TOO_LARGE
            if not message.get("more_body", False):
                return await self._endpoint.receive_async(b"".join(parts), headers)


class WSGIApplication:
    """An endpoint as a WSGI application; made by `wsgi`."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        reply = self._reply(environ)
        body = reply.text.encode()
        start_response(f"{reply.status} {HTTPStatus(reply.status).phrase}", _headers_of(reply, body))
        return [body]

    def _reply(self, environ: dict[str, Any]) -> Reply:
        if environ["REQUEST_METHOD"] != "POST":
            return _WRONG_METHOD
        body = self._read(environ)
        if isinstance(body, Reply):
            return body
        signature = environ.get(_SIGNATURE_VARIABLE)
        return self._endpoint.receive(body, {} if signature is None else {"Runflow-Signature": signature})

    def _read(self, environ: dict[str, Any]) -> bytes | Reply:
        declared, most = environ.get("CONTENT_LENGTH") or "", self._endpoint.max_body
        if not declared and environ.get("wsgi.input_terminated"):  # the server ends the input where a chunked body ends
            body: bytes = environ["wsgi.input"].read(most + 1)
            return body
        if not declared:
            return _NO_LENGTH
        if not (declared.isascii() and declared.isdecimal()):
            return _WRONG_LENGTH
        if int(declared) > most:
            return TOO_LARGE
        try:
            body = environ["wsgi.input"].read(int(declared))
        except OSError:  # the client stopped sending
            return _CUT
        return body if len(body) == int(declared) else _CUT


async def _run_lifespan(receive: Receive, send: Send) -> None:
    """Take part in the start and the end of a server that serves this application alone."""
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def _send(reply: Reply, send: Send) -> None:
    body = reply.text.encode()
    headers = [(name.lower().encode(), value.encode()) for name, value in _headers_of(reply, body)]
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _headers_of(reply: Reply, body: bytes) -> list[tuple[str, str]]:
    return [("Content-Type", "text/plain; charset=us-ascii"), ("Content-Length", str(len(body))), *reply.headers]
