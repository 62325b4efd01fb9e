"""Runs flows in the caller's asyncio task."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from typing import Any, TypeVar

from .. import images, uploads
from ..configuration import Configuration
from ..flows.steps import Answer, Flow, Load, NoAnswer, Open, Report, Response, Send, Sleep, Step
from .clock import Clock
from .wire import AsyncTransport, BodyFailedError, closed_error, lost, scrubbed, wire_request

T = TypeVar("T")


class AsyncDriver:
    """Does a flow's steps, one after the other.

    Args:
        configuration: what is sent with every request.
        transport: sends it.
        clock: lets time pass.
    """

    def __init__(self, configuration: Configuration, transport: AsyncTransport, clock: Clock) -> None:
        self.configuration = configuration
        self.transport = transport
        self.clock = clock
        self.closed = False

    async def run(self, flow: Flow[T]) -> T:
        """Run a flow to its end and return what it returns, or raise what it raises."""
        if self.closed:
            flow.close()
            raise closed_error()
        try:
            step = next(flow)
            while True:
                try:
                    answer = await self._do(step)
                except BaseException as interruption:
                    step = flow.throw(interruption)
                else:
                    step = flow.send(answer)
        except StopIteration as end:
            result: T = end.value
            return result

    async def _do(self, step: Step) -> Answer:
        match step:
            case Send():
                return await self._send(step)
            case Sleep(seconds):
                await self.clock.sleep_async(seconds)
            case Load(source, argument):
                if isinstance(source, str):
                    return images.load(source, argument)
                return await _in_thread(images.load, source, argument)
            case Open(source, argument, filename, media_type):
                return await _in_thread(uploads.open_to_send, source, argument, filename, media_type)
            case Report(on_update, evaluation):
                answer = on_update(evaluation)
                if inspect.isawaitable(answer):
                    await answer
        return None

    async def _send(self, step: Send) -> Response | NoAnswer:
        try:
            answer = await self.transport.exchange(wire_request(self.configuration, step.request), step.deadline)
        except OSError as error:
            answer = lost(error)
        except BodyFailedError as failed:
            raise failed.cause from None
        except BaseException as interruption:
            # The frames below hold the key; nobody who prints this traceback with its variables shall see it.
            interruption.__traceback__ = interruption.__context__ = interruption.__cause__ = None
            raise
        return scrubbed(answer, self.configuration)


async def _in_thread(function: Callable[..., str | uploads.Upload], *arguments: Any) -> str | uploads.Upload:
    """Call a function in a thread; a file that it has opened for a call that was cancelled meanwhile is closed."""
    work = asyncio.get_running_loop().run_in_executor(None, function, *arguments)
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        work.add_done_callback(_close_unused)
        raise


def _close_unused(work: asyncio.Future[str | uploads.Upload]) -> None:
    if not work.cancelled() and work.exception() is None:
        loaded = work.result()
        if isinstance(loaded, uploads.Upload):
            loaded.close()
