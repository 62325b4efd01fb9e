"""The sandbox's time while it is served, and work that the server does when it is due."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from ..service.service import Service


class ServerClock:
    """Maps the machine's clock to the sandbox's time.

    Args:
        start: the sandbox's time now, in seconds.
        speed: seconds of the sandbox's time that pass in one second.
    """

    def __init__(self, start: float, speed: float) -> None:
        self._start = start
        self._speed = speed
        self._began = time.monotonic()

    def now(self) -> float:
        """Return the sandbox's time, in seconds."""
        return self._start + (time.monotonic() - self._began) * self._speed

    def seconds_until(self, due: float) -> float:
        """Return the seconds of real time until the sandbox's time reaches `due`; 0 where it already has."""
        return max(0.0, (due - self.now()) / self._speed)


async def run_when_due(
    service: Service, clock: ServerClock, next_due: Callable[[], float | None], work: Callable[[], Awaitable[None]]
) -> None:
    """Do the work whenever it is due, until cancelled.

    Args:
        next_due: returns the time at which the work is due next; None waits until the service has changed.
    """
    loop = asyncio.get_running_loop()
    changed = asyncio.Event()

    def wake() -> None:
        loop.call_soon_threadsafe(changed.set)

    service.listeners.add(wake)
    try:
        while True:
            changed.clear()
            await work()
            due = next_due()
            try:
                async with asyncio.timeout(None if due is None else clock.seconds_until(due)):
                    await changed.wait()
            except TimeoutError:
                pass
    finally:
        service.listeners.discard(wake)
