"""The time that leases and keys are judged by: a clock that also counts while the machine sleeps, and which boot it counts from."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True)
class Moment:
    """One reading of the machine's boot clock.

    Args:
        boot: the boot that the clock counts from; seconds of two boots cannot be compared.
        seconds: the seconds since then, those of suspended time included.
    """

    boot: str
    seconds: float

    def since(self, earlier: Moment) -> float:
        """Return the seconds since another moment; infinity where it is of another boot, because then nobody can tell."""
        return self.seconds - earlier.seconds if earlier.boot == self.boot else math.inf

    def after(self, seconds: float) -> Moment:
        return Moment(self.boot, self.seconds + seconds)


BootClock = Callable[[], Moment]


def machine_moment() -> Moment:
    """Return the moment on this machine's boot clock."""
    return Moment(_boot(), _boot_seconds())


def _boot_seconds() -> float:
    # Linux's monotonic clock stops while the machine is suspended, and CLOCK_BOOTTIME does not. Elsewhere the monotonic
    # clock goes on: on macOS that of clock_gettime, on Windows that of time.monotonic.
    clock = getattr(time, "CLOCK_BOOTTIME", None) or getattr(time, "CLOCK_MONOTONIC", None)
    return time.monotonic() if clock is None else time.clock_gettime(clock)


@cache
def _boot() -> str:
    try:
        return _BOOT_ID.read_text("ascii").strip()
    except OSError:
        # Where the system names no boot, its start on the wall clock does, to the minute.
        return f"started {round((time.time() - _boot_seconds()) / 60)}"
