"""Items whose evaluation failed are submitted again under new keys, when they are asked to be."""

from __future__ import annotations

import json
from decimal import Decimal

from journal_forms import Place
from journal_runs import PRICE, Machine, ask

from runflow_client.batch.journals.journal import Answer, Grant, Journal, Totals, Verdict, Worker
from runflow_client.batch.journals.stored.worker import StoredWorker

FAILED = json.dumps({"status_code": "failed"})


def end(worker: Worker, item_id: str, verdict: Verdict = Verdict.FAILED, cost: Decimal = PRICE) -> str | None:
    grant = ask(worker, item_id, budget=None)
    assert grant.answer is Answer.GO
    assert worker.submitted(item_id, f"{grant.key}-evaluation")
    assert worker.finished(item_id, verdict, evaluation=FAILED, cost=cost)
    return grant.key


def test_failed_item_is_submitted_again_under_new_key(worker: Worker, journal: Journal, place: Place) -> None:
    first = end(worker, "a")
    end(worker, "b", Verdict.PASSED)
    assert journal.retry_failed("batch") == 1
    assert journal.totals("batch") == Totals(passed=1, spent=2 * PRICE)
    assert [outcome.item_id for outcome in journal.outcomes("batch")] == ["b"]
    assert worker.find("a", "other content") is None
    grant = ask(worker, "a", digest="other content", image_references=("https://a.example",), budget=None)
    assert grant.answer is Answer.GO and not grant.resumed
    assert grant.key not in (None, first)
    assert journal.totals("batch") == Totals(granted=1, passed=1, spent=2 * PRICE, reserved=PRICE)
    assert worker.submitted("a", "e-2")
    assert worker.finished("a", Verdict.REJECTED, evaluation="{}", cost=PRICE)
    assert journal.totals("batch") == Totals(passed=1, rejected=1, spent=3 * PRICE)
    found = worker.find("a", "other content")
    assert found is not None and found.answer is Answer.DONE and found.outcome is not None
    assert (found.outcome.verdict, found.outcome.evaluation_id, found.key) == (Verdict.REJECTED, "e-2", grant.key)
    assert [outcome.item_id for outcome in journal.outcomes("batch")] == ["b", "a"]


def test_retry_of_no_failed_item_changes_nothing(worker: Worker, journal: Journal) -> None:
    end(worker, "a", Verdict.PASSED)
    end(worker, "b", Verdict.UNDECIDED)
    before = journal.totals("batch")
    assert journal.retry_failed("batch") == journal.retry_failed("gone") == 0
    assert journal.totals("batch") == before


def test_retried_item_that_is_withdrawn_keeps_its_new_key(worker: Worker, journal: Journal) -> None:
    first = end(worker, "a")
    assert journal.retry_failed("batch") == 1
    second = ask(worker, "a", budget=None)
    assert worker.withdrawn("a")
    assert journal.totals("batch") == Totals(spent=PRICE)
    assert worker.find("a") is None
    assert ask(worker, "a", budget=None) == Grant(Answer.GO, second.key)
    assert second.key != first


def test_item_that_fails_again_has_another_key_each_time(worker: Worker, journal: Journal) -> None:
    keys = []
    for _ in range(3):
        keys.append(end(worker, "a"))
        assert journal.retry_failed("batch") == 1
        assert journal.retry_failed("batch") == 0
    assert len(set(keys)) == 3
    assert journal.totals("batch") == Totals(spent=3 * PRICE)


def test_own_key_of_failed_item_is_replaced(worker: Worker, journal: Journal) -> None:
    ask(worker, "a", key="mine", budget=None)
    worker.submitted("a", "e-1")
    worker.finished("a", Verdict.FAILED, evaluation=FAILED)
    journal.retry_failed("batch")
    assert ask(worker, "a", key="mine", budget=None).key not in ("mine", worker.key_of("a"))


def test_late_word_about_a_retried_item_changes_nothing(worker: Worker, other: Worker, journal: Journal) -> None:
    end(worker, "a")
    journal.retry_failed("batch")
    for late in (worker, other):
        assert not late.submitted("a", "e-1")
        assert not late.finished("a", Verdict.PASSED, evaluation="{}")
        assert not late.released("a")
        assert not late.withdrawn("a")
    assert journal.totals("batch") == Totals(spent=PRICE)


def test_retry_counts_against_the_budget(worker: Worker, journal: Journal) -> None:
    end(worker, "a")
    journal.retry_failed("batch")
    assert ask(worker, "a", budget=PRICE).answer is Answer.BUDGET
    assert ask(worker, "a", budget=2 * PRICE).answer is Answer.GO


def test_retry_outlasts_a_new_start(worker: Worker, journal: Journal, place: Place, machine: Machine) -> None:
    first = end(worker, "a")
    journal.retry_failed("batch")
    journal.close()
    again = place.open(machine)
    grant = ask(again.begin("batch", account="account"), "a", budget=None)
    assert grant.answer is Answer.GO and grant.key != first
    again.close()


def test_item_that_another_process_had_retried_is_left_alone(worker: Worker, journal: Journal) -> None:
    assert isinstance(worker, StoredWorker)
    first = end(worker, "a")
    assert journal.retry_failed("batch") == 1
    with worker.group():
        assert not worker.retry("a", 1)
    assert ask(worker, "a", budget=None).key not in (None, first)


def test_many_failed_items_are_retried_page_by_page(worker: Worker, journal: Journal) -> None:
    with worker.group():
        for number in range(250):
            ask(worker, f"item {number}", budget=None)
            worker.finished(f"item {number}", Verdict.FAILED if number % 2 else Verdict.PASSED, evaluation=FAILED)
    assert journal.retry_failed("batch") == 125
    assert journal.totals("batch").failed == 0
    assert len(list(journal.outcomes("batch"))) == 125
