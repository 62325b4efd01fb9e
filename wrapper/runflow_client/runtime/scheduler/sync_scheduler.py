"""Performs the steps of many flows in a few threads; the flows themselves advance in the caller's thread."""

from __future__ import annotations

import math
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import Any, Generic, TypeVar

from ...flows.base.steps import Record, Recorded, Step, StepResult
from ..sync_driver import SyncDriver
from .flow_queue import FlowQueue, Job

K = TypeVar("K")
T = TypeVar("T")
_LONGEST_JOIN = 1.0
"""Seconds; a thread that resolves a name or reads a slow disk cannot be ended, and as a daemon holds up no exit."""


class Scheduler(Generic[K, T]):
    """Advances the flows of a queue, while `advance` runs. Threads are started as they are needed, one for each place at most.

    Args:
        driver: performs steps; its connections are shared, and `close` ends only the requests of this scheduler.
        flows: the flows.
    """

    def __init__(self, driver: SyncDriver, flows: FlowQueue[K, T]) -> None:
        self._driver = driver.share()
        self._flows = flows
        self._steps: queue.SimpleQueue[tuple[Job[K, T], Step] | None] = queue.SimpleQueue()
        self._results: queue.SimpleQueue[tuple[Job[K, T], StepResult, BaseException | None] | None] = (
            queue.SimpleQueue()
        )
        self._woken = _Woken()
        flows.on_wake = self.wake
        self._threads: list[threading.Thread] = []
        self._busy = 0
        self._recording: set[Job[K, T]] = set()

    def start_steps(self) -> None:
        """Start the steps that can be performed, without waiting for one."""
        while (following := self._flows.next_step()) is not None:
            job, step = following
            if isinstance(step, Record):  # needs no thread of this scheduler: the journal has its own
                self._recording.add(job)
                step.start().add_done_callback(partial(self._put_recorded, job))
                continue
            self._busy += 1
            if self._busy > len(self._threads):
                thread = threading.Thread(target=self._work, name="runflow-batch", daemon=True)
                self._threads.append(thread)
                thread.start()
            self._steps.put(following)

    def advance(self) -> None:
        """Start the steps that can be performed, and wait until a step or a sleep ends, or `wake` is called."""
        self._woken.clear()
        self.start_steps()
        if self._flows.ended:
            return
        end = self._flows.wakes_at()
        left = max(0.0, end - self._flows.time())
        if self._busy or self._recording:
            self._take_results(min(left, threading.TIMEOUT_MAX))
        elif end != math.inf:
            self._driver.clock.wait(self._woken, left)
            if not self._woken.is_set:
                self._flows.slept_to(end)

    def wake(self) -> None:
        """End the wait of `advance`; called from any thread."""
        self._woken.set()
        self._results.put(None)

    def close(self) -> None:
        """End the requests in progress and the threads, and close the flows."""
        self._driver.transport.close()
        for _ in self._threads:
            self._steps.put(None)
        end = self._driver.clock.now() + _LONGEST_JOIN
        for thread in self._threads:
            thread.join(max(0.0, end - self._driver.clock.now()))
        self._threads.clear()
        self._flows.close()

    def _take_results(self, seconds: float) -> None:
        """Take the outcomes of steps: wait for the first, and take the others that are there."""
        try:
            while True:
                ended = self._results.get(timeout=seconds)
                seconds = 0.0
                if ended is not None:
                    if ended[0] in self._recording:
                        self._recording.remove(ended[0])
                    else:
                        self._busy -= 1
                    self._flows.performed(*ended)
        except queue.Empty:
            pass

    def _put_recorded(self, job: Job[K, T], future: Future[Any]) -> None:
        error = future.exception()
        self._results.put((job, None if error is not None else Recorded(future.result()), error))

    def _work(self) -> None:
        while (following := self._steps.get()) is not None:
            job, step = following
            try:
                result, error = self._driver.perform(step), None
            except BaseException as problem:
                result, error = None, problem
            self._results.put((job, result, error))
            del following, job, step, result, error


class _Woken:
    """Says that a flow was woken early, to a clock that waits for it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._wake: Callable[[], None] | None = None
        self.is_set = False

    def on_arrival(self, wake: Callable[[], None] | None) -> None:
        with self._lock:
            self._wake = wake
        if wake is not None and self.is_set:
            wake()

    def set(self) -> None:
        with self._lock:
            self.is_set = True
            wake = self._wake
        if wake is not None:
            wake()

    def clear(self) -> None:
        self.is_set = False
