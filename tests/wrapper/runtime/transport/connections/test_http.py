"""HTTP/1.1 without IO: requests as bytes, responses at any time, and what may follow them."""

from __future__ import annotations

import io

import h11
import pytest

from runflow_client.flows.base.steps import FailureKind, RequestFailure, Response
from runflow_client.runtime.files.uploads import Upload
from runflow_client.runtime.transport.connections import http
from runflow_client.runtime.transport.connections.http import (
    HTTPConnection,
    TimeUpError,
    UnsendableError,
    failure_of,
)
from runflow_client.runtime.transport.connections.proxies import ProxyRefusedError
from runflow_client.runtime.transport.requests import HTTPRequest, Origin

PLAIN = Origin("http", "127.0.0.1", 8000)
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def opened(origin: Origin = PLAIN) -> HTTPConnection:
    connection = HTTPConnection(origin)
    assert connection.open() == b""
    assert connection.is_open
    return connection


def begun(connection: HTTPConnection, method: str = "GET", body: bytes | Upload | None = None) -> bytes:
    return connection.begin(HTTPRequest(method, "http://ignored/", [("X-A", "1")], body), "/v1/x?a=b")


def test_a_request_is_written_with_host_and_without_a_length() -> None:
    connection = opened()
    head = begun(connection)
    assert head == b"GET /v1/x?a=b HTTP/1.1\r\nHost: 127.0.0.1:8000\r\nX-A: 1\r\n\r\n"
    assert connection.end() == b""


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_a_request_without_a_body_says_content_length_0(method: str) -> None:
    assert b"\r\nContent-Length: 0\r\n" in begun(opened(), method)


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_a_method_that_takes_no_body_says_no_length(method: str) -> None:
    assert b"ontent-" not in begun(opened(), method)


def test_a_body_has_its_length_in_bytes() -> None:
    connection = opened()
    assert b"\r\nContent-Length: 3\r\n" in begun(connection, "POST", b"abc")
    assert connection.piece(b"ab") + connection.piece(b"c") + connection.end() == b"abc"
    file = Upload(5, "image/png", "a.png", "the file", "source", io.BytesIO(b"12345"))
    assert b"\r\nContent-Length: 5\r\n" in begun(opened(), "PUT", file)


def test_headers_that_a_request_brings_are_not_doubled() -> None:
    request = HTTPRequest("PUT", "http://ignored/", [("host", "other"), ("content-length", "1")], b"a")
    head = opened().begin(request, "/")
    assert head == b"PUT / HTTP/1.1\r\nhost: other\r\ncontent-length: 1\r\n\r\n"


@pytest.mark.parametrize(
    ("origin", "header"),
    [
        (Origin("http", "::1", 8000), b"Host: [::1]:8000"),
        (Origin("http", "2001:db8::1", 80), b"Host: [2001:db8::1]"),
        (Origin("http", "a.example", 80), b"Host: a.example"),
        (Origin("http", "a.example", 443), b"Host: a.example:443"),
    ],
)
def test_the_host_header_has_brackets_and_port_where_needed(origin: Origin, header: bytes) -> None:
    assert b"\r\n" + header + b"\r\n" in begun(opened(origin))


@pytest.mark.parametrize(
    ("header", "target"),
    [(("X-A", "a\r\nX-B: 1"), "/"), (("X-A", "ä"), "/"), (("X-A", "1"), "/a b"), (("X-A", "1"), "/é")],
)
def test_a_request_that_is_no_http_is_not_written(header: tuple[str, str], target: str) -> None:
    with pytest.raises(UnsendableError):
        opened().begin(HTTPRequest("GET", "http://ignored/", [header], None), target)


def sent(connection: HTTPConnection) -> HTTPConnection:
    begun(connection)
    connection.end()
    return connection


def test_a_response_may_come_byte_by_byte() -> None:
    connection = sent(opened())
    for number in range(len(OK)):
        assert connection.result is None
        assert connection.receive(OK[number : number + 1]) == b""
    assert connection.result == Response(200, {"content-length": "2"}, b"{}")
    assert connection.needs_no_more
    assert connection.finish()


def test_informational_responses_are_passed_over() -> None:
    connection = sent(opened())
    connection.receive(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
    assert connection.result is None and not connection.needs_no_more
    connection.receive(OK)
    assert isinstance(connection.result, Response) and connection.result.status == 200


def test_a_protocol_that_was_not_asked_for_is_an_error() -> None:
    with pytest.raises(h11.RemoteProtocolError):
        sent(opened()).receive(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n")


@pytest.mark.parametrize(("status", "is_refusal"), [(200, False), (201, False), (300, True), (403, True), (500, True)])
def test_refusal_headers_stop_sending_of_body(status: int, is_refusal: bool) -> None:
    connection = opened()
    begun(connection, "PUT", b"abcdef")
    connection.piece(b"abc")
    connection.receive(b"HTTP/1.1 %d X\r\nContent-Length: 2\r\n\r\n" % status)
    assert connection.needs_no_more == is_refusal
    assert connection.result is None
    connection.receive(b"{}")
    assert connection.needs_no_more
    assert isinstance(connection.result, Response) and connection.result.status == status
    assert not connection.finish(), "the rest of the body was never sent"


def test_a_new_request_begins_without_the_last_response() -> None:
    connection = sent(opened())
    connection.receive(b"HTTP/1.1 403 No\r\nContent-Length: 1\r\n\r\nx")
    assert connection.finish()
    sent(connection)
    assert connection.result is None and not connection.needs_no_more
    connection.receive(OK)
    assert connection.result == Response(200, {"content-length": "2"}, b"{}")


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}",
        OK + b"HTTP/1.1 200 OK\r\n",
    ],
)
def test_connection_marked_for_close_is_not_reused(answer: bytes) -> None:
    connection = sent(opened())
    connection.receive(answer)
    assert isinstance(connection.result, Response) and connection.result.body == b"{}"
    assert not connection.finish()


def test_a_body_without_a_length_ends_with_the_connection() -> None:
    connection = sent(opened())
    connection.receive(b"HTTP/1.1 200 OK\r\n\r\n{")
    connection.receive(b"}")
    assert connection.result is None
    connection.receive(b"")
    assert connection.result == Response(200, {}, b"{}")
    assert not connection.finish()


def test_a_chunked_body_is_put_together() -> None:
    connection = sent(opened())
    connection.receive(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n")
    assert isinstance(connection.result, Response) and connection.result.body == b"{}"
    assert connection.finish()


@pytest.mark.parametrize("part", [b"", OK[:10], OK[:-1], b"no HTTP at all\r\n\r\n"])
def test_an_end_before_the_response_is_whole_is_an_error(part: bytes) -> None:
    def receive_all(connection: HTTPConnection) -> None:
        for data in (part, b""):
            connection.receive(data)

    with pytest.raises(h11.RemoteProtocolError):
        receive_all(sent(opened()))


@pytest.mark.parametrize(("more", "is_taken"), [(0, True), (1, False)])
def test_a_response_is_taken_up_to_the_limit(more: int, is_taken: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "LONGEST_RESPONSE", 10)
    connection = sent(opened())
    connection.receive(b"HTTP/1.1 200 OK\r\n\r\n12345" + b"12345"[: 4 + more] + b"x")
    if is_taken:
        connection.receive(b"")
        assert isinstance(connection.result, Response) and len(connection.result.body) == 10
    else:
        assert isinstance(connection.result, RequestFailure) and connection.result.kind is FailureKind.TOO_LARGE
        assert not connection.finish()


def test_a_head_longer_than_100_kib_is_an_error() -> None:
    connection = sent(opened())
    connection.receive(b"HTTP/1.1 200 OK\r\nX-A: " + b"a" * 100_000)
    with pytest.raises(h11.RemoteProtocolError):
        connection.receive(b"a" * 10_000)


def test_plain_http_proxy_receives_absolute_url(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://user:pass@proxy.example:3128")
    connection = opened(Origin("http", "a.example", 80))
    assert connection.address == ("proxy.example", 3128)
    head = begun(connection)
    assert head.startswith(b"GET http://a.example/v1/x?a=b HTTP/1.1\r\nHost: a.example\r\n")
    assert b"\r\nProxy-Authorization: Basic dXNlcjpwYXNz\r\n" in head


def tunnelling(monkeypatch: pytest.MonkeyPatch, host: str = "2001:db8::1") -> tuple[HTTPConnection, bytes]:
    monkeypatch.setenv("HTTPS_PROXY", "http://user:pass@proxy.example:3128")
    connection = HTTPConnection(Origin("https", host, 443))
    return connection, connection.open()


def test_ipv6_tunnel_is_requested_with_brackets_and_uses_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    connection, asked = tunnelling(monkeypatch)
    assert asked == (
        b"CONNECT [2001:db8::1]:443 HTTP/1.1\r\nHost: [2001:db8::1]:443\r\n"
        b"Proxy-Authorization: Basic dXNlcjpwYXNz\r\n\r\n"
    )
    assert connection.receive(b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 ") == b""
    hello = connection.receive(b"Connection established\r\n\r\n")
    assert hello[:2] == b"\x16\x03", "a TLS handshake begins"
    assert not connection.is_open


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"HTTP/1.1 407 Who\r\nContent-Length: 0\r\n\r\n", "the proxy responded to CONNECT with 407"),
        (b"", "the proxy closed the connection without a response to CONNECT"),
    ],
)
def test_a_tunnel_that_is_refused_is_an_error(answer: bytes, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    connection, _ = tunnelling(monkeypatch)
    with pytest.raises(ProxyRefusedError, match=words):
        connection.receive(answer)


def test_a_proxy_that_speaks_no_http_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    connection, _ = tunnelling(monkeypatch)
    with pytest.raises(h11.RemoteProtocolError):
        connection.receive(b"SSH-2.0\r\n\r\n")


@pytest.mark.parametrize("is_open", [False, True])
@pytest.mark.parametrize("has_sent", [False, True])
@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (UnsendableError("header"), FailureKind.UNSENDABLE),
        (h11.LocalProtocolError("too much data"), FailureKind.UNSENDABLE),
        (h11.RemoteProtocolError("no HTTP"), None),
        (ConnectionResetError(104, "reset"), None),
        (ProxyRefusedError("the proxy responded to CONNECT with 407"), None),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_exception_of_a_connection_is_a_failure(
    error: Exception, kind: FailureKind | None, is_open: bool, has_sent: bool
) -> None:
    failure = failure_of(error, str(PLAIN), is_open=is_open, has_sent=has_sent)
    expected = kind or (FailureKind.BROKEN if is_open else FailureKind.NOT_CONNECTED)
    assert failure == RequestFailure(expected, f"{type(error).__name__}: {error}", has_sent, "http://127.0.0.1:8000")


@pytest.mark.parametrize("has_sent", [False, True])
def test_time_that_is_up_is_a_timeout(has_sent: bool) -> None:
    failure = failure_of(TimeUpError(), str(PLAIN), is_open=has_sent, has_sent=has_sent)
    assert failure == RequestFailure(FailureKind.TIMEOUT, "", has_sent, "http://127.0.0.1:8000")
