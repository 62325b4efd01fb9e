"""Workers that share one journal, in any order of grants, submits, lost responses, freezes, kills, reboots and forgotten keys."""

from __future__ import annotations

import itertools
import sqlite3
import tempfile
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from fault_injection import searched
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from journal_runs import PRICE, Machine

from runflow_client.batch.journals.journal import Answer, Verdict, Worker
from runflow_client.batch.journals.sqlite import open_journal

ITEMS = ("a", "b", "c", "d")
BUDGET = 3 * PRICE
KEY_LIFE = 3700.0  # for how long the server honours a key: hardly longer than the journal takes it to
_item = st.sampled_from(ITEMS)
_number = st.integers(0, 2)


class _Unflushed(sqlite3.Connection):
    """A connection that does not flush the disk, which matters to a loss of power only."""

    def execute(self, statement: str, *arguments: Any) -> sqlite3.Cursor:
        return super().execute(statement.replace("synchronous = FULL", "synchronous = OFF"), *arguments)


class JournalWorkers(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.patch = pytest.MonkeyPatch()
        connect = sqlite3.connect
        self.patch.setattr(sqlite3, "connect", lambda *args, **kwargs: connect(*args, factory=_Unflushed, **kwargs))
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "journal"
        self.machine = Machine()
        self.server_seconds = 0.0  # the server's own clock goes on while the machine is off
        self.keys: dict[str, tuple[float, str]] = {}
        self.charges: Counter[str] = Counter()
        self.evaluations: dict[str, str] = {}
        self.workers: list[tuple[Any, Worker, dict[str, Any], dict[str, str]]] = []
        self.outcomes: Counter[str] = Counter()
        self.ids = itertools.count()

    @initialize()
    def start_all(self) -> None:
        for _ in range(3):
            self.start_worker()

    def start_worker(self) -> None:
        journal = open_journal(self.path, clock=self.machine)
        self.workers.append((journal, journal.begin("batch", account="account"), {}, {}))

    @rule(seconds=st.sampled_from([1.0, 30.0, 61.0, 600.0, 3600.0]))
    def time_passes(self, seconds: float) -> None:
        self.machine.seconds += seconds
        self.server_seconds += seconds

    @rule(number=_number, closes=st.booleans())
    def worker_ends_and_another_begins(self, number: int, closes: bool) -> None:
        journal, *_ = self.workers.pop(number)
        if closes:
            journal.close()
        else:
            journal._store.close()
        self.start_worker()

    @rule(seconds=st.sampled_from([0.0, 4000.0]))
    def machine_is_rebooted(self, seconds: float) -> None:
        for journal, *_ in self.workers:
            journal._store.close()
        self.workers.clear()
        self.machine.boot, self.machine.seconds = f"boot-{next(self.ids)}", 1000.0
        self.server_seconds += seconds
        self.start_all()

    @rule(number=_number, item_id=_item)
    def worker_asks(self, number: int, item_id: str) -> None:
        _, worker, grants, _ = self.workers[number]
        grants[item_id] = worker.grant(item_id, digest=item_id, price=PRICE, budget=BUDGET)
        assert (grants[item_id].answer is Answer.DONE) == (self.outcomes[item_id] == 1)

    @rule(number=_number)
    def worker_renews(self, number: int) -> None:
        self.workers[number][1].renew()

    @rule(number=_number, item_id=_item, is_refused=st.booleans(), is_lost=st.booleans())
    def worker_submits(self, number: int, item_id: str, is_refused: bool, is_lost: bool) -> None:
        _, worker, grants, responses = self.workers[number]
        grant = grants.get(item_id)
        if grant is None or grant.answer is not Answer.GO or not worker.fence(item_id):
            return
        seen, evaluation_id = self.keys.get(grant.key, (-KEY_LIFE, ""))
        if self.server_seconds - seen >= KEY_LIFE:
            if is_refused and not grant.resumed:
                assert worker.withdrawn(item_id)
                del grants[item_id]
                return
            evaluation_id = f"evaluation-{next(self.ids)}"
            self.keys[grant.key] = (self.server_seconds, evaluation_id)
            self.evaluations[item_id] = evaluation_id
            self.charges[item_id] += 1
        if not is_lost:
            responses[item_id] = evaluation_id

    @rule(number=_number, item_id=_item)
    def response_arrives(self, number: int, item_id: str) -> None:
        _, worker, _, responses = self.workers[number]
        if item_id in responses:
            assert worker.submitted(item_id, responses.pop(item_id)) == (self.outcomes[item_id] == 0)

    @rule(number=_number, item_id=_item, cost=st.sampled_from([PRICE, Decimal("0.01"), None]))
    def evaluation_ends(self, number: int, item_id: str, cost: Decimal | None) -> None:
        _, worker, _, _ = self.workers[number]
        grant = worker.find(item_id)
        if grant is not None and grant.answer is Answer.SUBMITTED:
            assert grant.evaluation_id == self.evaluations[item_id]
            assert worker.finished(item_id, Verdict.PASSED, cost=cost)
            self.outcomes[item_id] += 1

    @rule(number=_number, item_id=_item)
    def unknown_item_is_resolved(self, number: int, item_id: str) -> None:
        journal, worker, _, _ = self.workers[number]
        grant = worker.find(item_id)
        if grant is not None and grant.answer is Answer.UNKNOWN:
            journal.resolve("batch", item_id, self.evaluations.get(item_id))

    @invariant()
    def nothing_is_charged_twice_or_over_the_budget(self) -> None:
        assert set(self.charges.values()) <= {1}
        if self.workers:
            totals = self.workers[0][0].totals("batch")
            assert totals.spent + totals.reserved <= BUDGET
            assert totals.passed == self.outcomes.total()
            assert totals.submitted + totals.granted + totals.unknown + totals.passed >= self.charges.total()

    def teardown(self) -> None:
        for journal, *_ in self.workers:
            assert Counter(each.item_id for each in journal.outcomes("batch")) == self.outcomes
            journal.close()
        self.folder.cleanup()
        self.patch.undo()


TestJournalWorkers = JournalWorkers.TestCase
TestJournalWorkers.settings = settings(searched(60), stateful_step_count=50)
