"""Files over 1 MiB are streamed in three steps and stored once, even if responses are lost."""

from __future__ import annotations

import asyncio
import inspect
import io
import json
import socket
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from rawserver import RawServer, answering, http, read_request

from runflow_client import AsyncRunflow, PollPolicy, ReferenceImage, RetryPolicy, Runflow, Verdict, errors
from runflow_client.runtime.files.uploads import UPLOAD_LIMIT
from runflow_client.sandbox import Sandbox, SandboxServer, faults, sharp_picture

FAST = PollPolicy(first=0.05, then=0.05, longest=0.1)
QUICK = RetryPolicy(first_pause=0.01, longest_pause=0.02)
KEY = "rf_sandbox_key"
ID = "0193f0a0-0000-7000-8000-000000000001"
Call = Callable[..., Any]


@lru_cache
def large_picture(seed: int = 0) -> bytes:
    file = io.BytesIO()
    Image.open(io.BytesIO(sharp_picture(seed))).resize((900, 675)).save(file, "PNG", compress_level=0)
    return file.getvalue()


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    with SandboxServer(Sandbox(evaluation_seconds=0.2)) as running:
        yield running
        assert running.sandbox.leaks == 0


def in_thread(url: str, path: str, *arguments: Any, timeout: float | None = 60.0, **options: Any) -> Any:
    with Runflow(KEY, base_url=url, retries=QUICK, timeout=timeout) as client:
        resource, _, method = path.partition(".")
        return getattr(getattr(client, resource), method)(*arguments, **options)


def in_task(url: str, path: str, *arguments: Any, timeout: float | None = 60.0, **options: Any) -> Any:
    async def main() -> Any:
        async with AsyncRunflow(KEY, base_url=url, retries=QUICK, timeout=timeout) as client:
            resource, _, method = path.partition(".")
            return await getattr(getattr(client, resource), method)(*arguments, **options)

    return asyncio.run(main())


both = pytest.mark.parametrize("call", [in_thread, in_task])


def steps(server: SandboxServer) -> list[str]:
    """Return the upload and submit requests that the server received; polls are left out."""
    words = []
    for request in server.sandbox.requests:
        if request.method == "PUT":
            words.append("put")
        elif request.method == "POST":
            words.append(request.path.rpartition("/")[2])
    return words


@both
def test_large_image_is_uploaded_and_evaluated(call: Call, server: SandboxServer, tmp_path: Path) -> None:
    path = tmp_path / "large.png"
    path.write_bytes(large_picture())
    evaluation = call(server.url, "evaluations.evaluate", path, "headshot", poll=FAST)
    assert evaluation.verdict is Verdict.PASSED
    assert steps(server) == ["asset-uploads", "put", "confirmations", "evaluations"]


@both
def test_large_reference_images_are_uploaded(call: Call, server: SandboxServer) -> None:
    references = [ReferenceImage(large_picture(1)), ReferenceImage(sharp_picture()), ReferenceImage(large_picture(2))]
    call(server.url, "evaluations.submit", large_picture(), "headshot", reference_images=references)
    assert steps(server) == ["asset-uploads", "put", "confirmations"] * 3 + ["evaluations"]


@both
@pytest.mark.parametrize("step", ["asset-uploads", "put", "confirmations", "evaluations"])
@pytest.mark.parametrize("fault", [faults.drop_before, faults.drop_after, faults.reply(503)])
def test_lost_response_of_any_upload_step_is_retried_without_duplicates(
    call: Call, server: SandboxServer, step: str, fault: faults.Fault
) -> None:
    done: list[bool] = []

    def at_the_step(request: faults.SeenRequest) -> faults.Fault | None:
        here = request.method == "PUT" if step == "put" else request.path.endswith(step)
        if not here or done:
            return None
        done.append(True)
        return fault

    server.faults.extend([at_the_step] * 20)
    evaluation = call(server.url, "evaluations.evaluate", large_picture(), "headshot", poll=FAST)
    assert evaluation.verdict is Verdict.PASSED
    assert done
    assert server.sandbox.evaluations == len(server.sandbox.charges) == 1
    keys = {request.path.rpartition("/")[2]: set() for request in server.sandbox.requests if request.method == "POST"}
    for request in server.sandbox.requests:
        if request.method == "POST":
            keys[request.path.rpartition("/")[2]].add(request.idempotency_key)
    assert all(len(found) == 1 for found in keys.values()), "each step uses one key for all attempts"
    assert len(set.union(*keys.values())) == 3


@both
def test_repeated_key_and_content_return_same_evaluation(call: Call, server: SandboxServer) -> None:
    first = call(server.url, "evaluations.submit", large_picture(), "headshot", idempotency_key="mine")
    again = call(server.url, "evaluations.submit", large_picture(), "headshot", idempotency_key="mine")
    assert first.id == again.id
    assert server.sandbox.evaluations == 1


@both
def test_other_content_under_used_key_raises_conflict_error(call: Call, server: SandboxServer) -> None:
    call(server.url, "evaluations.submit", large_picture(), "headshot", idempotency_key="mine")
    other = bytearray(large_picture())
    other[-100] ^= 1
    with pytest.raises(errors.ConflictError):
        call(server.url, "evaluations.submit", bytes(other), "headshot", idempotency_key="mine")
    assert server.sandbox.evaluations == 1


@both
def test_expired_upload_url_is_renewed(call: Call, server: SandboxServer) -> None:
    puts: list[bool] = []

    def first_put(request: faults.SeenRequest) -> faults.Fault | None:
        if request.method != "PUT" or puts:
            return None
        puts.append(True)
        return faults.reply(403, {"content-type": "application/xml"}, b"<Error>expired s3cr3t</Error>")

    server.faults.extend([first_put] * 10)
    asset = call(server.url, "assets.upload", large_picture())
    assert asset.size_bytes == len(large_picture())
    assert steps(server) == ["asset-uploads", "put", "confirmations", "asset-uploads", "put", "confirmations"]


@both
def test_repeatedly_expired_upload_url_raises_error_with_key(call: Call) -> None:
    with SandboxServer(Sandbox(upload_seconds=-5)) as expired:
        with pytest.raises(errors.PermissionDeniedError, match="storage responded with 403") as caught:
            call(expired.url, "evaluations.submit", large_picture(), "headshot", idempotency_key="mine")
    assert caught.value.idempotency_key == "mine"
    assert caught.value.body is None
    assert expired.sandbox.evaluations == 0


@pytest.mark.parametrize("kind", ["client", "async_client"])
def test_repeated_submit_after_url_expiry_makes_one_evaluation(kind: str) -> None:
    sandbox = Sandbox(upload_seconds=10, evaluation_seconds=5)

    async def main() -> None:
        client = getattr(sandbox, kind)(retries=RetryPolicy(attempts=1))

        async def submit() -> Any:
            answer = client.evaluations.submit(large_picture(), "headshot", idempotency_key="mine")
            return await answer if inspect.isawaitable(answer) else answer

        sandbox.faults.extend([None, None, None, faults.drop_after])
        with pytest.raises(errors.ConnectionFailedError):
            await submit()
        sandbox.clock.advance(3_600)
        assert (await submit()).id
        if kind == "async_client":
            await client.aclose()
        else:
            client.close()

    asyncio.run(main())
    assert sandbox.evaluations == 1


@both
def test_progress_is_reported_up_to_last_byte(call: Call, server: SandboxServer) -> None:
    told: list[tuple[int, int]] = []
    call(server.url, "assets.upload", large_picture(), on_progress=lambda sent, size: told.append((sent, size)))
    size = len(large_picture())
    assert told[-1] == (size, size)
    assert told == sorted(told)
    assert len(told) > 3


def test_coroutine_on_progress_is_awaited(server: SandboxServer) -> None:
    told: list[int] = []

    async def tell(sent: int, size: int) -> None:
        await asyncio.sleep(0)
        told.append(sent)

    in_task(server.url, "assets.upload", large_picture(), on_progress=tell)
    assert told[-1] == len(large_picture())


@both
@pytest.mark.parametrize("error", [ZeroDivisionError, OSError, KeyboardInterrupt])
def test_exception_from_on_progress_ends_upload(call: Call, server: SandboxServer, error: type[BaseException]) -> None:
    def fails(sent: int, size: int) -> None:
        raise error("mine")

    with pytest.raises(error, match="mine"):
        call(server.url, "assets.upload", large_picture(), on_progress=fails)
    assert steps(server).count("put") <= 1


@both
def test_fifty_mebibyte_upload_is_streamed(call: Call, server: SandboxServer, tmp_path: Path) -> None:
    path = tmp_path / "large.png"
    with path.open("wb") as file:
        file.write(large_picture())
        file.truncate(UPLOAD_LIMIT)
    call(server.url, "account.health")
    tracemalloc.start()
    asset = call(server.url, "assets.upload", path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert asset.size_bytes == UPLOAD_LIMIT
    assert peak < 8 * 1_048_576, "client and server together"


@both
def test_file_over_fifty_mebibytes_is_rejected_before_sending(
    call: Call, server: SandboxServer, tmp_path: Path
) -> None:
    path = tmp_path / "large.png"
    with path.open("wb") as file:
        file.write(large_picture())
        file.truncate(UPLOAD_LIMIT + 1)
    for method, arguments in (("assets.upload", (path,)), ("evaluations.submit", (path, "headshot"))):
        with pytest.raises(errors.InvalidRequestError, match="50 MiB"):
            call(server.url, method, *arguments)
    assert server.sandbox.requests == []


@both
@pytest.mark.parametrize(
    ("arguments", "options", "words"),
    [
        (("large.png",), {}, "never read as a path"),
        ((b"some text",), {}, "mime_type="),
        ((sharp_picture(),), {"mime_type": "image/jpeg"}, "image/png by its content"),
        ((sharp_picture(),), {"filename": "x" * 501}, "filename"),
        ((b"some text",), {"mime_type": "text/" + "x" * 256}, "mime_type"),
        ((b"some text",), {"mime_type": "text"}, "mime_type"),
        ((b"some text",), {"mime_type": "text/plain\r\nX-Evil: 1"}, "mime_type"),
        ((sharp_picture(),), {"folder_id": "not-a-uuid"}, "folder_id"),
        ((b"",), {}, "empty"),
        ((None,), {}, "NoneType"),
    ],
)
def test_invalid_upload_is_rejected_before_sending(
    call: Call, server: SandboxServer, arguments: Any, options: dict[str, Any], words: str
) -> None:
    with pytest.raises(errors.InvalidRequestError, match=words):
        call(server.url, "assets.upload", *arguments, **options)
    assert server.sandbox.requests == []


@both
def test_file_name_is_sent_with_upload(call: Call, server: SandboxServer, tmp_path: Path) -> None:
    path = tmp_path / "Größe 1.png"
    path.write_bytes(sharp_picture())
    assert call(server.url, "assets.upload", path).name == "Größe 1.png"
    assert call(server.url, "assets.upload", sharp_picture()).name == "image.png"
    assert call(server.url, "assets.upload", sharp_picture(), filename="mine.png").name == "mine.png"


def stops_reading(connection: socket.socket, over: threading.Event) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    connection.recv(100)
    over.wait(20)


@both
def test_storage_that_stops_reading_is_abandoned_at_deadline(call: Call, tmp_path: Path) -> None:
    path = tmp_path / "large.png"
    with path.open("wb") as file:
        file.write(large_picture())
        file.truncate(UPLOAD_LIMIT)
    with RawServer(stops_reading) as storage:
        session = http(201, json.dumps({"asset_id": ID, "upload_url": f"{storage.url}/put"}).encode())
        with RawServer(answering(session)) as api:
            threads = threading.active_count()
            for method, arguments in (("assets.upload", (path,)), ("evaluations.submit", (path, "headshot"))):
                began = time.monotonic()
                with pytest.raises(errors.RequestTimeoutError):
                    call(api.url, method, *arguments, timeout=0.8)
                # The storage blocks for 20 s; the promise is the deadline and 250 ms.
                assert time.monotonic() - began < 2.0
            assert threading.active_count() <= threads + 4, "only the connection threads of the servers remain"


@both
def test_evaluate_with_upload_ends_by_its_deadline(call: Call) -> None:
    def waits(connection: socket.socket, over: threading.Event) -> None:
        read_request(connection)
        over.wait(20)

    with RawServer(waits) as storage:
        session = http(201, json.dumps({"asset_id": ID, "upload_url": f"{storage.url}/put"}).encode())
        with RawServer(answering(session)) as api:
            began = time.monotonic()
            with Runflow(KEY, base_url=api.url) as client, pytest.raises(errors.RequestTimeoutError) as caught:
                client.evaluations.evaluate(large_picture(), "headshot", timeout=0.8)
            assert time.monotonic() - began < 2.0
    assert caught.value.idempotency_key
