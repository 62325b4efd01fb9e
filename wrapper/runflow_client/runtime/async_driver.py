"""Runs flows in the caller's asyncio task."""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import math
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, TypeVar, assert_never

from ..errors import ConfigurationError
from ..flows.base.steps import (
    Checkpoint,
    ConnectionSlot,
    FailureKind,
    Flow,
    Load,
    Open,
    Record,
    Recorded,
    Report,
    RequestFailure,
    Reserve,
    Response,
    Send,
    Sleep,
    Step,
    StepResult,
)
from .clock import Clock
from .configuration import Configuration
from .outcomes import callback_error, complete_outcome
from .transport.bodies import BodyFailedError
from .transport.failures import failure_from, is_network_error
from .transport.requests import http_request

if TYPE_CHECKING:
    from .files import uploads
    from .transport.interfaces import AsyncTransport

T = TypeVar("T")
LoadedT = TypeVar("LoadedT", bound="str | uploads.Upload")


class AsyncDriver:
    """Performs the steps of flows.

    Args:
        configuration: the settings that are sent with every request.
        transport: sends requests.
        clock: reads the time and sleeps.
    """

    takes_coroutines = True
    """Whether callbacks may be coroutine functions."""

    def __init__(self, configuration: Configuration, transport: AsyncTransport, clock: Clock) -> None:
        self.configuration = configuration
        self.transport = transport
        self.clock = clock

    async def run(self, flow: Flow[T]) -> T:
        """Run a flow to its end and return what it returns, or raise what it raises."""
        try:
            step = next(flow)
            while True:
                step = flow.send(await self.perform(step))
        except StopIteration as end:  # raised by the flow itself: `perform` never raises StopIteration
            result: T = end.value
            return result
        except BaseException as error:
            # Raised in the flow too, so that it can annotate the error and clean up; a flow that has ended raises it unchanged.
            flow.throw(error)
            raise

    async def perform(self, step: Step) -> StepResult:
        """Perform one step and return its outcome."""
        match step:
            case Send():
                return await self._send(step)
            case Reserve(deadline):
                return await self._reserve(deadline)
            case Sleep(seconds, signal):
                if signal is None:
                    await self.clock.sleep_async(seconds)
                else:
                    await self.clock.wait_async(signal, seconds)
            case Load(source, argument, deadline):
                from .files import images

                if isinstance(source, (str, bytes, bytearray, memoryview)):  # no thread is needed
                    return images.load(source, argument)
                return await self._load_in_thread(partial(images.load, source, argument), deadline)
            case Open(source, argument, filename, media_type, deadline):
                from .files import uploads

                work = partial(uploads.open_to_send, source, argument, filename, media_type)
                return await self._load_in_thread(work, deadline)
            case Report(callback, shown, argument):
                try:
                    returned = callback(shown)
                    if inspect.isawaitable(returned):
                        await returned
                except (StopIteration, StopAsyncIteration) as stop:
                    raise callback_error(argument, stop) from stop
            case Checkpoint():
                pass  # only a batch has a journal, and it handles these itself
            case Record(start):
                with self.clock.hold():
                    return Recorded(await asyncio.wrap_future(start()))
            case _:
                assert_never(step)
        return None

    async def _reserve(self, deadline: float) -> ConnectionSlot | RequestFailure:
        slot = self.transport.slot(self.configuration.base_url, deadline)
        await slot.take()
        if not slot.is_taken:
            return RequestFailure(FailureKind.TIMEOUT, "no connection was free in time", False, slot.origin)
        return slot

    async def _send(self, step: Send) -> Response | RequestFailure:
        request = http_request(self.configuration, step.request)
        try:
            outcome = await self.transport.send(request, step.deadline, step.attempt_timeout, step.slot)
        except OSError as error:
            if not is_network_error(error):
                raise
            outcome = failure_from(error)
        except BodyFailedError as failed:
            raise callback_error("on_progress", failed.cause) from None
        except BaseException as interruption:
            # The frames of the transport hold the API key, which a traceback that prints local variables must not show.
            interruption.__traceback__ = interruption.__context__ = interruption.__cause__ = None
            raise
        return complete_outcome(outcome, request, self.configuration)

    async def _load_in_thread(self, work: Callable[[], LoadedT], deadline: float) -> LoadedT | RequestFailure:
        """Read a file in a thread until the deadline; a file that the thread opens after that is closed."""
        try:
            loading = asyncio.get_running_loop().run_in_executor(None, partial(contextvars.copy_context().run, work))
        except RuntimeError as error:  # as after shutdown_default_executor()
            raise ConfigurationError(
                f"the file cannot be read, because the event loop's default executor takes no work ({error}); "
                "pass the image as bytes"
            ) from None
        left = None if deadline == math.inf else deadline - self.clock.now()
        try:
            async with asyncio.timeout(left):
                return await asyncio.shield(loading)
        except TimeoutError:
            if loading.done():  # the thread ended at the deadline, or reading raised this TimeoutError
                return loading.result()
            loading.add_done_callback(_close_late_file)
            return RequestFailure(FailureKind.TIMEOUT, "the file was not read in time", False)
        except asyncio.CancelledError:
            loading.add_done_callback(_close_late_file)
            raise


def _close_late_file(loading: asyncio.Future[LoadedT]) -> None:
    from .files import uploads

    if (
        not loading.cancelled()
        and loading.exception() is None
        and isinstance(upload := loading.result(), uploads.Upload)
    ):
        upload.close()
