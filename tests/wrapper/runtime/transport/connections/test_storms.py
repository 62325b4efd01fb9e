"""Storms: after any mixture of servers that fail, timeouts, cancellations and Ctrl-C, the next call works and nothing is left.

With `RUNFLOW_EXAMPLES=10000` in the environment many more are played.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from fault_injection import searched
from hypothesis import given
from hypothesis import strategies as st
from storm import PATHS, open_sockets, storm_server

from runflow_client.flows.base.steps import FailureKind, RequestFailure, Response
from runflow_client.runtime.clock import SystemClock
from runflow_client.runtime.transport.connections.async_transport import AsyncConnectionTransport
from runflow_client.runtime.transport.connections.sync_transport import ConnectionTransport
from runflow_client.runtime.transport.requests import HTTPRequest

CLOCK = SystemClock()
BODIES = (None, b"{}", bytes(700_000))


@dataclass(frozen=True)
class Call:
    """One request, and what befalls it.

    Args:
        path: what the server does to it.
        body: which of `BODIES` it has.
        seconds: until its deadline.
        attempt: seconds of its attempt.
        cancelled_after: after how many turns of the event loop it is cancelled; None for not at all.
        cancels: how often.
    """

    path: str
    body: int
    seconds: float
    attempt: float
    cancelled_after: int | None
    cancels: int

    def request(self, url: str) -> HTTPRequest:
        body = BODIES[self.body]
        return HTTPRequest("GET" if body is None else "PUT", f"{url}/{self.path}", [], body)


times = st.sampled_from([0.0, 0.001, 0.01, 0.04, 0.1])
calls = st.builds(
    Call,
    path=st.sampled_from(PATHS),
    body=st.integers(0, 2),
    seconds=times,
    attempt=times,
    cancelled_after=st.one_of(st.none(), st.integers(0, 60)),
    cancels=st.integers(1, 3),
)
waves = st.lists(st.lists(calls, min_size=1, max_size=12), min_size=1, max_size=3)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with storm_server() as address:
        yield address


def get(url: str) -> HTTPRequest:
    return HTTPRequest("GET", url + "/well", [], None)


def is_served(result: Response | RequestFailure) -> bool:
    """Tell whether a call after a storm worked; a server may close a connection in the very moment in which it is used again."""
    if isinstance(result, Response):
        return True
    assert result.kind is FailureKind.BROKEN, result
    return False


async def play(transport: AsyncConnectionTransport, url: str, call: Call) -> Any:
    task = asyncio.ensure_future(transport.send(call.request(url), CLOCK.now() + call.seconds, call.attempt))
    if call.cancelled_after is not None:
        for _ in range(call.cancelled_after):
            await asyncio.sleep(0)
        for _ in range(call.cancels):
            task.cancel()
            await asyncio.sleep(0)
    return (await asyncio.gather(task, return_exceptions=True))[0]


@searched(40)
@given(size=st.integers(1, 4), storm=waves)
def test_after_any_storm_of_tasks_the_next_call_works(url: str, size: int, storm: list[list[Call]]) -> None:
    async def main() -> None:
        before = open_sockets()
        transport = AsyncConnectionTransport(CLOCK, size)
        for wave in storm:
            results = await asyncio.gather(*(play(transport, url, call) for call in wave))
            assert all(isinstance(result, (Response, RequestFailure, asyncio.CancelledError)) for result in results)
            assert vars(transport)["_slots"].counts(url) == (0, 0)
            assert not vars(transport)["_active"]
        while not is_served(await transport.send(get(url), CLOCK.now() + 20)):
            pass
        await asyncio.sleep(0)
        assert open_sockets() - before <= size
        await transport.aclose()
        await asyncio.sleep(0)
        assert open_sockets() == before
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(main())


@searched(10, 0.2)
@given(size=st.integers(1, 4), storm=st.lists(calls, min_size=1, max_size=16))
def test_after_any_storm_of_threads_the_next_call_works(url: str, size: int, storm: list[Call]) -> None:
    before = open_sockets()
    transport = ConnectionTransport(CLOCK, size)
    results: list[Any] = []

    def work(call: Call) -> None:
        results.append(transport.send(call.request(url), CLOCK.now() + call.seconds, call.attempt))

    threads = [threading.Thread(target=work, args=(call,)) for call in storm]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == len(storm)
    assert all(isinstance(result, (Response, RequestFailure)) for result in results)
    assert vars(transport)["_slots"].counts(url) == (0, 0)
    while not is_served(transport.send(get(url), CLOCK.now() + 20)):
        pass
    assert open_sockets() - before <= size
    transport.close()
    assert open_sockets() == before


class Interrupting(SystemClock):
    """Raises Ctrl-C when it is looked at for the so-manieth time; that is before each wait."""

    def __init__(self, number: int) -> None:
        self.left = number

    def now(self) -> float:
        self.left -= 1
        if self.left == 0:
            raise KeyboardInterrupt
        return super().now()


@pytest.mark.parametrize("path", ["well", "trickle", "refuse", "deaf"])
@pytest.mark.parametrize("number", range(1, 12))
def test_ctrl_c_at_any_wait_leaves_slots_and_sockets(url: str, path: str, number: int) -> None:
    before = open_sockets()
    transport = ConnectionTransport(CLOCK, 1)
    clock = Interrupting(number)
    vars(transport)["_clock"] = clock
    request = HTTPRequest("PUT", f"{url}/{path}", [], bytes(5_000_000))
    try:
        transport.send(request, CLOCK.now() + 0.2)
    except KeyboardInterrupt:
        assert clock.left == 0
    clock.left = 0
    assert vars(transport)["_slots"].counts(url) == (0, 0)
    while not is_served(transport.send(get(url), CLOCK.now() + 20)):
        pass
    transport.close()
    assert open_sockets() == before


def test_three_hundred_silent_calls_leave_the_client_well(url: str) -> None:
    async def main() -> None:
        transport = AsyncConnectionTransport(CLOCK)
        silent = HTTPRequest("GET", url + "/silent", [], None)
        deadline = CLOCK.now() + 0.2
        results = await asyncio.gather(*(transport.send(silent, deadline, 20.0) for _ in range(300)))
        assert all(isinstance(result, RequestFailure) for result in results)
        assert [result.may_have_been_received for result in results if isinstance(result, RequestFailure)].count(
            True
        ) <= 32
        results = await asyncio.gather(*(transport.send(get(url), CLOCK.now() + 20, 20.0) for _ in range(100)))
        assert all(isinstance(result, Response) for result in results)
        await transport.aclose()

    asyncio.run(main())
