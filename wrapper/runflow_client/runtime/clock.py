"""The clock of flows and transports."""

from __future__ import annotations

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
