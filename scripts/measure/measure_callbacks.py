"""Evaluate many images with and without callbacks of which some are lost, doubled or forged: requests, lateness, verdicts.

Runs `evaluate_many` against a sandbox in the process, on its virtual clock. The shares are of the callbacks: a lost one is one
that its sender takes for delivered. Usage: .venv/bin/python -m scripts.measure.measure_callbacks [COUNT]
"""

from __future__ import annotations

import asyncio
import logging
import random
import statistics
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from runflow_client import AsyncRunflow, EvaluationRequest, Outcome, Runflow
from runflow_client.callbacks import Callback, Endpoint, Receiver
from runflow_client.sandbox import Delivery, Sandbox

LOST, DOUBLED, FORGED = 0.3, 0.2, 0.1
HOOK = "https://shop.example/runflow/callbacks"
IMAGE = "https://images.example.com/a.png"
VERDICTS: tuple[Literal["passed", "rejected", "undecided"], ...] = ("passed", "rejected", "undecided")
START = datetime(2026, 1, 1, tzinfo=UTC)


class BadNetwork:
    """Stands between the sandbox and the endpoint: loses, doubles and forges callbacks.

    Args:
        receive: passes body and headers to the endpoint, and returns the status.
    """

    def __init__(self, receive: Callable[[bytes, dict[str, str]], int]) -> None:
        self._receive = receive
        self._random = random.Random(7)
        self.counts: Counter[str] = Counter()
        self.statuses: dict[str, Counter[int]] = {name: Counter() for name in ("genuine", "doubled", "forged")}

    def send(self, delivery: Delivery) -> int:
        """Send one callback, perhaps."""
        if self._random.random() < FORGED:
            self.counts["forged"] += 1
            body = delivery.body.replace(b'"evaluation.completed"', b'"evaluation.failed"')
            self.statuses["forged"][self._receive(body, delivery.headers)] += 1
        if self._random.random() < LOST:
            self.counts["lost"] += 1
            return 200
        status = self._receive(delivery.body, delivery.headers)
        self.statuses["genuine"][status] += 1
        if self._random.random() < DOUBLED:
            self.counts["doubled"] += 1
            self.statuses["doubled"][self._receive(delivery.body, delivery.headers)] += 1
        return status


@dataclass
class Figures:
    """What a run came to.

    Args:
        outcomes: those of the batch.
        right: how many outcomes have the verdict that was set.
        requests: submits and polls.
        late: seconds between the end of each evaluation and its verdict.
        handled: how often each evaluation was handled, by its id.
        network: what the network did; None without callbacks.
    """

    outcomes: list[Outcome] = field(default_factory=list)
    right: int = 0
    requests: int = 0
    late: list[float] = field(default_factory=list)
    handled: Counter[str] = field(default_factory=Counter)
    network: BadNetwork | None = None


def run(count: int, *, with_callbacks: bool, asynchronous: bool, seconds: Callable[[int], float]) -> Figures:
    """Evaluate so many images.

    Args:
        count: how many.
        with_callbacks: whether a receiver wakes the waits.
        asynchronous: whether the async client is used.
        seconds: how long the evaluation with this number takes.
    """
    place = Sandbox(evaluation_seconds=seconds, balance="100000")
    place.outcomes.by_client_ref.update({f"item-{number}": VERDICTS[number % 3] for number in range(count)})
    hook = HOOK if with_callbacks else None
    requests = [
        EvaluationRequest(IMAGE, "headshot", client_ref=f"item-{number}", callback_url=hook) for number in range(count)
    ]
    figures = Figures()
    receiver = Receiver()

    def handle(callback: Callback) -> None:
        figures.handled[str(callback.evaluation_id)] += 1
        receiver(callback)

    def connect(secret: str | None) -> None:
        endpoint = Endpoint(handle, str(secret))
        figures.network = BadNetwork(lambda body, headers: endpoint.receive(body, headers).status)
        place.send_callbacks(figures.network.send)

    options: dict[str, Any] = {"receiver": receiver} if with_callbacks else {}
    if asynchronous:
        asyncio.run(_run_async(place.async_client(), requests, figures, connect, place, options))
    else:
        _run_sync(place.client(), requests, figures, connect, place, options)
    figures.requests = sum("/v1/evaluations" in request.path for request in place.requests)
    return figures


def _run_sync(
    client: Runflow, requests: Any, figures: Figures, connect: Any, place: Sandbox, options: dict[str, Any]
) -> None:
    with client:
        if options:
            connect(client.callback_secrets.create("measure").plain_secret)
        for outcome in client.evaluations.evaluate_many(requests, timeout=3600.0, **options):
            _note(outcome, figures, place)


async def _run_async(
    client: AsyncRunflow, requests: Any, figures: Figures, connect: Any, place: Sandbox, options: dict[str, Any]
) -> None:
    async with client:
        if options:
            connect((await client.callback_secrets.create("measure")).plain_secret)
        async for outcome in client.evaluations.evaluate_many(requests, timeout=3600.0, **options):
            _note(outcome, figures, place)


def _note(outcome: Outcome, figures: Figures, place: Sandbox) -> None:
    figures.outcomes.append(outcome)
    evaluation = outcome.evaluation
    assert evaluation is not None
    assert evaluation.completed_at is not None
    assert evaluation.client_ref == outcome.request.client_ref
    figures.right += evaluation.verdict == VERDICTS[outcome.index % 3]
    figures.late.append(place.clock.now() - (evaluation.completed_at - START).total_seconds())


def main() -> None:
    logging.getLogger("runflow_client").setLevel(logging.ERROR)  # the forged callbacks
    count = int(sys.argv[1]) if sys.argv[1:] else 1_000
    generator = random.Random(1)
    seconds = [generator.uniform(20, 240) for _ in range(count)]
    print(f"{count} evaluations of 20 to 240 s, all in flight")
    print(f"{'client':8}{'callbacks':11}{'right':>7}{'requests':>10}{'late: mean':>12}{'p95':>9}")
    for asynchronous in (False, True):
        for with_callbacks in (False, True):
            found = run(count, with_callbacks=with_callbacks, asynchronous=asynchronous, seconds=seconds.__getitem__)
            late = sorted(found.late)
            print(
                f"{'async' if asynchronous else 'sync':8}{'yes' if with_callbacks else 'no':11}{found.right:7}{found.requests:10}"
                f"{statistics.mean(late):10.1f} s{late[int(len(late) * 0.95)]:7.1f} s"
            )
            if found.network is not None:
                print(f"        {dict(found.network.counts)}; statuses {found.network.statuses}")
                print(f"        handled more than once: {sum(times > 1 for times in found.handled.values())}")


if __name__ == "__main__":
    main()
