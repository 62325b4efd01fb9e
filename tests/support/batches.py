"""Runs batches on both clients against a sandbox in the process."""

from __future__ import annotations

import asyncio
import itertools
import threading
from collections.abc import Callable
from typing import Any

import pytest

from runflow_client import EvaluationRequest, Outcome, PollPolicy
from runflow_client.batch.outcomes import Totals
from runflow_client.sandbox import Sandbox, sharp_picture

URL = "https://images.example.com/a.png"
PICTURE = sharp_picture()
SOON = PollPolicy(first=0.1, then=0.1, longest=0.2)

Run = Callable[..., tuple[list[Outcome], Totals]]


def sandbox(**options: Any) -> Sandbox:
    made = Sandbox(images={URL: PICTURE}, balance="100000", **options)
    made.outcomes.decide = lambda *ignored: "passed"
    return made


def requests(count: int, **fields: Any) -> list[EvaluationRequest]:
    return [EvaluationRequest(URL, "headshot", **fields) for _ in range(count)]


def run_sync(place: Sandbox, items: Any, take: int | None = None, **options: Any) -> tuple[list[Outcome], Totals]:
    client_options = options.pop("client", {})
    with place.client(**client_options) as client:
        batch = client.evaluations.evaluate_many(items, **options)
        outcomes = list(itertools.islice(batch, take))
        return outcomes, batch.totals


def run_async(place: Sandbox, items: Any, take: int | None = None, **options: Any) -> tuple[list[Outcome], Totals]:
    async def main() -> tuple[list[Outcome], Totals]:
        client_options = options.pop("client", {})
        async with place.async_client(**client_options) as client:
            outcomes = []
            async with client.evaluations.evaluate_many(items, **options) as batch:
                async for outcome in batch:
                    outcomes.append(outcome)
                    if len(outcomes) == take:
                        break
            assert asyncio.all_tasks() == {asyncio.current_task()}
            return outcomes, batch.totals

    return asyncio.run(main())


both = pytest.mark.parametrize("run", [run_sync, run_async], ids=["sync", "async"])


def batch_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "runflow-batch"]
