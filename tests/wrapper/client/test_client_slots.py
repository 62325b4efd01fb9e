"""A call takes its connection slot before its picture is loaded."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest

from runflow_client import AsyncRunflow, Runflow, errors, events
from runflow_client.runtime.files import images
from runflow_client.sandbox import Sandbox, SandboxServer

PNG = b"\x89PNG\r\n\x1a\n"


class Loaded:
    """Counts the pictures that are loaded and whose submit is not answered."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._lock = threading.Lock()
        self.now = self.most = 0
        load = images.load

        def counting(*arguments: Any) -> Any:
            with self._lock:
                self.now += 1
                self.most = max(self.most, self.now)
            return load(*arguments)

        monkeypatch.setattr(images, "load", counting)

    def hook(self, event: events.Event) -> None:
        if isinstance(event, events.RequestFinished) and event.operation == "submit_evaluation":
            with self._lock:
                self.now -= 1


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "a.png"
    path.write_bytes(PNG + bytes(900_000))
    return path


def test_gathered_files_are_loaded_only_with_a_slot(picture: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = Loaded(monkeypatch)

    async def main(url: str) -> None:
        async with AsyncRunflow("rf_sandbox_key", base_url=url, max_connections=4, hooks=[loaded.hook]) as client:
            await asyncio.gather(*(client.evaluations.submit(picture, "headshot") for _ in range(40)))

    with SandboxServer(Sandbox()) as server:
        asyncio.run(main(server.url))
        assert server.sandbox.evaluations == 40
    assert loaded.most <= 4


def test_files_of_threads_are_loaded_only_with_a_slot(picture: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = Loaded(monkeypatch)
    with SandboxServer(Sandbox()) as server:
        with Runflow("rf_sandbox_key", base_url=server.url, max_connections=2, hooks=[loaded.hook]) as client:
            threads = [
                threading.Thread(target=client.evaluations.submit, args=(picture, "headshot")) for _ in range(12)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        assert server.sandbox.evaluations == 12
    assert loaded.most <= 2


def test_upload_needs_no_second_slot(tmp_path: Path) -> None:
    path = tmp_path / "large.png"
    path.write_bytes(PNG + bytes(images.INLINE_LIMIT))
    with SandboxServer(Sandbox()) as server:
        with Runflow("rf_sandbox_key", base_url=server.url, max_connections=1) as client:
            assert client.evaluations.submit(path, "headshot").id


def test_call_without_a_free_slot_ends_by_its_deadline(picture: Path) -> None:
    async def main(url: str) -> None:
        async with AsyncRunflow("rf_sandbox_key", base_url=url, max_connections=1, timeout=0.3) as client:
            held = client._session._transport.slot(url, float("inf"))
            await held.take()
            with pytest.raises(errors.RequestTimeoutError, match="no connection was free in time") as caught:
                await client.evaluations.submit(picture, "headshot")
            assert "The server has not processed the request" in str(caught.value)
            held.release()
            assert (await client.evaluations.submit(picture, "headshot")).id

    with SandboxServer(Sandbox()) as server:
        asyncio.run(main(server.url))
        assert server.sandbox.evaluations == 1


def test_thread_without_a_free_slot_ends_by_its_deadline(picture: Path) -> None:
    with SandboxServer(Sandbox()) as server:
        with Runflow("rf_sandbox_key", base_url=server.url, max_connections=1, timeout=0.3) as client:
            with client._session._transport.slot(server.url, float("inf")):
                with pytest.raises(errors.RequestTimeoutError, match="no connection was free in time"):
                    client.evaluations.submit(picture, "headshot")
            assert client.evaluations.submit(picture, "headshot").id
        assert server.sandbox.evaluations == 1


def test_file_that_cannot_be_read_gives_its_slot_back(tmp_path: Path) -> None:
    with SandboxServer(Sandbox()) as server:
        with Runflow("rf_sandbox_key", base_url=server.url, max_connections=1, timeout=2.0) as client:
            with pytest.raises(errors.InvalidRequestError):
                client.evaluations.submit(tmp_path / "missing.png", "headshot")
            assert client._session._transport._slots.counts(server.url) == (0, 0)
            assert client.account.health().status == "ok"
