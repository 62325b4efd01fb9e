"""The drivers perform every step of a flow, and pass failures to the flow or its caller."""

from __future__ import annotations

import asyncio
import contextvars
import io
import math
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from runflow_client import Evaluation, errors
from runflow_client.flows.base.steps import (
    FailureKind,
    Flow,
    Load,
    Open,
    Report,
    Request,
    RequestFailure,
    Reserve,
    Response,
    Send,
    Sleep,
    StepResult,
)
from runflow_client.runtime.async_driver import AsyncDriver
from runflow_client.runtime.clock import SystemClock
from runflow_client.runtime.configuration import configure
from runflow_client.runtime.files import images, uploads
from runflow_client.runtime.files.uploads import Upload
from runflow_client.runtime.sync_driver import SyncDriver
from runflow_client.runtime.transport.bodies import BodyFailedError
from runflow_client.runtime.transport.connections.async_transport import AsyncConnectionTransport
from runflow_client.runtime.transport.connections.sync_transport import ConnectionTransport
from runflow_client.runtime.transport.requests import HTTPRequest

CONFIGURATION = configure("rf_hidden", None, "https://api.example", None, {})
PNG = b"\x89PNG\r\n\x1a\n"
DONE = Response(200, {}, b"{}")


class FakeTransport:
    """Replaces a transport: returns or raises what the test gives it."""

    def __init__(self, reply: Any) -> None:
        self.reply = reply
        self.sent: list[tuple[HTTPRequest, float, float]] = []

    def answer(self, request: HTTPRequest, deadline: float, attempt_timeout: float, slot: Any) -> Any:
        self.sent.append((request, deadline, attempt_timeout))
        if isinstance(self.reply, BaseException):
            raise self.reply
        return self.reply


class SyncTransport:
    def __init__(self, transport: FakeTransport) -> None:
        self.send = transport.answer

    def close(self) -> None: ...


class AsyncTransport:
    def __init__(self, transport: FakeTransport) -> None:
        self.transport = transport

    async def send(self, request: HTTPRequest, deadline: float, attempt_timeout: float, slot: Any) -> Any:
        return self.transport.answer(request, deadline, attempt_timeout, slot)

    async def aclose(self) -> None: ...


class RecordingClock(SystemClock):
    """A clock that records sleeps and does not sleep."""

    def __init__(self) -> None:
        self.slept: list[tuple[str, float]] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(("thread", seconds))

    async def sleep_async(self, seconds: float) -> None:
        self.slept.append(("task", seconds))


Run = Callable[..., Any]


def in_thread(flow: Flow[Any], transport: FakeTransport, clock: RecordingClock) -> Any:
    driver = SyncDriver(CONFIGURATION, SyncTransport(transport), clock)
    return driver.run(flow)


def in_task(flow: Flow[Any], transport: FakeTransport, clock: RecordingClock) -> Any:
    async def main() -> Any:
        driver = AsyncDriver(CONFIGURATION, AsyncTransport(transport), clock)
        return await driver.run(flow)

    return asyncio.run(main())


both = pytest.mark.parametrize("run", [in_thread, in_task])


def asking(*steps: Any) -> Flow[list[StepResult]]:
    answers = []
    for step in steps:
        answers.append((yield step))
    return answers


@both
def test_driver_performs_every_step_and_returns_its_result(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "a.dat"
    path.write_bytes(PNG)
    seen: list[Any] = []
    evaluation = Evaluation(id="e-1")
    transport, clock = FakeTransport(DONE), RecordingClock()
    answers = run(
        asking(
            Send(Request("some_operation", "GET", "/v1/x"), 17.0, 5.0),
            Sleep(2.5),
            Load("https://a.example/x.png", "image"),
            Load(PNG, "image"),
            Open(path, "source", "b.png", "image/png"),
            Report(seen.append, evaluation),
        ),
        transport,
        clock,
    )
    assert answers[0] is DONE
    assert answers[1:4] == [None, "https://a.example/x.png", "data:image/png;base64,iVBORw0KGgo="]
    assert isinstance(answers[4], Upload)
    assert (answers[4].filename, answers[4].media_type, answers[4].argument) == ("b.png", "image/png", "source")
    assert answers[4].read_at(0, 100) == PNG
    answers[4].close()
    assert answers[5] is None
    assert seen == [evaluation]
    assert clock.slept == [("thread" if run is in_thread else "task", 2.5)]
    ((request, *limits),) = transport.sent
    assert (request.url, limits) == ("https://api.example/v1/x", [17.0, 5.0])
    assert ("Authorization", "Bearer rf_hidden") in request.headers


@both
def test_load_error_names_callers_argument(run: Run) -> None:
    for step, argument in (
        (Load(b"text", "image"), "image"),
        (Load("a.png", "reference_images[2].image"), "reference_images[2].image"),
        (Open(PNG, "source", None, "text/plain"), "mime_type"),
        (Open(b"", "source", None, None), "source"),
    ):
        with pytest.raises(errors.InvalidRequestError) as caught:
            run(asking(step), FakeTransport(DONE), RecordingClock())
        assert caught.value.argument == argument


@both
def test_os_error_from_transport_becomes_redacted_request_failure(run: Run) -> None:
    (answer,) = run(
        asking(Send(Request("some_operation", "GET", "/"), math.inf)),
        FakeTransport(OSError("rf_hidden " + "x " * 300)),
        RecordingClock(),
    )
    assert isinstance(answer, RequestFailure)
    assert (answer.kind, answer.may_have_been_received) == (FailureKind.BROKEN, True)
    assert answer.reason.startswith("OSError: [secret cut] x x")
    assert len(answer.reason) == 300


@both
def test_timeout_error_of_signal_handler_passes_through(run: Run) -> None:
    flow = asking(Send(Request("some_operation", "GET", "/"), math.inf))
    with pytest.raises(TimeoutError, match="own alarm"):
        run(flow, FakeTransport(TimeoutError("the caller's own alarm")), RecordingClock())


@both
def test_request_failure_from_transport_is_redacted(run: Run) -> None:
    told = RequestFailure(FailureKind.TIMEOUT, "after rf_hidden", False)
    (answer,) = run(
        asking(Send(Request("some_operation", "GET", "/"), math.inf)), FakeTransport(told), RecordingClock()
    )
    assert answer == RequestFailure(FailureKind.TIMEOUT, "after [secret cut]", False, "https://api.example:443")


@both
def test_body_error_is_raised_unwrapped(run: Run) -> None:
    problem = ValueError("the caller's own")
    with pytest.raises(ValueError, match="the caller's own") as caught:
        run(
            asking(Send(Request("some_operation", "PUT", "/"), math.inf)),
            FakeTransport(BodyFailedError(problem)),
            RecordingClock(),
        )
    assert caught.value is problem
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


@both
@pytest.mark.parametrize("kind", [KeyboardInterrupt, RuntimeError, SystemExit])
def test_interruption_during_request_keeps_no_frame_with_key(run: Run, kind: Any) -> None:
    interruption = kind("stop")
    interruption.__cause__ = interruption.__context__ = OSError("rf_hidden")
    with pytest.raises(kind) as caught:
        run(
            asking(Send(Request("some_operation", "GET", "/"), math.inf)), FakeTransport(interruption), RecordingClock()
        )
    assert caught.value is interruption
    assert interruption.__cause__ is interruption.__context__ is None
    frames = [frame.f_code.co_name for frame, _ in traceback.walk_tb(interruption.__traceback__)]
    assert "answer" not in frames


@both
def test_interruption_is_thrown_into_flow(run: Run) -> None:
    caught_by_flow: list[BaseException] = []

    def flow() -> Flow[None]:
        try:
            yield Sleep(1)
            yield Send(Request("some_operation", "GET", "/"), math.inf)
        except KeyboardInterrupt as interruption:
            caught_by_flow.append(interruption)
            interruption.add_note("a note")
            raise

    with pytest.raises(KeyboardInterrupt) as caught:
        run(flow(), FakeTransport(KeyboardInterrupt()), RecordingClock())
    assert caught_by_flow == [caught.value]
    assert caught.value.__notes__ == ["a note"]


@both
def test_flow_exception_is_raised_once(run: Run) -> None:
    def flow() -> Flow[None]:
        yield Sleep(1)
        raise errors.DecodeError("odd")

    with pytest.raises(errors.DecodeError, match="odd"):
        run(flow(), FakeTransport(DONE), RecordingClock())


def test_coroutine_on_update_is_awaited() -> None:
    seen: list[Any] = []

    async def record(evaluation: Evaluation) -> None:
        await asyncio.sleep(0)
        seen.append(evaluation.id)

    in_task(asking(Report(record, Evaluation(id="e-1"))), FakeTransport(DONE), RecordingClock())
    assert seen == ["e-1"]


def test_file_opened_for_cancelled_task_is_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(PNG + bytes(2_000_000))
    opened: list[Upload] = []

    real = uploads.open_to_send
    go_on = threading.Event()

    def slow(*arguments: Any) -> Upload:
        assert go_on.wait(10)
        opened.append(real(*arguments))
        return opened[0]

    monkeypatch.setattr(uploads, "open_to_send", slow)

    async def main() -> None:
        driver = AsyncDriver(CONFIGURATION, AsyncTransport(FakeTransport(DONE)), RecordingClock())
        task = asyncio.create_task(driver.run(asking(Open(path, "source", None, None))))
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        go_on.set()
        async with asyncio.timeout(10):
            while not opened or not opened[0].file.closed:
                await asyncio.sleep(0.001)

    asyncio.run(main())
    assert opened[0].file.closed


@both
def test_flow_continuing_after_interruption_is_stopped(run: Run) -> None:
    def flow() -> Flow[None]:
        try:
            yield Send(Request("some_operation", "GET", "/"), math.inf)
        except KeyboardInterrupt:
            yield Sleep(1)

    clock = RecordingClock()
    with pytest.raises(KeyboardInterrupt):
        run(flow(), FakeTransport(KeyboardInterrupt()), clock)
    assert clock.slept == []


@pytest.mark.parametrize("outcome", ["a text", OSError("gone")])
def test_load_without_file_for_cancelled_task_is_ignored(outcome: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    go_on = threading.Event()
    reported: list[Any] = []

    def slow(*arguments: Any) -> Any:
        assert go_on.wait(10)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    monkeypatch.setattr(images, "load", slow)

    async def main() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: reported.append(context))
        driver = AsyncDriver(CONFIGURATION, AsyncTransport(FakeTransport(DONE)), RecordingClock())
        task = asyncio.create_task(driver.run(asking(Load(Path("some.png"), "image"))))
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        go_on.set()
        await asyncio.get_running_loop().shutdown_default_executor()
        await asyncio.sleep(0)

    asyncio.run(main())
    assert reported == []


def test_closed_transport_sends_nothing() -> None:
    request = HTTPRequest("GET", "http://127.0.0.1:1/", [], None)
    transport = ConnectionTransport(SystemClock())
    transport.close()
    with pytest.raises(errors.ConfigurationError, match="closed"):
        transport.send(request, math.inf)

    async def main() -> None:
        transport = AsyncConnectionTransport(SystemClock())
        await transport.aclose()
        await transport.send(request, math.inf)

    with pytest.raises(errors.ConfigurationError, match="closed"):
        asyncio.run(main())


def test_file_is_read_in_callers_context() -> None:
    variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="")
    seen: list[str] = []

    class Recording(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            seen.append(variable.get())
            return super().read(size)

    variable.set("the caller's")
    in_task(asking(Load(Recording(PNG), "image")), FakeTransport(DONE), RecordingClock())
    assert set(seen) == {"the caller's"}


def test_timeout_error_of_the_file_itself_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*arguments: Any) -> Any:
        raise TimeoutError("the file's own")

    monkeypatch.setattr(images, "load", fails)
    with pytest.raises(TimeoutError, match="the file's own"):
        in_task(asking(Load(Path("some.png"), "image")), FakeTransport(DONE), RecordingClock())


class FakeSlot:
    """A slot that is taken at once, or never."""

    origin = "https://api.example:443"

    def __init__(self, free: bool) -> None:
        self.is_taken = free

    def take(self) -> None: ...


class AsyncFakeSlot(FakeSlot):
    async def take(self) -> None: ...


@pytest.mark.parametrize("free", [True, False])
@both
def test_reserve_gives_slot_or_failure(run: Run, free: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    kinds = ((SyncTransport, FakeSlot), (AsyncTransport, AsyncFakeSlot))
    for transport, kind in kinds:
        monkeypatch.setattr(transport, "slot", lambda self, url, deadline, kind=kind: kind(free), raising=False)
    (outcome,) = run(asking(Reserve(17.0)), FakeTransport(DONE), RecordingClock())
    if free:
        assert isinstance(outcome, FakeSlot)
    else:
        assert outcome == RequestFailure(FailureKind.TIMEOUT, "no connection was free in time", False, FakeSlot.origin)
