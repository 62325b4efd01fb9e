"""Cancelled, closed and nested calls leave no file, socket or wrong deadline behind."""

from __future__ import annotations

import asyncio
import gc
import io
import json
import socket
import threading
import time
import warnings
from typing import Any

import pytest
from rawserver import RawServer, http, read_request

from runflow_client import AsyncRunflow, RetryPolicy, Runflow, errors
from runflow_client.runtime.files.uploads import open_upload

ID = "0193f0a0-0000-7000-8000-000000000001"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)
LARGE = PNG + bytes(1_100_000)
ONE_TRY = RetryPolicy(attempts=1)


def says_nothing(connection: socket.socket, over: threading.Event) -> None:
    over.wait(5)


def test_unanswered_tls_handshake_leaves_no_socket() -> None:
    async def main(url: str) -> None:
        async with AsyncRunflow("rf_x", base_url=url, timeout=0.1, retries=ONE_TRY) as client:
            with pytest.raises(errors.RequestTimeoutError):
                await client.account.health()

    with RawServer(says_nothing) as server, warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        asyncio.run(main(server.url.replace("http:", "https:")))
        gc.collect()
    assert [str(warning.message) for warning in seen] == []


def test_file_copied_for_cancelled_call_is_closed() -> None:
    class SlowPipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

        def read(self, size: int | None = -1) -> bytes:
            time.sleep(0.01)
            return super().read(size)

    async def main() -> None:
        async with AsyncRunflow("rf_x", base_url="http://127.0.0.1:1") as client:
            call = asyncio.create_task(client.evaluations.submit(SlowPipe(LARGE), "headshot"))
            await asyncio.sleep(0.02)
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call

    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        asyncio.run(main())
        gc.collect()
    assert [str(warning.message) for warning in seen] == []


def test_concurrent_reads_of_one_upload_keep_their_offsets() -> None:
    class SlowToSeek(io.BytesIO):
        """Lets another thread run between a seek and its read."""

        def seek(self, place: int, whence: int = 0) -> int:
            found = super().seek(place, whence)
            time.sleep(0.005)
            return found

    content = b"".join(number.to_bytes(4, "big") for number in range(2_000))
    upload = open_upload(SlowToSeek(PNG[:8] + content), "image", image_only=True)
    read: list[bytes] = []
    left_behind = threading.Thread(target=lambda: [upload.read_at(4_000, 400) for _ in range(5)])
    left_behind.start()
    read += [upload.read_at(8, 400) for _ in range(5)]
    left_behind.join()
    assert set(read) == {content[:400]}


def test_closing_client_ends_calls_of_other_threads_with_key() -> None:
    with RawServer(says_nothing) as server:
        client = Runflow("rf_x", base_url=server.url, timeout=10, retries=RetryPolicy(first_pause=0.01))
        threading.Timer(0.1, client.close).start()
        began = time.monotonic()
        with pytest.raises(errors.ConfigurationError, match="closed") as caught:
            client.evaluations.submit(PNG, "headshot", idempotency_key="mine")
    assert caught.value.idempotency_key == "mine"
    assert time.monotonic() - began < 5


def test_nested_call_in_on_progress_keeps_upload_deadline() -> None:
    place: list[str] = []

    def api(connection: socket.socket, over: threading.Event) -> None:
        request = read_request(connection)
        if request.startswith(b"PUT"):
            over.wait(0.4)
            connection.sendall(http(200))
        elif b"/health" in request:
            connection.sendall(http(200, b"{}"))
        else:
            body: dict[str, Any] = {"id": ID, "asset_id": ID, "upload_url": place[0] + "/put"}
            connection.sendall(http(201, json.dumps(body).encode()))

    with RawServer(api) as server, Runflow("rf_x", base_url=server.url, retries=ONE_TRY) as client:
        place.append(server.url)
        hasty = client.with_options(timeout=0.3)
        asset = client.assets.upload(PNG, on_progress=lambda sent, size: hasty.account.health())
    assert asset.id == ID
