"""The sandbox's time while it is served."""

import time


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

    def seconds_until(self, due: float | None) -> float | None:
        """Return the seconds of real time until the sandbox's time reaches `due`, at least 0; None for None."""
        return None if due is None else max(0.0, (due - self.now()) / self._speed)
