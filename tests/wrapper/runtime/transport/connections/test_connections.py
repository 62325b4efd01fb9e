"""Connections over real sockets, of threads and of asyncio: what is sent, what is read, and what is kept."""

from __future__ import annotations

import asyncio
import errno
import io
import math
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from rawserver import RawServer, Script, answering, http, read_request
from transports import Send, in_task, in_thread

from runflow_client.errors import ConfigurationError, InvalidRequestError
from runflow_client.flows.base.steps import FailureKind, RequestFailure, Response
from runflow_client.runtime.clock import SystemClock
from runflow_client.runtime.files.uploads import Upload
from runflow_client.runtime.transport.bodies import BodyFailedError
from runflow_client.runtime.transport.connections import addresses, async_connection, sync_connection
from runflow_client.runtime.transport.connections.addresses import Address
from runflow_client.runtime.transport.connections.async_connection import AsyncConnection
from runflow_client.runtime.transport.connections.async_transport import AsyncConnectionTransport
from runflow_client.runtime.transport.connections.sync_connection import SyncConnection
from runflow_client.runtime.transport.connections.sync_transport import ConnectionTransport
from runflow_client.runtime.transport.requests import HTTPRequest, Origin

both = pytest.mark.parametrize("send", [in_thread, in_task])
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
LARGE = 20_000_000


def get(url: str) -> HTTPRequest:
    return HTTPRequest("GET", url + "/x", [], None)


def put(url: str, size: int = LARGE) -> HTTPRequest:
    return HTTPRequest("PUT", url + "/put", [], bytes(size))


def put_file(url: str, size: int = LARGE) -> HTTPRequest:
    file = Upload(size, "image/png", "a.png", "the file", "source", io.BytesIO(bytes(size)))
    return HTTPRequest("PUT", url + "/put", [], file)


def keeping(*answers: bytes, requests: list[bytes] | None = None) -> Script:
    """A script that answers request after request on one connection; the last answer again and again."""

    def play(connection: socket.socket, over: threading.Event) -> None:
        number = 0
        while request := read_request(connection):
            if requests is not None:
                requests.append(request)
            connection.sendall(answers[min(number, len(answers) - 1)])
            number += 1

    return play


@both
def test_a_connection_carries_one_request_after_another(send: Send) -> None:
    asked: list[bytes] = []
    with RawServer(keeping(OK, requests=asked)) as server:
        results = send(get(server.url), put(server.url, 100_000), get(server.url))
    assert [result.status for result in results if isinstance(result, Response)] == [200] * 3
    assert server.connections == 1
    assert [request.partition(b" ")[0] for request in asked] == [b"GET", b"PUT", b"GET"]
    assert asked[1].endswith(bytes(100_000))


@both
@pytest.mark.parametrize("last_words", [b"", b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n"])
def test_a_connection_that_the_server_closed_is_not_used_again(send: Send, last_words: bytes) -> None:
    closed = threading.Event()

    def play(connection: socket.socket, over: threading.Event) -> None:
        read_request(connection)
        connection.sendall(OK + last_words)
        connection.close()
        closed.set()

    def wait_until_closed() -> None:
        assert closed.wait(5)
        closed.clear()
        time.sleep(0.02)  # until the end has come through loopback

    with RawServer(play) as server:
        results = send(get(server.url), get(server.url), between=wait_until_closed)
    assert [result.status for result in results if isinstance(result, Response)] == [200] * 2
    assert server.connections == 2


@both
@pytest.mark.parametrize("make", [put, put_file])
@pytest.mark.parametrize("ending", ["closes", "resets", "stays"])
def test_early_refusal_is_read_while_body_is_sent(send: Send, make: Callable[[str], HTTPRequest], ending: str) -> None:
    def refuse(connection: socket.socket, over: threading.Event) -> None:
        connection.recv(1_000)
        connection.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 7\r\n\r\nexpired")
        if ending == "stays":
            over.wait(5)
        elif ending == "closes":
            connection.shutdown(socket.SHUT_WR)
            over.wait(0.2)

    with RawServer(refuse) as server:
        (result,) = send(make(server.url), seconds=5)
    assert isinstance(result, Response), result
    assert (result.status, result.body) == (403, b"expired")


@both
def test_a_success_that_begins_early_does_not_end_the_sending(send: Send) -> None:
    received: list[int] = []

    def accept(connection: socket.socket, over: threading.Event) -> None:
        head = connection.recv(200)
        connection.sendall(b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n")
        size = len(head.partition(b"\r\n\r\n")[2])
        while size < LARGE:
            size += len(connection.recv(1_000_000))
        received.append(size)
        connection.sendall(b"{}")

    with RawServer(accept) as server:
        (result,) = send(put(server.url), seconds=10)
    assert isinstance(result, Response) and (result.status, result.body) == (201, b"{}")
    assert received == [LARGE]


@both
@pytest.mark.parametrize("make", [get, put, put_file])
def test_a_server_that_hangs_up_breaks_the_exchange(send: Send, make: Callable[[str], HTTPRequest]) -> None:
    def hang_up(connection: socket.socket, over: threading.Event) -> None:
        connection.recv(100)

    with RawServer(hang_up) as server:
        (result,) = send(make(server.url), seconds=10)
        origin = server.url
    assert isinstance(result, RequestFailure)
    assert (result.kind, result.may_have_been_received, result.origin) == (FailureKind.BROKEN, True, origin)


@both
def test_a_host_that_refuses_connections_has_received_nothing(send: Send) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
    (result,) = send(put(url))
    assert isinstance(result, RequestFailure)
    assert (result.kind, result.may_have_been_received) == (FailureKind.NOT_CONNECTED, False)
    assert result.reason.startswith("ConnectionRefusedError: ")
    assert result.origin == url


@both
def test_a_silent_server_is_left_when_the_attempt_is_over(send: Send) -> None:
    def listen(connection: socket.socket, over: threading.Event) -> None:
        over.wait(20)

    with RawServer(listen) as server:
        (result,) = send(get(server.url), seconds=60, attempt_timeout=0.05)
        assert result == RequestFailure(FailureKind.TIMEOUT, "", True, server.url)
        (result,) = send(get(server.url), seconds=0.05)
        assert result == RequestFailure(FailureKind.TIMEOUT, "", True, server.url)


@both
def test_no_connection_is_made_when_the_time_is_up(send: Send) -> None:
    with RawServer(answering(OK)) as server:
        (result,) = send(get(server.url), seconds=-1)
        assert result == RequestFailure(FailureKind.TIMEOUT, "", False, server.url)
    assert server.connections == 0


@both
def test_a_handshake_that_is_never_answered_has_sent_nothing(send: Send) -> None:
    def listen(connection: socket.socket, over: threading.Event) -> None:
        over.wait(20)

    with RawServer(listen) as server:
        url = server.url.replace("http:", "https:")
        (result,) = send(put(url), seconds=0.1)
    assert result == RequestFailure(FailureKind.TIMEOUT, "", False, url)


@both
@pytest.mark.parametrize("url", ["https://", "ftp://a.example/", "http://127.0.0.1:99999/"])
def test_what_is_no_url_cannot_be_sent(send: Send, url: str) -> None:
    (result,) = send(HTTPRequest("GET", url, [], None))
    assert isinstance(result, RequestFailure)
    assert (result.kind, result.may_have_been_received) == (FailureKind.UNSENDABLE, False)


@both
def test_a_request_that_is_no_http_cannot_be_sent(send: Send) -> None:
    with RawServer(answering(OK)) as server:
        (result,) = send(HTTPRequest("GET", server.url, [("X-A", "a\nb")], None))
    assert isinstance(result, RequestFailure)
    assert (result.kind, result.may_have_been_received) == (FailureKind.UNSENDABLE, False)
    assert server.connections == 0


@both
@pytest.mark.parametrize("kind", [ValueError, OSError, TimeoutError])
def test_an_exception_of_the_progress_callback_is_carried_out(send: Send, kind: type[Exception]) -> None:
    problem = kind("the caller's own")

    def fail(sent: int, size: int) -> None:
        raise problem

    file = Upload(3, "image/png", "a.png", "the file", "source", io.BytesIO(b"abc"))
    with RawServer(answering(http(200))) as server, pytest.raises(BodyFailedError) as caught:
        send(HTTPRequest("PUT", server.url + "/", [], file, fail))
    assert caught.value.cause is problem


def test_async_progress_callback_may_be_coroutine_function() -> None:
    told: list[Any] = []

    async def tell(sent: int, size: int) -> None:
        await asyncio.sleep(0)
        told.append((sent, size))
        if len(told) > 1:
            raise ZeroDivisionError

    def request() -> HTTPRequest:
        file = Upload(3, "image/png", "a.png", "the file", "source", io.BytesIO(b"abc"))
        return HTTPRequest("PUT", server.url + "/", [], file, tell)

    with RawServer(keeping(OK)) as server:
        in_task(request())
        assert told == [(3, 3)]
        with pytest.raises(BodyFailedError) as caught:
            in_task(request())
    assert isinstance(caught.value.cause, ZeroDivisionError)


@both
def test_an_ipv6_origin_is_sent_its_address_in_brackets(send: Send, monkeypatch: pytest.MonkeyPatch) -> None:
    def look_up(host: str, port: int, *arguments: Any, **options: Any) -> list[Any]:
        assert host == "2001:db8::1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    asked: list[bytes] = []
    with RawServer(keeping(OK, requests=asked)) as server:
        host = server.url.replace("http://127.0.0.1", "[2001:db8::1]")
        (result,) = send(get(f"http://{host}"))
    assert isinstance(result, Response)
    assert f"\r\nHost: {host}\r\n".encode() in asked[0]


def resolving(monkeypatch: pytest.MonkeyPatch, *hosts: str) -> None:
    """Let a name lead to these addresses."""
    real = socket.getaddrinfo

    def look_up(host: str, port: int, *arguments: Any, **options: Any) -> list[Any]:
        if host != "api.example":
            return real(host, port, *arguments, **options)
        if options.get("flags"):
            raise socket.gaierror(socket.EAI_NONAME, "no number")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in hosts]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)


def unanswered(port: int) -> list[socket.socket]:
    """Fill the queue of a listener at 127.0.0.3, so that further connections to it stay without an answer."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.3", port))
    listener.listen(0)
    held = [listener]
    for _ in range(4):
        sock = socket.socket()
        sock.setblocking(False)
        sock.connect_ex(("127.0.0.3", port))
        held.append(sock)
    time.sleep(0.02)
    return held


@both
def test_a_dead_first_address_costs_a_quarter_of_a_second(send: Send, monkeypatch: pytest.MonkeyPatch) -> None:
    assert addresses.ATTEMPT_DELAY == 0.25
    resolving(monkeypatch, "127.0.0.3", "127.0.0.1")
    with RawServer(answering(OK)) as server:
        port = int(server.url.rpartition(":")[2])
        held = unanswered(port)
        try:
            # The system itself would try the first one for minutes.
            (result,) = send(get(f"http://api.example:{port}"), seconds=10)
        finally:
            for sock in held:
                sock.close()
    assert isinstance(result, Response), result


@both
def test_an_address_that_refuses_is_followed_by_the_next(send: Send, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sync_connection, "ATTEMPT_DELAY", 30.0)
    monkeypatch.setattr(async_connection, "ATTEMPT_DELAY", 30.0)
    resolving(monkeypatch, "127.0.0.2", "127.0.0.2", "127.0.0.4", "127.0.0.1")
    with RawServer(answering(OK)) as server:
        (result,) = send(get(server.url.replace("127.0.0.1", "api.example")), seconds=10)
    assert isinstance(result, Response), result


@both
@pytest.mark.parametrize("hosts", [(), ("127.0.0.2",), ("127.0.0.2", "127.0.0.4")])
def test_a_host_without_a_working_address_is_not_connected(
    send: Send, hosts: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    resolving(monkeypatch, *hosts)
    with RawServer(answering(OK)) as server:
        (result,) = send(get(server.url.replace("127.0.0.1", "api.example")), seconds=10)
    assert isinstance(result, RequestFailure)
    assert (result.kind, result.may_have_been_received) == (FailureKind.NOT_CONNECTED, False)
    assert ("no address" in result.reason) == (not hosts)


@both
def test_next_address_is_tried_after_unreachable_one(send: Send, monkeypatch: pytest.MonkeyPatch) -> None:
    resolving(monkeypatch, "not an address", "127.0.0.1")
    with RawServer(answering(OK)) as server:
        (result,) = send(get(server.url.replace("127.0.0.1", "api.example")), seconds=10)
    assert isinstance(result, Response), result


@both
def test_dead_addresses_are_left_at_the_deadline(send: Send, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(async_connection, "ATTEMPT_DELAY", 0.01)
    monkeypatch.setattr(sync_connection, "ATTEMPT_DELAY", 0.01)
    resolving(monkeypatch, "127.0.0.3", "127.0.0.2")
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    held = unanswered(port)
    try:
        (result,) = send(get(f"http://api.example:{port}"), seconds=0.1)
    finally:
        for sock in held:
            sock.close()
    assert result == RequestFailure(FailureKind.TIMEOUT, "", False, f"http://api.example:{port}")


@both
@pytest.mark.parametrize(
    ("host", "kind"),
    [("nowhere.invalid", FailureKind.NOT_CONNECTED), ("a" * 70 + ".example", FailureKind.UNSENDABLE)],
)
def test_unresolvable_name_differs_from_invalid_name(send: Send, host: str, kind: FailureKind) -> None:
    (result,) = send(get(f"http://{host}"), seconds=10)
    assert isinstance(result, RequestFailure)
    assert (result.kind, result.may_have_been_received, result.origin) == (kind, False, f"http://{host}:80")


def test_a_timeout_error_of_a_signal_handler_passes_through() -> None:
    def ring(number: int, frame: Any) -> None:
        raise TimeoutError("the caller's own alarm")

    before = signal.signal(signal.SIGALRM, ring)
    try:
        with RawServer(lambda connection, over: over.wait(20) and None) as server:
            signal.setitimer(signal.ITIMER_REAL, 0.1)
            with pytest.raises(TimeoutError, match="own alarm"):
                in_thread(get(server.url), seconds=10)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_operating_system_timeout_is_network_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    def expire(*arguments: Any, **options: Any) -> Any:
        raise TimeoutError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT))

    monkeypatch.setattr(socket, "getaddrinfo", expire)
    for send in (in_thread, in_task):
        (result,) = send(get("http://api.example"))
        assert isinstance(result, RequestFailure) and result.kind is FailureKind.NOT_CONNECTED


def test_foreign_timeout_error_inside_task_passes_through(monkeypatch: pytest.MonkeyPatch) -> None:
    def ring(*arguments: Any, **options: Any) -> Any:
        raise TimeoutError("the caller's own alarm")

    monkeypatch.setattr(socket, "getaddrinfo", ring)
    with pytest.raises(TimeoutError, match="own alarm"):
        in_task(get("http://api.example"), seconds=10)


def test_closing_a_transport_ends_what_its_threads_wait_for() -> None:
    transport = ConnectionTransport(SystemClock())
    results: list[Any] = []
    arrived = threading.Event()

    def listen(connection: socket.socket, over: threading.Event) -> None:
        read_request(connection)
        arrived.set()
        over.wait(20)

    with RawServer(listen) as server:
        thread = threading.Thread(target=lambda: results.append(transport.send(get(server.url), math.inf)))
        thread.start()
        assert arrived.wait(5)
        transport.close()
        thread.join(5)
    (result,) = results
    assert isinstance(result, RequestFailure) and result.kind is FailureKind.BROKEN


def test_closing_a_transport_ends_a_connection_that_is_being_made(monkeypatch: pytest.MonkeyPatch) -> None:
    transport = ConnectionTransport(SystemClock())
    real = socket.getaddrinfo

    def close_meanwhile(*arguments: Any, **options: Any) -> Any:
        transport.close()
        return real(*arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", close_meanwhile)
    with RawServer(answering(OK)) as server:
        result = transport.send(get(server.url), math.inf)
    assert isinstance(result, RequestFailure)
    assert (result.kind, result.may_have_been_received) == (FailureKind.NOT_CONNECTED, False)


def test_closing_a_transport_ends_what_its_tasks_wait_for() -> None:
    def listen(connection: socket.socket, over: threading.Event) -> None:
        over.wait(20)

    async def main(url: str) -> Any:
        transport = AsyncConnectionTransport(SystemClock())
        call = asyncio.create_task(transport.send(get(url), math.inf))
        await asyncio.sleep(0.05)
        await transport.aclose()
        return await call

    with RawServer(listen) as server:
        result = asyncio.run(main(server.url))
    assert isinstance(result, RequestFailure) and result.kind is FailureKind.BROKEN


def test_bytes_are_sent_while_the_default_executor_is_busy() -> None:
    async def main(url: str) -> Any:
        free = threading.Event()
        loop = asyncio.get_running_loop()
        for _ in range(64):
            loop.run_in_executor(None, free.wait)
        transport = AsyncConnectionTransport(SystemClock())
        try:
            return await transport.send(put_file(url, 1_000_000), SystemClock().now() + 5)
        finally:
            free.set()
            await transport.aclose()

    with RawServer(answering(OK)) as server:
        assert isinstance(asyncio.run(main(server.url)), Response)


def test_response_before_close_is_read_after_failed_write() -> None:
    class Closed:
        """A socket on which the server has answered and gone."""

        def __init__(self, *said: bytes) -> None:
            self.said = list(said)

        def send(self, data: bytes) -> int:
            raise BrokenPipeError(errno.EPIPE, "broken pipe")

        def recv(self, size: int) -> bytes:
            if not self.said:
                raise BlockingIOError
            return self.said.pop(0)

    def connection(sock: Any) -> SyncConnection:
        made = SyncConnection(Origin("http", "127.0.0.1", 1), SystemClock())
        vars(made)["_sockets"] = [sock]
        vars(made)["_http"].open()
        return made

    one = connection(Closed(b"HTTP/1.1 429 Slow down\r\nContent-", b"Length: 2\r\n\r\n{}"))
    result = one.send(get("http://127.0.0.1:1"), "/", math.inf)
    assert isinstance(result, Response) and (result.status, result.body) == (429, b"{}")
    assert not one.finish(), "the request was never sent as a whole"
    with pytest.raises(BrokenPipeError):
        connection(Closed()).send(get("http://127.0.0.1:1"), "/", math.inf)


def test_task_reads_response_sent_before_failed_write() -> None:
    async def main() -> Any:
        ours, theirs = socket.socketpair()
        with ours, theirs:
            ours.setblocking(False)
            connection = AsyncConnection(Origin("http", "127.0.0.1", 1))
            await asyncio.get_running_loop().create_connection(lambda: connection, sock=ours)
            vars(connection)["_http"].open()
            call = asyncio.create_task(connection.send(get("http://127.0.0.1:1"), "/"))
            await asyncio.sleep(0)
            theirs.sendall(OK)
            connection.connection_lost(BrokenPipeError(errno.EPIPE, "broken pipe"))
            return await call

    assert asyncio.run(main()) == Response(200, {"content-length": "2"}, b"{}")


def test_a_connection_on_which_something_unasked_for_comes_is_closed() -> None:
    async def main() -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            connection = AsyncConnection(Origin("http", "127.0.0.1", 1))
            assert connection.is_stale(), "it was never made"
            await asyncio.get_running_loop().create_connection(lambda: connection, sock=ours)
            connection.finish()
            assert not connection.is_stale()
            theirs.sendall(b"HTTP/1.1 408 Request Timeout\r\n\r\n")
            assert connection.is_stale(), "the socket itself is looked at"
            await asyncio.sleep(0.01)
            assert connection.is_stale()
            assert theirs.recv(1) == b"", "it was closed"

    asyncio.run(main())


def test_a_socket_is_closed_when_asyncio_cannot_take_it(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[socket.socket] = []

    async def fail(self: Any, factory: Any, *, sock: socket.socket) -> Any:
        seen.append(sock)
        raise OSError(errno.EMFILE, "too many files")

    monkeypatch.setattr(asyncio.BaseEventLoop, "create_connection", fail)
    with RawServer(answering(OK)) as server:
        (result,) = in_task(get(server.url))
    assert isinstance(result, RequestFailure) and result.kind is FailureKind.NOT_CONNECTED
    assert seen[0].fileno() == -1


def test_only_one_of_two_simultaneous_connections_stays_open(monkeypatch: pytest.MonkeyPatch) -> None:
    dialled: list[socket.socket] = []

    async def dial(address: Address) -> socket.socket:
        while len(dialled) < 1 and address.sockaddr[0] == "127.0.0.2":
            await asyncio.sleep(0)
        sock = socket.create_connection(("127.0.0.1", address.sockaddr[1]))
        dialled.append(sock)
        return sock

    monkeypatch.setattr(async_connection, "_connected_to", dial)
    monkeypatch.setattr(async_connection, "ATTEMPT_DELAY", 0.0)
    resolving(monkeypatch, "127.0.0.2", "127.0.0.1")
    with RawServer(answering(OK)) as server:
        (result,) = in_task(get(server.url.replace("127.0.0.1", "api.example")))
    assert isinstance(result, Response)
    assert [sock.fileno() for sock in dialled] == [-1, -1]


def test_a_wait_that_was_woken_for_nothing_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    real, woken = SyncConnection._wait_for_socket, []

    def ready(self: SyncConnection, to_write: bool, seconds: float) -> tuple[bool, bool]:
        woken.append(to_write)
        return (False, False) if len(woken) < 3 else real(self, to_write, seconds)

    monkeypatch.setattr(SyncConnection, "_wait_for_socket", ready)

    def slow(connection: socket.socket, over: threading.Event) -> None:
        read_request(connection)
        over.wait(0.05)
        connection.sendall(OK)

    with RawServer(slow) as server:
        (result,) = in_thread(get(server.url), seconds=10)
    assert isinstance(result, Response)
    assert len(woken) == 3


@pytest.mark.parametrize("send", [in_thread, in_task])
def test_unreadable_file_ends_call_with_its_error(send: Send) -> None:
    class Failing(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise OSError(errno.EIO, "Input/output error")

    file = Upload(3, "image/png", "a.png", "the file", "source", Failing(b"abc"))
    with RawServer(answering(OK)) as server, pytest.raises(BodyFailedError) as caught:
        send(HTTPRequest("PUT", server.url + "/", [], file))
    assert isinstance(caught.value.cause, InvalidRequestError)


def test_an_executor_that_was_shut_down_is_a_clear_error() -> None:
    async def main(request: HTTPRequest) -> Any:
        await asyncio.get_running_loop().shutdown_default_executor()
        transport = AsyncConnectionTransport(SystemClock())
        try:
            return await transport.send(request, math.inf)
        finally:
            await transport.aclose()

    with pytest.raises(ConfigurationError, match="default executor takes no work"):
        asyncio.run(main(get("http://localhost:1")))

    class OnDisk(io.BytesIO):
        """A file that is not known to lie in memory."""

    file = Upload(3, "image/png", "a.png", "the file", "source", OnDisk(b"abc"))
    with RawServer(answering(OK)) as server, pytest.raises(BodyFailedError) as caught:
        asyncio.run(main(HTTPRequest("PUT", server.url + "/", [], file)))
    assert isinstance(caught.value.cause, ConfigurationError)
