"""A fence asks nobody: what a worker has, it knows itself, on the safe side."""

from __future__ import annotations

from typing import Any

import pytest
from journal_forms import Place
from journal_runs import Machine, ask

from runflow_client.batch.journals.journal import Answer, Journal, Worker


def test_fence_goes_on_where_journal_is_gone(worker: Worker, journal: Any) -> None:
    ask(worker, "a")
    with worker.group():
        ask(worker, "b")
    journal._store.close()
    assert worker.fence("a") and worker.fence("b")


def test_fence_stops_where_it_cannot_know(worker: Worker, machine: Machine) -> None:
    ask(worker, "a")
    machine.seconds -= 1.0
    assert not worker.fence("a")
    machine.seconds += 1.0
    assert worker.fence("a")
    machine.boot = "boot-2"
    assert not worker.fence("a")


def test_items_of_group_count_from_its_end(worker: Worker) -> None:
    with worker.group():
        ask(worker, "a")
        assert not worker.fence("a")
    assert worker.fence("a")


def test_items_of_undone_group_do_not_count(worker: Worker) -> None:
    def fail() -> None:
        with worker.group():
            ask(worker, "a")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert not worker.fence("a")


def test_ended_lease_forgets_what_was_held(worker: Worker, other: Worker, machine: Machine) -> None:
    ask(worker, "a")
    ask(worker, "b")
    machine.seconds += 61.0
    other.renew()
    assert ask(other, "a").answer is Answer.GO
    worker.renew()
    assert not worker.fence("a") and not worker.fence("b")
    assert ask(worker, "b").answer is Answer.GO
    assert worker.fence("b")


def test_lease_is_counted_from_before_its_renewal_is_sent(worker: Worker, machine: Machine) -> None:
    ask(worker, "a")
    with worker.group():
        machine.seconds += 30.0  # the renewal is on its way
        worker.renew()
    machine.seconds += 29.0
    assert worker.fence("a")
    machine.seconds += 2.0
    assert not worker.fence("a")


def test_closed_worker_sends_nothing(place: Place, worker: Worker, journal: Journal) -> None:
    ask(worker, "a")
    worker.close()
    assert not worker.fence("a")
