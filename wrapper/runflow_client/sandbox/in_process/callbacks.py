"""Sends the callbacks of a sandbox inside the process, when they are due on its virtual clock."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from ..service.callbacks.outbox import Delivery
from ..service.service import Service
from .clock import VirtualClock

Send = Callable[[Delivery], int | Awaitable[int]]


class CallbackTimer:
    """Sends each callback when the clock comes to the time at which it is due.

    Args:
        service: plans the callbacks, and is told of the outcome of each.
        clock: calls this object.
        send: sends one callback, and returns the status of the response; an `OSError` means that there was none.
    """

    def __init__(self, service: Service, clock: VirtualClock, send: Send) -> None:
        self._service = service
        self._clock = clock
        self._send = send
        self._planned: set[float] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        service.listeners.add(self._plan)
        self._plan()

    def stop(self) -> None:
        """Send no more."""
        self._service.listeners.discard(self._plan)

    def _plan(self) -> None:
        """Ask the clock to be called when the next evaluation ends or the next callback is due."""
        times = [time for time in (self._service.next_end, self._service.next_callback) if time is not None]
        if times and min(times) not in self._planned:
            self._planned.add(min(times))
            self._clock.call_at(min(times), lambda: self._send_due(min(times)))

    def _send_due(self, planned: float) -> None:
        self._planned.discard(planned)
        if self._plan not in self._service.listeners:
            return
        for delivery in self._service.take_callbacks(self._clock.now()):
            self._attempt(delivery)
        self._plan()

    def _attempt(self, delivery: Delivery) -> None:
        try:
            status: Any = self._send(delivery)
        except OSError as error:
            self._record(replace(delivery, problem=type(error).__name__))
            return
        if inspect.isawaitable(status):
            task = asyncio.ensure_future(self._finish(delivery, status))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        else:
            self._record(replace(delivery, status=status))

    async def _finish(self, delivery: Delivery, sending: Awaitable[int]) -> None:
        # Without `clock.hold()`: the receiver may sleep on the clock, as when it gets the evaluation.
        try:
            ended = replace(delivery, status=await sending)
        except OSError as error:
            ended = replace(delivery, problem=type(error).__name__)
        self._record(ended)

    def _record(self, ended: Delivery) -> None:
        self._service.record_callback(ended, self._clock.now())
