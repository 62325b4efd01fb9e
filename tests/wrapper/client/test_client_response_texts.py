"""Arbitrary response texts block nothing, show no secret, stay printable, and lose no id or key."""

from __future__ import annotations

import asyncio
import json
import logging
import pickle
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from rawserver import RawServer, answering, http, read_request

from runflow_client import AsyncRunflow, PollPolicy, RetryPolicy, Runflow, errors

ID = "0193f0a0-0000-7000-8000-000000000001"
KEY = "rf_live_hidden"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)
SOON = PollPolicy(first=0.01, then=0.01)
Call = Callable[..., Any]


def in_thread(url: str, path: str, *arguments: Any, attempts: int = 1, **options: Any) -> Any:
    retries = RetryPolicy(attempts=attempts, first_pause=0.001)
    with Runflow(KEY, base_url=url, timeout=20, retries=retries) as client:
        resource, _, method = path.partition(".")
        return getattr(getattr(client, resource), method)(*arguments, **options)


def in_task(url: str, path: str, *arguments: Any, attempts: int = 1, **options: Any) -> Any:
    async def main() -> Any:
        retries = RetryPolicy(attempts=attempts, first_pause=0.001)
        async with AsyncRunflow(KEY, base_url=url, timeout=20, retries=retries) as client:
            resource, _, method = path.partition(".")
            return await getattr(getattr(client, resource), method)(*arguments, **options)

    return asyncio.run(main())


both = pytest.mark.parametrize("call", [in_thread, in_task])


def says(status: int = 200, **body: Any) -> Any:
    return answering(http(status, json.dumps(body).encode()))


@both
def test_large_error_body_is_shortened(call: Call) -> None:
    body = b'{"message": "' + b"a." * 1_000_000 + b'"}'
    with RawServer(answering(http(400, body))) as server, pytest.raises(errors.APIError) as caught:
        call(server.url, "evaluations.get", ID)
    assert len(str(caught.value)) < 1_000 and len(caught.value.body) <= 2_000


@both
def test_error_with_control_characters_is_printable(call: Call) -> None:
    body = b'{"message": "\\ud800 \\u001b[31m\\nERROR forged"}'
    with RawServer(answering(http(400, body))) as server, pytest.raises(errors.APIError) as caught:
        call(server.url, "evaluations.get", ID)
    assert str(caught.value).isprintable() and "forged" in str(caught.value)


@both
@pytest.mark.parametrize(
    ("script", "path"),
    [
        (answering(http(200, b"no JSON", f"Content-Type: text/{KEY}")), "evaluations.get"),
        (answering(http(400, b"{}", f"X-Request-Id: {KEY}")), "evaluations.get"),
        (says(id=ID, status_code=KEY), "evaluations.wait"),
        (says(id=ID, status_code="failed", failure_code=KEY), "evaluations.evaluate"),
        (says(id=ID, status_code="failed", failure_message=f"{'a ' * 100}{KEY}"), "evaluations.evaluate"),
        (says(id=ID, status_code="failed", failure_message=f"{'x ' * 146}{KEY} {KEY}"), "evaluations.evaluate"),
    ],
    ids=["content type", "request id", "status", "failure code", "reason", "reason cut in the key"],
)
def test_echoed_api_key_is_redacted_from_error(call: Call, script: Any, path: str) -> None:
    arguments: tuple[Any, ...] = (PNG, "t") if path.endswith("evaluate") else (ID,)
    options = {} if path.endswith("get") else {"timeout": 0.2, "poll": SOON}
    with RawServer(script) as server, pytest.raises(errors.RunflowError) as caught:
        call(server.url, path, *arguments, **options)
    assert KEY[:8] not in str(caught.value) and KEY not in str(caught.value.request_id)
    if not hasattr(caught.value, "evaluation"):  # a pickled model keeps every field of the response
        assert KEY.encode() not in pickle.dumps(caught.value)


@both
def test_submit_log_is_one_line_without_api_key(call: Call, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "runflow_client"), RawServer(says(202, id=f"x\n{KEY}")) as server:
        call(server.url, "evaluations.submit", PNG, "t")
    assert [record.getMessage() for record in caplog.records] == ["submitted evaluation x [secret cut]"]


@both
def test_poll_response_without_id_keeps_evaluation_id(call: Call) -> None:
    with RawServer(says()) as server, pytest.raises(errors.WaitTimeoutError) as caught:
        call(server.url, "evaluations.wait", ID, timeout=0.2, poll=SOON)
    assert caught.value.evaluation_id == caught.value.evaluation.id == ID
    with RawServer(says(status_code="completed")) as server:
        assert call(server.url, "evaluations.wait", ID).id == ID


@both
def test_unusable_evaluation_id_is_reported_with_idempotency_key(call: Call) -> None:
    with (
        RawServer(says(202, id="eval_77", status_code="pending")) as server,
        pytest.raises(errors.DecodeError) as caught,
    ):
        call(server.url, "evaluations.evaluate", PNG, "t", poll=SOON)
    assert caught.value.evaluation_id == "eval_77" and caught.value.idempotency_key


def losing_the_first(*later: bytes) -> Any:
    """Return a script that drops the first request and sends these responses to the later ones."""
    counter = iter(range(1_000))

    def play(connection: socket.socket, over: threading.Event) -> None:
        read_request(connection)
        number = next(counter)
        if number:
            connection.sendall(later[min(number, len(later)) - 1])

    return play


@both
@pytest.mark.parametrize("status", [409, 429, 403])
def test_error_after_lost_response_keeps_key_and_warns_of_processing(call: Call, status: int) -> None:
    with RawServer(losing_the_first(http(status))) as server, pytest.raises(errors.APIError) as caught:
        call(server.url, "evaluations.submit", PNG, "t", attempts=3)
    text = str(caught.value)
    assert "may have processed" in text and f"idempotency_key={caught.value.idempotency_key!r}" in text
    assert "new key" not in text


@both
def test_delete_with_lost_response_accepts_404(call: Call) -> None:
    with RawServer(losing_the_first(http(404))) as server:
        assert call(server.url, "callback_secrets.delete", ID, attempts=2) is None
    with RawServer(answering(http(404))) as server, pytest.raises(errors.NotFoundError):
        call(server.url, "callback_secrets.delete", ID, attempts=2)


@both
@pytest.mark.parametrize(("path", "argument"), [("assets.upload", PNG), ("callback_secrets.create", "label")])
def test_error_names_no_argument_missing_from_method(call: Call, path: str, argument: Any) -> None:
    with RawServer(answering(http(503))) as server, pytest.raises(errors.ServerError) as caught:
        call(server.url, path, argument)
    assert "idempotency_key=" not in str(caught.value)


@both
@pytest.mark.parametrize("cursor", ["http://[::1", "\ud800"])
def test_unreadable_cursor_ends_list(call: Call, cursor: str) -> None:
    with RawServer(says(items=[{"id": ID}], next=cursor)) as server:
        assert {row.id for row in call(server.url, "evaluations.for_run", ID)} == {ID}


def test_slow_pages_end_by_client_timeout() -> None:
    counter = iter(range(1_000_000))

    def play(connection: socket.socket, over: threading.Event) -> None:
        read_request(connection)
        over.wait(0.1)
        connection.sendall(http(200, json.dumps({"items": [], "next": str(next(counter))}).encode()))

    began = time.monotonic()
    with (
        RawServer(play) as server,
        Runflow(KEY, base_url=server.url, timeout=0.35) as client,
        pytest.raises(errors.RequestTimeoutError),
    ):
        client.evaluations.for_run(ID)
    assert time.monotonic() - began < 1.5
