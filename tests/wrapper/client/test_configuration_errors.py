"""What cannot be a client, and what a client cannot be made to do; with both clients."""

from __future__ import annotations

import asyncio
import io
import math
import pickle
from typing import Any

import httpx
import pytest
from rawserver import RawServer, answering, http

from runflow_client import AsyncRunflow, RetryPolicy, Runflow, errors
from runflow_client.runtime.files.images import INLINE_LIMIT
from runflow_client.runtime.transport.bodies import CHUNK
from runflow_client.sandbox import Sandbox

KINDS: list[Any] = [Runflow, AsyncRunflow]
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("timeout", [0, -1, math.nan, "5", True])
def test_a_timeout_that_is_no_time_is_refused(kind: Any, timeout: Any) -> None:
    with pytest.raises(errors.ConfigurationError, match="timeout must be a number of seconds above 0"):
        kind("k", timeout=timeout)


@pytest.mark.parametrize("kind", KINDS)
def test_retries_are_a_policy(kind: Any) -> None:
    with pytest.raises(errors.ConfigurationError, match="retries must be a RetryPolicy, not int"):
        kind("k", retries=3)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("other", [object(), "https://proxy.example"])
def test_another_http_client_is_refused_by_its_type(kind: Any, other: Any) -> None:
    with pytest.raises(errors.ConfigurationError, match=f"not {type(other).__name__}"):
        kind("k", http_client=other)


@pytest.mark.parametrize("kind", KINDS)
def test_a_client_is_not_pickled(kind: Any) -> None:
    client = kind("rf_hidden")
    with pytest.raises(TypeError, match="make one in each process") as caught:
        pickle.dumps(client)
    assert "rf_hidden" not in f"{caught.value} {client!r}"


@pytest.mark.parametrize("make", ["client", "async_client"])
def test_a_sandboxs_client_takes_no_connection_of_ones_own(make: str) -> None:
    with pytest.raises(TypeError, match="takes no http_client"):
        getattr(Sandbox(), make)(http_client=None)


def test_an_async_client_takes_plain_functions_as_callbacks() -> None:
    seen: list[Any] = []

    async def main() -> None:
        async with Sandbox(evaluation_seconds=1).async_client() as client:
            await client.evaluations.evaluate("https://example.com/a.png", "headshot", on_update=seen.append)

    with pytest.raises(errors.EvaluationFailedError):
        asyncio.run(main())
    assert seen


def test_a_coroutine_function_is_refused_in_a_thread_and_awaited_in_a_task() -> None:
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

    with pytest.raises(errors.EvaluationFailedError):
        asyncio.run(main())
    assert seen[-1] == "failed"


class Vanishing(io.BytesIO):
    """A file that can be looked at, and read to be hashed, but not once more."""

    whole = False

    def read(self, size: int | None = -1) -> bytes:
        if self.whole and self.tell() >= CHUNK:
            raise OSError(5, "Input/output error")
        data = super().read(size)
        self.whole = self.whole or self.tell() == INLINE_LIMIT + 8
        return data


def test_a_file_that_fails_while_it_is_sent_ends_the_upload_with_its_reason() -> None:
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


def test_an_async_client_leaves_a_callers_own_client_open_and_notices_when_it_is_closed() -> None:
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
