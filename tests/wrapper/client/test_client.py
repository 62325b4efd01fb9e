"""Copies, closing, threads, event loops, forks and interpreter exit."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import subprocess
import sys
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from runflow_client import AsyncRunflow, RetryPolicy, Runflow, errors
from runflow_client.sandbox import Sandbox, SandboxServer

KEY = "rf_sandbox_key"
PICTURE = "https://example.com/a.png"


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    with SandboxServer(Sandbox(evaluation_seconds=0.1)) as running:
        yield running


def python(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_with_options_copy_shares_connection_pool(server: SandboxServer) -> None:
    with Runflow(KEY, base_url=server.url, organization_id="org-1", default_headers={"X-A": "1"}) as client:
        copy = client.with_options(
            timeout=5, retries=RetryPolicy(attempts=2), organization_id=None, default_headers={"X-B": "2"}
        )
        assert copy._session._transport is client._session._transport
        assert (copy._session.context.timeout, copy._session.context.retries.attempts) == (5.0, 2)
        assert (client._session.context.timeout, client._session.context.retries.attempts) == (60.0, 5)
        sent = dict(copy._session.configuration.headers_with_key(()))
        assert (sent.get("X-A"), sent["X-B"], "X-Organization-Id" in sent) == (None, "2", False)
        assert dict(client._session.configuration.headers_with_key(()))["X-Organization-Id"] == "org-1"
        assert copy.evaluations.submit(PICTURE, "headshot").id
        with pytest.raises(errors.ConfigurationError):
            client.with_options(timeout=-1)


def test_closing_copy_leaves_client_open_and_closing_client_closes_copy(server: SandboxServer) -> None:
    client = Runflow(KEY, base_url=server.url)
    copy = client.with_options(timeout=5)
    other = client.with_options()
    client.evaluations.submit(PICTURE, "headshot")
    copy.close()
    assert client.evaluations.submit(PICTURE, "headshot").id
    with pytest.raises(errors.ConfigurationError, match="closed"):
        copy.evaluations.submit(PICTURE, "headshot")
    client.close()
    client.close()
    for closed in (client, other):
        with pytest.raises(errors.ConfigurationError, match="closed"):
            closed.evaluations.submit(PICTURE, "headshot")
    assert server.sandbox.evaluations == 2


def test_closing_async_copy_leaves_client_open(server: SandboxServer) -> None:
    async def main() -> None:
        client = AsyncRunflow(KEY, base_url=server.url)
        copy = client.with_options(timeout=5)
        await copy.evaluations.submit(PICTURE, "headshot")
        await copy.aclose()
        assert (await client.evaluations.submit(PICTURE, "headshot")).id
        await client.aclose()
        await client.aclose()
        for closed in (client, copy):
            with pytest.raises(errors.ConfigurationError, match="closed"):
                await closed.evaluations.submit(PICTURE, "headshot")

    asyncio.run(main())
    assert server.sandbox.evaluations == 2


def test_unclosed_client_warns_once_and_unused_client_does_not(server: SandboxServer) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        client = Runflow(KEY, base_url=server.url)
        client.with_options(timeout=5).evaluations.submit(PICTURE, "headshot")
        del client
        gc.collect()
        Runflow(KEY, base_url=server.url)
        gc.collect()
    messages = [str(warning.message) for warning in caught if "a Runflow client was forgotten" in str(warning.message)]
    assert len(messages) == 1, messages


def test_unclosed_async_client_warns(server: SandboxServer) -> None:
    async def main() -> None:
        await AsyncRunflow(KEY, base_url=server.url).evaluations.submit(PICTURE, "headshot")
        gc.collect()

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        asyncio.run(main())
        gc.collect()
        messages = [
            str(warning.message) for warning in caught if "AsyncRunflow client was forgotten" in str(warning.message)
        ]
        # The warnings hold their source objects: release them here and not during another test.
        caught.clear()
        gc.collect()
    assert len(messages) == 1


def test_threads_share_client(server: SandboxServer) -> None:
    ids: list[Any] = []
    with Runflow(KEY, base_url=server.url) as client:

        def work(number: int) -> None:
            for turn in range(5):
                ids.append(client.evaluations.submit(PICTURE, "headshot", client_ref=f"{number}-{turn}").id)

        threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(set(ids)) == 40
    assert server.sandbox.evaluations == 40


def test_async_client_in_second_event_loop_raises_configuration_error(server: SandboxServer) -> None:
    client = AsyncRunflow(KEY, base_url=server.url)

    async def use() -> None:
        await client.evaluations.submit(PICTURE, "headshot")

    async def use_and_close() -> None:
        await use()
        await client.aclose()

    with asyncio.Runner() as runner:
        runner.run(use())
        with asyncio.Runner() as other, pytest.raises(errors.ConfigurationError, match="another"):
            other.run(use())
        runner.run(use_and_close())
    assert server.sandbox.evaluations == 2


def test_async_client_can_be_closed_in_another_loop(server: SandboxServer) -> None:
    client = AsyncRunflow(KEY, base_url=server.url)

    async def use() -> None:
        async with asyncio.timeout(10):
            await client.evaluations.submit(PICTURE, "headshot")

    with warnings.catch_warnings():
        # asyncio warns of the sockets of an ended loop.
        warnings.simplefilter("ignore", ResourceWarning)
        asyncio.run(use())
        asyncio.run(client.aclose())
        gc.collect()


FORK = """
import os, sys
from runflow_client import Runflow
client = Runflow()
client.evaluations.submit("https://example.com/a.png", "parent")
child = os.fork()
if child == 0:
    ended = 1
    try:
        client.evaluations.submit("https://example.com/a.png", "child")
        client.close()
        ended = 0
    finally:
        os._exit(ended)
client.evaluations.submit("https://example.com/a.png", "parent")
_, status = os.waitpid(child, 0)
client.evaluations.submit("https://example.com/a.png", "parent")
client.close()
sys.exit(os.waitstatus_to_exitcode(status))
"""


def test_forked_child_has_own_connection_pool(server: SandboxServer) -> None:
    done = python(FORK, RUNFLOW_BASE_URL=server.url, RUNFLOW_API_KEY=KEY)
    assert (done.returncode, done.stderr) == (0, "")
    assert server.sandbox.evaluations == 4


@pytest.mark.parametrize("ending", ["client.close()", "pass", "import os; os._exit(0)"])
def test_interpreter_exits_with_or_without_closed_client(server: SandboxServer, ending: str) -> None:
    code = (
        "from runflow_client import Runflow\nclient = Runflow()\n"
        f"print(client.evaluations.submit('https://example.com/a.png', 'headshot').status_code)\n{ending}"
    )
    done = python(code, RUNFLOW_BASE_URL=server.url, RUNFLOW_API_KEY=KEY)
    assert (done.returncode, done.stdout.strip()) == (0, "pending")
    assert "Traceback" not in done.stderr


def test_api_key_is_read_from_credentials_file_last(server: SandboxServer, tmp_path: Path) -> None:
    code = "from runflow_client import Runflow\nwith Runflow() as client: print(client.account.balance().balance)"
    folder = tmp_path / "runflow"
    folder.mkdir()
    places = {"XDG_CONFIG_HOME": str(tmp_path), "RUNFLOW_BASE_URL": server.url}
    assert "is set but empty" in python(code, **places, RUNFLOW_API_KEY="").stderr
    assert "no API key" in python(code, **places).stderr
    (folder / "credentials.json").write_text(json.dumps({"api_key": KEY}))
    assert python(code, **places).returncode == 0
    (folder / "credentials.json").write_text(json.dumps({"api_key": "wrong"}))
    assert "401" in python(code, **places).stderr
    assert python(code, **{**places, "RUNFLOW_API_KEY": KEY}).returncode == 0
    for broken in ("{", "[]", "{}", '{"api_key": 5}'):
        (folder / "credentials.json").write_text(broken)
        assert "credentials.json" in python(code, **places).stderr


def test_environment_proxy_is_used_except_for_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    from runflow_client.runtime.transport.connections.proxies import environment_proxy
    from runflow_client.runtime.transport.requests import origin_and_target

    def proxy_of(url: str) -> str | None:
        proxy = environment_proxy(origin_and_target(url)[0])
        return None if proxy is None else str(proxy.origin)

    for name in (
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "NO_PROXY",
        "http_proxy",
        "https_proxy",
        "all_proxy",
        "no_proxy",
    ):
        monkeypatch.delenv(name, raising=False)
    assert proxy_of("https://api.runflow.io") is None
    monkeypatch.setenv("HTTPS_PROXY", "http://user:pass@proxy.example:3128")
    assert proxy_of("https://api.runflow.io") == "http://proxy.example:3128"
    assert proxy_of("http://127.0.0.1:8000") is None
    assert proxy_of("https://localhost") is None
    monkeypatch.setenv("NO_PROXY", "runflow.io")
    assert proxy_of("https://api.runflow.io") is None
    assert proxy_of("https://storage.example") is not None


def test_requests_use_environment_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    from rawserver import RawServer, answering, http

    received: list[bytes] = []
    with RawServer(answering(http(403), requests=received)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url.replace("http://", "http://user:pass@"))
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        with (
            Runflow("rf_secret", base_url="https://api.example.invalid", retries=RetryPolicy(attempts=1)) as client,
            pytest.raises(errors.ConnectionFailedError) as caught,
        ):
            client.account.health()
    assert received[0].startswith(b"CONNECT api.example.invalid:443 ")
    assert b"Proxy-Authorization: Basic dXNlcjpwYXNz" in received[0]
    assert b"rf_secret" not in received[0]
    assert "pass" not in str(caught.value)


def test_unsupported_proxy_is_named_before_sending(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "socks5://proxy.example:1080")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    with (
        Runflow("k", base_url="https://api.example.invalid") as client,
        pytest.raises(errors.ConfigurationError, match="socks5 proxy"),
    ):
        client.account.health()


def test_closed_http_client_raises_configuration_error(server: SandboxServer) -> None:
    own = httpx.Client()
    client = Runflow(KEY, base_url=server.url, http_client=own)
    own.close()
    with pytest.raises(errors.ConfigurationError, match="closed"):
        client.account.health()


def test_default_headers_are_sent_with_every_request(server: SandboxServer) -> None:
    from rawserver import RawServer, answering, http

    received: list[bytes] = []
    with RawServer(answering(http(200, b'{"status": "ok"}'), requests=received)) as raw:
        with Runflow("k", base_url=raw.url, default_headers={"X-Team": "blue", "User-Agent": "mine"}) as client:
            client.account.health()
    assert b"\r\nX-Team: blue\r\n" in received[0]
    assert b"\r\nUser-Agent: mine\r\n" in received[0]
    assert received[0].lower().count(b"user-agent:") == 1
