"""What the two transports do besides sending: slots ahead, closing, forks, and what a forgotten one says."""

from __future__ import annotations

import asyncio
import gc
import math
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any

import pytest
from rawserver import RawServer, answering, http, read_request

from runflow_client import errors
from runflow_client.flows.base.steps import FailureKind, RequestFailure, Response
from runflow_client.runtime.clock import SystemClock
from runflow_client.runtime.transport.connections import sync_transport
from runflow_client.runtime.transport.connections.async_connection import AsyncConnection
from runflow_client.runtime.transport.connections.async_transport import AsyncConnectionTransport
from runflow_client.runtime.transport.connections.sync_transport import ConnectionTransport
from runflow_client.runtime.transport.requests import HTTPRequest, Origin

CLOCK = SystemClock()
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
BUSY = "no connection was free in time"


def get(url: str) -> HTTPRequest:
    return HTTPRequest("GET", url + "/x", [], None)


def test_a_slot_taken_ahead_is_used_by_a_thread() -> None:
    with RawServer(answering(http(200))) as server:
        transport = ConnectionTransport(CLOCK, max_connections=1)
        with transport.slot(server.url + "/any", math.inf) as slot:
            late = transport.send(get(server.url), CLOCK.now() + 0.02)
            assert late == RequestFailure(FailureKind.TIMEOUT, BUSY, False, server.url)
            for _ in range(2):
                assert isinstance(transport.send(get(server.url), math.inf, slot=slot), Response)
        assert isinstance(transport.send(get(server.url), math.inf), Response)
        transport.close()


def test_a_slot_taken_ahead_is_used_by_a_task() -> None:
    async def main(url: str) -> None:
        transport = AsyncConnectionTransport(CLOCK, max_connections=1)
        async with transport.slot(url + "/any", math.inf) as slot:
            late = await transport.send(get(url), CLOCK.now() + 0.02)
            assert late == RequestFailure(FailureKind.TIMEOUT, BUSY, False, url)
            for _ in range(2):
                assert isinstance(await transport.send(get(url), math.inf, slot=slot), Response)
        assert isinstance(await transport.send(get(url), math.inf), Response)
        await transport.aclose()

    with RawServer(answering(http(200))) as server:
        asyncio.run(main(server.url))


def test_a_slot_of_another_origin_is_not_used() -> None:
    with RawServer(answering(http(200))) as server, RawServer(answering(http(200))) as other:
        transport = ConnectionTransport(CLOCK, max_connections=1)
        with transport.slot(other.url, math.inf) as slot, transport.slot(server.url, math.inf):
            late = transport.send(get(server.url), CLOCK.now() + 0.01, slot=slot)
        assert late == RequestFailure(FailureKind.TIMEOUT, BUSY, False, server.url)
        transport.close()


def test_waiting_for_a_slot_does_not_count_against_the_attempt() -> None:
    def slow(connection: socket.socket, over: threading.Event) -> None:
        while read_request(connection):
            over.wait(0.1)
            connection.sendall(OK)

    async def main(url: str) -> list[Any]:
        transport = AsyncConnectionTransport(CLOCK, max_connections=1)
        deadline = CLOCK.now() + 30
        try:
            return await asyncio.gather(*(transport.send(get(url), deadline, 0.5) for _ in range(8)))
        finally:
            await transport.aclose()

    with RawServer(slow) as server:
        results = asyncio.run(main(server.url))
    assert [isinstance(result, Response) for result in results] == [True] * 8
    assert server.connections == 1


@pytest.mark.parametrize("count", [300])
def test_a_crowd_of_tasks_is_answered_over_few_connections(count: int) -> None:
    def play(connection: socket.socket, over: threading.Event) -> None:
        while read_request(connection):
            connection.sendall(OK)

    async def main(url: str) -> list[Any]:
        transport = AsyncConnectionTransport(CLOCK)
        deadline = CLOCK.now() + 60
        try:
            return await asyncio.gather(*(transport.send(get(url), deadline, 20.0) for _ in range(count)))
        finally:
            await transport.aclose()

    with RawServer(play) as server:
        results = asyncio.run(main(server.url))
    assert [isinstance(result, Response) for result in results] == [True] * count
    assert server.connections <= 32


def test_a_crowd_of_threads_is_answered_over_few_connections() -> None:
    def play(connection: socket.socket, over: threading.Event) -> None:
        while read_request(connection):
            connection.sendall(OK)

    results: list[Any] = []
    with RawServer(play) as server:
        transport = ConnectionTransport(CLOCK, max_connections=8)
        threads = [
            threading.Thread(target=lambda: results.append(transport.send(get(server.url), CLOCK.now() + 60, 20.0)))
            for _ in range(100)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        transport.close()
    assert [isinstance(result, Response) for result in results] == [True] * 100
    assert server.connections <= 8


def test_nothing_is_sent_after_closing() -> None:
    transport = ConnectionTransport(CLOCK)
    transport.close()
    for act in (lambda: transport.send(get("http://127.0.0.1:1"), math.inf), lambda: transport.slot("http://a", 1.0)):
        with pytest.raises(errors.ConfigurationError, match="closed"):
            act()

    async def main(act: Callable[[AsyncConnectionTransport], Any]) -> None:
        other = AsyncConnectionTransport(CLOCK)
        await other.aclose()
        with pytest.raises(errors.ConfigurationError, match="closed"):
            await act(other)

    async def slot(other: AsyncConnectionTransport) -> None:
        other.slot("http://a", 1.0)

    asyncio.run(main(lambda other: other.send(get("http://127.0.0.1:1"), math.inf)))
    asyncio.run(main(slot))


def test_a_task_that_gets_its_slot_after_closing_sends_nothing() -> None:
    async def main() -> None:
        transport = AsyncConnectionTransport(CLOCK, max_connections=1)
        async with transport.slot("http://127.0.0.1:1", math.inf):
            waiting = asyncio.create_task(transport.send(get("http://127.0.0.1:1"), math.inf))
            await asyncio.sleep(0)
            await transport.aclose()
        with pytest.raises(errors.ConfigurationError, match="closed"):
            await waiting

    asyncio.run(main())


def test_a_thread_that_gets_its_slot_after_closing_sends_nothing() -> None:
    transport = ConnectionTransport(CLOCK, max_connections=1)
    with transport.slot("http://127.0.0.1:1", math.inf) as slot:
        vars(transport)["_closed"] = True
        vars(transport)["_check_usable"] = lambda: vars(transport).pop("_check_usable")
        with pytest.raises(errors.ConfigurationError, match="closed"):
            transport.send(get("http://127.0.0.1:1"), math.inf, slot=slot)


def test_a_connection_that_comes_back_after_closing_is_closed() -> None:
    with RawServer(answering(OK)) as server:
        transport = ConnectionTransport(CLOCK)

        class Closing(SystemClock):
            """Closes the transport once the response is there."""

        def give_back(*arguments: Any) -> None:
            transport.close()
            type(transport)._give_back(transport, *arguments)

        vars(transport)["_give_back"] = give_back
        assert isinstance(transport.send(get(server.url), math.inf), Response)
        assert len(vars(transport)["_idle"]) == 0


def test_a_forked_child_leaves_its_parents_connections_untouched() -> None:
    with RawServer(answering(OK)) as server:
        transport = ConnectionTransport(CLOCK)
        transport.send(get(server.url), math.inf)
        parents = vars(transport)["_idle"]
        vars(transport)["_process"] = -1
        transport.send(get(server.url), math.inf)
        assert server.connections == 2
        assert sync_transport._INHERITED.pop()[0] is parents
        assert len(parents) == 1
        for connection in parents.clear():
            connection.close()
        transport.close()


SYNC_WORDS = (
    "a Runflow client was garbage-collected with open connections: use `with Runflow() as client` or client.close()"
)
ASYNC_WORDS = (
    "an AsyncRunflow client was garbage-collected with open connections: use `async with AsyncRunflow() as client` or "
    "await client.aclose()"
)


def test_a_forgotten_transport_closes_its_connections_and_warns() -> None:
    with RawServer(answering(OK)) as server:
        transport = ConnectionTransport(CLOCK)
        transport.send(get(server.url), math.inf)
        told: list[Any] = []
        transport.__del__(lambda *arguments, **options: told.append((arguments, options)))
        ((arguments, options),) = told
        assert arguments == (SYNC_WORDS, ResourceWarning)
        assert options["source"] is transport
        transport.__del__()


def test_transport_deleted_after_its_modules_raises_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    transport = ConnectionTransport(CLOCK)
    monkeypatch.setattr(sync_transport, "os", None)  # as the end of a frozen program leaves it
    transport.__del__()


def test_unclosed_async_transport_closes_connections_and_warns() -> None:
    async def main(url: str) -> None:
        transport = AsyncConnectionTransport(CLOCK)
        await transport.send(get(url), math.inf)
        (connection,) = vars(transport)["_idle"]._kept
        told: list[Any] = []
        transport.__del__(lambda *arguments, **options: told.append((arguments, options)))
        ((arguments, options),) = told
        assert arguments == (ASYNC_WORDS, ResourceWarning)
        assert options["source"] is transport
        await asyncio.sleep(0)
        assert connection.is_stale()
        transport.__del__()
        await asyncio.sleep(0)

    with RawServer(
        lambda connection, over: (read_request(connection), connection.sendall(OK), over.wait(5))[0]
    ) as server:
        asyncio.run(main(server.url))


def test_a_forgotten_transport_of_a_closed_loop_warns() -> None:
    transport = AsyncConnectionTransport(CLOCK)
    with asyncio.Runner() as runner:
        vars(transport)["_loop"].loop = runner.get_loop()
    connection = AsyncConnection(Origin("http", "a.example", 80))
    vars(transport)["_idle"].keep(connection)
    told: list[Any] = []
    transport.__del__(lambda *arguments, **options: told.append(arguments))
    assert told == [(ASYNC_WORDS, ResourceWarning)]
    vars(transport)["_idle"].clear()


def test_a_transport_that_was_never_made_is_forgotten_in_silence() -> None:
    for kind in (ConnectionTransport, AsyncConnectionTransport):
        kind.__new__(kind).__del__()
        kind(CLOCK).__del__()
    gc.collect()


def test_sync_call_loads_no_httpx_asyncio_or_tls() -> None:
    code = (
        "import sys\nfrom runflow_client import Runflow\nwith Runflow('k', base_url=sys.argv[1]) as client:\n"
        "    print(client.account.health().status, *({'httpx', 'httpcore', 'asyncio', 'ssl', 'urllib.request'} & set(sys.modules)))"
    )
    environment = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    with RawServer(answering(http(200, b'{"status": "ok"}'))) as server:
        done = subprocess.run(
            [sys.executable, "-c", code, server.url], capture_output=True, text=True, env=environment, check=True
        )
    assert done.stdout == "ok\n"


def test_alarm_during_wait_for_slot_passes_through() -> None:
    class Ringing(SystemClock):
        def now(self) -> float:
            raise TimeoutError("the caller's own alarm")

    transport = ConnectionTransport(CLOCK, max_connections=1)
    with transport.slot("http://127.0.0.1:1", math.inf):
        vars(transport)["_clock"] = Ringing()
        with pytest.raises(TimeoutError, match="own alarm"):
            transport.send(get("http://127.0.0.1:1"), 1.0)
    assert vars(transport)["_slots"].counts("http://127.0.0.1:1") == (0, 0)


def test_informational_response_does_not_end_a_large_body() -> None:
    received: list[int] = []

    def play(connection: socket.socket, over: threading.Event) -> None:
        connection.recv(1)  # the head has arrived; the rest fills the buffers of both sockets
        connection.sendall(b"HTTP/1.1 102 Processing\r\n\r\n")
        over.wait(0.1)
        received.append(len(read_request(connection)))
        connection.sendall(OK)

    with RawServer(play) as server:
        transport = ConnectionTransport(CLOCK)
        sent = transport.send(HTTPRequest("PUT", server.url + "/x", [], bytes(20_000_000)), CLOCK.now() + 30)
        assert isinstance(sent, Response)
        transport.close()
    assert received[0] > 20_000_000
