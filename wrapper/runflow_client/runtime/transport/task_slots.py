"""Slots for asyncio tasks, and the event loop that they belong to."""

from __future__ import annotations

import asyncio
import math

from ...errors import ConfigurationError
from ..clock import Clock
from .slots import Slot, Slots


class LoopGuard:
    """Refuses a client outside the event loop of its first request, because connections cannot move to another loop."""

    def __init__(self) -> None:
        self.loop: asyncio.AbstractEventLoop | None = None

    def is_here(self) -> bool:
        """Return whether the running loop is the client's, or the client has none yet."""
        return self.loop is None or self.loop is asyncio.get_running_loop()

    def enter(self) -> None:
        """Bind the client to the running loop at its first request; raise ConfigurationError in another loop."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            raise ConfigurationError(
                "AsyncRunflow needs a running asyncio event loop: use it in a coroutine, or use Runflow"
            ) from None
        if self.loop is None:
            self.loop = loop
        elif self.loop is not loop:
            raise ConfigurationError(
                "this AsyncRunflow belongs to the event loop of its first call, and this is another: create one client in "
                "each asyncio.run(), inside of it"
            )


class TaskSlot(Slot):
    """A slot that a task waits for; an asynchronous context manager that releases it.

    Args:
        slots: the slots that it belongs to.
        origin: the scheme, host and port of the server.
        deadline: the time on the clock until which to wait for it.
        clock: the clock of the deadline.
        loop: the event loop that it must be used in.
    """

    __slots__ = ("_clock", "_deadline", "_loop", "_slots", "_turn")

    def __init__(self, slots: Slots, origin: str, deadline: float, clock: Clock, loop: LoopGuard) -> None:
        super().__init__(origin)
        self._slots = slots
        self._deadline = deadline
        self._clock = clock
        self._loop = loop
        self._turn: asyncio.Future[None] | None = None

    async def take(self) -> None:
        """Wait for the slot until the deadline; `is_taken` says whether it was taken."""
        self._loop.enter()
        try:
            if not self._slots.enter(self):
                await self._wait()
        except BaseException:
            self._slots.leave(self)
            raise

    def release(self) -> None:
        """Release the slot; a second call does nothing."""
        self._slots.leave(self)

    async def __aenter__(self) -> TaskSlot:
        await self.take()
        return self

    async def _wait(self) -> None:
        self._turn = asyncio.get_running_loop().create_future()
        left = None if self._deadline == math.inf else self._deadline - self._clock.now()
        limit = asyncio.timeout(left)
        try:
            async with limit:
                await self._turn
        except TimeoutError:
            if not limit.expired():
                raise
            if not self.is_taken:
                self._slots.leave(self)

    async def __aexit__(self, *problem: object) -> None:
        self.release()

    def wake(self) -> None:
        if self._turn is not None and not self._turn.done():
            self._turn.set_result(None)
