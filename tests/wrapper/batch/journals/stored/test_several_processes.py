"""Several processes on one journal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

from journal_forms import Place, Places
from journal_runs import PRICE, Machine, ask, start, wait_for

from runflow_client.batch.journals.journal import Answer, Totals, Verdict

PROCESSES = 4
ITEMS = 60
AFFORDED = 40
BUDGET = AFFORDED * PRICE


def run_together(function: Callable[[int], object]) -> None:
    children = [start(lambda name=name: function(name)) for name in range(PROCESSES)]
    assert [wait_for(child) for child in children] == [0] * PROCESSES


def test_processes_make_journal_at_once(new_place: Places) -> None:
    for attempt in range(10):
        place = new_place(f"journal-{attempt}")

        def make(name: int, place: Place = place) -> None:
            journal = place.open(Machine())
            assert ask(journal.begin("batch", account="account"), str(name)).answer is Answer.GO
            journal.close()

        run_together(make)
        journal = place.open()
        assert journal.totals("batch") == Totals(granted=PROCESSES, reserved=PROCESSES * PRICE)
        journal.close()


def test_processes_share_items_and_budget_exactly(place: Place, tmp_path: Path) -> None:
    log = tmp_path / "submits"

    def work(name: int) -> None:
        journal = place.open(Machine())
        worker = journal.begin("batch", account="account")
        for first in range(0, ITEMS, 5):
            asked = [str((first + each + name * 15) % ITEMS) for each in range(5)]
            with worker.group():
                answers = {item_id: ask(worker, item_id, budget=BUDGET).answer for item_id in asked}
            for item_id in asked:
                if answers[item_id] is Answer.GO:
                    assert worker.fence(item_id)
                    with log.open("a") as file:
                        file.write(f"{item_id}\n")
                    assert worker.submitted(item_id, f"e-{item_id}")
                    assert worker.finished(item_id, Verdict.PASSED, cost=PRICE)
        journal.close()

    run_together(work)
    submits = Counter(log.read_text().split())
    assert len(submits) == AFFORDED and set(submits.values()) == {1}
    journal = place.open()
    assert journal.totals("batch") == Totals(passed=AFFORDED, spent=BUDGET)
    assert sorted(outcome.item_id for outcome in journal.outcomes("batch")) == sorted(submits)
    journal.close()


def test_processes_share_one_pace_without_overlap(place: Place, tmp_path: Path) -> None:
    log = tmp_path / "starts"

    def work(name: int) -> None:
        journal = place.open(Machine(seconds=0.0))
        worker = journal.begin("batch", account="account")
        for _ in range(10):
            begin = worker.pace(8.0)
            with log.open("a") as file:
                file.write(f"{begin}\n")
        journal.close()

    run_together(work)
    assert sorted(map(Decimal, log.read_text().split())) == [Decimal(number) / 8 for number in range(PROCESSES * 10)]
