"""A clock that moves only when code sleeps on it, so that an hour of waiting takes no time."""

import asyncio
import heapq
import itertools
import math
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from ...flows.base.steps import WakeSignal
from ...runtime.clock import call_in_loop

# Passes of the event loop without a new sleeper before time jumps. A task that was just woken may need some passes
# (a lock, a gather, a cancelled timeout) until it sleeps again; asyncio has no public way to ask whether it is idle.
_SETTLING_PASSES = 10
_HOLD_PASS = 0.0002  # seconds between two passes while a thread works


@dataclass(order=True, slots=True)
class _Sleeper:
    wake: float
    order: int
    loop: asyncio.AbstractEventLoop = field(compare=False)
    future: "asyncio.Future[None]" = field(compare=False)


@dataclass(order=True, slots=True)
class _Timer:
    due: float
    order: int
    function: Callable[[], object] = field(compare=False)


class VirtualClock:
    """A monotonic clock in seconds that starts at 0.0 and moves only when code sleeps on it or advances it.

    Each thread that sleeps moves the clock by its own sleep. Tasks that sleep at the same time wake in the order of their
    wake times: the clock jumps to the earliest one when the event loop has no task left to run. The clock does not wait
    for work in other threads, unless a task waits for it inside `hold()`.

    Example:
        >>> clock = VirtualClock()
        >>> clock.sleep(3600)
        >>> clock.now()
        3600.0
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._now = 0.0
        self._sleepers: list[_Sleeper] = []
        self._timers: list[_Timer] = []
        self._order = itertools.count()
        self._settling: asyncio.AbstractEventLoop | None = None
        self._quiet_passes = 0
        self._holds = 0

    def now(self) -> float:
        """Return the time, in seconds since the clock was made."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Move the time forward, call the functions of `call_at` that are due, and wake the tasks whose sleep has ended.

        Args:
            seconds: finite and not negative.

        Raises:
            ValueError: the number is negative, infinite or not a number.
        """
        if not 0 <= seconds < math.inf:
            raise ValueError(f"seconds must be finite and not negative, not {seconds}")
        self._advance(seconds)

    def call_at(self, time: float, function: Callable[[], object]) -> None:
        """Call a function when the clock comes to a time, in the thread or event loop that moves it there."""
        with self._lock:
            heapq.heappush(self._timers, _Timer(time, next(self._order), function))

    def wait(self, signal: WakeSignal, seconds: float) -> None:
        """Move the clock by so many seconds, but only until a function of `call_at` wakes the signal."""
        woken = threading.Event()
        signal.on_arrival(woken.set)
        try:
            if seconds > 0 and not woken.is_set():
                self._advance(seconds, woken)
        finally:
            signal.on_arrival(None)

    async def wait_async(self, signal: WakeSignal, seconds: float) -> None:
        """Suspend the task until the clock has moved by so many seconds, or the signal wakes it."""
        if not seconds > 0:
            await asyncio.sleep(0)
            return
        loop = asyncio.get_running_loop()
        future = self._add_sleeper(loop, seconds)
        signal.on_arrival(lambda: call_in_loop(loop, lambda: _wake(future)))
        try:
            await future
        finally:
            signal.on_arrival(None)

    def sleep(self, seconds: float) -> None:
        """Move the clock by so many seconds and return at once; zero and less do not move it."""
        if seconds > 0:
            self.advance(seconds)

    async def sleep_async(self, seconds: float) -> None:
        """Suspend the task until the clock has moved by so many seconds; zero and less only yield to the event loop."""
        if not seconds > 0:
            await asyncio.sleep(0)
            return
        await self._add_sleeper(asyncio.get_running_loop(), seconds)

    def _add_sleeper(self, loop: asyncio.AbstractEventLoop, seconds: float) -> "asyncio.Future[None]":
        future: asyncio.Future[None] = loop.create_future()
        with self._lock:
            self._settle(loop)
            heapq.heappush(self._sleepers, _Sleeper(self._now + seconds, next(self._order), loop, future))
        return future

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Return a context in which the clock does not jump, because a task waits for a thread; `advance` still moves it."""
        self._holds += 1
        try:
            yield
        finally:
            self._holds -= 1
            self._quiet_passes = 0

    def _settle(self, loop: asyncio.AbstractEventLoop) -> None:
        self._quiet_passes = 0
        if self._settling is loop:
            return
        # A loop that was closed while tasks slept on it never finishes its passes; the next loop takes over from it.
        if self._settling is not None and not self._settling.is_closed():
            raise RuntimeError("tasks of two event loops cannot sleep on one virtual clock at the same time")
        self._settling = loop
        loop.call_soon(self._one_pass, loop)

    def _one_pass(self, loop: asyncio.AbstractEventLoop) -> None:
        timer = None
        with self._lock:
            self._drop_cancelled()
            if not self._sleepers:
                self._settling = None
                return
            self._quiet_passes += 1
            if self._holds:
                # Not at once: the thread needs the interpreter too.
                loop.call_later(_HOLD_PASS, self._one_pass, loop)
                return
            if self._quiet_passes > _SETTLING_PASSES:
                self._quiet_passes = 0
                next_wake = max(self._now, self._sleepers[0].wake)
                timer = self._take_timer(next_wake)
                if timer is None:
                    self._move_to(next_wake)
            loop.call_soon(self._one_pass, loop)
        if timer is not None:
            timer.function()

    def _advance(self, seconds: float, woken: threading.Event | None = None) -> None:
        """Move the time forward, from one function of `call_at` to the next, until the event is set."""
        end: float | None = None
        while woken is None or not woken.is_set():
            with self._lock:
                end = self._now + seconds if end is None else end
                timer = self._take_timer(end)
                if timer is None:
                    self._move_to(max(self._now, end))
                    return
            # Without the lock: the function may wait for another thread that uses the clock.
            timer.function()

    def _take_timer(self, latest: float) -> _Timer | None:
        """Move the time to the first timer that is due by then, and return it; None where there is none."""
        if not self._timers or self._timers[0].due > latest:
            return None
        timer = heapq.heappop(self._timers)
        self._move_to(max(self._now, timer.due))
        return timer

    def _drop_cancelled(self) -> None:
        while self._sleepers and (self._sleepers[0].future.done() or self._sleepers[0].loop.is_closed()):
            heapq.heappop(self._sleepers)

    def _move_to(self, time: float) -> None:
        self._now = time
        while self._sleepers and self._sleepers[0].wake <= time:
            sleeper = heapq.heappop(self._sleepers)
            if not sleeper.loop.is_closed():
                sleeper.loop.call_soon_threadsafe(_wake, sleeper.future)


def _wake(future: "asyncio.Future[None]") -> None:
    if not future.done():
        future.set_result(None)
