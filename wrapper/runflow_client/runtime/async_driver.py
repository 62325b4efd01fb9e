"""Runs flows in the caller's asyncio task."""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import math
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from ..flows.base.steps import Flow, Load, Open, RequestFailure, Response, Send, Sleep, Step, StepResult
from .clock import Clock
from .configuration import Configuration
from .files import images, uploads
from .transport.bodies import BodyFailedError
from .transport.failures import closed_error, failure_from, is_network_error, redacted
from .transport.interfaces import AsyncTransport
from .transport.requests import http_request

T = TypeVar("T")


class AsyncDriver:
    """Does a flow's steps, one after the other.

    Args:
        configuration: what is sent with every request.
        transport: sends it.
        clock: lets time pass.
    """

    takes_coroutines = True

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
                step = flow.send(await self._do(step))
        except StopIteration as end:
            result: T = end.value
            return result
        except BaseException as interruption:
            # Whether it came in a step or between two of them, the flow has its say; a flow that has ended only lets it pass.
            flow.throw(interruption)
            raise

    async def _do(self, step: Step) -> StepResult:
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
            case _:
                answer = step.on_update(step.evaluation)
                if inspect.isawaitable(answer):
                    await answer
        return None

    async def _send(self, step: Send) -> Response | RequestFailure:
        try:
            answer = await self.transport.send(
                http_request(self.configuration, step.request), math.inf if step.deadline is None else step.deadline
            )
        except OSError as error:
            if not is_network_error(error):
                raise
            answer = failure_from(error)
        except BodyFailedError as failed:
            raise failed.cause from None
        except BaseException as interruption:
            # The frames below hold the key; nobody who prints this traceback with its variables shall see it.
            interruption.__traceback__ = interruption.__context__ = interruption.__cause__ = None
            raise
        return redacted(answer, self.configuration)


async def _in_thread(load: Callable[..., str | uploads.Upload], *arguments: object) -> str | uploads.Upload:
    """Read a file off the event loop; where the task is cancelled meanwhile, close what the thread opens all the same."""
    work = partial(contextvars.copy_context().run, partial(load, *arguments))
    loading = asyncio.get_running_loop().run_in_executor(None, work)
    try:
        return await asyncio.shield(loading)
    except asyncio.CancelledError:
        loading.add_done_callback(_close)
        raise


def _close(loading: asyncio.Future[str | uploads.Upload]) -> None:
    if (
        not loading.cancelled()
        and loading.exception() is None
        and isinstance(upload := loading.result(), uploads.Upload)
    ):
        upload.close()
