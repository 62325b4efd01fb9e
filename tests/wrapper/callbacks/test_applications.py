"""The endpoint as an ASGI and as a WSGI application, and the small server."""

from __future__ import annotations

import asyncio
import http.client
import io
import socket
import struct
import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from signed_callbacks import BODY, BY_CURRENT, CURRENT, signed

from runflow_client.callbacks import Callback, asgi, serve, wsgi
from runflow_client.errors import ConfigurationError

Result = tuple[int, dict[str, str], bytes]
Request = Callable[..., Result]


def call_asgi(application: Any, method: str, parts: list[bytes], headers: dict[str, str]) -> Result | None:
    sent: list[dict[str, Any]] = []
    messages = [{"type": "http.request", "body": part, "more_body": True} for part in parts]
    messages[-1]["more_body"] = False

    async def receive() -> Any:
        return messages.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": method, "path": "/any", "headers": raw}
    asyncio.run(application(scope, receive, send))
    start, body = sent
    fields = {name.decode(): value.decode() for name, value in start["headers"]}
    return start["status"], fields, body["body"]


def call_wsgi(application: Any, method: str, parts: list[bytes], headers: dict[str, str]) -> Result:
    started: list[Any] = []
    body = b"".join(parts)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "wsgi.input": io.BytesIO(body),
        "CONTENT_LENGTH": str(len(body)),
    }
    for name, value in headers.items():
        variable = name.upper().replace("-", "_")
        environ[variable if variable == "CONTENT_LENGTH" else f"HTTP_{variable}"] = value
    content = b"".join(application(environ, lambda *arguments: started.extend(arguments)))
    status, fields = started
    return int(status.partition(" ")[0]), {name.lower(): value for name, value in fields}, content


@pytest.fixture(params=["asgi", "wsgi"])
def request_to(request: pytest.FixtureRequest) -> Request:
    def send(
        handler: Any, *parts: bytes, method: str = "POST", headers: dict[str, str] | None = None, **options: Any
    ) -> Any:
        make, call = (asgi, call_asgi) if request.param == "asgi" else (wsgi, call_wsgi)
        sent = {"Runflow-Signature": BY_CURRENT} if headers is None else headers
        return call(make(handler, CURRENT, **options), method, list(parts or [BODY]), sent)

    return send


def test_signed_callback_gets_200(request_to: Request) -> None:
    taken: list[Callback] = []
    status, headers, body = request_to(taken.append)
    assert (status, body, headers["content-length"]) == (200, b"handled", "7")
    assert [callback.event for callback in taken] == ["evaluation.completed"]


def test_callback_in_parts_gets_200(request_to: Request) -> None:
    assert request_to(print, BODY[:10], b"", BODY[10:])[0] == 200


@pytest.mark.parametrize("method", ["GET", "PUT", "HEAD"])
def test_other_method_gets_405(request_to: Request, method: str) -> None:
    status, headers, _ = request_to(print, method=method)
    assert (status, headers["allow"]) == (405, "POST")


def test_unsigned_callback_gets_401(request_to: Request) -> None:
    assert request_to(print, headers={})[0] == 401


def test_body_over_the_limit_gets_413(request_to: Request) -> None:
    assert request_to(print, BODY, max_body=20)[0] == 413
    assert request_to(print, BODY[:15], BODY[15:], max_body=20)[0] == 413


def test_declared_length_over_the_limit_is_not_read() -> None:
    headers = {"content-length": "1048577"}
    scope = {"type": "http", "method": "POST", "headers": [(b"content-length", b"1048577")]}
    sent: list[Any] = []

    async def receive() -> Any:
        raise AssertionError("the body was read")

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(asgi(print, CURRENT)(scope, receive, send))
    assert sent[0]["status"] == 413
    assert call_wsgi(wsgi(print, CURRENT), "POST", [], {"Content-Length": headers["content-length"]})[0] == 413


def test_client_that_goes_away_gets_no_reply() -> None:
    async def receive() -> Any:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        raise AssertionError("a reply was sent")

    asyncio.run(asgi(print, CURRENT)({"type": "http", "method": "POST", "headers": []}, receive, send))


def test_server_may_start_and_stop_the_application() -> None:
    sent: list[str] = []
    messages = ["lifespan.startup", "lifespan.shutdown"]

    async def receive() -> Any:
        return {"type": messages.pop(0)}

    async def send(message: Any) -> None:
        sent.append(message["type"])

    application = asgi(print, CURRENT)
    asyncio.run(application({"type": "lifespan"}, receive, send))
    asyncio.run(application({"type": "websocket"}, receive, send))
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


@pytest.mark.parametrize(("length", "status"), [("", 411), ("x", 400), ("²", 400), ("-1", 400), ("9999", 400)])
def test_wsgi_body_of_wrong_length_is_refused(length: str, status: int) -> None:
    assert call_wsgi(wsgi(print, CURRENT), "POST", [BODY], {"Content-Length": length})[0] == status


def test_wsgi_body_without_length_is_read_to_its_end() -> None:
    environ = {
        "REQUEST_METHOD": "POST",
        "wsgi.input": io.BytesIO(BODY),
        "wsgi.input_terminated": True,
        "HTTP_RUNFLOW_SIGNATURE": BY_CURRENT,
    }
    started: list[Any] = []
    wsgi(print, CURRENT)(environ, lambda *arguments: started.extend(arguments))
    assert started[0] == "200 OK"


def test_wsgi_body_that_breaks_off_gets_400() -> None:
    class Broken(io.BytesIO):
        def read(self, *arguments: Any) -> bytes:
            raise TimeoutError

    environ = {"REQUEST_METHOD": "POST", "wsgi.input": Broken(), "CONTENT_LENGTH": "10"}
    started: list[Any] = []
    wsgi(print, CURRENT)(environ, lambda *arguments: started.extend(arguments))
    assert started[0] == "400 Bad Request"


def test_wsgi_refuses_a_coroutine_function() -> None:
    async def handle(callback: Callback) -> None: ...

    with pytest.raises(ConfigurationError, match="WSGI cannot await"):
        wsgi(handle, CURRENT)


def post(url: str, body: bytes, **headers: str) -> tuple[int, bytes]:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=20)
    try:
        connection.request("POST", "/", body, {name.replace("_", "-"): value for name, value in headers.items()})
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def test_server_receives_callbacks_in_threads() -> None:
    together = threading.Barrier(2)

    def handle(callback: Callback) -> None:
        together.wait(20)

    bodies = [b'{"event": "evaluation.failed", "id": "%d"}' % number for number in range(2)]
    statuses: list[int] = []
    with serve(handle, CURRENT) as server:
        threads = [
            threading.Thread(
                target=lambda body=body: statuses.append(post(server.url, body, runflow_signature=signed(body))[0])
            )
            for body in bodies
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert statuses == [200, 200]
        assert post(server.url, b"{}", runflow_signature="0" * 64)[0] == 401
    server.close()
    with pytest.raises(ConnectionRefusedError):
        post(server.url, b"{}")


def test_server_notes_a_connection_that_fails(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", "runflow_client.callbacks")
    with serve(print, CURRENT) as server:
        parts = urlsplit(server.url)
        with socket.create_connection((str(parts.hostname), int(parts.port or 0))) as connection:
            # It is reset while the server waits for the request.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        assert post(server.url, BODY, runflow_signature=BY_CURRENT)[0] == 200
    assert "a connection to the callback server failed" in caplog.text


def test_server_survives_a_client_that_breaks_off(caplog: pytest.LogCaptureFixture) -> None:
    with serve(print, CURRENT) as server:
        parts = urlsplit(server.url)
        with socket.create_connection((str(parts.hostname), int(parts.port or 0))) as connection:
            connection.sendall(b"POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\n123")
        assert post(server.url, BODY, runflow_signature=BY_CURRENT)[0] == 200
