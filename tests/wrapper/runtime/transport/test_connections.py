"""Every wait of a connection is cut to what is left of its request's time; the connection itself is a stand-in."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable
from typing import Any

import httpcore
import pytest

from runflow_client.flows.base.steps import RequestFailure, Response
from runflow_client.runtime.clock import SystemClock
from runflow_client.runtime.transport import async_network, sync_network, sync_transport
from runflow_client.runtime.transport.async_transport import AsyncPoolTransport
from runflow_client.runtime.transport.sync_network import DeadlineBackend, TimeLeft
from runflow_client.runtime.transport.sync_transport import PoolTransport
from runflow_client.runtime.transport.wire import HTTPRequest


class Ticking(SystemClock):
    """Each look at it takes a second."""

    def __init__(self) -> None:
        self.seconds = 99.0

    def now(self) -> float:
        self.seconds += 1
        return self.seconds


class Socket:
    """Takes so many bytes at once, and keeps its timeouts."""

    def __init__(self, problem: Exception | None = None) -> None:
        self.timeouts: list[float | None] = []
        self.sent: list[bytes] = []
        self.problem = problem
        self.shut: list[int] = []

    def settimeout(self, seconds: float | None) -> None:
        self.timeouts.append(seconds)

    def send(self, data: memoryview) -> int:
        if self.problem is not None:
            raise self.problem
        assert len(data) <= 65_536
        self.sent.append(bytes(data))
        return len(data)

    def shutdown(self, how: int) -> None:
        self.shut.append(how)
        raise OSError("not connected")


class Inner(httpcore.NetworkStream):
    """Stands in for httpcore's stream."""

    def __init__(self, sock: Any = None) -> None:
        self.socket = sock
        self.calls: list[Any] = []

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        self.calls.append(("read", max_bytes, timeout))
        return b"data"

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self.calls.append(("write", buffer, timeout))

    def close(self) -> None:
        self.calls.append("close")

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        self.calls.append(("tls", ssl_context, server_hostname, timeout))
        return self

    def get_extra_info(self, info: str) -> Any:
        return self.socket if info == "socket" else info


class Dialling(httpcore.NetworkBackend):
    """Stands in for httpcore's backend: raises a problem for each address but the last."""

    def __init__(self, *outcomes: Any) -> None:
        self.outcomes = list(outcomes)
        self.calls: list[Any] = []

    def connect_tcp(self, *arguments: Any, **options: Any) -> Any:
        self.calls.append(arguments)
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


def time_left(deadline: float | None = 110.0) -> TimeLeft:
    left = TimeLeft(Ticking())
    left.deadline = deadline
    return left


def connected(inner: Inner, left: TimeLeft) -> Any:
    backend = DeadlineBackend(left)
    vars(backend)["_inner"] = Dialling(inner)
    deadline, left.deadline = left.deadline, None
    stream = backend.connect_tcp("127.0.0.1", 80)
    left.deadline = deadline
    return stream


def test_a_thread_that_sends_nothing_has_no_deadline() -> None:
    assert TimeLeft(Ticking()).seconds(httpcore.ReadTimeout) is None


def test_without_a_deadline_a_wait_has_no_end() -> None:
    inner = Inner(Socket())
    stream = connected(inner, time_left(None))
    assert stream.read(7) == b"data"
    stream.write(b"abc")
    assert inner.calls == [("read", 7, None)]
    assert inner.socket.timeouts == [None]


def test_each_wait_has_what_is_left_and_no_more_than_the_system_takes() -> None:
    inner = Inner(Socket())
    stream = connected(inner, time_left(110.0))
    stream.read(7, timeout=500.0)
    stream.write(b"x" * 150_000, timeout=500.0)
    assert inner.calls == [("read", 7, 10.0)]
    assert inner.socket.timeouts == [9.0, 8.0, 7.0]
    assert b"".join(inner.socket.sent) == b"x" * 150_000
    assert time_left(1e9).seconds(httpcore.ReadTimeout) == 1e6


def in_two_layers(stream: Any) -> Any:
    vars(stream)["_layers"] = 2
    return stream


@pytest.mark.parametrize(
    ("act", "kind"),
    [
        (lambda stream: stream.read(7), httpcore.ReadTimeout),
        (lambda stream: stream.write(b"x"), httpcore.WriteTimeout),
        (lambda stream: stream.start_tls(None), httpcore.ConnectTimeout),
        (lambda stream: in_two_layers(stream).write(b"x"), httpcore.WriteTimeout),
    ],
)
def test_no_wait_is_begun_when_the_time_is_up(act: Callable[[Any], Any], kind: type[Exception]) -> None:
    inner = Inner(Socket())
    with pytest.raises(kind, match="^the time for this request is up$"):
        act(connected(inner, time_left(100.0)))
    assert inner.calls == []


@pytest.mark.parametrize(
    ("problem", "kind"), [(TimeoutError("slow"), httpcore.WriteTimeout), (OSError("reset"), httpcore.WriteError)]
)
def test_what_a_socket_raises_becomes_what_httpcore_knows(problem: Exception, kind: type[Exception]) -> None:
    with pytest.raises(kind, match=f"^{problem}$"):
        connected(Inner(Socket(problem)), time_left()).write(b"x")


def test_through_two_layers_of_tls_bytes_go_in_slices_that_each_have_their_time() -> None:
    inner = Inner(Socket())
    context = ssl.create_default_context()
    stream = connected(inner, time_left(120.0)).start_tls(context, "a.example").start_tls(context, "b.example")
    assert inner.calls == [("tls", context, "a.example", 20.0), ("tls", context, "b.example", 19.0)]
    inner.calls.clear()
    data = bytes(range(250)) * 40
    stream.write(data)
    assert [(len(part), seconds) for _, part, seconds in inner.calls] == [(4_096, 18.0), (4_096, 17.0), (1_808, 16.0)]
    assert b"".join(part for _, part, _ in inner.calls) == data
    assert inner.socket.sent == []
    assert stream.get_extra_info("anything") == "anything"


def test_through_one_layer_of_tls_bytes_go_into_its_socket() -> None:
    inner = Inner(Socket())
    stream = connected(inner, time_left()).start_tls(ssl.create_default_context())
    stream.write(b"abc")
    assert inner.socket.sent == [b"abc"]


def test_closing_wakes_who_waits_on_the_socket_and_a_dead_socket_does_no_harm() -> None:
    inner = Inner(Socket())
    connected(inner, time_left()).close()
    assert inner.socket.shut == [socket.SHUT_RDWR]
    assert inner.calls == ["close"]


def dialled(monkeypatch: pytest.MonkeyPatch, hosts: list[str], outcomes: list[Any], left: TimeLeft) -> Any:
    asked: list[Any] = []

    def look_up(*arguments: Any, **options: Any) -> list[Any]:
        asked.append((arguments, options))
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, 443)) for host in hosts]

    monkeypatch.setattr(sync_network.socket, "getaddrinfo", look_up)
    backend = DeadlineBackend(left)
    line = Dialling(*outcomes)
    vars(backend)["_inner"] = line
    try:
        backend.connect_tcp("a.example", 443, 5.0, "10.0.0.9", [("option",)])
    finally:
        assert asked == [(("a.example", 443), {"type": socket.SOCK_STREAM})]
        dialled.calls = line.calls
    return line.calls


def test_the_time_is_shared_among_the_addresses_that_are_left(monkeypatch: pytest.MonkeyPatch) -> None:
    outcomes = [httpcore.ConnectError("refused"), httpcore.ConnectTimeout("slow"), Inner()]
    calls = dialled(monkeypatch, ["1.1.1.1", "2.2.2.2", "1.1.1.1", "3.3.3.3"], outcomes, time_left(112.0))
    assert calls == [
        ("1.1.1.1", 443, 4.0, "10.0.0.9", [("option",)]),
        ("2.2.2.2", 443, 5.5, "10.0.0.9", [("option",)]),
        ("3.3.3.3", 443, 10.0, "10.0.0.9", [("option",)]),
    ]


def test_without_a_deadline_each_address_has_all_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    outcomes = [httpcore.ConnectError("refused"), Inner()]
    calls = dialled(monkeypatch, ["1.1.1.1", "2.2.2.2"], outcomes, time_left(None))
    assert [call[2] for call in calls] == [None, None]


@pytest.mark.parametrize("problem", [httpcore.ConnectError("refused"), httpcore.ConnectTimeout("slow")])
def test_the_problem_of_the_last_address_is_told(monkeypatch: pytest.MonkeyPatch, problem: Exception) -> None:
    with pytest.raises(type(problem), match=str(problem)):
        dialled(monkeypatch, ["1.1.1.1", "2.2.2.2"], [httpcore.ConnectError("first"), problem], time_left())


def test_no_address_is_tried_when_the_time_is_up(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(httpcore.ConnectTimeout, match="time for this request is up"):
        dialled(monkeypatch, ["1.1.1.1"], [Inner()], time_left(100.0))


def test_a_host_without_an_address_is_named_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(httpcore.ConnectError, match="^the host name leads to no address$"):
        dialled(monkeypatch, [], [], time_left())


@pytest.mark.parametrize("problem", [OSError("nowhere"), UnicodeError("label too long")])
def test_a_name_that_cannot_be_looked_up_is_a_connection_error(
    monkeypatch: pytest.MonkeyPatch, problem: Exception
) -> None:
    def fail(*arguments: Any, **options: Any) -> Any:
        raise problem

    monkeypatch.setattr(sync_network.socket, "getaddrinfo", fail)
    with pytest.raises(httpcore.ConnectError, match=f"^{problem}$"):
        DeadlineBackend(time_left()).connect_tcp("a.example", 443)


class Pool:
    """Stands in for a pool: keeps what it is asked, and answers in pieces."""

    def __init__(self, *pieces: bytes) -> None:
        self.pieces = pieces
        self.asked: list[Any] = []

    def stream(self, *arguments: Any, **options: Any) -> Any:
        self.asked.append((arguments, options))
        return self

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *problem: object) -> None: ...

    status = 203
    headers = ((b"X-A", b"1"),)

    def iter_stream(self) -> Any:
        return iter(self.pieces)

    def close(self) -> None: ...


def exchanged(pool: Pool, deadline: float | None) -> Response | RequestFailure:
    transport = PoolTransport(Ticking())
    vars(transport)["_pools"] = {"https://a.example": pool}
    try:
        return transport.send(HTTPRequest("PUT", "https://a.example/x", [("X-B", "2")], b"{}"), deadline)
    finally:
        transport.close()


def test_a_pool_is_asked_with_the_time_that_is_left_and_its_pieces_put_together() -> None:
    pool = Pool(b"one ", b"two")
    assert exchanged(pool, 110.0) == Response(203, {"x-a": "1"}, b"one two")
    ((arguments, options),) = pool.asked
    assert arguments == ("PUT", "https://a.example/x")
    assert options == {"headers": [("X-B", "2")], "content": b"{}", "extensions": {"timeout": {"pool": 10.0}}}


@pytest.mark.parametrize(("more", "fits"), [(0, True), (1, False)])
def test_an_answer_is_taken_up_to_the_limit(more: int, fits: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runflow_client.runtime.transport.sync_transport.LONGEST_RESPONSE", 10)
    answer = exchanged(Pool(b"12345", b"12345"[: 5 - 1 + more], b"x" * 1), None)
    assert isinstance(answer, Response) == fits


def test_a_call_within_a_call_gives_the_time_back() -> None:
    transport = PoolTransport(Ticking())
    inner = Pool(b"{}")

    class Outer(Pool):
        def iter_stream(self) -> Any:
            transport.send(HTTPRequest("GET", "https://b.example/", [], None), None)
            yield b"%.0f" % (transport._time_left.seconds(httpcore.ReadTimeout) or 0.0)

    vars(transport)["_pools"] = {"https://a.example": Outer(), "https://b.example": inner}
    answer = transport.send(HTTPRequest("GET", "https://a.example/", [], None), 110.0)
    transport.close()
    assert isinstance(answer, Response)
    assert answer.body == b"9"
    assert inner.asked[0][1]["extensions"] == {"timeout": {"pool": None}}


@pytest.mark.parametrize("kind", [PoolTransport, AsyncPoolTransport])
def test_pools_of_https_share_one_set_of_certificates_and_those_of_http_have_none(kind: Any) -> None:
    transport = kind(SystemClock())
    one, other, bare = (
        transport._new_pool(origin) for origin in ("https://a.example", "https://b.example", "http://c")
    )
    assert isinstance(one._ssl_context, ssl.SSLContext)
    assert one._ssl_context is other._ssl_context is transport._ssl_context
    assert bare._ssl_context is None


def test_a_forked_child_keeps_its_parents_connections_untouched_and_starts_anew() -> None:
    transport = PoolTransport(SystemClock())
    before = {"https://a.example": Pool()}
    vars(transport).update(_pools=before, _process=-1)
    transport._pool_of(HTTPRequest("GET", "http://b.example/", [], None))
    assert sync_transport._INHERITED.pop() is before
    assert list(transport._pools) == ["http://b.example"]
    transport.close()


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (
            PoolTransport,
            "a Runflow client was forgotten with connections open: use `with Runflow() as client` or client.close()",
        ),
        (
            AsyncPoolTransport,
            "an AsyncRunflow client was forgotten with connections open: use `async with AsyncRunflow() as client` or "
            "await client.aclose()",
        ),
    ],
)
def test_what_a_forgotten_client_says(kind: Any, words: str) -> None:
    told: list[Any] = []
    transport = kind(SystemClock())
    transport.__del__(lambda *arguments, **options: told.append((arguments, options)))
    assert told == []
    vars(transport)["_pools"] = {"https://a.example": Pool()}
    transport.__del__(lambda *arguments, **options: told.append((arguments, options)))
    ((arguments, options),) = told
    assert arguments == (words, ResourceWarning)
    assert options["source"] is transport
    vars(transport)["_pools"] = {}


def test_a_transport_that_was_never_made_is_forgotten_in_silence() -> None:
    for kind in (PoolTransport, AsyncPoolTransport):
        kind.__new__(kind).__del__()


def test_a_task_s_tls_has_the_certificates_the_name_and_the_time_that_it_was_given() -> None:
    calls: list[Any] = []

    class AsyncInner(httpcore.AsyncNetworkStream):
        async def start_tls(self, *arguments: Any, **options: Any) -> Any:
            calls.append(arguments)
            return self

    context = ssl.create_default_context()
    asyncio.run(async_network._Stream(AsyncInner()).start_tls(context, "a.example", 7.0))
    assert calls == [(context, "a.example", 7.0)]


def test_the_systems_clock_goes_on_and_can_be_slept_by() -> None:
    clock = SystemClock()
    began = clock.now()
    clock.sleep(0.001)
    asyncio.run(clock.sleep_async(0.001))
    assert clock.now() - began >= 0.002
