"""Both clients over real HTTP against the sandbox server, with injected faults."""

from __future__ import annotations

import asyncio
import io
import logging
import os
import signal
import threading
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from runflow_client import AsyncRunflow, Evaluation, PollPolicy, ReferenceImage, RetryPolicy, Runflow, Verdict, errors
from runflow_client.sandbox import Sandbox, SandboxServer, blurred_picture, faults, sharp_picture

FAST = PollPolicy(first=0.05, then=0.05, longest=0.1)
QUICK = RetryPolicy(first_pause=0.01, longest_pause=0.02)
KEY = "rf_sandbox_key"
Call = Callable[..., Any]


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    with SandboxServer(Sandbox(evaluation_seconds=0.2)) as running:
        yield running


def in_thread(url: str, method: str, *arguments: Any, **options: Any) -> Any:
    with Runflow(KEY, base_url=url, retries=QUICK) as client:
        return getattr(client.evaluations, method)(*arguments, **options)


def in_task(url: str, method: str, *arguments: Any, **options: Any) -> Any:
    async def main() -> Any:
        async with AsyncRunflow(KEY, base_url=url, retries=QUICK) as client:
            return await getattr(client.evaluations, method)(*arguments, **options)

    return asyncio.run(main())


both = pytest.mark.parametrize("call", [in_thread, in_task])


@both
def test_evaluate_returns_verdict_and_feedback_is_stored(call: Call, server: SandboxServer) -> None:
    good = call(server.url, "evaluate", sharp_picture(), "headshot", poll=FAST, client_ref="a")
    bad = call(server.url, "evaluate", io.BytesIO(blurred_picture()), "headshot", poll=FAST)
    assert (good.verdict, bad.verdict) == (Verdict.PASSED, Verdict.REJECTED)
    assert type(good) is Evaluation
    assert good.client_ref == "a"
    assert bad.issues
    rated = call(server.url, "set_feedback", bad.id, False, reason="blurred")
    assert (rated.feedback_is_positive, rated.feedback_reason) == (False, "blurred")
    assert call(server.url, "clear_feedback", bad.id).feedback_is_positive is None
    assert call(server.url, "get", good.id).verdict is Verdict.PASSED


@both
@pytest.mark.parametrize("fault", [faults.drop_before, faults.drop_after, faults.reply(503), faults.reply(520)])
def test_lost_submit_response_makes_one_evaluation_under_one_key(call: Call, server: SandboxServer, fault: Any) -> None:
    server.faults.extend([fault, fault])
    ended = call(server.url, "evaluate", sharp_picture(), "headshot", poll=FAST)
    assert ended.verdict is Verdict.PASSED
    assert server.sandbox.evaluations == 1
    assert len(server.sandbox.charges) == 1
    submits = [request for request in server.sandbox.requests if request.method == "POST"]
    assert len(submits) == 3
    assert len({request.idempotency_key for request in submits}) == 1


@both
def test_submit_with_key_of_error_makes_no_second_evaluation(call: Call, server: SandboxServer) -> None:
    server.faults.extend([faults.drop_after] * 5)
    with pytest.raises(errors.ConnectionFailedError) as caught:
        call(server.url, "submit", sharp_picture(), "headshot")
    assert caught.value.idempotency_key is not None
    pending = call(server.url, "submit", sharp_picture(), "headshot", idempotency_key=caught.value.idempotency_key)
    assert pending.status_code == "pending"
    assert server.sandbox.evaluations == 1


@both
def test_used_key_with_other_content_raises_conflict_error(call: Call, server: SandboxServer) -> None:
    call(server.url, "submit", sharp_picture(), "headshot", idempotency_key="mine")
    with pytest.raises(errors.ConflictError) as caught:
        call(server.url, "submit", sharp_picture(), "product", idempotency_key="mine")
    assert caught.value.code == "CONFLICT"
    assert server.sandbox.evaluations == 1


@both
@pytest.mark.parametrize(
    "fault",
    [
        faults.drop_before,
        faults.drop_after,
        faults.reply(500),
        faults.reply(502, {"content-type": "text/html"}, b"<html>Bad Gateway</html>"),
        faults.reply(520, {}, b""),
        faults.reply(200, {}, b""),
        faults.reply(200, {"content-type": "application/json"}, b'{"id": "x", "status_'),
        faults.reply(200, {"content-type": "application/json"}, b'{"status_code": "dreaming", "new": [1]}'),
        faults.reply(429, {"retry-after": "0.01"}),
        faults.reply(404),
    ],
)
def test_wait_tolerates_transient_failure(call: Call, server: SandboxServer, fault: Any) -> None:
    pending = call(server.url, "submit", sharp_picture(), "headshot")
    server.faults.append(fault)
    assert call(server.url, "wait", pending, poll=FAST).verdict is Verdict.PASSED


@both
@pytest.mark.parametrize("status", [302, 499])
def test_permanent_error_status_ends_wait(call: Call, server: SandboxServer, status: int) -> None:
    pending = call(server.url, "submit", sharp_picture(), "headshot")
    server.faults.append(faults.reply(status, {"location": "https://elsewhere.invalid/"}))
    with pytest.raises(errors.APIError) as caught:
        call(server.url, "wait", pending, poll=FAST)
    assert (caught.value.status, caught.value.evaluation_id) == (status, pending.id)


@both
def test_wait_deadline_interrupts_running_request(call: Call, server: SandboxServer) -> None:
    pending = call(server.url, "submit", sharp_picture(), "headshot")
    server.faults.extend([faults.delay(30)] * 3)
    with pytest.raises(errors.WaitTimeoutError) as caught:
        call(server.url, "wait", pending, timeout=0.4, poll=FAST)
    assert caught.value.evaluation_id == pending.id
    server.faults.clear()
    assert call(server.url, "wait", caught.value.evaluation, poll=FAST).verdict is Verdict.PASSED


@both
def test_invalid_image_content_fails_and_is_not_rejected(call: Call, server: SandboxServer) -> None:
    with pytest.raises(errors.EvaluationFailedError) as caught:
        call(server.url, "evaluate", b"\x89PNG\r\n\x1a\n" + b"junk" * 50, "headshot", poll=FAST)
    assert caught.value.evaluation.failure_code == "invalid_media"
    assert caught.value.evaluation.verdict is None


@both
def test_fifth_reference_image_is_rejected_before_sending(call: Call, server: SandboxServer) -> None:
    reference = ReferenceImage(sharp_picture(), kind="identity", description="her")
    assert call(server.url, "submit", sharp_picture(), "headshot", reference_images=[reference] * 4).id
    sent = len(server.sandbox.requests)
    with pytest.raises(errors.InvalidRequestError, match="reference_images.*4") as caught:
        call(server.url, "submit", sharp_picture(), "headshot", reference_images=[reference] * 5)
    assert caught.value.argument == "reference_images"
    assert len(server.sandbox.requests) == sent


@both
@pytest.mark.parametrize(
    ("argument", "limit"),
    [
        ("task_type", 100),
        ("task_description", 4_000),
        ("generation_prompt", 10_000),
        ("evaluation_instructions", 4_000),
        ("client_ref", 255),
        ("job_class", 50),
    ],
)
def test_text_over_limit_is_rejected_before_sending(
    call: Call, server: SandboxServer, argument: str, limit: int
) -> None:
    arguments: dict[str, Any] = {"task_type": "headshot", argument: "x" * (limit + 1)}
    with pytest.raises(errors.InvalidRequestError, match=argument) as caught:
        call(server.url, "submit", sharp_picture(), **arguments)
    assert caught.value.argument == argument
    assert server.sandbox.requests == []


@both
def test_wrong_api_key_raises_authentication_error(
    call: Call, server: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.sandbox.keys = ("rf_other",)
    with pytest.raises(errors.AuthenticationError, match="RUNFLOW_API_KEY") as caught:
        call(server.url, "submit", sharp_picture(), "headshot")
    assert caught.value.request_id


@pytest.fixture
def ctrl_c_enabled() -> Iterator[None]:
    """Restore Python's SIGINT handler: a shell starts background processes with SIGINT ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("ctrl_c_enabled")
def test_ctrl_c_during_wait_notes_id_and_leaves_client_usable(server: SandboxServer) -> None:
    with Runflow(KEY, base_url=server.url) as client:
        pending = client.evaluations.submit(sharp_picture(), "headshot")
        before = threading.active_count()
        timer = threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT))
        timer.start()
        with pytest.raises(KeyboardInterrupt) as caught:
            client.evaluations.wait(pending, poll=PollPolicy(first=30))
        timer.join()
        assert any(str(pending.id) in note for note in caught.value.__notes__)
        assert threading.active_count() == before
        assert client.evaluations.wait(str(pending.id), poll=FAST).verdict is Verdict.PASSED


@pytest.mark.usefixtures("ctrl_c_enabled")
def test_ctrl_c_during_request_hides_key_and_leaves_client_usable(server: SandboxServer) -> None:
    with Runflow(KEY, base_url=server.url) as client:
        pending = client.evaluations.submit(sharp_picture(), "headshot")
        server.faults.append(faults.delay(20))
        timer = threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT))
        timer.start()
        with pytest.raises(KeyboardInterrupt) as caught:
            client.evaluations.wait(str(pending.id))
        timer.join()
        assert any(str(pending.id) in note for note in caught.value.__notes__)
        told = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
        assert KEY not in without_this_test("".join(told.format()))
        assert client.evaluations.wait(str(pending.id), poll=FAST).verdict is Verdict.PASSED


@pytest.mark.parametrize("inside_a_request", [False, True])
def test_cancelled_task_notes_id_and_leaves_client_usable(server: SandboxServer, inside_a_request: bool) -> None:
    async def main() -> None:
        async with AsyncRunflow(KEY, base_url=server.url) as client:
            pending = await client.evaluations.submit(sharp_picture(), "headshot")
            if inside_a_request:
                server.faults.append(faults.delay(20))
            waiting = asyncio.create_task(
                client.evaluations.wait(str(pending.id), poll=PollPolicy(then=30, longest=30))
            )
            await asyncio.sleep(0.1)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError) as caught:
                await waiting
            assert any(str(pending.id) in note for note in caught.value.__notes__)
            told = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
            assert KEY not in without_this_test("".join(told.format()))
            assert (await client.evaluations.wait(str(pending.id), poll=FAST)).verdict is Verdict.PASSED
            assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(main())


def without_this_test(text: str) -> str:
    """Return a formatted traceback without the frames of this file, whose variables hold the keys of the server."""
    kept, mine = [], False
    for line in text.splitlines():
        if line.startswith("  File "):
            mine = __file__ in line
        if not mine:
            kept.append(line)
    return "\n".join(kept)


def test_exception_from_on_update_ends_call_and_notes_id(server: SandboxServer) -> None:
    def fails(evaluation: Evaluation) -> None:
        raise ZeroDivisionError

    with Runflow(KEY, base_url=server.url) as client, pytest.raises(ZeroDivisionError) as caught:
        client.evaluations.evaluate(sharp_picture(), "headshot", on_update=fails)
    assert "goes on at the server" in caught.value.__notes__[0]


def test_async_client_awaits_coroutine_callback(server: SandboxServer) -> None:
    seen: list[Any] = []

    async def remember(evaluation: Evaluation) -> None:
        await asyncio.sleep(0)
        seen.append(evaluation.status_code)

    in_task(server.url, "evaluate", sharp_picture(), "headshot", poll=FAST, on_update=remember)
    assert seen[0] == "pending"
    assert seen[-1] == "completed"


@both
def test_api_key_is_in_no_repr_log_message_or_traceback(
    call: Call, server: SandboxServer, caplog: pytest.LogCaptureFixture
) -> None:
    echo = (
        b'{"code": "BAD", "message": "your key %s and data:image/png;base64,AAAABBBB and https://x.example/a?sig=abc"}'
    )
    with caplog.at_level(logging.DEBUG):
        call(server.url, "evaluate", sharp_picture(), "headshot", poll=FAST)
        server.faults.append(faults.reply(403, {}, echo % KEY.encode()))
        with pytest.raises(errors.PermissionDeniedError) as caught:
            call(server.url, "submit", sharp_picture(), "headshot")
    error = caught.value
    told = traceback.TracebackException.from_exception(error, capture_locals=True)
    texts = [caplog.text, str(error), repr(error), repr(error.body), error.message, "".join(told.format())]
    texts = [without_this_test(text) for text in texts]
    for text in texts:
        assert KEY not in text
        assert "AAAABBBB" not in text
        assert "sig=abc" not in text
    ours = [record for record in caplog.records if record.name.startswith("runflow_client")]
    assert [record.levelname for record in ours if "submitted evaluation" in record.message] == ["INFO"]
    assert not [record for record in caplog.records if record.name == "httpx"]
