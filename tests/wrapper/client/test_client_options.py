"""Invalid options, custom HTTP clients and callbacks of both clients."""

from __future__ import annotations

import asyncio
import io
import math
import pickle
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from rawserver import RawServer, answering, http

from runflow_client import AsyncRunflow, PollPolicy, RetryPolicy, Runflow, errors
from runflow_client.runtime.files.images import INLINE_LIMIT
from runflow_client.runtime.transport.bodies import CHUNK
from runflow_client.sandbox import Sandbox, SandboxServer, sharp_picture

KINDS: list[Any] = [Runflow, AsyncRunflow]
PNG = b"\x89PNG\r\n\x1a\n"

FAST = PollPolicy(first=0.05, then=0.05, longest=0.1)
KEY = "rf_sandbox_key"


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    with SandboxServer(Sandbox(evaluation_seconds=0.2)) as running:
        yield running


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("timeout", [0, -1, math.nan, "5", True])
def test_invalid_client_timeout_is_rejected(kind: Any, timeout: Any) -> None:
    with pytest.raises(errors.ConfigurationError, match="timeout must be a number of seconds above 0"):
        kind("k", timeout=timeout)


@pytest.mark.parametrize("kind", KINDS)
def test_retries_of_other_type_are_rejected(kind: Any) -> None:
    with pytest.raises(errors.ConfigurationError, match="retries must be a RetryPolicy, not int"):
        kind("k", retries=3)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("other", [object(), "https://proxy.example"])
def test_http_client_of_other_type_is_rejected(kind: Any, other: Any) -> None:
    with pytest.raises(errors.ConfigurationError, match=f"not {type(other).__name__}"):
        kind("k", http_client=other)


@pytest.mark.parametrize("kind", KINDS)
def test_client_cannot_be_pickled(kind: Any) -> None:
    client = kind("rf_hidden")
    with pytest.raises(TypeError, match="create one in each process") as caught:
        pickle.dumps(client)
    assert "rf_hidden" not in f"{caught.value} {client!r}"


@pytest.mark.parametrize("make", ["client", "async_client"])
def test_sandbox_client_rejects_http_client(make: str) -> None:
    with pytest.raises(TypeError, match="http_client"):
        getattr(Sandbox(), make)(http_client=None)


def test_async_client_accepts_plain_function_as_callback() -> None:
    seen: list[Any] = []

    async def main() -> None:
        async with Sandbox(evaluation_seconds=1).async_client() as client:
            await client.evaluations.evaluate("https://example.com/a.png", "headshot", on_update=seen.append)

    asyncio.run(main())
    assert seen


def test_coroutine_callback_is_rejected_by_sync_and_awaited_by_async() -> None:
    seen: list[Any] = []

    async def look(evaluation: Any) -> None:
        seen.append(evaluation.status_code)

    sandbox = Sandbox(evaluation_seconds=1)
    with sandbox.client() as client, pytest.raises(errors.InvalidRequestError) as caught:
        client.evaluations.evaluate("https://example.com/a.png", "headshot", on_update=look)
    assert caught.value.argument == "on_update"
    assert sandbox.evaluations == 0

    async def main() -> None:
        async with sandbox.async_client() as client:
            await client.evaluations.evaluate("https://example.com/a.png", "headshot", on_update=look)

    asyncio.run(main())
    assert seen[-1] == "completed"


class Vanishing(io.BytesIO):
    """A file that can be read once for its hash, but not a second time."""

    whole = False

    def read(self, size: int | None = -1) -> bytes:
        if self.whole and self.tell() >= CHUNK:
            raise OSError(5, "Input/output error")
        data = super().read(size)
        self.whole = self.whole or self.tell() == INLINE_LIMIT + 8
        return data


def test_file_read_error_during_upload_is_raised_with_reason() -> None:
    with RawServer(answering(http(200))) as storage:
        session = http(
            201, b'{"asset_id": "0193f0a0-0000-7000-8000-0000000000aa", "upload_url": "%s/put"}' % storage.url.encode()
        )
        with RawServer(answering(session)) as server:
            reason = "source: the given Vanishing cannot be read: Input/output error"
            with Runflow("k", base_url=server.url) as client, pytest.raises(errors.InvalidRequestError, match=reason):
                client.assets.upload(Vanishing(PNG + bytes(INLINE_LIMIT)))

            async def main() -> None:
                async with AsyncRunflow("k", base_url=server.url) as client:
                    await client.assets.upload(Vanishing(PNG + bytes(INLINE_LIMIT)))

            with pytest.raises(errors.InvalidRequestError, match=reason):
                asyncio.run(main())


def test_async_client_leaves_http_client_open_and_detects_its_closing() -> None:
    async def main() -> None:
        with RawServer(answering(http(200, b'{"status": "ok"}'))) as server:
            async with httpx.AsyncClient(headers={"X-Own": "1"}) as own:
                client = AsyncRunflow("k", base_url=server.url, http_client=own, retries=RetryPolicy(attempts=1))
                assert (await client.account.health()).status == "ok"
                await client.aclose()
                assert not own.is_closed
                with pytest.raises(errors.ConfigurationError, match="closed"):
                    await client.account.health()
                client = AsyncRunflow("k", base_url=server.url, http_client=own)
            with pytest.raises(errors.ConfigurationError, match="closed"):
                await client.account.health()

    asyncio.run(main())


def test_client_repr_hides_secrets_and_client_is_not_pickled() -> None:
    import pickle

    with Runflow("rf_live_hidden", default_headers={"X-Proxy-Token": "hidden2"}) as client:
        shown = repr(client) + repr(client.evaluations) + repr(vars(client)) + repr(vars(client.evaluations))
        shown += repr(client._session.configuration) + repr(client._session.context)
        assert "hidden" not in shown
        with pytest.raises(TypeError, match="cannot be pickled"):
            pickle.dumps(client)


def test_custom_http_client_is_used_and_left_open(server: SandboxServer) -> None:
    import httpx

    with httpx.Client() as mine:
        with Runflow(KEY, base_url=server.url, http_client=mine) as client:
            assert client.evaluations.evaluate(sharp_picture(), "headshot", poll=FAST).passed
        assert not mine.is_closed

    async def main() -> None:
        async with httpx.AsyncClient() as own:
            async with AsyncRunflow(KEY, base_url=server.url, http_client=own) as client:
                assert (await client.evaluations.evaluate(sharp_picture(), "headshot", poll=FAST)).passed
            assert not own.is_closed

    asyncio.run(main())


def test_sync_http_client_is_rejected_by_async_client() -> None:
    import httpx

    with httpx.Client() as mine, pytest.raises(errors.ConfigurationError, match="AsyncClient"):
        AsyncRunflow("k", http_client=mine)
