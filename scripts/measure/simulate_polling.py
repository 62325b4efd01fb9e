"""Compare the default poll policy, and what a batch learns, with a poll every 2 s: the number of requests, and the delay until
the verdict is seen.

The durations are assumptions (the service documents tens of seconds, its studio two to four minutes): uniform between 20
and 240 s, log-normal around 60 s, and two modes at 30 and 150 s. Usage: .venv/bin/python -m scripts.measure.simulate_polling
"""

from __future__ import annotations

import random
import statistics
from collections.abc import Callable, Iterator

from runflow_client import PollPolicy
from runflow_client.batch.pacing import Durations, LearningPollPolicy

EVALUATIONS = 20_000
IN_FLIGHT = 300
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


def by_learning(learned: Durations, generator: random.Random) -> Iterator[float]:
    policy = LearningPollPolicy.of(PollPolicy(), learned, generator.random, lambda: 0.0)
    elapsed, pause = policy.first, None
    yield elapsed
    while True:
        pause = policy.pause_at(elapsed, pause)
        elapsed += pause
        yield pause


def learn(known: list[float]) -> list[tuple[int, float]]:
    """Poll each evaluation of a batch by the durations of those that ended before it began."""
    learned, generator, polled = Durations(), random.Random(2), []
    for number, duration in enumerate(known):
        if number >= IN_FLIGHT:
            learned.add(known[number - IN_FLIGHT])
        polled.append(poll(duration, by_learning(learned, generator)))
    return polled


def poll(duration: float, pauses: Iterator[float]) -> tuple[int, float]:
    """Return the number of polls until the end of an evaluation is seen, and the delay in seconds."""
    now, polls = 0.0, 0
    while now < duration:
        now += next(pauses)
        polls += 1
    return polls, now - duration


def durations(name: str, generator: random.Random) -> Iterator[float]:
    for _ in range(EVALUATIONS):
        if name == "uniform 20-240 s":
            yield generator.uniform(20, 240)
        elif name == "log-normal around 60 s":
            yield generator.lognormvariate(4.094, 0.5)
        else:
            yield max(1.0, generator.gauss(30, 6) if generator.random() < 0.6 else generator.gauss(150, 25))


def main() -> None:
    policy = PollPolicy()
    print(f"{policy}\n{'durations':24}{'polls':>10}{'ratio':>8}{'median late':>13}{'mean':>9}{'p95':>9}")
    for name in ("uniform 20-240 s", "log-normal around 60 s", "two modes"):
        known = list(durations(name, random.Random(1)))
        fixed = [poll(duration, every_two_seconds()) for duration in known]
        polled = {"default": [poll(duration, by_policy(policy)) for duration in known], "learned": learn(known)}
        for kind, ours in polled.items():
            ratio = sum(polls for polls, _ in ours) / sum(polls for polls, _ in fixed)
            late = sorted(seconds for _, seconds in ours)
            print(
                f"{name:24}{kind:>10}{ratio:8.2f}{statistics.median(late):11.2f} s{statistics.mean(late):7.2f} s"
                f"{late[int(len(late) * 0.95)]:7.2f} s"
            )


if __name__ == "__main__":
    main()
