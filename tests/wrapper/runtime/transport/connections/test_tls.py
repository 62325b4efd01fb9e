"""The certificates that are trusted, and TLS between two sides of bytes; no socket needed."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from pathlib import Path

import certifi
import pytest
from tls import AUTHORITY, MemoryServer

from runflow_client import errors
from runflow_client.runtime.transport.connections.http import HTTPConnection
from runflow_client.runtime.transport.connections.proxies import Proxy, open_tunnel
from runflow_client.runtime.transport.connections.tls import Layers, Steps, _context, trusted_certificates
from runflow_client.runtime.transport.requests import HTTPRequest, Origin


@pytest.fixture(autouse=True)
def surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(AUTHORITY))
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)


def shake_hands(steps: Steps, answer: Callable[[bytes], bytes]) -> None:
    """Play a handshake to its end."""
    data = next(steps)
    try:
        while True:
            data = steps.send(answer(data))
    except StopIteration:
        pass


def secured() -> tuple[Layers, MemoryServer]:
    layers, server = Layers(), MemoryServer()
    shake_hands(layers.secure("localhost"), server.answer)
    assert layers.decrypt(server.answer(layers.encrypt(b""))) == (b"", False)
    assert server.is_done
    return layers, server


def test_bytes_pass_through_a_session_both_ways() -> None:
    layers, server = secured()
    sent = layers.encrypt(b"question")
    assert b"question" not in sent
    assert server.read(sent) == b"question"
    assert layers.decrypt(server.write(b"answer" * 10_000)) == (b"answer" * 10_000, False)


def test_a_session_over_a_session_carries_bytes() -> None:
    layers, outer = secured()
    inner = MemoryServer()
    shake_hands(layers.secure("localhost"), lambda data: outer.write(inner.answer(outer.read(data))))
    assert layers.decrypt(outer.write(inner.answer(outer.read(layers.encrypt(b""))))) == (b"", False)
    assert inner.read(outer.read(layers.encrypt(b"question"))) == b"question"
    assert layers.decrypt(outer.write(inner.write(b"answer"))) == (b"answer", False)


@pytest.mark.parametrize("how", ["close_notify", "end of file"])
def test_end_of_tls_session_ends_the_data(how: str) -> None:
    layers, server = secured()
    last = server.write(b"last words")
    assert layers.decrypt(last) == (b"last words", False)
    if how == "end of file":
        assert layers.decrypt(b"") == (b"", True)
    else:
        with pytest.raises(ssl.SSLWantReadError):
            server.session.unwrap()
        assert layers.decrypt(server.outgoing.read()) == (b"", True)


def test_interrupted_tls_handshake_is_network_error() -> None:
    steps = Layers().secure("localhost")
    assert next(steps)
    with pytest.raises(OSError):
        steps.send(b"")


@pytest.mark.parametrize("host", ["elsewhere.example", "127.0.0.2"])
def test_a_certificate_for_another_host_is_not_trusted(host: str) -> None:
    server = MemoryServer()
    steps = Layers().secure(host)
    with pytest.raises(ssl.SSLCertVerificationError):
        steps.send(server.answer(next(steps)))


def test_before_a_session_bytes_stay_as_they_are() -> None:
    layers = Layers()
    assert layers.encrypt(b"question") == b"question"
    assert (layers.decrypt(b"answer"), layers.decrypt(b"")) == ((b"answer", False), (b"", True))


def test_one_context_serves_the_whole_process(monkeypatch: pytest.MonkeyPatch) -> None:
    assert trusted_certificates() is trusted_certificates()
    before = trusted_certificates()
    monkeypatch.delenv("SSL_CERT_FILE")
    assert trusted_certificates() is not before


@pytest.mark.parametrize(
    ("file", "folder", "cafile", "capath"),
    [
        ("a.pem", "", "a.pem", None),
        ("a.pem", "folder", "a.pem", None),
        ("", "folder", None, "folder"),
        ("", "", certifi.where(), None),
    ],
)
def test_certificates_are_those_that_httpx_trusts(
    file: str, folder: str, cafile: str | None, capath: str | None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", file and f"{tmp_path}/{file}")
    monkeypatch.setenv("SSL_CERT_DIR", folder and f"{tmp_path}/{folder}")
    asked: list[dict[str, str | None]] = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

    def create(**options: str | None) -> ssl.SSLContext:
        asked.append(options)
        return context

    monkeypatch.setattr(ssl, "create_default_context", create)
    _context.cache_clear()
    assert trusted_certificates() is context
    (options,) = asked
    assert {name: value and value.replace(f"{tmp_path}/", "") for name, value in options.items()} == {
        "cafile": cafile,
        "capath": capath,
    }
    _context.cache_clear()


def test_unreadable_certificates_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "none.pem").touch()
    for name, reason in (("missing.pem", "FileNotFoundError: No such file or directory"), ("none.pem", "SSLError: ")):
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / name))
        with pytest.raises(errors.ConfigurationError) as caught:
            trusted_certificates()
        text = str(caught.value)
        assert text.startswith(f"the certificates cannot be read ({reason}")
        assert text.endswith("): check the files that SSL_CERT_FILE and SSL_CERT_DIR name")


def test_a_tunnel_is_opened_through_a_proxy_that_speaks_tls() -> None:
    layers, proxy = secured()
    origin = Origin("https", "a.example", 443)
    steps = open_tunnel(layers, origin, Proxy(Origin("https", "localhost", 443)))
    assert proxy.read(next(steps)).startswith(b"CONNECT a.example:443 HTTP/1.1\r\n")
    answer = proxy.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
    assert steps.send(answer[:10]) == b"", "a part of a record holds nothing yet"
    with pytest.raises(StopIteration):
        steps.send(answer[10:])


def test_plain_http_goes_through_a_proxy_that_speaks_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "https://localhost:3128")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    connection, proxy = HTTPConnection(Origin("http", "a.example", 80)), MemoryServer()
    data = connection.open()
    while not connection.is_open:
        data = connection.receive(proxy.answer(data))
    head = connection.begin(HTTPRequest("GET", "http://a.example/x", [], None), "/x")
    assert proxy.read(connection.encrypt(head)).startswith(b"GET http://a.example/x HTTP/1.1\r\n")
