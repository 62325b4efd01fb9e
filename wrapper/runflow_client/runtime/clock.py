"""The clock and the random numbers of flows and transports."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext, suppress
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import asyncio

    from ..flows.base.steps import WakeSignal

_LONGEST_SLEEP = 1e9  # `time.sleep` refuses longer times


class Clock(Protocol):
    """Reads monotonic seconds, and sleeps.

    `wait` sleeps until a signal wakes it, but no longer than the seconds. Inside `hold()` a task waits for a thread, so that
    a clock that moves by itself must not move.
    """

    def now(self) -> float: ...

    def sleep(self, seconds: float) -> None: ...

    async def sleep_async(self, seconds: float) -> None: ...

    def wait(self, signal: WakeSignal, seconds: float) -> None: ...

    async def wait_async(self, signal: WakeSignal, seconds: float) -> None: ...

    def hold(self) -> AbstractContextManager[None]: ...


class SystemClock:
    """The machine's monotonic clock."""

    def now(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(min(seconds, _LONGEST_SLEEP))

    async def sleep_async(self, seconds: float) -> None:
        import asyncio

        await asyncio.sleep(seconds)

    def wait(self, signal: WakeSignal, seconds: float) -> None:
        woken = threading.Event()
        signal.on_arrival(woken.set)
        try:
            woken.wait(min(seconds, threading.TIMEOUT_MAX))
        finally:
            signal.on_arrival(None)

    async def wait_async(self, signal: WakeSignal, seconds: float) -> None:
        import asyncio

        loop = asyncio.get_running_loop()
        woken = asyncio.Event()
        signal.on_arrival(lambda: call_in_loop(loop, woken.set))
        try:
            async with asyncio.timeout(seconds):
                await woken.wait()
        except TimeoutError:
            pass
        finally:
            signal.on_arrival(None)

    def hold(self) -> AbstractContextManager[None]:
        return nullcontext()


def random() -> float:
    """Return a random number from 0 to 1, from the operating system: loading `random` takes as long as a thousand of these."""
    return (int.from_bytes(os.urandom(7), "big") >> 3) / (1 << 53)


def new_key() -> str:
    """Return a new idempotency key."""
    import uuid  # imported late: only a call needs it

    return str(uuid.uuid4())


def call_in_loop(loop: asyncio.AbstractEventLoop, function: Callable[[], object]) -> None:
    """Have an event loop call a function soon, from any thread; a loop that was closed meanwhile calls nothing."""
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(function)
