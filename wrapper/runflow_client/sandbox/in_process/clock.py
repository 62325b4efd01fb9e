"""A clock that moves only when code sleeps on it, so that an hour of waiting takes no time."""

import asyncio
import heapq
import itertools
import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

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
        self._order = itertools.count()
        self._settling: asyncio.AbstractEventLoop | None = None
        self._quiet_passes = 0
        self._holds = 0

    def now(self) -> float:
        """Return the time, in seconds since the clock was made."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Move the time forward and wake the tasks whose sleep has ended.

        Args:
            seconds: finite and not negative.

        Raises:
            ValueError: the number is negative, infinite or not a number.
        """
        if not 0 <= seconds < math.inf:
            raise ValueError(f"seconds must be finite and not negative, not {seconds}")
        with self._lock:
            self._move_to(self._now + seconds)

    def sleep(self, seconds: float) -> None:
        """Move the clock by so many seconds and return at once; zero and less do not move it."""
        if seconds > 0:
            self.advance(seconds)

    async def sleep_async(self, seconds: float) -> None:
        """Suspend the task until the clock has moved by so many seconds; zero and less only yield to the event loop."""
        if not seconds > 0:
            await asyncio.sleep(0)
            return
        loop = asyncio.get_running_loop()
        future: asyncio.Future[None] = loop.create_future()
        with self._lock:
            self._settle(loop)
            heapq.heappush(self._sleepers, _Sleeper(self._now + seconds, next(self._order), loop, future))
        await future

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
                self._move_to(max(self._now, self._sleepers[0].wake))
            loop.call_soon(self._one_pass, loop)

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
