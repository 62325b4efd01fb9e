"""Runs flows in the caller's thread."""

from __future__ import annotations

import math
from typing import TypeVar

from ..flows.base.steps import Flow, Load, Open, RequestFailure, Response, Send, Sleep, Step, StepResult
from .clock import Clock
from .configuration import Configuration
from .files import images, uploads
from .transport.bodies import BodyFailedError
from .transport.failures import closed_error, failure_from, is_network_error, redacted
from .transport.interfaces import Transport
from .transport.requests import http_request

T = TypeVar("T")


class SyncDriver:
    """Does a flow's steps, one after the other.

    Args:
        configuration: what is sent with every request.
        transport: sends it.
        clock: lets time pass.
    """

    takes_coroutines = False

    def __init__(self, configuration: Configuration, transport: Transport, clock: Clock) -> None:
        self.configuration = configuration
        self.transport = transport
        self.clock = clock
        self.closed = False

    def run(self, flow: Flow[T]) -> T:
        """Run a flow to its end and return what it returns, or raise what it raises."""
        if self.closed:
            flow.close()
            raise closed_error()
        try:
            step = next(flow)
            while True:
                step = flow.send(self._do(step))
        except StopIteration as end:
            result: T = end.value
            return result
        except BaseException as interruption:
            # Whether it came in a step or between two of them, the flow has its say; a flow that has ended only lets it pass.
            flow.throw(interruption)
            raise

    def _do(self, step: Step) -> StepResult:
        match step:
            case Send():
                return self._send(step)
            case Sleep(seconds):
                self.clock.sleep(seconds)
            case Load(source, argument):
                return images.load(source, argument)
            case Open(source, argument, filename, media_type):
                return uploads.open_to_send(source, argument, filename, media_type)
            case _:
                step.on_update(step.evaluation)
        return None

    def _send(self, step: Send) -> Response | RequestFailure:
        try:
            answer = self.transport.send(
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
