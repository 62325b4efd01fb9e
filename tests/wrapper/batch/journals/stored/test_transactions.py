"""Groups, failures inside of them, and threads."""

from __future__ import annotations

import threading

import pytest
from journal_forms import Place, commits_watched
from journal_runs import PRICE, Machine, ask

from runflow_client.batch.journals.journal import Answer, Totals, Verdict, Worker
from runflow_client.errors import JournalError


def totals(place: Place) -> Totals:
    """Return what another process would see."""
    journal = place.open(Machine())
    found = journal.totals("batch")
    journal.close()
    return found


def test_group_is_seen_by_others_at_its_end(worker: Worker, place: Place) -> None:
    other = place.open(Machine())
    with worker.group(["a", "b"]):
        assert ask(worker, "a").answer is Answer.GO
        assert other.totals("batch") == Totals()
        assert ask(worker, "b").answer is Answer.GO
    assert other.totals("batch") == Totals(granted=2, reserved=2 * PRICE)
    other.close()


def test_group_is_one_commit(worker: Worker, place: Place) -> None:
    commits: list[int] = []
    with commits_watched(place, lambda: commits.append(1), lambda: None), worker.group():
        for item_id in ("a", "b", "c"):
            ask(worker, item_id)
            worker.submitted(item_id, "e")
            worker.finished(item_id, Verdict.PASSED)
        worker.renew()
    assert len(commits) == 1


def test_exception_undoes_group(worker: Worker, place: Place) -> None:
    def run() -> None:
        with worker.group():
            ask(worker, "a")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run()
    assert totals(place) == Totals()
    assert ask(worker, "a").answer is Answer.GO


def test_failed_call_fails_its_group(worker: Worker, place: Place) -> None:
    def run() -> None:
        with worker.group():
            ask(worker, "a")
            with pytest.raises(ZeroDivisionError):
                worker.pace(0.0)
            with pytest.raises(JournalError, match="an earlier operation of this group failed"):
                ask(worker, "b")

    with pytest.raises(JournalError, match="an operation of this group failed"):
        run()
    assert totals(place) == Totals()
    assert ask(worker, "a").answer is Answer.GO


def test_group_in_a_group_is_refused(worker: Worker, place: Place) -> None:
    with pytest.raises(JournalError, match="a group cannot be part of another"):
        with worker.group(), worker.group():
            raise AssertionError
    assert ask(worker, "a").answer is Answer.GO


def test_threads_share_one_store(worker: Worker, place: Place) -> None:
    def run(name: int) -> None:
        for index in range(20):
            with worker.group():
                ask(worker, f"{name}-{index}", budget=None)
                worker.submitted(f"{name}-{index}", "e")
            assert worker.finished(f"{name}-{index}", Verdict.PASSED, cost=PRICE)

    threads = [threading.Thread(target=run, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert totals(place) == Totals(passed=80, spent=80 * PRICE)
