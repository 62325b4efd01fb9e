"""Servers that mean harm, over real sockets: every call ends by its deadline."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Callable

import pytest
from rawserver import RawServer, read_request

from runflow_client import AsyncRunflow, RetryPolicy, Runflow, errors

ID = "0193f0a0-0000-7000-8000-000000000001"
SECONDS = 0.6
ONE_TRY = RetryPolicy(attempts=1)


def says_nothing(connection: socket.socket, over: threading.Event) -> None:
    read_request(connection)
    over.wait(20)


def trickles_headers(connection: socket.socket, over: threading.Event) -> None:
    read_request(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while not over.wait(0.05):
        connection.sendall(b"X-Filler: 1\r\n")


def trickles_the_body(connection: socket.socket, over: threading.Event) -> None:
    read_request(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n{")
    while not over.wait(0.05):
        connection.sendall(b" ")


def reads_slowly(connection: socket.socket, over: threading.Event) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    while not over.wait(0.05):
        connection.recv(512)


def get_sync(url: str) -> None:
    with Runflow("rf_key", base_url=url, timeout=SECONDS, retries=ONE_TRY) as client:
        client.evaluations.get(ID)


def submit_sync(url: str) -> None:
    with Runflow("rf_key", base_url=url, timeout=SECONDS, retries=ONE_TRY) as client:
        client.evaluations.submit("data:image/png;base64,iVBORw0KGgoA" + "A" * 11_000_000, "headshot")


def get_async(url: str) -> None:
    async def main() -> None:
        async with AsyncRunflow("rf_key", base_url=url, timeout=SECONDS, retries=ONE_TRY) as client:
            await client.evaluations.get(ID)

    asyncio.run(main())


def submit_async(url: str) -> None:
    async def main() -> None:
        async with AsyncRunflow("rf_key", base_url=url, timeout=SECONDS, retries=ONE_TRY) as client:
            await client.evaluations.submit("data:image/png;base64,iVBORw0KGgoA" + "A" * 11_000_000, "headshot")

    asyncio.run(main())


@pytest.mark.parametrize(
    ("script", "call"),
    [
        (says_nothing, get_sync),
        (trickles_headers, get_sync),
        (trickles_the_body, get_sync),
        (reads_slowly, submit_sync),
        (says_nothing, get_async),
        (trickles_headers, get_async),
        (trickles_the_body, get_async),
        (reads_slowly, submit_async),
    ],
)
def test_a_call_ends_by_its_deadline_whatever_the_server_does(
    script: Callable[[socket.socket, threading.Event], None], call: Callable[[str], None]
) -> None:
    with RawServer(script) as server:
        threads = threading.active_count()
        began = time.monotonic()
        with pytest.raises(errors.RequestTimeoutError):
            call(server.url)
        # Each of these servers would go on for 20 seconds and more; the promise is the deadline and 250 ms.
        assert time.monotonic() - began < SECONDS + 1.0
        assert threading.active_count() <= threads + 1, "the server's own thread for the connection, and none of ours"


def test_a_stalled_attempt_leaves_time_for_the_next() -> None:
    calls = iter(range(10))

    def stalls_once(connection: socket.socket, over: threading.Event) -> None:
        read_request(connection)
        if next(calls) == 0:
            over.wait(20)
        body = b'{"id": "%s"}' % ID.encode()
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))

    retries = RetryPolicy(attempt_timeout=0.2, first_pause=0.01)
    with RawServer(stalls_once) as server, Runflow("k", base_url=server.url, timeout=10, retries=retries) as client:
        assert client.evaluations.get(ID).id == ID


def test_unreachable_host_raises_connection_failed_with_idempotency_key() -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    with (
        Runflow("rf_key", base_url=f"http://127.0.0.1:{port}", retries=ONE_TRY) as client,
        pytest.raises(errors.ConnectionFailedError, match="could not be made") as caught,
    ):
        client.evaluations.submit("https://example.com/a.png", "headshot", idempotency_key="mine")
    assert caught.value.idempotency_key == "mine"
