"""Defects that the property tests found, each with a minimal example."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from fault_injection import KEY, TASK, large_picture, small_picture
from player import Player, keys_of, response

from runflow_client import Evaluation, PollPolicy, RetryPolicy, errors
from runflow_client.flows import evaluations as flows
from runflow_client.flows import polling as waiting
from runflow_client.flows import submitting
from runflow_client.models.evaluation_request import EvaluationRequest
from runflow_client.runtime.async_driver import AsyncDriver
from runflow_client.runtime.files import uploads
from runflow_client.runtime.sync_driver import SyncDriver
from runflow_client.sandbox import Sandbox, faults

ID = "0193f0a0-0000-7000-8000-000000000001"
ONCE = RetryPolicy(attempts=1)


def submission(picture: Any = "https://example.com/a.png") -> EvaluationRequest:
    return EvaluationRequest(image=picture, task_type=TASK, idempotency_key="mine")


@pytest.mark.parametrize("odd", [None, "", 5])
def test_submit_response_without_id_raises_error_with_request_id(odd: Any) -> None:
    player = Player([response(202, {"id": odd}, x_request_id="req-7")])
    with pytest.raises(errors.DecodeError) as caught:
        player.run(submitting.submit(player.context, submission()))
    assert (caught.value.request_id, caught.value.idempotency_key) == ("req-7", "mine")


def test_unusable_evaluation_id_raises_error_with_request_id() -> None:
    player = Player([response(202, {"id": "0"}, x_request_id="req-6")])
    options: Any = {"timeout": 5.0, "poll": PollPolicy(), "on_update": None}
    with pytest.raises(errors.DecodeError) as caught:
        player.run(flows.evaluate(player.context, submission(), **options))
    assert (caught.value.request_id, caught.value.evaluation_id) == ("req-6", "0")


def test_invalid_upload_session_raises_error_with_request_id() -> None:
    player = Player([response(201, {"upload_url": "http://elsewhere.example"}, x_request_id="req-8")])
    with pytest.raises(errors.DecodeError) as caught:
        player.run(submitting.submit(player.context, submission(large_picture())))
    assert (caught.value.request_id, caught.value.idempotency_key) == ("req-8", "mine")


@pytest.mark.parametrize("odd", ["../x", "", "a b", "\ud800", 5, None])
def test_unusable_asset_id_raises_decode_error_with_request_id(odd: Any) -> None:
    sandbox = Sandbox()
    sandbox.faults.on("POST", "/v1/asset-uploads", faults.show(asset_id=odd), faults.show(asset_id=odd))
    with sandbox.client() as client:
        for upload in (client.assets.upload, lambda picture: client.evaluations.submit(picture, TASK)):
            with pytest.raises(errors.DecodeError, match="the upload session cannot be used") as caught:
                upload(large_picture())
            assert caught.value.request_id and caught.value.idempotency_key
    assert all(request.method == "POST" for request in sandbox.requests), "no request went to storage"


def test_storage_error_carries_request_id() -> None:
    sandbox = Sandbox()
    sandbox.faults.on("PUT", "*", faults.refuse(418, headers={"X-Request-Id": "req-9"}))
    with sandbox.client() as client, pytest.raises(errors.APIError, match="storage responded with 418") as caught:
        client.evaluations.submit(large_picture(), TASK)
    assert caught.value.request_id == "req-9"


def test_confirmed_asset_keeps_id_missing_from_response() -> None:
    sandbox = Sandbox()
    sandbox.faults.on("POST", "/v1/asset-uploads/*", faults.show(id=None))
    with sandbox.client() as client:
        asset = client.assets.upload(large_picture())
        assert client.assets.get(asset.id).ref == asset.ref


@pytest.mark.parametrize("odd", [5, "", None, ["x"]])
def test_poll_response_with_invalid_id_keeps_evaluation_id(odd: Any) -> None:
    player = Player([response(200, {"id": odd, "status_code": "running"})])
    with pytest.raises(errors.WaitTimeoutError) as caught:
        player.run(
            flows.wait(player.context, Evaluation(id=ID), timeout=5.0, poll=PollPolicy(first=1.0), on_update=None)
        )
    assert caught.value.evaluation_id == caught.value.evaluation.id == ID


@pytest.mark.parametrize(
    "last",
    [
        response(503, x_request_id="req-5"),
        response(200, {"id": KEY}, x_request_id="req-5"),
        response(200, x_request_id="req-5"),
    ],
)
def test_wait_timeout_after_failed_poll_carries_its_request_id(last: Any) -> None:
    player = Player([response(200, {"id": ID, "status_code": "running"}, x_request_id="req-4"), last])
    with pytest.raises(errors.WaitTimeoutError) as caught:
        player.run(flows.wait(player.context, ID, timeout=20.0, poll=PollPolicy(), on_update=None))
    assert (caught.value.request_id, caught.value.evaluation.status_code) == ("req-5", "running")


class Interrupts(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        raise KeyboardInterrupt


@pytest.mark.parametrize("method", ["submit", "evaluate"])
def test_ctrl_c_during_submit_logging_notes_evaluation(method: str) -> None:
    log, handler = logging.getLogger("runflow_client"), Interrupts()
    level = log.level
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    sandbox = Sandbox()
    try:
        with sandbox.client() as client, pytest.raises(KeyboardInterrupt) as caught:
            getattr(client.evaluations, method)(small_picture(), TASK)
    finally:
        log.removeHandler(handler)
        log.setLevel(level)
    (accepted,) = [entry for entry in sandbox.requests if entry.method == "POST"]
    assert accepted.idempotency_key is not None
    assert "goes on at the server: call wait(" in "".join(caught.value.__notes__)


@pytest.mark.parametrize("status", ["running", "failed"])
def test_id_in_upper_case_response_keeps_requested_form(status: str) -> None:
    player = Player(
        [response(202, {"id": ID, "status_code": "pending"}), response(200, {"id": ID.upper(), "status_code": status})]
    )
    submission = EvaluationRequest(image="https://example.com/a.png", task_type="headshot")
    with pytest.raises(errors.RunflowError) as caught:
        player.run(flows.evaluate(player.context, submission, timeout=1.0, poll=PollPolicy(), on_update=None))
    assert caught.value.evaluation_id == ID


def test_ctrl_c_between_steps_is_thrown_into_flow() -> None:
    class Flow:
        """A flow whose driver is interrupted while it sends a step result."""

        thrown: BaseException | None = None

        def __next__(self) -> str:
            return "a step"

        def send(self, result: object) -> None:
            raise KeyboardInterrupt

        def throw(self, interruption: BaseException) -> None:
            self.thrown = interruption
            interruption.add_note("the flow's note")
            raise interruption

    flow: Any = Flow()
    driver: Any = SyncDriver.__new__(SyncDriver)
    driver.closed = False
    driver.perform = lambda step: None
    with pytest.raises(KeyboardInterrupt) as caught:
        driver.run(flow)
    assert flow.thrown is caught.value
    assert caught.value.__notes__ == ["the flow's note"]


def test_file_opened_for_cancelled_task_is_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "large.png"
    path.write_bytes(large_picture())
    opened: list[uploads.Upload] = []
    begun, go_on = threading.Event(), threading.Event()
    original = uploads.open_upload

    def slow(*arguments: Any, **options: Any) -> uploads.Upload:
        begun.set()
        assert go_on.wait(10)
        opened.append(original(*arguments, **options))
        return opened[0]

    monkeypatch.setattr("runflow_client.runtime.files.uploads.open_upload", slow)

    async def main() -> None:
        async with Sandbox().async_client() as client:
            task = asyncio.create_task(client.evaluations.submit(path, TASK))
            while not begun.is_set():
                await asyncio.sleep(0.001)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            go_on.set()

    asyncio.run(main())
    assert opened[0].file.closed


def test_failed_load_for_cancelled_task_reports_no_loop_exception(monkeypatch: pytest.MonkeyPatch) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def fails(*arguments: Any) -> str:
        begun.set()
        assert go_on.wait(10)
        raise OSError("gone")

    monkeypatch.setattr("runflow_client.runtime.files.images.load", fails)

    async def main() -> None:
        reported: list[Any] = []
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: reported.append(context))
        async with Sandbox().async_client() as client:
            task = asyncio.create_task(client.evaluations.submit(Path("some.png"), TASK))
            while not begun.is_set():
                await asyncio.sleep(0.001)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            go_on.set()
            await asyncio.get_running_loop().shutdown_default_executor()
        assert reported == []

    asyncio.run(main())


def test_unclaimed_upload_closes_file_with_last_reference(tmp_path: Path) -> None:
    path = tmp_path / "large.png"
    path.write_bytes(large_picture())
    upload = uploads.open_to_send(path, "image", None, None)
    file = upload.file
    del upload
    assert file.closed


def test_poll_state_repr_hides_response() -> None:
    state = waiting._PollState("running")
    state.keep({"generated_image_url": "https://x.example/?s3cr3t"}, b"https://x.example/?s3cr3t")
    assert "s3cr3t" not in repr(state)


def test_generated_key_is_same_on_every_attempt_and_error() -> None:
    player = Player([response(503)])
    with pytest.raises(errors.ServerError) as caught:
        player.run(
            submitting.submit(player.context, EvaluationRequest(image="https://example.com/a.png", task_type=TASK))
        )
    assert len(player.requests) == 5
    assert keys_of(player.requests) == {caught.value.idempotency_key}


def test_async_driver_throws_interruption_into_flow() -> None:
    def flow() -> Generator[Any, Any, None]:
        try:
            yield "a step"
        except KeyboardInterrupt as interruption:
            interruption.add_note("the flow's note")
            raise

    async def interrupted(step: object) -> None:
        raise KeyboardInterrupt

    driver: Any = AsyncDriver.__new__(AsyncDriver)
    driver.closed = False
    driver.perform = interrupted
    running = driver.run(flow())
    with pytest.raises(KeyboardInterrupt) as caught:
        running.send(None)
    assert caught.value.__notes__ == ["the flow's note"]
    assert KEY not in repr(caught.value)
