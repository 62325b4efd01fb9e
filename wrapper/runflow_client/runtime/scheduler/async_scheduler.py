"""Performs the steps of many flows in tasks of asyncio, one for each step in progress; a flow that sleeps has none."""

from __future__ import annotations

import asyncio
import math
from typing import Generic, TypeVar

from ...flows.base.steps import Step
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
        flows.on_wake = self._wake_from_thread

    def start_steps(self) -> None:
        """Start the steps that can be performed, without waiting for one."""
        while (following := self._flows.next_step()) is not None:
            task = asyncio.create_task(self._finish(*following))
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
        self._flows.close()

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
