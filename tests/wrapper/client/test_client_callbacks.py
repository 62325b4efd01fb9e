"""What a caller's own callback or file raises ends the call, whatever it is."""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from runflow_client import AsyncRunflow, Runflow, errors
from runflow_client.runtime.files.images import INLINE_LIMIT
from runflow_client.sandbox import Sandbox, SandboxServer, sharp_picture

PNG = b"\x89PNG\r\n\x1a\n"
STOPS: list[Any] = [StopIteration, StopAsyncIteration]


@pytest.mark.parametrize("stop", STOPS)
def test_on_update_raising_stop_iteration_ends_evaluate(stop: Any) -> None:
    with (
        Sandbox().client() as client,
        pytest.raises(RuntimeError, match=r"^on_update raised Stop\w*Iteration") as caught,
    ):
        client.evaluations.evaluate(sharp_picture(), "headshot", on_update=mock.Mock(side_effect=[None, stop()]))
    assert "goes on at the server" in "".join(caught.value.__notes__)


def test_exhausted_mock_as_on_update_ends_evaluate() -> None:
    with Sandbox().client() as client, pytest.raises(RuntimeError, match="on_update raised StopIteration"):
        client.evaluations.evaluate(sharp_picture(), "headshot", on_update=mock.Mock(side_effect=[None]))


@pytest.mark.parametrize("stop", STOPS)
def test_on_update_raising_stop_iteration_ends_async_evaluate(stop: Any) -> None:
    async def main() -> None:
        async with Sandbox().async_client() as client:
            await client.evaluations.evaluate(sharp_picture(), "headshot", on_update=mock.Mock(side_effect=stop()))

    with pytest.raises(RuntimeError, match=r"^on_update raised Stop\w*Iteration"):
        asyncio.run(main())


def test_on_progress_raising_stop_iteration_ends_upload() -> None:
    with SandboxServer(Sandbox()) as server, Runflow("rf_sandbox_key", base_url=server.url) as client:
        with pytest.raises(RuntimeError, match="^on_progress raised StopIteration"):
            client.assets.upload(PNG + bytes(200_000), on_progress=mock.Mock(side_effect=StopIteration()))


def test_bytes_are_submitted_while_the_executor_is_busy() -> None:
    release = threading.Event()

    async def main() -> Any:
        loop = asyncio.get_running_loop()
        loop.set_default_executor(concurrent.futures.ThreadPoolExecutor(1))
        blocked = loop.run_in_executor(None, release.wait, 20)
        async with Sandbox().async_client() as client:
            submitted = await client.evaluations.submit(PNG + bytes(100), "headshot")
        release.set()
        await blocked
        return submitted

    assert asyncio.run(main()).id is not None


def test_file_not_read_by_the_deadline_is_not_sent(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(PNG + bytes(INLINE_LIMIT))
    release = threading.Event()

    async def main() -> None:
        loop = asyncio.get_running_loop()
        loop.set_default_executor(concurrent.futures.ThreadPoolExecutor(1))
        blocked = loop.run_in_executor(None, release.wait, 20)
        try:
            with SandboxServer(Sandbox()) as server:
                async with AsyncRunflow("rf_sandbox_key", base_url=server.url, timeout=0.2) as client:
                    with pytest.raises(errors.RequestTimeoutError, match="was not read in time") as caught:
                        await client.evaluations.submit(path, "headshot")
                    assert "The server has not processed the request" in str(caught.value)
                    with pytest.raises(errors.RequestTimeoutError, match="was not read in time"):
                        await client.assets.upload(path)
                assert server.sandbox.requests == []
        finally:
            release.set()
            await blocked

    asyncio.run(main())


def test_executor_that_is_shut_down_raises_configuration_error(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(PNG + bytes(100))

    async def main() -> None:
        await asyncio.get_running_loop().shutdown_default_executor()
        async with Sandbox().async_client() as client:
            with pytest.raises(errors.ConfigurationError, match="default executor takes no work"):
                await client.evaluations.submit(path, "headshot")

    asyncio.run(main())


def test_wrong_with_statement_says_what_to_write() -> None:
    with pytest.raises(TypeError, match="^use `async with AsyncRunflow"), AsyncRunflow("rf_x"):
        pass

    async def main() -> None:
        async with Runflow("rf_x"):
            pass

    with pytest.raises(TypeError, match="^use `with Runflow"):
        asyncio.run(main())


@pytest.mark.parametrize("kind", [Runflow, AsyncRunflow])
def test_missing_retry_policy_says_what_to_write(kind: Any) -> None:
    with pytest.raises(errors.ConfigurationError, match=r"pass RetryPolicy\(attempts=1\)"):
        kind("rf_x", retries=None)


@pytest.mark.parametrize("count", [0, -1, 1.5, True, "8", None])
@pytest.mark.parametrize("kind", [Runflow, AsyncRunflow])
def test_max_connections_must_be_a_positive_whole_number(kind: Any, count: Any) -> None:
    with pytest.raises(errors.ConfigurationError, match="^max_connections must be a whole number of at least 1"):
        kind("rf_x", max_connections=count)
