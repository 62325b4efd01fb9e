"""What an endpoint replies, and when its handler is called."""

from __future__ import annotations

import asyncio
import functools
import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from signed_callbacks import BODY, BY_CURRENT, BY_PREVIOUS, CURRENT, PREVIOUS, signed

from runflow_client.callbacks import Callback, Claim, Endpoint, Receiver, Reply, SQLiteDeduplicator, signature_of
from runflow_client.errors import ConfigurationError

HEADERS = {"runflow-signature": BY_CURRENT}
Deliver = Callable[..., Reply]


@pytest.fixture(params=["sync", "async"])
def deliver(request: pytest.FixtureRequest) -> Deliver:
    def sync(endpoint: Endpoint, body: bytes = BODY, headers: Any = HEADERS) -> Reply:
        return endpoint.receive(body, headers)

    def in_loop(endpoint: Endpoint, body: bytes = BODY, headers: Any = HEADERS) -> Reply:
        return asyncio.run(endpoint.receive_async(body, headers))

    return sync if request.param == "sync" else in_loop


class Handler:
    """Keeps what it is called with, and raises what a test sets."""

    def __init__(self, *problems: BaseException | None) -> None:
        self.problems = list(problems)
        self.taken: list[Callback] = []
        self.threads: list[threading.Thread] = []

    def __call__(self, callback: Callback) -> None:
        self.threads.append(threading.current_thread())
        problem = self.problems.pop(0) if self.problems else None
        if problem is not None:
            raise problem
        self.taken.append(callback)


def test_callback_is_handled_once_however_often_it_comes(deliver: Deliver) -> None:
    handler = Handler()
    endpoint = Endpoint(handler, CURRENT)
    assert [deliver(endpoint).status for _ in range(3)] == [200, 200, 200]
    assert [each.client_ref for each in handler.taken] == ["order-4711/2"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Runflow-Signature": BY_CURRENT},
        {"runflow-signature": BY_CURRENT},
        {"RUNFLOW-SIGNATURE": BY_CURRENT},
        [("host", "a"), ("runflow-signature", BY_CURRENT)],
    ],
)
def test_header_name_is_found_in_any_case(headers: Any) -> None:
    assert Endpoint(Handler(), CURRENT).receive(BODY, headers).status == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"runflow-signature": BY_PREVIOUS},
        {"runflow-signature": ""},
        [("runflow-signature", BY_CURRENT), ("Runflow-Signature", BY_PREVIOUS)],
    ],
)
def test_forged_callback_is_refused_with_401(deliver: Deliver, headers: Any, caplog: pytest.LogCaptureFixture) -> None:
    handler = Handler()
    reply = deliver(Endpoint(handler, CURRENT), headers=headers)
    assert (reply.status, handler.taken) == (401, [])
    assert "refused a callback: " in caplog.text and CURRENT not in caplog.text and BY_PREVIOUS not in reply.text


def test_signed_body_that_is_no_callback_gets_400(deliver: Deliver) -> None:
    body = b"[]"
    assert deliver(Endpoint(Handler(), CURRENT), body, {"runflow-signature": signed(body)}).status == 400


def test_body_over_the_limit_gets_413_before_anything_else(deliver: Deliver) -> None:
    assert deliver(Endpoint(Handler(), CURRENT, max_body=len(BODY) - 1)).status == 413
    assert deliver(Endpoint(Handler(), CURRENT, max_body=len(BODY))).status == 200


def test_failed_handler_gets_500_and_the_callback_again(deliver: Deliver, caplog: pytest.LogCaptureFixture) -> None:
    handler = Handler(LookupError("no such order"))
    endpoint = Endpoint(handler, CURRENT)
    assert [deliver(endpoint).status for _ in range(2)] == [500, 200]
    assert len(handler.taken) == 1 and "no such order" in caplog.text


def test_interrupted_handler_raises_and_gets_the_callback_again(deliver: Deliver) -> None:
    handler = Handler(KeyboardInterrupt())
    endpoint = Endpoint(handler, CURRENT)
    with pytest.raises(KeyboardInterrupt):
        endpoint.receive(BODY, HEADERS)
    assert deliver(endpoint).status == 200 and len(handler.taken) == 1


def test_repeat_during_handling_gets_503(deliver: Deliver) -> None:
    replies: list[Reply] = []

    def handle(callback: Callback) -> None:
        replies.append(endpoint.receive(BODY, HEADERS))

    endpoint = Endpoint(handle, CURRENT)
    assert deliver(endpoint).status == 200
    assert [(reply.status, dict(reply.headers)) for reply in replies] == [(503, {"Retry-After": "5"})]


class FailingDeduplicator:
    """Fails at the named methods."""

    def __init__(self, *failing: str) -> None:
        self.failing = failing

    def _act(self, name: str) -> None:
        if name in self.failing:
            raise OSError(f"the disk is full at {name}")

    def claim(self, key: str) -> Claim:
        self._act("claim")
        return Claim.NEW

    def complete(self, key: str) -> None:
        self._act("complete")

    def release(self, key: str) -> None:
        self._act("release")


@pytest.mark.parametrize(
    ("failing", "problem", "status"), [("claim", None, 503), ("complete", None, 200), ("release", ValueError(), 500)]
)
def test_failing_deduplicator_is_logged(
    deliver: Deliver, failing: str, problem: Exception | None, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    handler = Handler(problem)
    assert deliver(Endpoint(handler, CURRENT, deduplicator=FailingDeduplicator(failing))).status == status
    assert f"the disk is full at {failing}" in caplog.text


def test_secrets_are_asked_for_at_each_callback(deliver: Deliver, caplog: pytest.LogCaptureFixture) -> None:
    secrets = [[PREVIOUS], [PREVIOUS, CURRENT], []]
    endpoint = Endpoint(Handler(), lambda: secrets.pop(0))
    assert [deliver(endpoint).status for _ in range(4)] == [401, 200, 401, 503]
    assert "pop from empty list" in caplog.text


def test_async_handler_is_awaited_in_its_loop() -> None:
    taken: list[tuple[str, threading.Thread]] = []

    async def handle(callback: Callback) -> None:
        await asyncio.sleep(0)
        taken.append((callback.event, threading.current_thread()))

    class Object:
        async def __call__(self, callback: Callback) -> None:
            await handle(callback)

    for handler in (handle, Object(), functools.partial(handle)):
        assert asyncio.run(Endpoint(handler, CURRENT).receive_async(BODY, HEADERS)).status == 200
    assert taken == [("evaluation.completed", threading.main_thread())] * 3


def test_async_handler_that_is_cancelled_gets_the_callback_again() -> None:
    taken: list[Callback] = []

    async def main() -> None:
        started = asyncio.Event()

        async def handle(callback: Callback) -> None:
            if not started.is_set():
                started.set()
                await asyncio.Event().wait()
            taken.append(callback)

        endpoint = Endpoint(handle, CURRENT)
        task = asyncio.create_task(endpoint.receive_async(BODY, HEADERS))
        await started.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert (await endpoint.receive_async(BODY, HEADERS)).status == 200

    asyncio.run(main())
    assert len(taken) == 1


def test_coroutine_function_without_a_loop_gets_500(caplog: pytest.LogCaptureFixture) -> None:
    async def handle(callback: Callback) -> None: ...

    endpoint = Endpoint(handle, CURRENT)
    assert endpoint.is_async and endpoint.receive(BODY, HEADERS).status == 500
    assert "to asgi() or receive_async()" in caplog.text


def test_cancelled_task_leaves_no_callback_half_handled() -> None:
    handled = threading.Event()
    release = threading.Event()

    def handle(callback: Callback) -> None:
        handled.set()
        release.wait(20)

    async def main() -> None:
        endpoint = Endpoint(handle, CURRENT)
        task = asyncio.create_task(endpoint.receive_async(BODY, HEADERS))
        await asyncio.to_thread(handled.wait, 20)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert (await endpoint.receive_async(BODY, HEADERS)).status == 503, "the thread goes on"
        release.set()
        while (await endpoint.receive_async(BODY, HEADERS)).status == 503:
            await asyncio.sleep(0)

    asyncio.run(main())


def test_receiver_is_called_without_a_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asyncio, "to_thread", lambda *arguments: pytest.fail("a thread was used"))
    assert asyncio.run(Endpoint(Receiver(), CURRENT).receive_async(BODY, HEADERS)).status == 200


def test_async_handler_with_a_blocking_deduplicator_is_called_once(tmp_path: Path) -> None:
    taken: list[Callback] = []

    async def handle(callback: Callback) -> None:
        taken.append(callback)

    endpoint = Endpoint(handle, CURRENT, deduplicator=SQLiteDeduplicator(tmp_path / "callbacks.sqlite"))
    assert [asyncio.run(endpoint.receive_async(BODY, HEADERS)).text for _ in range(2)] == ["handled", "handled before"]
    assert len(taken) == 1


def test_event_loop_calls_a_sync_handler_in_a_thread() -> None:
    handler = Handler()
    asyncio.run(Endpoint(handler, CURRENT).receive_async(BODY, HEADERS))
    assert handler.threads != [threading.main_thread()]


@pytest.mark.parametrize(
    ("handler", "secrets", "message"),
    [
        (CURRENT, Handler(), "^handler must be a function that takes a Callback, not str"),
        (Handler(), [], "the list of secrets is empty"),
        (Handler(), None, "pass a str or a list of str, not None"),
        (Handler(), "", "is empty"),
    ],
)
def test_unusable_argument_is_refused_at_the_start(handler: Any, secrets: Any, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        Endpoint(handler, secrets)


def test_repr_shows_no_secret() -> None:
    assert repr(Endpoint(Receiver(), CURRENT)) == "Endpoint(max_body=1048576)"


def test_signature_of_absent_header_is_none() -> None:
    assert signature_of({"host": "a"}) is None
    assert signature_of([("Runflow-Signature", "a"), ("runflow-signature", "b")]) == "a, b"


def test_flood_of_forged_callbacks_is_one_warning(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 5.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    caplog.set_level(logging.DEBUG, "runflow_client.callbacks")
    endpoint = Endpoint(Handler(), CURRENT)
    for _ in range(3):
        endpoint.receive(BODY, {})
    now = 15.0
    endpoint.receive(BODY, {})
    levels = [record.levelno for record in caplog.records]
    assert levels == [logging.WARNING, logging.DEBUG, logging.DEBUG, logging.WARNING]
