"""Simulate waits with a receiver of callbacks: requests for each evaluation, and the delay until the verdict is seen.

The poll times are those of `Receiver`; the durations are those of `simulate_polling`, in a batch of 300 at a time. Some callbacks
are lost: their evaluations are late. Usage: .venv/bin/python -m scripts.measure.simulate_callbacks
"""

from __future__ import annotations

import heapq
import logging
import random
import statistics

from runflow_client import PollPolicy
from runflow_client.callbacks import Expectation, Receiver

from .simulate_polling import durations, every_two_seconds, poll

EVALUATIONS = 6_000
IN_FLIGHT = 300
PATIENCES = (120.0, 150.0, 180.0, 240.0)
LOSSES = (0.0, 0.02, 0.3, 1.0)


class Batch:
    """Evaluations of which a number is in progress at a time.

    Args:
        known: how long each takes.
        loss: the share of callbacks that are lost.
        patience: that of the receiver.
    """

    def __init__(self, known: list[float], loss: float, patience: float) -> None:
        self._known = known
        self._loss = loss
        self._receiver = Receiver(patience=patience)
        self._random = random.Random(3)
        self._events: list[tuple[float, int, bool]] = []
        self._started: dict[int, float] = {}
        self._expected: dict[int, Expectation] = {}
        self._pauses: dict[int, float] = {}
        self._next = 0
        self.requests = 0
        self.late: list[float] = []

    def run(self) -> None:
        for _ in range(IN_FLIGHT):
            self._start(0.0)
        while self._events:
            now, number, is_callback = heapq.heappop(self._events)
            if number in self._started:
                self._poll(now, number, is_callback)

    def _start(self, now: float) -> None:
        number, self._next = self._next, self._next + 1
        if number >= len(self._known):
            return
        self.requests += 1
        self._started[number] = now
        self._expected[number] = self._receiver.expect(str(number))
        if self._random.random() >= self._loss:
            heapq.heappush(self._events, (now + self._known[number], number, True))
        pause = self._receiver.pause_at(0.0)
        heapq.heappush(self._events, (now + (PollPolicy().first if pause is None else pause), number, False))

    def _poll(self, now: float, number: int, is_callback: bool) -> None:
        self.requests += 1
        elapsed = now - self._started[number]
        if is_callback or elapsed >= self._known[number]:
            self.late.append(0.0 if is_callback else elapsed - self._known[number])
            self._receiver.learn(elapsed if is_callback else None, arrived=is_callback)
            self._expected.pop(number).close()
            del self._started[number]
            self._start(now)
            return
        pause = self._receiver.pause_at(elapsed)
        if pause is None:
            pause = self._pauses[number] = PollPolicy().pause_after(self._pauses.get(number))
        heapq.heappush(self._events, (now + pause, number, False))


def main() -> None:
    logging.getLogger("runflow_client").setLevel(logging.ERROR)
    for name in ("uniform 20-240 s", "log-normal around 60 s", "two modes"):
        known = list(durations(name, random.Random(1)))[:EVALUATIONS]
        fixed = 1 + statistics.mean(poll(duration, every_two_seconds())[0] for duration in known)
        print(f"{name}; a poll every 2 s takes {fixed:.1f} requests")
        print(f"{'lost':>8}{'patience':>10}{'requests':>10}{'late: mean':>13}{'p95':>9}")
        for loss in LOSSES:
            for patience in PATIENCES:
                batch = Batch(known, loss, patience)
                batch.run()
                late = sorted(batch.late)
                print(
                    f"{loss:8.0%}{patience:8.0f} s{batch.requests / len(known):10.2f}{statistics.mean(late):11.1f} s"
                    f"{late[int(len(late) * 0.95)]:7.1f} s"
                )


if __name__ == "__main__":
    main()
