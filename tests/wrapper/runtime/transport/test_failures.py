"""What an exception of the layers below means: was the request surely not received, or may the server have processed the request?"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any

import httpcore
import httpx
import pytest
from rawserver import RawServer, answering, http

from runflow_client import RetryPolicy, Runflow, errors
from runflow_client.flows.base.steps import FailureKind, RequestFailure, Response
from runflow_client.runtime.clock import SystemClock
from runflow_client.runtime.transport.async_transport import AsyncHttpxTransport, AsyncPoolTransport
from runflow_client.runtime.transport.sync_transport import HttpxTransport, PoolTransport
from runflow_client.runtime.transport.wire import LONGEST_RESPONSE, HTTPRequest

StepResult = Response | RequestFailure
Ask = Callable[[Any], StepResult]
REQUEST = HTTPRequest("POST", "http://127.0.0.1:1/v1/evaluations", [], b"{}")


class BrokenPool:
    """Stands in for httpcore's pools: raises when something is to be sent."""

    def __init__(self, problem: BaseException) -> None:
        self._problem = problem

    def stream(self, *arguments: object, **options: object) -> Any:
        raise self._problem

    def close(self) -> None:
        pass

    async def aclose(self) -> None:
        pass


def over_a_pool(problem: BaseException) -> StepResult:
    transport = PoolTransport(SystemClock())
    pools: dict[str, Any] = transport._pools
    pools["http://127.0.0.1:1"] = BrokenPool(problem)
    try:
        return transport.send(REQUEST, None)
    finally:
        transport.close()


def over_an_async_pool(problem: BaseException) -> StepResult:
    async def main() -> StepResult:
        transport = AsyncPoolTransport(SystemClock())
        pools: dict[str, Any] = transport._pools
        pools["http://127.0.0.1:1"] = BrokenPool(problem)
        try:
            return await transport.send(REQUEST, None)
        finally:
            await transport.aclose()

    return asyncio.run(main())


def raising(problem: BaseException) -> httpx.MockTransport:
    def handle(request: httpx.Request) -> httpx.Response:
        raise problem

    return httpx.MockTransport(handle)


def over_httpx(problem: BaseException) -> StepResult:
    with httpx.Client(transport=raising(problem)) as client:
        return HttpxTransport(client, SystemClock()).send(REQUEST, None)


def over_async_httpx(problem: BaseException) -> StepResult:
    async def main() -> StepResult:
        async with httpx.AsyncClient(transport=raising(problem)) as client:
            return await AsyncHttpxTransport(client, SystemClock()).send(REQUEST, None)

    return asyncio.run(main())


NOT_MADE = (FailureKind.NOT_CONNECTED, False)
UNSENDABLE = (FailureKind.UNSENDABLE, False)
TIMED_OUT = (FailureKind.TIMEOUT, True)
BROKEN = (FailureKind.BROKEN, True)


@pytest.mark.parametrize("ask", [over_a_pool, over_an_async_pool])
@pytest.mark.parametrize(
    ("problem", "meaning"),
    [
        (httpcore.ReadTimeout("slow"), TIMED_OUT),
        (httpcore.WriteTimeout("slow"), TIMED_OUT),
        (httpcore.ConnectError("refused"), NOT_MADE),
        (httpcore.ProxyError("403"), NOT_MADE),
        (httpcore.UnsupportedProtocol("gopher"), NOT_MADE),
        (httpcore.LocalProtocolError("header"), UNSENDABLE),
        (httpcore.ReadError("reset"), BROKEN),
        (httpcore.WriteError("reset"), BROKEN),
        (httpcore.RemoteProtocolError("no HTTP"), BROKEN),
        (ConnectionResetError("reset"), BROKEN),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_httpcore_raises_is_a_loss(ask: Ask, problem: Exception, meaning: tuple[FailureKind, bool]) -> None:
    answer = ask(problem)
    assert isinstance(answer, RequestFailure)
    assert (answer.kind, answer.may_have_been_received) == meaning
    assert answer.reason == f"{type(problem).__name__}: {problem}"


@pytest.mark.parametrize("ask", [over_httpx, over_async_httpx])
@pytest.mark.parametrize(
    ("problem", "meaning"),
    [
        (httpx.ReadTimeout("slow"), TIMED_OUT),
        (httpx.WriteTimeout("slow"), TIMED_OUT),
        (httpx.ConnectError("refused"), NOT_MADE),
        (httpx.ProxyError("403"), NOT_MADE),
        (httpx.UnsupportedProtocol("gopher"), NOT_MADE),
        (httpx.LocalProtocolError("header"), UNSENDABLE),
        (httpx.ReadError("reset"), BROKEN),
        (httpx.RemoteProtocolError("no HTTP"), BROKEN),
        (httpx.StreamClosed(), BROKEN),
        (ConnectionResetError("reset"), BROKEN),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_httpx_raises_is_a_loss(ask: Ask, problem: Exception, meaning: tuple[FailureKind, bool]) -> None:
    answer = ask(problem)
    assert isinstance(answer, RequestFailure)
    assert (answer.kind, answer.may_have_been_received) == meaning
    assert answer.reason == f"{type(problem).__name__}: {problem}"


@pytest.mark.parametrize(
    ("ask", "problem"),
    [
        (over_a_pool, httpcore.ConnectTimeout("slow")),
        (over_a_pool, httpcore.PoolTimeout("busy")),
        (over_httpx, httpx.ConnectTimeout("slow")),
        (over_httpx, httpx.PoolTimeout("busy")),
    ],
)
def test_time_that_ran_out_before_there_was_a_connection_leaves_nothing_received(ask: Ask, problem: Exception) -> None:
    answer = ask(problem)
    assert isinstance(answer, RequestFailure)
    assert (answer.kind, answer.may_have_been_received) == (FailureKind.TIMEOUT, False)
    assert answer.reason == f"{type(problem).__name__}: {problem}"


@pytest.mark.parametrize("problem", [ConnectionResetError(), ConnectionResetError("  ")])
def test_a_loss_without_words_is_told_by_its_kind(problem: Exception) -> None:
    answer = over_a_pool(problem)
    assert isinstance(answer, RequestFailure)
    assert answer.reason == "ConnectionResetError"


class Late(SystemClock):
    """A clock that jumps ahead with every look at it."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> float:
        self.seconds += 10
        return self.seconds


def answered(body: bytes) -> httpx.MockTransport:
    return httpx.MockTransport(lambda request: httpx.Response(200, stream=httpx.ByteStream(body)))


def test_a_callers_own_client_is_not_asked_when_the_time_is_up() -> None:
    with httpx.Client(transport=raising(AssertionError("was asked"))) as client:
        answer = HttpxTransport(client, Late()).send(REQUEST, 10.0)
    assert answer == RequestFailure(FailureKind.TIMEOUT, "", False)


def test_a_pool_is_not_asked_when_the_time_is_up() -> None:
    transport = PoolTransport(Late())
    pools: dict[str, Any] = transport._pools
    pools["http://127.0.0.1:1"] = BrokenPool(AssertionError("was asked"))
    answer = transport.send(REQUEST, 10.0)
    transport.close()
    assert isinstance(answer, RequestFailure)
    assert (answer.kind, answer.may_have_been_received) == (FailureKind.TIMEOUT, False)


def test_a_body_that_trickles_through_a_callers_own_client_is_left_at_the_deadline() -> None:
    with httpx.Client(transport=answered(b"{}")) as client:
        assert HttpxTransport(client, Late()).send(REQUEST, 15.0) == RequestFailure(FailureKind.TIMEOUT, "", True)
        answer = HttpxTransport(client, Late()).send(REQUEST, 20.0)
    assert isinstance(answer, Response)
    assert answer.body == b"{}"


@pytest.mark.parametrize("more", [0, 1])
def test_a_callers_own_client_brings_answers_up_to_the_limit(more: int) -> None:
    body = bytes(LONGEST_RESPONSE + more)

    async def main() -> StepResult:
        async with httpx.AsyncClient(transport=answered(body)) as client:
            return await AsyncHttpxTransport(client, SystemClock()).send(REQUEST, None)

    with httpx.Client(transport=answered(body)) as client:
        answers = [HttpxTransport(client, SystemClock()).send(REQUEST, None), asyncio.run(main())]
    for answer in answers:
        if more:
            assert isinstance(answer, RequestFailure)
            assert answer.kind is FailureKind.TOO_LARGE
        else:
            assert isinstance(answer, Response)
            assert len(answer.body) == LONGEST_RESPONSE


def addresses(*hosts: str) -> Callable[..., list[Any]]:
    def look_up(host: str, port: int, *arguments: object, **options: object) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in hosts]

    return look_up


def test_the_next_address_of_a_host_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    with RawServer(answering(http(200, b'{"status": "ok"}'))) as server:
        monkeypatch.setattr(socket, "getaddrinfo", addresses("127.0.0.2", "127.0.0.2", "127.0.0.1"))
        with Runflow("k", base_url=server.url.replace("127.0.0.1", "localhost")) as client:
            assert client.account.health().status == "ok"


@pytest.mark.parametrize("hosts", [(), ("127.0.0.2",), ("127.0.0.2", "127.0.0.3")])
def test_a_host_none_of_whose_addresses_answers_is_not_connected(
    hosts: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    with RawServer(answering(http(200))) as server:
        monkeypatch.setattr(socket, "getaddrinfo", addresses(*hosts))
        url = server.url.replace("127.0.0.1", "localhost")
        with (
            Runflow("k", base_url=url, retries=RetryPolicy(attempts=1)) as client,
            pytest.raises(errors.ConnectionFailedError, match="could not be made"),
        ):
            client.account.health()


def test_a_call_without_a_limit_is_answered() -> None:
    transport = PoolTransport(SystemClock())
    with RawServer(answering(http(200, b"{}"))) as server:
        answer = transport.send(HTTPRequest("GET", server.url, [], None), None)
        transport.close()
    assert isinstance(answer, Response)
    assert answer.body == b"{}"
