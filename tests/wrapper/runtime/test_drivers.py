"""Each step of a flow is done, in a thread or in a task, and what goes wrong reaches the flow or its caller as it should."""

from __future__ import annotations

import asyncio
import contextvars
import io
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


class Line:
    """Stands in for a transport of either kind: answers, or raises, what the test gives it."""

    def __init__(self, reply: Any) -> None:
        self.reply = reply
        self.sent: list[tuple[HTTPRequest, float | None]] = []

    def answer(self, request: HTTPRequest, deadline: float | None) -> Any:
        self.sent.append((request, deadline))
        if isinstance(self.reply, BaseException):
            raise self.reply
        return self.reply


class SyncLine:
    def __init__(self, line: Line) -> None:
        self.send = line.answer

    def close(self) -> None: ...


class AsyncLine:
    def __init__(self, line: Line) -> None:
        self.line = line

    async def send(self, request: HTTPRequest, deadline: float | None) -> Any:
        return self.line.answer(request, deadline)

    async def aclose(self) -> None: ...


class Still(SystemClock):
    """A clock that only writes down how long it was to sleep."""

    def __init__(self) -> None:
        self.slept: list[tuple[str, float]] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(("thread", seconds))

    async def sleep_async(self, seconds: float) -> None:
        self.slept.append(("task", seconds))


Run = Callable[..., Any]


def in_thread(flow: Flow[Any], line: Line, clock: Still, closed: bool = False) -> Any:
    driver = SyncDriver(CONFIGURATION, SyncLine(line), clock)
    driver.closed = closed
    return driver.run(flow)


def in_task(flow: Flow[Any], line: Line, clock: Still, closed: bool = False) -> Any:
    async def main() -> Any:
        driver = AsyncDriver(CONFIGURATION, AsyncLine(line), clock)
        driver.closed = closed
        return await driver.run(flow)

    return asyncio.run(main())


both = pytest.mark.parametrize("run", [in_thread, in_task])


def asking(*steps: Any) -> Flow[list[StepResult]]:
    answers = []
    for step in steps:
        answers.append((yield step))
    return answers


@both
def test_every_step_is_done_and_answered(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "a.dat"
    path.write_bytes(PNG)
    seen: list[Any] = []
    evaluation = Evaluation(id="e-1")
    line, clock = Line(DONE), Still()
    answers = run(
        asking(
            Send(Request("GET", "/v1/x"), 17.0),
            Sleep(2.5),
            Load("https://a.example/x.png", "image"),
            Load(PNG, "image"),
            Open(path, "source", "b.png", "image/png"),
            Report(seen.append, evaluation),
        ),
        line,
        clock,
    )
    assert answers[0] is DONE
    assert answers[1:4] == [None, "https://a.example/x.png", "data:image/png;base64,iVBORw0KGgo="]
    assert isinstance(answers[4], Upload)
    assert (answers[4].filename, answers[4].media_type, answers[4].argument) == ("b.png", "image/png", "source")
    assert len(answers[4].digest) == 64
    answers[4].close()
    assert answers[5] is None
    assert seen == [evaluation]
    assert clock.slept == [("thread" if run is in_thread else "task", 2.5)]
    ((request, deadline),) = line.sent
    assert (request.url, deadline) == ("https://api.example/v1/x", 17.0)
    assert ("Authorization", "Bearer rf_hidden") in request.headers


@both
def test_what_cannot_be_loaded_is_named_as_the_caller_calls_it(run: Run) -> None:
    for step, argument in (
        (Load(b"text", "image"), "image"),
        (Load("a.png", "reference_images[2].image"), "reference_images[2].image"),
        (Open(PNG, "source", None, "text/plain"), "mime_type"),
        (Open(b"", "source", None, None), "source"),
    ):
        with pytest.raises(errors.InvalidRequestError) as caught:
            run(asking(step), Line(DONE), Still())
        assert caught.value.argument == argument


@both
def test_a_plain_os_error_of_a_transport_is_a_lost_answer_without_the_key(run: Run) -> None:
    (answer,) = run(asking(Send(Request("GET", "/"), None)), Line(OSError("rf_hidden " + "x " * 300)), Still())
    assert isinstance(answer, RequestFailure)
    assert (answer.kind, answer.may_have_been_received) == (FailureKind.BROKEN, True)
    assert answer.reason.startswith("OSError: [secret cut] x x")
    assert len(answer.reason) == 300


@both
def test_a_loss_that_a_transport_tells_is_passed_on_without_the_key(run: Run) -> None:
    told = RequestFailure(FailureKind.TIMEOUT, "after rf_hidden", False)
    (answer,) = run(asking(Send(Request("GET", "/"), None)), Line(told), Still())
    assert answer == RequestFailure(FailureKind.TIMEOUT, "after [secret cut]", False)


@both
def test_what_the_making_of_a_body_raised_is_raised_itself(run: Run) -> None:
    problem = ValueError("the caller's own")
    with pytest.raises(ValueError, match="the caller's own") as caught:
        run(asking(Send(Request("PUT", "/"), None)), Line(BodyFailedError(problem)), Still())
    assert caught.value is problem
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


@both
@pytest.mark.parametrize("kind", [KeyboardInterrupt, RuntimeError, SystemExit])
def test_an_interruption_inside_a_request_shows_no_frame_that_holds_the_key(run: Run, kind: Any) -> None:
    interruption = kind("stop")
    interruption.__cause__ = interruption.__context__ = OSError("rf_hidden")
    with pytest.raises(kind) as caught:
        run(asking(Send(Request("GET", "/"), None)), Line(interruption), Still())
    assert caught.value is interruption
    assert interruption.__cause__ is interruption.__context__ is None
    frames = [frame.f_code.co_name for frame, _ in traceback.walk_tb(interruption.__traceback__)]
    assert "answer" not in frames


@both
def test_a_flow_has_its_say_when_it_is_interrupted(run: Run) -> None:
    said: list[BaseException] = []

    def flow() -> Flow[None]:
        try:
            yield Sleep(1)
            yield Send(Request("GET", "/"), None)
        except KeyboardInterrupt as interruption:
            said.append(interruption)
            interruption.add_note("go on under the key")
            raise

    with pytest.raises(KeyboardInterrupt) as caught:
        run(flow(), Line(KeyboardInterrupt()), Still())
    assert said == [caught.value]
    assert caught.value.__notes__ == ["go on under the key"]


@both
def test_what_a_flow_raises_is_raised_once(run: Run) -> None:
    def flow() -> Flow[None]:
        yield Sleep(1)
        raise errors.DecodeError("odd")

    with pytest.raises(errors.DecodeError, match="odd"):
        run(flow(), Line(DONE), Still())


@both
def test_a_closed_client_starts_no_flow(run: Run) -> None:
    flow = asking(Sleep(1))
    line, clock = Line(DONE), Still()
    with pytest.raises(errors.ConfigurationError, match="this client is closed"):
        run(flow, line, clock, closed=True)
    assert (line.sent, clock.slept) == ([], [])
    with pytest.raises(StopIteration):
        next(flow)


def test_a_coroutine_function_is_awaited_as_a_callback() -> None:
    seen: list[Any] = []

    async def look(evaluation: Evaluation) -> None:
        await asyncio.sleep(0)
        seen.append(evaluation.id)

    in_task(asking(Report(look, Evaluation(id="e-1"))), Line(DONE), Still())
    assert seen == ["e-1"]


def test_a_file_that_a_thread_opens_for_a_cancelled_task_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
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
        driver = AsyncDriver(CONFIGURATION, AsyncLine(Line(DONE)), Still())
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
def test_a_flow_that_would_go_on_after_an_interruption_is_left(run: Run) -> None:
    def flow() -> Flow[None]:
        try:
            yield Send(Request("GET", "/"), None)
        except KeyboardInterrupt:
            yield Sleep(1)

    clock = Still()
    with pytest.raises(KeyboardInterrupt):
        run(flow(), Line(KeyboardInterrupt()), clock)
    assert clock.slept == []


@pytest.mark.parametrize("outcome", ["a text", OSError("gone")])
def test_a_load_that_opened_nothing_for_a_cancelled_task_does_no_harm(
    outcome: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = threading.Event()
    complaints: list[Any] = []

    def slow(*arguments: Any) -> Any:
        assert go_on.wait(10)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    monkeypatch.setattr(images, "load", slow)

    async def main() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: complaints.append(context))
        driver = AsyncDriver(CONFIGURATION, AsyncLine(Line(DONE)), Still())
        task = asyncio.create_task(driver.run(asking(Load(PNG, "image"))))
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        go_on.set()
        await asyncio.get_running_loop().shutdown_default_executor()
        await asyncio.sleep(0)

    asyncio.run(main())
    assert complaints == []


def test_a_transport_that_was_closed_sends_nothing() -> None:
    request = HTTPRequest("GET", "http://127.0.0.1:1/", [], None)
    transport = ConnectionTransport(SystemClock())
    transport.close()
    with pytest.raises(errors.ConfigurationError, match="closed"):
        transport.send(request, None)

    async def main() -> None:
        transport = AsyncConnectionTransport(SystemClock())
        await transport.aclose()
        await transport.send(request, None)

    with pytest.raises(errors.ConfigurationError, match="closed"):
        asyncio.run(main())


def test_a_file_is_read_in_the_callers_own_context() -> None:
    variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="")
    seen: list[str] = []

    class Looking(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            seen.append(variable.get())
            return super().read(size)

    variable.set("the caller's")
    in_task(asking(Load(Looking(PNG), "image")), Line(DONE), Still())
    assert set(seen) == {"the caller's"}
