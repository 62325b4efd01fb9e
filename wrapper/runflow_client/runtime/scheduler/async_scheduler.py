"""Performs the steps of many flows in tasks of asyncio, one for each step in progress; a flow that sleeps has none."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from concurrent.futures import Future
from contextlib import ExitStack
from typing import Any, Generic, TypeVar

from ...flows.base.steps import Record, Recorded, Step
from ..async_driver import AsyncDriver
from ..clock import call_in_loop
from .flow_queue import FlowQueue, Job

K = TypeVar("K")
T = TypeVar("T")


class AsyncScheduler(Generic[K, T]):
    """Advances the flows of a queue, while `advance` is awaited.

    Args:
        driver: performs steps.
        flows: the flows.
    """

    def __init__(self, driver: AsyncDriver, flows: FlowQueue[K, T]) -> None:
        self._driver = driver
        self._flows = flows
        self._tasks: set[asyncio.Task[None]] = set()
        self._timer: asyncio.Task[None] | None = None
        self._timer_end = math.inf
        self._waiter: asyncio.Future[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._recording = 0
        self._recorded: deque[tuple[Job[K, T], Future[Any]]] = deque()
        self._is_taking = False
        self._is_closed = False
        self._holds = ExitStack()
        flows.on_wake = self._wake_from_thread

    def start_steps(self) -> None:
        """Start the steps that can be performed, without waiting for one."""
        while (following := self._flows.next_step()) is not None:
            job, step = following
            if isinstance(step, Record):
                self._start_record(job, step)
                continue
            task = asyncio.create_task(self._finish(job, step))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def advance(self) -> None:
        """Start the steps that can be performed, and wait until a step or a sleep ends, or `wake` is called."""
        self._loop = asyncio.get_running_loop()
        self.start_steps()
        if self._flows.ended:
            return
        self._set_timer(self._flows.wakes_at())
        self._waiter = self._loop.create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def wake(self) -> None:
        """End the wait of `advance`."""
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _wake_from_thread(self) -> None:
        """End the wait of `advance` from any thread; a wait that begins later finds the flow that was woken."""
        if self._loop is not None:
            call_in_loop(self._loop, self.wake)

    async def aclose(self) -> None:
        """Cancel the steps in progress, wait until they have ended, and close the flows."""
        tasks = [*self._tasks, *([] if self._timer is None else [self._timer])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._timer = None
        self._is_closed = True
        self._holds.close()
        self._flows.close()

    def _start_record(self, job: Job[K, T], step: Record) -> None:
        """Hand a call to the journal's thread, without a task of its own: most of them end together, by one commit."""
        loop = asyncio.get_running_loop()
        if not self._recording:
            self._holds.enter_context(self._driver.clock.hold())
        self._recording += 1

        def ended(future: Future[Any]) -> None:  # called in the journal's thread
            self._recorded.append((job, future))
            if not self._is_taking:
                self._is_taking = True
                call_in_loop(loop, self._take_recorded)

        step.start().add_done_callback(ended)

    def _take_recorded(self) -> None:
        """Hand the outcomes of the journal's calls to the queue."""
        self._is_taking = False  # before the first is taken, so that none is left when this has ended
        while self._recorded and not self._is_closed:
            job, future = self._recorded.popleft()
            self._recording -= 1
            error = future.exception()
            self._flows.performed(job, None if error is not None else Recorded(future.result()), error)
        if not self._recording:
            self._holds.close()
        self.wake()

    async def _finish(self, job: Job[K, T], step: Step) -> None:
        """Perform a step and hand its outcome to the queue, whatever it is."""
        try:
            result, error = await self._driver.perform(step), None
        except Exception as problem:
            result, error = None, problem
        self._flows.performed(job, result, error)
        self.wake()

    def _set_timer(self, end: float) -> None:
        """Be woken at this time; a timer that ends earlier does no harm."""
        if self._timer is not None and not self._timer.done():
            if self._timer_end <= end:
                return
            self._timer.cancel()
        if end != math.inf:
            self._timer_end = end
            self._timer = asyncio.create_task(self._sleep(end))

    async def _sleep(self, end: float) -> None:
        await self._driver.clock.sleep_async(end - self._flows.time())
        self.wake()
