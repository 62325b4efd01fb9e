"""A clock that moves only when code sleeps on it, so that an hour of waiting takes no time."""

import asyncio
import heapq
import itertools
import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from ...flows.base.steps import WakeSignal
from ...runtime.clock import call_in_loop

# Passes of the event loop without a new sleeper before time jumps. A task that was just woken may need some passes
# (a lock, a gather, a cancelled timeout) until it sleeps again; asyncio has no public way to ask whether it is idle.
_SETTLING_PASSES = 10
_HOLD_PASS = 0.0002  # seconds between two passes while a thread works
# Of threads that sleep at the same time, the one that wakes first waits so many real seconds for others to begin to sleep.
_QUIET_SECONDS = 0.001
_CROWD_SECONDS = 0.05  # for so many real seconds after the sleep of another thread, a thread is not alone
_LOOK_SECONDS = 0.05


@dataclass(order=True, slots=True)
class _Sleeper:
    wake: float
    order: int
    loop: asyncio.AbstractEventLoop = field(compare=False)
    future: "asyncio.Future[None]" = field(compare=False)


@dataclass(order=True, slots=True)
class _ThreadSleeper:
    wake: float
    order: int
    event: threading.Event = field(default_factory=threading.Event, compare=False)
    is_woken: bool = field(default=False, compare=False)

    def wake_early(self) -> None:
        self.is_woken = True
        self.event.set()


@dataclass(order=True, slots=True)
class _Timer:
    due: float
    order: int
    function: Callable[[], object] = field(compare=False)


class VirtualClock:
    """A monotonic clock in seconds that starts at 0.0 and moves only when code sleeps on it or advances it.

    A thread that alone sleeps moves the clock by its sleep, at once. Tasks and threads that sleep at the same time wake in the
    order of their wake times: the clock jumps to the earliest one when the event loop has no task left to run, or when no other
    thread has begun to sleep for a millisecond. It does not wait for work outside of it, unless that is done inside `hold()`.

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
        self._threads: list[_ThreadSleeper] = []
        self._last_thread: int | None = None
        self._crowded_until = 0.0
        self._activity = 0
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

    def call_at(self, moment: float, function: Callable[[], object]) -> None:
        """Call a function when the clock comes to a moment, in the thread or event loop that moves it there."""
        with self._lock:
            heapq.heappush(self._timers, _Timer(moment, next(self._order), function))

    def wait(self, signal: WakeSignal, seconds: float) -> None:
        """Sleep for so many seconds of the clock, or until the signal wakes the thread."""
        sleeper = _ThreadSleeper(self._now, next(self._order))
        signal.on_arrival(sleeper.wake_early)
        try:
            if seconds > 0:
                self._sleep(seconds, sleeper)
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
        """Sleep for so many seconds of the clock; zero and less do nothing."""
        if not seconds < math.inf:
            raise ValueError(f"seconds must be finite, not {seconds}")
        if seconds > 0:
            self._sleep(seconds, _ThreadSleeper(self._now, next(self._order)))

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
        """Return a context in which the clock does not jump, because work is done that takes no time; `advance` moves it."""
        with self._lock:
            self._holds += 1
        try:
            yield
        finally:
            with self._lock:
                self._holds -= 1
                self._quiet_passes = 0
                self._activity += 1

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

    def _sleep(self, seconds: float, sleeper: _ThreadSleeper) -> None:
        """Sleep in a thread: move the clock at once where no other thread sleeps on it, else share the time with them."""
        with self._lock:
            is_alone = self._is_alone()
            if not is_alone:
                self._activity += 1
                sleeper.wake = self._now + seconds
                heapq.heappush(self._threads, sleeper)
        if is_alone:
            self._advance(seconds, sleeper)
            return
        try:
            while sleeper.wake > self._now and not sleeper.is_woken:
                timer = self._jump_if_first(sleeper)
                if timer is not None:
                    timer.function()
        finally:
            with self._lock:
                self._threads.remove(sleeper)
                heapq.heapify(self._threads)
                if self._threads:
                    self._threads[0].event.set()  # it is the first now

    def _is_alone(self) -> bool:
        """Return whether no other thread has slept on the clock of late."""
        thread, now = threading.get_ident(), time.monotonic()
        if self._last_thread not in (None, thread):
            self._crowded_until = now + _CROWD_SECONDS
        self._last_thread = thread
        return not self._threads and now >= self._crowded_until

    def _jump_if_first(self, sleeper: _ThreadSleeper) -> _Timer | None:
        """Move the clock to the end of a thread's sleep, or to a timer before, once it is the next and all others sleep."""
        with self._lock:
            is_first, seen = self._threads[0] is sleeper, self._activity
        was_set = sleeper.event.wait(_QUIET_SECONDS if is_first else _LOOK_SECONDS)
        sleeper.event.clear()
        with self._lock:
            if was_set or not is_first or self._threads[0] is not sleeper or seen != self._activity or self._holds:
                return None
            timer = self._take_timer(sleeper.wake)
            if timer is None:
                self._move_to(max(self._now, sleeper.wake))
            return timer

    def _advance(self, seconds: float, sleeper: _ThreadSleeper | None = None) -> None:
        """Move the time forward, from one function of `call_at` to the next, until the sleeper is woken."""
        end: float | None = None
        while sleeper is None or not sleeper.is_woken:
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

    def _move_to(self, moment: float) -> None:
        self._now = moment
        while self._sleepers and self._sleepers[0].wake <= moment:
            sleeper = heapq.heappop(self._sleepers)
            if not sleeper.loop.is_closed():
                sleeper.loop.call_soon_threadsafe(_wake, sleeper.future)
        for thread in self._threads:
            if thread.wake <= moment:
                thread.event.set()


def _wake(future: "asyncio.Future[None]") -> None:
    if not future.done():
        future.set_result(None)
