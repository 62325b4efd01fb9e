"""TLS to a server, through a proxy, and through a proxy that speaks TLS itself; over real sockets, with both clients."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from rawserver import RawServer, answering, http, read_request
from tls import AUTHORITY, over_tls, tunnel

from runflow_client import AsyncRunflow, RetryPolicy, Runflow, errors

HOST = "https://api.example.invalid"
HEALTHY = http(200, b'{"status": "ok"}')
RETRIES = RetryPolicy(attempts=2, first_pause=0.01)


def in_thread(url: str, calls: int = 1, timeout: float = 20.0) -> Any:
    with Runflow("rf_hidden", base_url=url, timeout=timeout, retries=RETRIES) as client:
        return [client.account.health() for _ in range(calls)][-1]


def in_task(url: str, calls: int = 1, timeout: float = 20.0) -> Any:
    async def main() -> Any:
        async with AsyncRunflow("rf_hidden", base_url=url, timeout=timeout, retries=RETRIES) as client:
            return [await client.account.health() for _ in range(calls)][-1]

    return asyncio.run(main())


both = pytest.mark.parametrize("ask", [in_thread, in_task])
Ask = Callable[..., Any]


@pytest.fixture(autouse=True)
def surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setenv("SSL_CERT_FILE", str(AUTHORITY))


def secured(url: str) -> str:
    return url.replace("http://", "https://")


@both
def test_a_certificate_that_is_trusted_is_spoken_to(ask: Ask) -> None:
    asked: list[bytes] = []
    with RawServer(over_tls(answering(HEALTHY, requests=asked))) as server:
        assert ask(secured(server.url)).status == "ok"
    assert b"\r\nAuthorization: Bearer rf_hidden\r\n" in asked[0]


def through_httpx(url: str) -> Any:
    with (
        httpx.Client() as own,
        Runflow("rf_hidden", base_url=url, http_client=own, retries=RetryPolicy(first_pause=0.01)) as client,
    ):
        return client.account.health()


def through_async_httpx(url: str) -> Any:
    async def main() -> Any:
        async with (
            httpx.AsyncClient() as own,
            AsyncRunflow("rf_hidden", base_url=url, http_client=own, retries=RetryPolicy(first_pause=0.01)) as client,
        ):
            return await client.account.health()

    return asyncio.run(main())


@pytest.mark.parametrize("ask", [in_thread, in_task, through_httpx, through_async_httpx])
def test_an_untrusted_certificate_fails_at_once_and_gets_no_key(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    asked: list[bytes] = []
    with (
        RawServer(over_tls(answering(HEALTHY, requests=asked))) as server,
        pytest.raises(errors.ConnectionFailedError, match="the server's certificate is not trusted") as caught,
    ):
        ask(secured(server.url))
    assert asked == []
    assert server.connections == 1
    assert "The server has not processed the request" not in str(caught.value)


@both
def test_a_proxy_carries_what_it_cannot_read(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bytes] = []
    heads: list[bytes] = []
    with (
        RawServer(over_tls(answering(HEALTHY, requests=asked))) as server,
        RawServer(tunnel(server.url, heads)) as proxy,
    ):
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        assert ask(HOST).status == "ok"
    assert heads[0].startswith(b"CONNECT api.example.invalid:443 ")
    assert b"rf_hidden" not in heads[0]
    assert b"\r\nAuthorization: Bearer rf_hidden\r\n" in asked[0]


@both
def test_a_proxy_may_speak_tls_itself(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bytes] = []
    heads: list[bytes] = []
    with (
        RawServer(over_tls(answering(HEALTHY, requests=asked))) as server,
        RawServer(over_tls(tunnel(server.url, heads))) as proxy,
    ):
        monkeypatch.setenv("HTTPS_PROXY", secured(proxy.url))
        assert ask(HOST).status == "ok"
    assert heads[0].startswith(b"CONNECT api.example.invalid:443 ")
    assert b"\r\nAuthorization: Bearer rf_hidden\r\n" in asked[0]


@both
def test_error_of_dead_proxy_names_it_without_its_password(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    monkeypatch.setenv("HTTPS_PROXY", f"http://user:hidden@127.0.0.1:{port}")
    with pytest.raises(errors.ConnectionFailedError, match="could not be made") as caught:
        ask(HOST)
    assert f"at {HOST}:443 through the proxy http://127.0.0.1:{port}." in str(caught.value)
    assert "hidden" not in str(caught.value)


@both
def test_endless_tls_handshake_is_abandoned_and_closed_at_deadline(ask: Ask) -> None:
    hung_up = threading.Event()

    def says_nothing(connection: socket.socket, over: threading.Event) -> None:
        while connection.recv(65_536):
            pass
        hung_up.set()

    with RawServer(says_nothing) as server, pytest.raises(errors.RequestTimeoutError) as caught:
        ask(secured(server.url), timeout=0.3)
    assert hung_up.wait(5), caught


@both
def test_a_connection_is_kept_for_the_next_call(ask: Ask) -> None:
    def play(connection: socket.socket, over: threading.Event) -> None:
        while read_request(connection):
            connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 16\r\n\r\n{"status": "ok"}')

    with RawServer(over_tls(play)) as server:
        assert ask(secured(server.url), calls=3).status == "ok"
    assert server.connections == 1


@both
def test_unknown_host_is_reported_as_not_connected(ask: Ask) -> None:
    with pytest.raises(errors.ConnectionFailedError, match="could not be made"):
        ask(HOST)
