"""Workers that share one journal, in any order of grants, submits, lost responses, freezes, kills, reboots and forgotten keys."""

from __future__ import annotations

import sqlite3
import tempfile
from collections import Counter
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pytest
from fault_injection import searched
from hypothesis import example, given
from hypothesis import strategies as st
from journal_forms import FilePlace, Place, crash, places
from journal_runs import PRICE, Machine

from runflow_client.batch.journals.journal import Answer, Grant, Verdict, Worker

ITEMS = ("a", "b", "c", "d")
BUDGET = 3 * PRICE
KEY_LIFE = 3700.0  # for how long the server honours a key: hardly longer than the journal takes it to


class _Unflushed(sqlite3.Connection):
    """A connection that does not flush the disk, which matters to a loss of power only."""

    def execute(self, statement: str, *arguments: Any) -> sqlite3.Cursor:
        return super().execute(statement.replace("synchronous = FULL", "synchronous = OFF"), *arguments)


class Simulation:
    """Three workers, a server and a machine; each method is something that may happen."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.machine = Machine()
        self.server_seconds = 0.0  # the server's clock goes on while the machine is off
        self.boots = 1
        self.keys: dict[str, tuple[float, str]] = {}
        self.charges: Counter[str] = Counter()
        self.evaluations: dict[str, str] = {}
        self.outcomes: Counter[str] = Counter()
        self.spent = Decimal(0)
        self.answers: Counter[Answer] = Counter()
        self.workers = [self.new_worker() for _ in range(3)]

    def new_worker(self) -> tuple[Any, Worker, dict[str, Grant], dict[str, str]]:
        journal = self.place.open(self.machine)
        return journal, journal.begin("batch", account="account"), {}, {}

    def passes(self, seconds: float) -> None:
        self.machine.seconds += seconds
        self.server_seconds += seconds

    def ends(self, number: int, closes: bool) -> None:
        journal, *_ = self.workers[number]
        if closes:
            journal.close()
        else:
            crash(journal)
        self.workers[number] = self.new_worker()

    def reboots(self, seconds: float) -> None:
        for journal, *_ in self.workers:
            crash(journal)
        if isinstance(self.place, FilePlace):
            self.boots += 1
            self.machine.boot, self.machine.seconds = f"boot-{self.boots}", 1000.0
        else:  # the database's clock goes on
            self.machine.seconds += seconds
        self.server_seconds += seconds
        self.workers = [self.new_worker() for _ in range(3)]

    def asks(self, number: int, item_id: str) -> None:
        _, worker, grants, _ = self.workers[number]
        grant = grants[item_id] = worker.grant(item_id, digest=item_id, price=PRICE, budget=BUDGET)
        assert (grant.answer is Answer.DONE) == (self.outcomes[item_id] == 1)
        self.answers[grant.answer] += 1

    def renews(self, number: int) -> None:
        self.workers[number][1].renew()

    def submits(self, number: int, item_id: str, result: str) -> None:
        _, worker, grants, responses = self.workers[number]
        grant = grants.get(item_id)
        if grant is None or grant.answer is not Answer.GO or grant.key is None or not worker.fence(item_id):
            return
        seen, evaluation_id = self.keys.get(grant.key, (-KEY_LIFE, ""))
        if self.server_seconds - seen >= KEY_LIFE:
            if result == "refused":
                assert worker.withdrawn(item_id)
                return
            evaluation_id = f"evaluation-{len(self.keys)}-{item_id}"
            self.keys[grant.key] = (self.server_seconds, evaluation_id)
            self.evaluations[item_id] = evaluation_id
            self.charges[item_id] += 1
        if result != "lost":
            responses[item_id] = evaluation_id
        if result == "at once":
            self.responds(number, item_id)

    def tries(self, number: int, item_id: str, frozen_for: float, result: str) -> None:
        self.renews(number)
        self.asks(number, item_id)
        self.passes(frozen_for)
        self.submits(number, item_id, result)

    def responds(self, number: int, item_id: str) -> None:
        _, worker, _, responses = self.workers[number]
        if item_id in responses:
            assert worker.submitted(item_id, responses.pop(item_id)) == (self.outcomes[item_id] == 0)

    def finishes(self, number: int, item_id: str, cost: Decimal | None) -> None:
        _, worker, _, _ = self.workers[number]
        grant = worker.find(item_id)
        if grant is not None and grant.answer is Answer.SUBMITTED:
            assert grant.evaluation_id == self.evaluations[item_id]
            assert worker.finished(item_id, Verdict.PASSED, cost=cost)
            self.outcomes[item_id] += 1
            self.spent += PRICE if cost is None else cost

    def resolves(self, number: int, item_id: str) -> None:
        journal, worker, _, _ = self.workers[number]
        grant = worker.find(item_id)
        if grant is not None and grant.answer is Answer.UNKNOWN:
            journal.resolve("batch", item_id, self.evaluations.get(item_id))

    def check(self) -> None:
        assert set(self.charges.values()) <= {1}
        totals = self.workers[0][0].totals("batch")
        assert totals.spent + totals.reserved <= BUDGET
        assert totals.passed == self.outcomes.total()
        open_items = totals.submitted + totals.granted + totals.unknown
        assert open_items + totals.passed >= self.charges.total()
        assert totals.spent == self.spent + totals.unknown * PRICE
        assert totals.reserved == (totals.submitted + totals.granted) * PRICE

    def close(self) -> None:
        assert Counter(each.item_id for each in self.workers[0][0].outcomes("batch")) == self.outcomes
        assert set(self.outcomes.values()) <= {1}
        for journal, *_ in self.workers:
            journal.close()


def random_steps(random: Random) -> list[tuple[Any, ...]]:
    """Return steps that are drawn evenly; hypothesis's own lists mostly repeat one of them, and little is charged."""
    steps: list[tuple[Any, ...]] = []
    for _ in range(random.randint(20, 60)):
        number, item_id = random.randrange(3), random.choice(ITEMS)
        result = random.choice(["at once", "at once", "late", "lost", "refused"])
        step = random.choices(
            [
                ("tries", number, item_id, random.choice([0.0, 0.0, 0.0, 1.0, 61.0, 3600.0]), result),
                ("passes", random.choice([1.0, 30.0, 61.0, 61.0, 3600.0])),
                ("finishes", number, item_id, random.choice([PRICE, PRICE, Decimal("0.01"), None])),
                ("submits", number, item_id, result),
                ("responds", number, item_id),
                ("resolves", number, item_id),
                ("ends", number, random.choice([True, False])),
                ("renews", number),
                ("reboots", random.choice([0.0, 4000.0])),
            ],
            [10, 4, 5, 3, 3, 2, 1, 1, 1],
        )
        steps += step
    return steps


STEPS = st.integers(0, 2**32).map(Random).map(random_steps)
KNOWN: tuple[list[tuple[Any, ...]], ...] = (
    [
        ("asks", 0, "a"),
        ("submits", 0, "a", "lost"),
        ("passes", 3600.0),
        ("asks", 1, "a"),
        ("submits", 1, "a", "late"),
    ],
    [
        ("asks", 0, "a"),
        ("submits", 0, "a", "lost"),
        ("passes", 3600.0),
        ("passes", 600.0),
        ("renews", 0),
        ("submits", 0, "a", "late"),
    ],
    [
        ("asks", 0, "a"),
        ("submits", 0, "a", "lost"),
        ("reboots", 4000.0),
        ("asks", 1, "a"),
        ("submits", 1, "a", "late"),
    ],
)


def known(test: Any) -> Any:
    """Give a property the steps that chance seldom draws."""
    for steps in KNOWN:
        test = example(steps=steps)(test)
    return test


@known
@searched(100)
@given(steps=STEPS)
def test_workers_on_file_charge_once_within_budget(steps: list[tuple[Any, ...]]) -> None:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        connect = sqlite3.connect
        patch.setattr(sqlite3, "connect", lambda *args, **kwargs: connect(*args, factory=_Unflushed, **kwargs))
        simulate(places("sqlite", Path(folder))("journal"), steps)


@known
@searched(20)
@given(steps=STEPS)
def test_workers_on_database_charge_once_within_budget(steps: list[tuple[Any, ...]]) -> None:
    simulate(places("postgres", Path())("property"), steps)


def simulate(place: Place, steps: list[tuple[Any, ...]]) -> None:
    simulation = Simulation(place)
    for name, *arguments in steps:
        getattr(simulation, name)(*arguments)
        simulation.check()
    simulation.close()
