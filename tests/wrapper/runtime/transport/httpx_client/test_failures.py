"""What the exceptions of httpx mean: was the request surely not received, or may the server have acted on it?"""

from __future__ import annotations

import asyncio
import errno
import math
import ssl
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from runflow_client.flows.base.steps import FailureKind, RequestFailure, Response
from runflow_client.runtime.clock import SystemClock
from runflow_client.runtime.transport.compression import LONGEST_RESPONSE
from runflow_client.runtime.transport.httpx_client.async_transport import AsyncHttpxTransport
from runflow_client.runtime.transport.httpx_client.sync_transport import HttpxTransport
from runflow_client.runtime.transport.requests import HTTPRequest

Result = Response | RequestFailure
Ask = Callable[[Any], Result]
ORIGIN = "http://127.0.0.1:1"
REQUEST = HTTPRequest("POST", ORIGIN + "/v1/evaluations", [], b"{}")


def raising(problem: BaseException) -> httpx.MockTransport:
    def handle(request: httpx.Request) -> httpx.Response:
        raise problem

    return httpx.MockTransport(handle)


def over_httpx(problem: BaseException) -> Result:
    with httpx.Client(transport=raising(problem)) as client:
        return HttpxTransport(client, SystemClock()).send(REQUEST, math.inf)


def over_async_httpx(problem: BaseException) -> Result:
    async def main() -> Result:
        async with httpx.AsyncClient(transport=raising(problem)) as client:
            return await AsyncHttpxTransport(client, SystemClock()).send(REQUEST, math.inf)

    return asyncio.run(main())


both = pytest.mark.parametrize("ask", [over_httpx, over_async_httpx])
NOT_MADE = (FailureKind.NOT_CONNECTED, False)
UNSENDABLE = (FailureKind.UNSENDABLE, False)
TIMED_OUT = (FailureKind.TIMEOUT, True)
BROKEN = (FailureKind.BROKEN, True)


@both
@pytest.mark.parametrize(
    ("problem", "meaning"),
    [
        (httpx.ConnectTimeout("slow"), (FailureKind.TIMEOUT, False)),
        (httpx.PoolTimeout("busy"), (FailureKind.TIMEOUT, False)),
        (httpx.ReadTimeout("slow"), TIMED_OUT),
        (httpx.WriteTimeout("slow"), TIMED_OUT),
        (httpx.ConnectError("refused"), NOT_MADE),
        (httpx.ProxyError("403"), NOT_MADE),
        (httpx.UnsupportedProtocol("gopher"), NOT_MADE),
        (httpx.LocalProtocolError("header"), UNSENDABLE),
        (httpx.InvalidURL("host"), UNSENDABLE),
        (UnicodeError("host"), UNSENDABLE),
        (httpx.ReadError("reset"), BROKEN),
        (httpx.RemoteProtocolError("no HTTP"), BROKEN),
        (httpx.StreamClosed(), BROKEN),
        (ConnectionResetError("reset"), BROKEN),
        (TimeoutError(errno.ETIMEDOUT, "slow"), BROKEN),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_exception_of_httpx_is_a_failure(ask: Ask, problem: Exception, meaning: tuple[FailureKind, bool]) -> None:
    assert ask(problem) == RequestFailure(meaning[0], f"{type(problem).__name__}: {problem}", meaning[1], ORIGIN)


@both
def test_an_untrusted_certificate_is_told_from_other_failures(ask: Ask) -> None:
    problem = httpx.ConnectError("certificate verify failed")
    problem.__cause__ = ssl.SSLCertVerificationError("self-signed")
    result = ask(problem)
    assert isinstance(result, RequestFailure)
    assert (result.kind, result.may_have_been_received) == (FailureKind.UNTRUSTED, False)


@both
def test_a_timeout_error_that_is_not_the_networks_passes_through(ask: Ask) -> None:
    with pytest.raises(TimeoutError, match="own alarm"):
        ask(TimeoutError("the caller's own alarm"))


class Late(SystemClock):
    """A clock that jumps ahead with every look at it."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> float:
        self.seconds += 10
        return self.seconds


def answered(body: bytes) -> httpx.MockTransport:
    return httpx.MockTransport(lambda request: httpx.Response(200, stream=httpx.ByteStream(body)))


def test_custom_client_sends_nothing_after_the_deadline() -> None:
    with httpx.Client(transport=raising(AssertionError("was asked"))) as client:
        answer = HttpxTransport(client, Late()).send(REQUEST, 10.0)
    assert answer == RequestFailure(FailureKind.TIMEOUT, "", False, ORIGIN)


def test_slow_body_of_custom_client_is_abandoned_at_deadline() -> None:
    with httpx.Client(transport=answered(b"{}")) as client:
        assert HttpxTransport(client, Late()).send(REQUEST, 15.0) == RequestFailure(
            FailureKind.TIMEOUT, "", True, ORIGIN
        )
        answer = HttpxTransport(client, Late()).send(REQUEST, 20.0)
    assert isinstance(answer, Response)
    assert answer.body == b"{}"


@pytest.mark.parametrize("more", [0, 1])
def test_a_callers_own_client_brings_answers_up_to_the_limit(more: int) -> None:
    body = bytes(LONGEST_RESPONSE + more)

    async def main() -> Result:
        async with httpx.AsyncClient(transport=answered(body)) as client:
            return await AsyncHttpxTransport(client, SystemClock()).send(REQUEST, math.inf)

    with httpx.Client(transport=answered(body)) as client:
        answers = [HttpxTransport(client, SystemClock()).send(REQUEST, math.inf), asyncio.run(main())]
    for answer in answers:
        if more:
            assert isinstance(answer, RequestFailure)
            assert answer.kind is FailureKind.TOO_LARGE
        else:
            assert isinstance(answer, Response)
            assert len(answer.body) == LONGEST_RESPONSE
