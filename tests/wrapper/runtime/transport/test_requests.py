"""What a request becomes on its way to the network, and an answer on its way back; no socket needed."""

from __future__ import annotations

import gzip
import io
import zlib
from pathlib import Path
from typing import Any

import pytest

from runflow_client import errors
from runflow_client.flows.base.steps import FailureKind, Request, RequestFailure, Response
from runflow_client.runtime.configuration import configure
from runflow_client.runtime.files.uploads import Upload
from runflow_client.runtime.transport import wire
from runflow_client.runtime.transport.wire import HTTPRequest, response_from

CONFIGURATION = configure("rf_hidden", "org-1", "https://api.example/base", {"X-Team": "blue"}, {})
PROXIES = ("https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY")


def upload(data: bytes) -> Upload:
    return Upload(len(data), "image/png", "a.png", "the file", "source", io.BytesIO(b"xx" + data), start=2)


def test_a_request_to_the_api_gets_origin_key_and_headers() -> None:
    request = Request("some_operation", "PUT", "/v1/x?a=b", (("Accept", "application/json"), ("X-Team", "red")), b"{}")
    sent = wire.http_request(CONFIGURATION, request)
    assert (sent.method, sent.url, sent.body) == ("PUT", "https://api.example/base/v1/x?a=b", b"{}")
    assert sent.on_progress is None
    headers = dict(sent.headers)
    assert len(headers) == len(sent.headers)
    assert headers.pop("User-Agent").startswith("runflow-client/")
    assert headers == {
        "Accept": "application/json",
        "Accept-Encoding": "gzip",
        "Authorization": "Bearer rf_hidden",
        "X-Organization-Id": "org-1",
        "X-Team": "red",
    }


def test_a_request_elsewhere_gets_nothing_but_what_it_names() -> None:
    told: list[Any] = []
    file = upload(b"data")
    request = Request(
        "store_file",
        "PUT",
        "",
        (("Content-Type", "image/png"),),
        file,
        presigned_url="https://s.example/p",
        on_progress=told.append,
    )
    sent = wire.http_request(CONFIGURATION, request)
    assert sent == HTTPRequest("PUT", "https://s.example/p", [("Content-Type", "image/png")], file, told.append)
    assert repr(sent) == "HTTPRequest(method='PUT')"
    assert repr(request) == "Request(operation='store_file', method='PUT', target='')"


@pytest.mark.parametrize(
    ("body", "whole"), [(None, b""), (b"", b""), (b"abc", b"abc"), (upload(b"x" * 200_000), b"x" * 200_000)]
)
def test_a_body_can_be_had_in_one_piece(body: Any, whole: bytes) -> None:
    assert HTTPRequest("PUT", "https://s.example/", [], body).whole_body() == whole


def test_a_file_goes_in_pieces_and_each_is_told() -> None:
    told: list[Any] = []
    request = HTTPRequest("PUT", "https://s.example/", [], upload(b"y" * 150_000), lambda *place: told.append(place))
    content = wire.content_of(request)
    assert content is not None
    assert not isinstance(content, bytes)
    assert [len(bytes(piece)) for piece in content] == [65_536, 65_536, 18_928]
    assert told == [(65_536, 150_000), (131_072, 150_000), (150_000, 150_000)]


def test_what_a_callback_raises_is_carried_past_the_network() -> None:
    problem = ConnectionError("the caller's own")

    def raises(sent: int, size: int) -> None:
        raise problem

    with pytest.raises(wire.BodyFailedError) as caught:
        HTTPRequest("PUT", "https://s.example/", [], upload(b"y"), raises).whole_body()
    assert caught.value.cause is problem
    assert caught.value.__suppress_context__


def test_headers_are_known_by_their_lower_case_names() -> None:
    answer = response_from(201, [(b"X-Request-ID", b"r\xe9"), (b"A", b"1"), (b"a", b"2")], b"body")
    assert answer == Response(201, {"x-request-id": "ré", "a": "2"}, b"body")


@pytest.mark.parametrize("encoding", [b"gzip", b"x-gzip", b" GZIP ", b"X-GZIP"])
def test_a_compressed_body_is_unpacked(encoding: bytes) -> None:
    for packed in (
        gzip.compress(b"12345"),
        gzip.compress(b"123") + gzip.compress(b"45"),
        gzip.compress(b"12345") + b"\0",
    ):
        answer = response_from(200, [(b"Content-Encoding", encoding)], packed)
        assert isinstance(answer, Response)
        assert (answer.status, answer.body) == (200, b"12345")
        assert answer.headers["content-encoding"] == encoding.decode()


@pytest.mark.parametrize(("encoding", "body"), [(b"identity", b"\x1f\x8b"), (b"br", b"12"), (b"gzip", b"")])
def test_what_is_not_compressed_is_left_as_it_is(encoding: bytes, body: bytes) -> None:
    answer = response_from(204, [(b"content-encoding", encoding)], body)
    assert answer == Response(204, {"content-encoding": encoding.decode()}, body)


def test_a_compressed_body_that_is_broken_is_a_lost_answer() -> None:
    whole = gzip.compress(b"12345" * 100)
    for broken, words in (
        (b"no gzip at all", "error: Error -3"),
        (zlib.compress(b"12345"), "error: Error -3"),
        (whole[:-1], "the compressed body ends too early"),
        (whole + b"\x1f\x8b", "the compressed body ends too early"),
    ):
        answer = response_from(200, [(b"content-encoding", b"gzip")], broken)
        assert isinstance(answer, RequestFailure)
        assert (answer.kind, answer.may_have_been_received) == (FailureKind.BROKEN, True)
        assert answer.reason.startswith(words)


@pytest.mark.parametrize(("first", "second", "fits"), [(1, 0, True), (1, 1, False), (0, 1, True), (2, 0, False)])
def test_a_body_is_unpacked_up_to_the_limit(
    first: int, second: int, fits: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "LONGEST_RESPONSE", 1_000)
    packed = gzip.compress(b"a" * (999 + first)) + gzip.compress(b"b" * second)
    answer = response_from(200, [(b"content-encoding", b"gzip")], packed)
    if fits:
        assert isinstance(answer, Response)
        assert answer.body == b"a" * (999 + first) + b"b" * second
    else:
        assert answer == RequestFailure(FailureKind.TOO_LARGE, "over 1,000 bytes", True)


def test_no_more_than_the_limit_is_ever_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    limits: list[int] = []
    real = zlib.decompressobj

    class Watched:
        def __init__(self, **options: Any) -> None:
            self.real = real(**options)

        def decompress(self, data: bytes, limit: int) -> bytes:
            limits.append(limit)
            return self.real.decompress(data, limit)

        def __getattr__(self, name: str) -> Any:
            return getattr(self.real, name)

    monkeypatch.setattr(wire, "LONGEST_RESPONSE", 1_000)
    monkeypatch.setattr(zlib, "decompressobj", Watched)
    response_from(200, [(b"content-encoding", b"gzip")], gzip.compress(b"a" * 300) + gzip.compress(b"b" * 200))
    assert limits == [1_001, 701]


def test_certificates_that_cannot_be_read_are_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "none.pem").touch()
    for name, reason in (("missing.pem", "FileNotFoundError: No such file or directory"), ("none.pem", "SSLError: ")):
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / name))
        with pytest.raises(errors.ConfigurationError) as caught:
            wire.ssl_context()
        text = str(caught.value)
        assert text.startswith(f"the certificates cannot be read ({reason}")
        assert text.endswith("): look at the files that SSL_CERT_FILE and SSL_CERT_DIR name")


def test_thirty_two_mebibytes_are_the_longest_answer() -> None:
    assert wire.too_large() == RequestFailure(FailureKind.TOO_LARGE, "over 33,554,432 bytes", True)


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://a.example/b/c?d=/e", "https://a.example"),
        ("http://127.0.0.1:80", "http://127.0.0.1:80"),
        ("https://[::1]:8/x", "https://[::1]:8"),
    ],
)
def test_connections_are_kept_by_origin(url: str, origin: str) -> None:
    assert wire.origin_of(url) == origin


def test_a_pool_keeps_twenty_of_a_hundred_connections_for_five_seconds() -> None:
    kept = {"max_connections": 100, "max_keepalive_connections": 20, "keepalive_expiry": 5.0}
    assert wire.pool_options(None) == kept
    assert wire.pool_options("http://proxy.example:3128/") == {**kept, "proxy_url": "http://proxy.example:3128"}


@pytest.mark.parametrize(
    ("proxy", "url", "login"),
    [
        ("https://proxy.example", "https://proxy.example", None),
        ("http://us%40er:p%3Ass@proxy.example:1", "http://proxy.example:1", ("us@er", "p:ss")),
        ("http://user@proxy.example:1", "http://proxy.example:1", ("user", "")),
        ("http://:word@proxy.example:1", "http://proxy.example:1", ("", "word")),
        ("http://[::1]:3128", "http://[::1]:3128", None),
    ],
)
def test_a_proxys_password_goes_into_a_header_and_not_into_its_url(proxy: str, url: str, login: Any) -> None:
    options = wire.pool_options(proxy)
    assert options["proxy_url"] == url
    assert options.get("proxy_auth") == login


@pytest.mark.parametrize(
    ("proxy", "words"),
    [
        (
            "socks5://user:pass@proxy.example",
            "the environment names a socks5 proxy, which is not supported: use an http:// or https:// proxy, add the host "
            "to NO_PROXY, or pass an http_client that supports it",
        ),
        ("//proxy.example", "the environment names a nameless proxy, "),
        ("http://", "the environment names a http proxy, "),
        (
            "http://proxy.example:port",
            "the environment names a proxy whose URL cannot be read: it must be as in http://proxy.example.com:3128",
        ),
    ],
)
def test_a_proxy_that_cannot_be_used_is_named_without_its_password(proxy: str, words: str) -> None:
    with pytest.raises(errors.ConfigurationError) as caught:
        wire.pool_options(proxy)
    assert str(caught.value).startswith(words)
    assert "pass:" not in str(caught.value)
    assert "user" not in str(caught.value)


@pytest.mark.parametrize(
    ("variables", "origin", "proxy"),
    [
        ({}, "https://a.example", None),
        ({"HTTPS_PROXY": "http://p.example"}, "https://a.example", "http://p.example"),
        ({"https_proxy": "http://p.example"}, "https://a.example", "http://p.example"),
        ({"HTTPS_PROXY": "p.example:8"}, "https://a.example", "http://p.example:8"),
        ({"HTTPS_PROXY": "http://p.example"}, "http://a.example", None),
        ({"HTTP_PROXY": "http://p.example"}, "http://a.example", "http://p.example"),
        ({"ALL_PROXY": "http://p.example"}, "https://a.example", "http://p.example"),
        ({"ALL_PROXY": "http://p.example"}, "http://127.0.0.1:8", None),
        ({"ALL_PROXY": "http://p.example"}, "http://localhost", None),
        ({"ALL_PROXY": "http://p.example"}, "https://[::1]:8", None),
        ({"ALL_PROXY": "http://p.example", "NO_PROXY": "a.example"}, "https://a.example", None),
        ({"ALL_PROXY": "http://p.example", "no_proxy": "example"}, "https://a.example", None),
        ({"ALL_PROXY": "http://p.example", "NO_PROXY": "b.example"}, "https://a.example", "http://p.example"),
        ({"HTTPS_PROXY": ""}, "https://a.example", None),
    ],
)
def test_the_environments_proxy_is_that_of_the_scheme_and_never_for_this_machine(
    variables: dict[str, str], origin: str, proxy: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert wire.environment_proxy(origin) == proxy


@pytest.mark.parametrize("name", PROXIES)
def test_a_proxy_that_is_changed_is_noticed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for other in PROXIES:
        monkeypatch.delenv(other, raising=False)
    if name.lower() == "no_proxy":
        monkeypatch.setenv("ALL_PROXY", "http://p.example")
        assert wire.environment_proxy("https://a.example") == "http://p.example"
        monkeypatch.setenv(name, "a.example")
        assert wire.environment_proxy("https://a.example") is None
    else:
        origin = f"{name.lower().partition('_')[0].replace('all', 'https')}://a.example"
        assert wire.environment_proxy(origin) is None
        monkeypatch.setenv(name, "http://q.example")
        assert wire.environment_proxy(origin) == "http://q.example"


def test_a_closed_client_says_what_to_do() -> None:
    assert str(wire.closed_error()) == (
        "this client is closed: make a new one, or keep the `with` block open for as long as it is used"
    )
