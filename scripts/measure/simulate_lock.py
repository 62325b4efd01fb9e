"""Simulate the lock of a batch on PostgreSQL, which its processes take in turn: how many calls of the journal a second it serves.

A process has one transaction at a time, with up to 200 of the calls that wait. Part of `simulate_scale`.
"""

from __future__ import annotations

import random
from collections import deque
from typing import NamedTuple

_MOST_CALLS = 200
_CALL_SECONDS = 0.0002
"""What a call adds to its transaction, as `measure_journal` shows it: 0.9 ms an item that is called four times, on two busy cores."""
_SECONDS = 60.0
_FULL = 0.95


class Served(NamedTuple):
    """Seconds from a call until it is durable: half of the calls, and 99 in a hundred; calls a transaction."""

    median: float
    late: float
    calls: float


def serve(processes: int, calls_a_second: float, transaction_seconds: float, generator: random.Random) -> Served | None:
    """Simulate a minute; None where the calls are more than the lock serves."""
    rate = calls_a_second / processes
    waiting: list[deque[float]] = [deque([generator.expovariate(rate)]) for _ in range(processes)]
    free = [0.0] * processes
    now = 0.0
    delays: list[float] = []
    sizes: list[int] = []
    while now < _SECONDS:
        turn = min(range(processes), key=lambda each: max(free[each], waiting[each][0]))
        calls = waiting[turn]
        start = max(now, free[turn], calls[0])
        while calls[-1] <= start:
            calls.append(calls[-1] + generator.expovariate(rate))
        taken = min(len(calls) - 1, _MOST_CALLS)  # the last one is still to come
        now = free[turn] = start + transaction_seconds + taken * _CALL_SECONDS
        delays += [now - calls.popleft() for _ in range(taken)]
        sizes.append(taken)
    later = sorted(delays[len(delays) // 2 :])
    if sum(sizes[len(sizes) // 2 :]) / len(sizes[len(sizes) // 2 :]) > _FULL * _MOST_CALLS:
        return None  # all transactions are full, and calls wait longer and longer
    return Served(later[len(later) // 2], later[int(len(later) * 0.99)], len(delays) / len(sizes))


def print_lock() -> None:
    """Print what the lock serves in each network."""
    print("\nthe lock of a batch: calls a second, seconds until half of them (99 %) are durable, calls a transaction")
    generator = random.Random(1)
    for name, seconds in (("4 ms a transaction", 0.004), ("20 ms a transaction", 0.020)):
        for processes in (16, 256):
            for calls in (300, 1_500, 3_000, 4_500):
                served = serve(processes, calls, seconds, generator)
                text = (
                    "more than it serves"
                    if served is None
                    else f"{served.median:.3f} ({served.late:.3f})  {served.calls:5.1f}"
                )
                print(f"{name}, {processes:>3} processes {calls:>7,}/s  {text}", flush=True)


if __name__ == "__main__":
    print_lock()
