"""Runs flows in the caller's thread."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar, assert_never

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
    from .transport.interfaces import Transport

T = TypeVar("T")


class SyncDriver:
    """Performs the steps of flows.

    Args:
        configuration: the settings that are sent with every request.
        transport: sends requests.
        clock: reads the time and sleeps.
    """

    takes_coroutines = False
    """Whether callbacks may be coroutine functions."""

    def __init__(self, configuration: Configuration, transport: Transport, clock: Clock) -> None:
        self.configuration = configuration
        self.transport = transport
        self.clock = clock

    def share(self) -> SyncDriver:
        """Return a driver over the same connections, whose transport can be closed without this one."""
        return SyncDriver(self.configuration, self.transport.share(), self.clock)

    def run(self, flow: Flow[T]) -> T:
        """Run a flow to its end and return what it returns, or raise what it raises."""
        try:
            step = next(flow)
            while True:
                step = flow.send(self.perform(step))
        except StopIteration as end:  # raised by the flow itself: `perform` never raises StopIteration
            result: T = end.value
            return result
        except BaseException as error:
            # Throw into the flow so that it can annotate and clean up; a flow that has ended raises it unchanged.
            flow.throw(error)
            raise

    def perform(self, step: Step) -> StepResult:
        """Perform one step and return its outcome."""
        match step:
            case Send():
                return self._send(step)
            case Reserve(deadline):
                return self._reserve(deadline)
            case Sleep(seconds, signal):
                if signal is None:
                    self.clock.sleep(seconds)
                else:
                    self.clock.wait(signal, seconds)
            case Load(source, argument):
                from .files import images

                return images.load(source, argument)
            case Open(source, argument, filename, media_type):
                from .files import uploads

                return uploads.open_to_send(source, argument, filename, media_type)
            case Report(callback, shown, argument):
                try:
                    callback(shown)
                except (StopIteration, StopAsyncIteration) as stop:
                    raise callback_error(argument, stop) from stop
            case Checkpoint():
                pass  # only a batch has a journal, and it handles these itself
            case Record(start):
                return Recorded(start().result())
            case _:
                assert_never(step)
        return None

    def _reserve(self, deadline: float) -> ConnectionSlot | RequestFailure:
        slot = self.transport.slot(self.configuration.base_url, deadline)
        slot.take()
        if not slot.is_taken:
            return RequestFailure(FailureKind.TIMEOUT, "no connection was free in time", False, slot.origin)
        return slot

    def _send(self, step: Send) -> Response | RequestFailure:
        request = http_request(self.configuration, step.request)
        try:
            outcome = self.transport.send(request, step.deadline, step.attempt_timeout, step.slot)
        except OSError as error:
            if not is_network_error(error):
                raise
            outcome = failure_from(error)
        except BodyFailedError as failed:
            raise callback_error("on_progress", failed.cause) from None
        except BaseException as interruption:
            # The frames below hold the key, which a traceback that prints local variables must not show.
            interruption.__traceback__ = interruption.__context__ = interruption.__cause__ = None
            raise
        return complete_outcome(outcome, request, self.configuration)
