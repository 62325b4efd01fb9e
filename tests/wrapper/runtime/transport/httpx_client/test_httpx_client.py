"""Requests through a caller's own httpx client: what arrives there, and what of that client's own habits does not."""

from __future__ import annotations

import asyncio
import io
import logging
import math
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from runflow_client import errors
from runflow_client.flows.base.steps import FailureKind, RequestFailure, Response
from runflow_client.runtime.clock import SystemClock
from runflow_client.runtime.files.uploads import Upload
from runflow_client.runtime.transport.bodies import CHUNK
from runflow_client.runtime.transport.httpx_client.async_transport import AsyncHttpxTransport
from runflow_client.runtime.transport.httpx_client.sync_transport import HttpxTransport
from runflow_client.runtime.transport.requests import HTTPRequest

Handler = Callable[[httpx.Request], httpx.Response]
HABITS: dict[str, Any] = {
    "auth": ("user", "password"),
    "headers": {"X-Own": "1"},
    "cookies": {"own": "1"},
    "params": {"own": "1"},
    "follow_redirects": True,
    "timeout": 3.0,
}
REQUEST = HTTPRequest(
    "PATCH", "https://api.example/v1/x?a=b", [("X-A", "1"), ("User-Agent", "ours"), ("Content-Length", "2")], b"{}"
)


class Standing(SystemClock):
    def now(self) -> float:
        return 100.0


def in_thread(handler: Handler, request: HTTPRequest, deadline: float = math.inf, **habits: Any) -> Any:
    with httpx.Client(transport=httpx.MockTransport(handler), **habits) as client:
        return HttpxTransport(client, Standing()).send(request, deadline)


def in_task(handler: Handler, request: HTTPRequest, deadline: float = math.inf, **habits: Any) -> Any:
    async def main() -> Any:
        hooks = {kind: [awaited(hook) for hook in given] for kind, given in habits.pop("event_hooks", {}).items()}
        async with httpx.AsyncClient(transport=httpx.MockTransport(handler), event_hooks=hooks, **habits) as client:
            return await AsyncHttpxTransport(client, Standing()).send(request, deadline)

    return asyncio.run(main())


def awaited(hook: Callable[[httpx.Response], Any]) -> Callable[[httpx.Response], Any]:
    async def wrapped(response: httpx.Response) -> None:
        await response.aread()

    return wrapped


BUSY = "no connection was free in time"
both = pytest.mark.parametrize("ask", [in_thread, in_task])
Ask = Callable[..., Any]


@both
def test_api_request_uses_custom_clients_headers_cookies_and_hooks(ask: Ask) -> None:
    seen: list[httpx.Request] = []
    hooked: list[str] = []

    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(201, headers=[("X-B", "2")], content=b"[]")

    hooks = {"request": [lambda request: hooked.append(request.method)]} if ask is in_thread else {}
    answer = ask(handle, REQUEST, event_hooks=hooks, **HABITS)
    (request,) = seen
    assert (request.method, str(request.url), request.content) == ("PATCH", "https://api.example/v1/x?a=b", b"{}")
    headers = dict(request.headers)
    assert (headers["x-own"], headers["cookie"], headers["x-a"]) == ("1", "own=1", "1")
    assert (headers["user-agent"], headers["content-length"]) == ("ours", "2")
    assert "authorization" not in headers
    assert hooked == ["PATCH"] * len(hooks)
    assert isinstance(answer, Response)
    assert (answer.status, answer.headers["x-b"], answer.body) == (201, "2", b"[]")


@both
def test_presigned_request_gets_no_client_headers_cookies_or_hooks(ask: Ask, caplog: pytest.LogCaptureFixture) -> None:
    seen: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, headers={"Set-Cookie": "theirs=1"}, stream=httpx.ByteStream(b"stored"))

    def hook(request: Any) -> None:
        raise AssertionError

    request = HTTPRequest("PUT", "https://s.example/put?signature=s3cr3t", [("X-A", "1")], b"{}", None, True)
    hooks = {"request": [hook], "response": [hook]}
    with caplog.at_level(logging.DEBUG):
        answer = ask(handle, request, event_hooks=hooks, **HABITS)
    (sent,) = seen
    assert dict(sent.headers) == {"host": "s.example", "x-a": "1", "content-length": "2"}
    assert (str(sent.url), sent.content) == ("https://s.example/put?signature=s3cr3t", b"{}")
    assert isinstance(answer, Response) and (answer.status, answer.body) == (200, b"stored")
    assert "s3cr3t" not in caplog.text


@both
def test_a_redirect_is_brought_back_and_not_followed(ask: Ask) -> None:
    seen: list[str] = []

    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(str(request.url))
        return httpx.Response(302, headers={"Location": "https://evil.example/"})

    assert ask(handle, REQUEST, **HABITS).status == 302
    assert len(seen) == 1


@both
@pytest.mark.parametrize(("deadline", "left"), [(math.inf, None), (107.5, 7.5), (100.5, 0.5)])
def test_remaining_time_replaces_custom_clients_timeout(ask: Ask, deadline: float, left: float | None) -> None:
    waits: list[Any] = []

    def handle(request: httpx.Request) -> httpx.Response:
        waits.append(request.extensions["timeout"])
        return httpx.Response(200)

    ask(handle, REQUEST, deadline, **HABITS)
    if ask is in_task:
        left = None  # asyncio keeps the deadline itself, around the whole exchange
    assert waits == [{"connect": left, "read": left, "write": left, "pool": left}]


def test_an_exchange_in_a_task_ends_with_its_time() -> None:
    async def never(request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(30)
        raise AssertionError

    async def main() -> Any:
        async with httpx.AsyncClient(transport=httpx.MockTransport(never)) as client:
            return await AsyncHttpxTransport(client, Standing()).send(REQUEST, 100.01)

    answer = asyncio.run(main())
    assert isinstance(answer, RequestFailure)
    assert (answer.kind, answer.may_have_been_received) == (FailureKind.TIMEOUT, True)


@both
def test_an_answer_in_many_pieces_is_put_together(ask: Ask) -> None:
    class Pieces(httpx.SyncByteStream, httpx.AsyncByteStream):
        def __iter__(self) -> Any:
            return iter([b"one ", b"two ", b"three"])

        async def __aiter__(self) -> Any:
            for piece in self:
                yield piece

    answer = ask(lambda request: httpx.Response(203, headers={"X-B": "1"}, stream=Pieces()), REQUEST)
    assert answer == Response(203, {"x-b": "1"}, b"one two three")


@both
def test_a_file_is_streamed_and_its_progress_told(ask: Ask) -> None:
    data = bytes(range(256)) * 2_400
    file = Upload(len(data), "image/png", "a.png", "the file", "source", io.BytesIO(b"xx" + data), start=2)
    told: list[Any] = []
    seen: list[bytes] = []

    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(request.content)
        return httpx.Response(200)

    headers = [("Content-Length", str(len(data)))]
    request = HTTPRequest("PUT", "https://s.example/", headers, file, lambda *place: told.append(place))
    ask(handle, request)
    assert seen == [data]
    assert told == [(CHUNK, len(data)), (2 * CHUNK, len(data)), (len(data), len(data))]


def test_progress_is_awaited_in_a_task_where_it_can_be() -> None:
    told: list[Any] = []

    async def tell(sent: int, size: int) -> None:
        await asyncio.sleep(0)
        told.append((sent, size))

    file = Upload(3, "image/png", "a.png", "the file", "source", io.BytesIO(b"abc"))
    in_task(lambda request: httpx.Response(200), HTTPRequest("PUT", "https://s.example/", [], file, tell))
    assert told == [(3, 3)]


@both
@pytest.mark.parametrize("kind", [ValueError, OSError])
def test_what_the_progress_callback_raises_is_carried_out(ask: Ask, kind: type[Exception]) -> None:
    from runflow_client.runtime.transport.bodies import BodyFailedError

    problem = kind("the caller's own")

    def tell(sent: int, size: int) -> None:
        raise problem

    file = Upload(3, "image/png", "a.png", "the file", "source", io.BytesIO(b"abc"))
    with pytest.raises(BodyFailedError) as caught:
        ask(lambda request: httpx.Response(200), HTTPRequest("PUT", "https://s.example/", [], file, tell))
    assert caught.value.cause is problem


@both
def test_response_read_by_hook_is_used_as_read(ask: Ask) -> None:
    def handle(request: httpx.Request) -> httpx.Response:
        return httpx.Response(202, headers=[(b"X-B", b"\xe9")], stream=httpx.ByteStream(b"body"))

    answer = ask(handle, REQUEST, event_hooks={"response": [httpx.Response.read]})
    assert answer == Response(202, {"x-b": "é"}, b"body")


@pytest.mark.parametrize("kind", ["transport", "client"])
def test_nothing_is_sent_after_either_was_closed(kind: str) -> None:
    client = httpx.Client(transport=httpx.MockTransport(lambda request: httpx.Response(200)))
    transport = HttpxTransport(client, Standing())
    (transport if kind == "transport" else client).close()
    with pytest.raises(errors.ConfigurationError, match="closed"):
        transport.send(REQUEST, math.inf)
    assert client.is_closed == (kind == "client")
    client.close()

    async def main() -> None:
        own = httpx.AsyncClient(transport=httpx.MockTransport(lambda request: httpx.Response(200)))
        other = AsyncHttpxTransport(own, Standing())
        await (other if kind == "transport" else own).aclose()
        try:
            await other.send(REQUEST, math.inf)
        finally:
            await own.aclose()

    with pytest.raises(errors.ConfigurationError, match="closed"):
        asyncio.run(main())


@both
@pytest.mark.parametrize("host", ["256.256.256.256", "[v1.x]", "xn--a", "xn--"])
def test_invalid_host_name_is_unsendable_request(ask: Ask, host: str) -> None:
    def never(request: httpx.Request) -> httpx.Response:
        raise AssertionError

    failure_from = ask(never, HTTPRequest("PUT", f"https://{host}/put", [], b""))
    assert isinstance(failure_from, RequestFailure)
    assert (failure_from.kind, failure_from.may_have_been_received) == (FailureKind.UNSENDABLE, False)


@both
def test_hook_that_fails_to_decompress_is_request_failure(ask: Ask) -> None:
    def handle(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"Content-Encoding": "gzip"}, stream=Junk())

    failure_from = ask(handle, REQUEST, event_hooks={"response": [lambda response: response.read()]})
    assert isinstance(failure_from, RequestFailure)
    assert (failure_from.kind, failure_from.may_have_been_received) == (FailureKind.BROKEN, True)


class Junk(httpx.SyncByteStream, httpx.AsyncByteStream):
    def __iter__(self) -> Any:
        yield b"junk"

    async def __aiter__(self) -> Any:
        yield b"junk"


def test_requests_of_threads_through_a_callers_client_wait_for_slots() -> None:
    with httpx.Client(transport=httpx.MockTransport(lambda request: httpx.Response(200))) as client:
        transport = HttpxTransport(client, SystemClock(), max_connections=1)
        with transport.slot(REQUEST.url, math.inf) as slot:
            late = transport.send(REQUEST, SystemClock().now() + 0.01)
            assert late == RequestFailure(FailureKind.TIMEOUT, BUSY, False, "https://api.example:443")
            assert isinstance(transport.send(REQUEST, math.inf, slot=slot), Response)
        assert isinstance(transport.send(REQUEST, math.inf), Response)


def test_requests_of_tasks_through_a_callers_client_wait_for_slots() -> None:
    async def main() -> None:
        async with httpx.AsyncClient(transport=httpx.MockTransport(lambda request: httpx.Response(200))) as client:
            transport = AsyncHttpxTransport(client, SystemClock(), max_connections=1)
            async with transport.slot(REQUEST.url, math.inf) as slot:
                late = await transport.send(REQUEST, SystemClock().now() + 0.01)
                assert late == RequestFailure(FailureKind.TIMEOUT, BUSY, False, "https://api.example:443")
                assert isinstance(await transport.send(REQUEST, math.inf, slot=slot), Response)
            assert isinstance(await transport.send(REQUEST, math.inf), Response)
            late = await transport.send(REQUEST, SystemClock().now() - 1)
            assert late == RequestFailure(FailureKind.TIMEOUT, "", False, "https://api.example:443")

    asyncio.run(main())


def test_an_attempt_through_a_callers_client_has_its_own_limit() -> None:
    async def never(request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(30)
        raise AssertionError

    async def main() -> Any:
        async with httpx.AsyncClient(transport=httpx.MockTransport(never)) as client:
            return await AsyncHttpxTransport(client, Standing()).send(REQUEST, math.inf, 0.01)

    assert asyncio.run(main()) == RequestFailure(FailureKind.TIMEOUT, "", True, "https://api.example:443")
    waits: list[Any] = []

    def handle(request: httpx.Request) -> httpx.Response:
        waits.append(request.extensions["timeout"]["read"])
        return httpx.Response(200)

    with httpx.Client(transport=httpx.MockTransport(handle)) as client:
        HttpxTransport(client, Standing()).send(REQUEST, 107.5, 3.0)
        HttpxTransport(client, Standing()).send(REQUEST, 107.5, 30.0)
    assert waits == [3.0, 7.5]


@both
@pytest.mark.parametrize(("headers", "host"), [({}, "api.example:8443"), ({"Host": "other.example"}, "other.example")])
def test_request_without_body_is_as_httpx_makes_it(ask: Ask, headers: dict[str, str], host: str) -> None:
    seen: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200)

    url = "https://api.example:8443/v1/x?a=b"
    ask(handle, HTTPRequest("GET", url, [("X-A", "1")], None), headers=headers)
    expected = httpx.Request("GET", url, headers={"X-A": "1"})
    (sent,) = seen
    assert sent.headers.get_list("host") == [host]
    assert (sent.url, sent.method, sent.content) == (expected.url, expected.method, expected.content)
    assert not {"content-length", "transfer-encoding", "cookie"} & set(sent.headers)


def test_hook_can_look_at_content_of_request_without_body() -> None:
    seen: list[bytes] = []
    hooks: dict[str, list[Callable[..., Any]]] = {"request": [lambda request: seen.append(request.content)]}
    in_thread(
        lambda request: httpx.Response(200),
        HTTPRequest("GET", "https://a.example/v1/x", [], None),
        event_hooks=hooks,
    )
    assert seen == [b""]


@both
def test_post_without_body_has_length_zero(ask: Ask) -> None:
    seen: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200)

    ask(handle, HTTPRequest("POST", "https://api.example/v1/x", [], None))
    assert seen[0].headers["content-length"] == "0"
