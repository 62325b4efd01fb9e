"""Compare the default poll policy with a look every 2 s: how many requests, and how late the verdict is seen.

The durations are assumptions (the service says tens of seconds, its own studio two to four minutes): even between 20 and
240 s, log-normal round 60 s, and two humps at 30 and 150 s. Usage: .venv/bin/python -m scripts.measure.simulate_polling
"""

from __future__ import annotations

import random
import statistics
from collections.abc import Callable, Iterator

from runflow_client import PollPolicy

EVALUATIONS = 20_000
Pauses = Callable[[], Iterator[float]]


def every_two_seconds() -> Iterator[float]:
    while True:
        yield 2.0


def by_policy(policy: PollPolicy) -> Iterator[float]:
    yield policy.first
    pause = None
    while True:
        pause = policy.pause_after(pause)
        yield pause


def look(duration: float, pauses: Iterator[float]) -> tuple[int, float]:
    """Return the looks that it took to see the end of an evaluation of so many seconds, and the seconds it was seen late."""
    now, looks = 0.0, 0
    while now < duration:
        now += next(pauses)
        looks += 1
    return looks, now - duration


def durations(name: str, chance: random.Random) -> Iterator[float]:
    for _ in range(EVALUATIONS):
        if name == "uniform 20-240 s":
            yield chance.uniform(20, 240)
        elif name == "log-normal round 60 s":
            yield chance.lognormvariate(4.094, 0.5)
        else:
            yield max(1.0, chance.gauss(30, 6) if chance.random() < 0.6 else chance.gauss(150, 25))


def main() -> None:
    policy = PollPolicy()
    print(f"{policy}\n{'durations':24}{'requests, ratio':>16}{'median late':>13}{'p95 late':>10}")
    for name in ("uniform 20-240 s", "log-normal round 60 s", "two humps"):
        fixed = [look(duration, every_two_seconds()) for duration in durations(name, random.Random(1))]
        ours = [look(duration, by_policy(policy)) for duration in durations(name, random.Random(1))]
        ratio = sum(looks for looks, _ in ours) / sum(looks for looks, _ in fixed)
        late = sorted(seconds for _, seconds in ours)
        print(f"{name:24}{ratio:16.2f}{statistics.median(late):11.2f} s{late[int(len(late) * 0.95)]:8.2f} s")


if __name__ == "__main__":
    main()
