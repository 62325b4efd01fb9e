"""The clock and the random numbers of flows and transports."""

from __future__ import annotations

import os
import time
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

_LONGEST_SLEEP = 1e9  # `time.sleep` refuses longer times


class Clock(Protocol):
    """Reads monotonic seconds, and sleeps.

    Inside `hold()` a task waits for a thread, so that a clock that moves by itself must not move.
    """

    def now(self) -> float: ...

    def sleep(self, seconds: float) -> None: ...

    async def sleep_async(self, seconds: float) -> None: ...

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

    def hold(self) -> AbstractContextManager[None]:
        return nullcontext()


def random() -> float:
    """Return a random number from 0 to 1, from the operating system: loading `random` takes as long as a thousand of these."""
    return (int.from_bytes(os.urandom(7), "big") >> 3) / (1 << 53)


def new_key() -> str:
    """Return a new idempotency key."""
    import uuid  # imported late: only a call needs it

    return str(uuid.uuid4())
