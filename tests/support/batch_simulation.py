"""Workers of one batch on the virtual clock: they are killed and started again, the server loses responses and forgets keys."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import tempfile
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any, cast

import pytest

from runflow_client import EvaluationRequest, RetryPolicy
from runflow_client.batch.journals.journal import Journal
from runflow_client.batch.journals.sqlite import open_journal
from runflow_client.batch.journals.stored.moments import Moment
from runflow_client.errors import JournalError
from runflow_client.events import Event, RequestStarted
from runflow_client.sandbox import Sandbox, faults, sharp_picture

PRICE = Decimal("0.05")
URL = "https://images.example.com/a.png"
PICTURE = sharp_picture()
KEY_LIFE = 3700.0  # for how long the server honours a key: hardly longer than the journal takes it to


class _Unflushed(sqlite3.Connection):
    """A connection that does not flush the disk, which matters to a loss of power only."""

    def execute(self, statement: str, *arguments: Any) -> sqlite3.Cursor:
        return super().execute(statement.replace("synchronous = FULL", "synchronous = OFF"), *arguments)


class Simulation:
    """One batch, its server and its workers.

    Args:
        path: the journal.
        seed: what happens.
    """

    def __init__(self, path: Path, seed: int) -> None:
        self.path = path
        self.random = Random(seed)
        self.item_ids = [f"item-{number}" for number in range(self.random.randint(3, 10))]
        self.budget = PRICE * self.random.choice([2, len(self.item_ids) // 2, len(self.item_ids) + 3])
        self.accepted: Counter[str] = Counter()
        self.keys_seen: dict[str, float] = {}
        self.evaluation_ids: dict[str, str] = {}
        self.place = Sandbox(
            images={URL: PICTURE}, price=str(PRICE), evaluation_seconds=lambda number: self.random.uniform(1, 300)
        )
        self.place.outcomes.decide = self.decide
        self.place.faults.always(cast(Any, self.fault))
        self.is_quiet = False

    def decide(self, submission: Any) -> str:
        self.accepted[str(submission.client_ref)] += 1
        return self.random.choice(["passed", "passed", "rejected", "failed"])

    def fault(self, request: Any) -> Any:
        """Return what happens to a request: a key that the server has forgotten, a lost response, a refusal."""
        if request.path != "/v1/evaluations" and not request.path.startswith("/v1/evaluations/"):
            return None
        now = self.place.clock.now()
        chosen = None
        if not self.is_quiet and self.random.random() < 0.3:
            chosen = self.random.choice(
                [faults.drop_before, faults.drop_after, faults.refuse(429), faults.refuse(503), faults.delay(40.0)]
            )
        key = request.idempotency_key
        if key is None:
            return chosen
        is_forgotten = now - self.keys_seen.setdefault(key, now) >= KEY_LIFE
        if is_forgotten:
            self.keys_seen[key] = now
        return replace(chosen or faults.Fault(), forget_key=is_forgotten, alter=self.note)

    def note(self, reply: Any) -> Any:
        """Note which evaluation a submit has made."""
        body = json.loads(reply.body)
        if "client_ref" in body:
            self.evaluation_ids[body["client_ref"]] = body["id"]
        return reply

    def freeze(self, event: Event) -> None:
        """Stop the machine for longer than a key lives, now and then, just before a submit would be sent again."""
        is_retry = isinstance(event, RequestStarted) and event.operation == "submit_evaluation" and event.attempt > 1
        if is_retry and not self.is_quiet and self.random.random() < 0.7:
            self.place.clock.advance(4000.0)

    def moment(self) -> Moment:
        return Moment("boot", 1000.0 + self.place.clock.now())

    def requests(self) -> list[EvaluationRequest]:
        item_ids = self.random.sample(self.item_ids, len(self.item_ids))
        return [EvaluationRequest(URL, "headshot", client_ref=item_id, item_id=item_id) for item_id in item_ids]

    async def run_batch(self, journal: Journal) -> None:
        is_patient = self.random.random() < 0.5 and not self.is_quiet  # no deadline helps the fence
        seconds = 10_000.0 if is_patient else 20.0
        retries = RetryPolicy(attempts=self.random.choice([1, 5]), attempt_timeout=seconds)
        rate = self.random.choice([None, None, 2.0])
        timeout = None if is_patient else 60.0
        async with self.place.async_client(retries=retries, timeout=timeout, hooks=[self.freeze]) as client:
            async with client.evaluations.evaluate_many(
                self.requests(),
                journal=journal,
                budget=self.budget,
                price=PRICE,
                rate=rate,
                max_in_flight=self.random.choice([1, 3, 100]),
                timeout=None if is_patient else 600.0 if self.is_quiet else self.random.choice([20.0, 600.0]),
            ) as batch:
                async for _ in batch:
                    totals = journal.totals("default")
                    assert totals.spent + totals.reserved <= self.budget

    async def worker(self) -> None:
        """Run the batch a few times; a run may be killed, which leaves its lease and its requests as they are."""
        for _ in range(self.random.randint(1, 3)):
            journal = open_journal(self.path, clock=self.moment)
            run = asyncio.ensure_future(self.run_batch(journal))
            if self.random.random() < 0.6:
                await asyncio.wait(
                    [run, asyncio.ensure_future(self.place.clock.sleep_async(self.random.uniform(0, 200)))],
                    return_when=asyncio.FIRST_COMPLETED,
                )
                cast(Any, journal)._store.close()  # a killed process says no farewell
                run.cancel()
            with suppress(asyncio.CancelledError, JournalError):
                await run
            with suppress(JournalError):
                journal.close()
            await self.place.clock.sleep_async(self.random.choice([0.0, 50.0, 4000.0]))

    async def main(self) -> None:
        await asyncio.gather(*(self.worker() for _ in range(self.random.randint(1, 3))))
        self.is_quiet = True
        await self.place.clock.sleep_async(100.0)  # the leases of killed workers end
        journal = open_journal(self.path, clock=self.moment)
        await self.run_batch(journal)
        for item_id in self.item_ids:  # whatever may have been submitted is looked up by its client_ref
            with suppress(JournalError):
                journal.resolve("default", item_id, self.evaluation_ids.get(item_id))
        self.budget = PRICE * 2 * len(self.item_ids)
        await self.run_batch(journal)
        self.check(journal)
        journal.close()

    def check(self, journal: Journal) -> None:
        assert set(self.accepted.values()) == {1}, self.accepted
        assert Counter(outcome.item_id for outcome in journal.outcomes("default")) == Counter(self.item_ids)
        totals = journal.totals("default")
        assert totals.reserved == totals.unknown == totals.granted == totals.submitted == 0
        assert totals.spent == PRICE * len(self.place.charges)


def simulate(seed: int) -> Simulation:
    """Run a simulation to its end, and check what it came to."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        connect = sqlite3.connect
        patch.setattr(sqlite3, "connect", lambda *args, **kwargs: connect(*args, factory=_Unflushed, **kwargs))
        simulation = Simulation(Path(folder) / "journal", seed)
        asyncio.run(simulation.main())
        return simulation
