"""Invalid arguments raise an error that names them and shows no API key, before a request is sent."""

from __future__ import annotations

import asyncio
import io
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from rawserver import RawServer, answering, http

import runflow_client
from runflow_api.api.account import get_health
from runflow_client import AsyncRunflow, PollPolicy, ReferenceImage, RetryPolicy, Runflow, errors
from runflow_client.sandbox import Sandbox, SandboxServer, sharp_picture

LIBRARY = str(Path(runflow_client.__file__).parent)
ID = "0193f0a0-0000-7000-8000-000000000001"
KEY = "rf_sandbox_key"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)
LARGE = PNG + bytes(1_100_000)
PENDING = http(202, b'{"id": "%s", "status_code": "completed", "overall_passed": true}' % ID.encode())
ONE_TRY = RetryPolicy(attempts=1)
Call = Callable[..., Any]


def in_thread(url: str, path: str, *arguments: Any, **options: Any) -> Any:
    with Runflow(KEY, base_url=url, timeout=20, retries=ONE_TRY) as client:
        resource, _, method = path.partition(".")
        return getattr(getattr(client, resource), method)(*arguments, **options)


def in_task(url: str, path: str, *arguments: Any, **options: Any) -> Any:
    async def main() -> Any:
        async with AsyncRunflow(KEY, base_url=url, timeout=20, retries=ONE_TRY) as client:
            resource, _, method = path.partition(".")
            return await getattr(getattr(client, resource), method)(*arguments, **options)

    return asyncio.run(main())


both = pytest.mark.parametrize("call", [in_thread, in_task])


class ReadsByAwaiting:
    async def read(self, size: int = -1) -> bytes:
        return PNG


class ReadsWhole:
    def read(self) -> bytes:
        return PNG


@both
@pytest.mark.parametrize(
    ("path", "arguments", "options", "argument"),
    [
        ("evaluations.evaluate", (PNG, "t"), {"poll": 2.0}, "poll"),
        ("evaluations.evaluate", (PNG, "t"), {"poll": None}, "poll"),
        ("evaluations.evaluate", (PNG, "t"), {"on_update": "print"}, "on_update"),
        ("evaluations.evaluate", (PNG, "t"), {"timeout": 10**400}, "timeout"),
        ("evaluations.wait", (ID,), {"poll": 2}, "poll"),
        ("evaluations.wait", (ID,), {"on_update": 3}, "on_update"),
        ("evaluations.wait", (None,), {}, "evaluation_or_id"),
        ("evaluations.submit", (PNG, "t"), {"reference_images": None}, "reference_images"),
        ("evaluations.submit", (PNG, "t"), {"reference_images": ReferenceImage(PNG)}, "reference_images"),
        ("evaluations.submit", (PNG, "t"), {"reference_images": ["https://x/y"]}, "reference_images"),
        ("evaluations.submit", (PNG, "t"), {"input_attributes": [1]}, "input_attributes"),
        ("evaluations.submit", (PNG, "t"), {"input_attributes": "style"}, "input_attributes"),
        ("evaluations.submit", (ReadsByAwaiting(), "t"), {}, "image"),
        ("evaluations.submit", (ReadsWhole(), "t"), {}, "image"),
        (
            "evaluations.submit",
            (LARGE, "t"),
            {"reference_images": [ReferenceImage(Path("nowhere.png"))]},
            "reference_images[0].image",
        ),
        ("evaluations.get", (ID,), {"embed": "judges"}, "embed"),
        ("evaluations.get", (ID,), {"embed": None}, "embed"),
        ("evaluations.get", (ID,), {"embed": [1]}, "embed"),
        ("evaluations.get", (ID,), {"embed": ["\ud800"]}, "embed"),
        ("evaluations.submit", (PNG, "t"), {"idempotency_key": "a "}, "idempotency_key"),
        ("evaluations.submit", (LARGE, "t"), {"idempotency_key": " "}, "idempotency_key"),
        ("assets.upload", (PNG,), {"mime_type": 3}, "mime_type"),
        ("assets.upload", (PNG,), {"on_progress": 3}, "on_progress"),
    ],
)
def test_argument_of_wrong_type_is_named_before_sending(
    call: Call, path: str, arguments: tuple[Any, ...], options: dict[str, Any], argument: str
) -> None:
    received: list[bytes] = []
    with (
        RawServer(answering(PENDING, requests=received)) as server,
        pytest.raises(errors.InvalidRequestError) as caught,
    ):
        call(server.url, path, *arguments, **options)
    assert caught.value.argument == argument and argument in str(caught.value)
    assert received == []


@both
def test_file_object_can_be_submitted_twice(call: Call) -> None:
    file = io.BytesIO(b"before" + PNG)
    file.seek(6)
    received: list[bytes] = []
    with RawServer(answering(PENDING, requests=received)) as server:
        for _ in range(2):
            call(server.url, "evaluations.submit", file, "t", idempotency_key="mine")
    bodies = {request.partition(b"\r\n\r\n")[2] for request in received}
    assert len(received) == 2 and len(bodies) == 1


@both
def test_file_with_read_only_is_accepted(call: Call) -> None:
    class OnlyReads:
        def __init__(self) -> None:
            self.read = io.BytesIO(PNG).read

    with RawServer(answering(PENDING)) as server:
        assert call(server.url, "evaluations.submit", OnlyReads(), "t").id == ID


@pytest.mark.parametrize("kind", [Runflow, AsyncRunflow])
@pytest.mark.parametrize(
    "options",
    [
        {"base_url": b"https://x"},
        {"base_url": 3},
        {"base_url": "https://x/a b"},
        {"default_headers": [("a", "b")]},
        {"default_headers": {"Content-Length": "5"}},
        {"default_headers": {"Idempotency-Key": "one for all"}},
        {"default_headers": {"a": " b"}},
        {"organization_id": "b "},
        {"timeout": 10**400},
    ],
)
def test_invalid_client_option_raises_configuration_error(kind: Any, options: dict[str, Any]) -> None:
    with pytest.raises(errors.ConfigurationError):
        kind(KEY, **options)


@pytest.mark.parametrize(
    "make", [Runflow, AsyncRunflow, Runflow("rf_x").with_options, AsyncRunflow("rf_x").with_options]
)
@pytest.mark.parametrize("options", [{"api_key": KEY + "\n"}, {"api_key": KEY, "default_headers": {"a b": "c"}}])
def test_rejected_configuration_traceback_hides_api_key(make: Any, options: dict[str, Any]) -> None:
    with pytest.raises(errors.ConfigurationError) as caught:
        make(**options)
    text = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
    # The frame of this test holds the key.
    assert KEY not in text.partition("runflow_client/client/")[2] and "runflow_client/client/" in text


@pytest.mark.parametrize("home", ["/dev/null", "", None])
def test_missing_home_raises_no_api_key_error(monkeypatch: pytest.MonkeyPatch, home: str | None) -> None:
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.delenv("RUNFLOW_API_KEY", raising=False)
    monkeypatch.delenv("HOME") if home is None else monkeypatch.setenv("HOME", home)

    def no_such_user(number: int) -> None:
        raise KeyError(number)

    monkeypatch.setattr("pwd.getpwuid", no_such_user)
    with pytest.raises(errors.ConfigurationError, match="no API key"):
        Runflow()


@both
def test_policies_accept_very_large_floats(call: Call) -> None:
    retries = RetryPolicy(attempt_timeout=1e300, first_pause=1e300, longest_pause=1e300)
    with RawServer(answering(PENDING)) as server:
        with Runflow(KEY, base_url=server.url, timeout=None, retries=retries) as client:
            assert client.evaluations.get(ID).id == ID
        poll = PollPolicy(first=0.01)
        assert call(server.url, "evaluations.wait", ID, timeout=float("inf"), poll=poll).id == ID


@pytest.mark.parametrize("odd", [None, "get_health", get_health, ID])
def test_invalid_operation_is_rejected_before_sending(odd: Any) -> None:
    async def sends_async() -> None:
        async with Sandbox().async_client() as client:
            await client.send(odd)

    sandbox = Sandbox()
    with sandbox.client() as client:
        for send in (
            lambda: client.send(odd),
            lambda: client.send(odd, raw=True),
            lambda: asyncio.run(sends_async()),
        ):
            with pytest.raises(
                errors.InvalidRequestError, match=r"operation must be built by .*get_health\.operation\(\)"
            ):
                send()
    assert sandbox.requests == []


def test_async_client_outside_asyncio_raises_configuration_error() -> None:
    call = AsyncRunflow(KEY).account.health()
    with pytest.raises(errors.ConfigurationError, match="asyncio"):
        call.send(None)


@pytest.mark.parametrize("name", ["nowhere.pem", "junk.pem"])
@both
def test_unreadable_certificate_file_is_named(
    call: Call, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "junk.pem").write_text("no certificate")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / name))
    with pytest.raises(errors.ConfigurationError, match="SSL_CERT_FILE"):
        call("https://127.0.0.1:1", "account.health")


def test_response_hook_that_reads_body_is_allowed() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"id": ID})

    async def read(response: httpx.Response) -> None:
        await response.aread()

    hooks: dict[str, list[Callable[..., Any]]] = {"response": [lambda response: response.read()]}
    with httpx.Client(transport=httpx.MockTransport(answer), event_hooks=hooks) as own:
        assert Runflow(KEY, http_client=own, retries=ONE_TRY).evaluations.get(ID).id == ID

    async def main() -> str | None:
        async with httpx.AsyncClient(transport=httpx.MockTransport(answer), event_hooks={"response": [read]}) as own:
            return (await AsyncRunflow(KEY, http_client=own, retries=ONE_TRY).evaluations.get(ID)).id

    assert asyncio.run(main()) == ID


@both
def test_same_image_under_other_name_is_same_submit(call: Call, tmp_path: Path) -> None:
    with SandboxServer(Sandbox()) as server:
        ids = set()
        for name in ("tmp_a.png", "tmp_b.png"):
            (tmp_path / name).write_bytes(sharp_picture() + bytes(1_100_000))
            ids.add(call(server.url, "evaluations.submit", tmp_path / name, "t", idempotency_key="mine").id)
    assert len(ids) == 1


@both
@pytest.mark.parametrize("proxy", ["http://[::1", "http://proxy:notaport"])
def test_invalid_proxy_url_is_named(call: Call, proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    monkeypatch.setenv("NO_PROXY", "")
    with pytest.raises(errors.ConfigurationError, match="proxy"):
        call("https://api.example.com", "account.health")


def test_sync_client_rejects_coroutine_functions_before_sending() -> None:
    async def never_awaited(*told: object) -> None: ...

    sandbox = Sandbox()
    with sandbox.client() as client:
        for call in (
            lambda: client.evaluations.evaluate("https://example.com/a.png", "t", on_update=never_awaited),
            lambda: client.evaluations.wait("0193f0a0-0000-7000-8000-000000000001", on_update=never_awaited),
            lambda: client.assets.upload(b"GIF89a", on_progress=never_awaited),
        ):
            with pytest.raises(errors.InvalidRequestError, match="only AsyncRunflow can await"):
                call()
    assert sandbox.requests == []


@pytest.mark.parametrize("call", [in_thread, in_task])
def test_missing_file_raises_error_with_short_traceback(call: Call, tmp_path: Path) -> None:
    with pytest.raises(errors.InvalidRequestError, match=r"missing\.png") as caught:
        call("http://127.0.0.1:1", "evaluations.evaluate", tmp_path / "missing.png", "headshot")
    frames = traceback.extract_tb(caught.value.__traceback__)
    assert [frame.name for frame in frames if frame.filename.startswith(LIBRARY)] == ["evaluate", "run"]
