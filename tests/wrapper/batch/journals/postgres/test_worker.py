"""A fence that asks nobody, and when it asks after all."""

from __future__ import annotations

import time
from decimal import Decimal

import pytest
from journal_forms import DatabasePlace
from journal_runs import Machine, ask

from runflow_client.batch.journals.journal import Answer, Journal, Worker
from runflow_client.batch.journals.moments import Moment
from runflow_client.batch.journals.postgres import open_journal
from runflow_client.batch.journals.postgres.session import Session
from runflow_client.errors import JournalError


def forbid(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse round trips from now on."""

    def refuse(*ignored: object) -> None:
        raise JournalError("a round trip")

    monkeypatch.setattr(Session, "_send", refuse)


def test_fence_asks_nobody_while_lease_is_young(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    ask(worker, "a")
    with worker.group():
        ask(worker, "b")
    forbid(monkeypatch)
    assert worker.fence("a") and worker.fence("b")


def test_renewal_lets_fence_go_on_without_asking(
    worker: Worker, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(worker, "a")
    machine.seconds += 59.0
    worker.renew()
    machine.seconds += 59.0
    forbid(monkeypatch)
    assert worker.fence("a")


def ask_in_failing_group(worker: Worker) -> None:
    with worker.group():
        ask(worker, "a")
        raise ZeroDivisionError


@pytest.mark.parametrize("event", ["lease ended", "key too old", "other boot", "backwards", "given up", "group undone"])
def test_fence_asks_where_it_cannot_know(
    event: str, worker: Worker, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    if event == "group undone":
        with pytest.raises(ZeroDivisionError):
            ask_in_failing_group(worker)
    else:
        ask(worker, "a")
    match event:
        case "lease ended":
            machine.seconds += 60.0
        case "key too old":
            for _ in range(60):
                machine.seconds += 60.0 - 1e-6
                worker.renew()
            machine.seconds += 1.0
        case "other boot":
            machine.boot = "boot-2"
        case "backwards":
            machine.seconds -= 1.0
        case "given up":
            worker.released("a")
    forbid(monkeypatch)
    with pytest.raises(JournalError, match="a round trip"):
        worker.fence("a")


def test_lapsed_lease_forgets_what_was_held(worker: Worker, other: Worker, machine: Machine) -> None:
    ask(worker, "a")
    ask(worker, "b")
    machine.seconds += 61.0
    other.renew()
    assert ask(other, "a").answer is Answer.GO
    worker.renew()
    assert not worker.fence("a")
    assert worker.fence("b")


def test_age_of_key_taken_over_is_counted_from_its_grant(database: DatabasePlace) -> None:
    here, there = Machine(), Machine(seconds=77.0)
    journal = open_journal(database.address, clock=here, database_clock=there)
    first = journal.begin("batch", account="account")
    ask(first, "a")
    there.seconds += 3500.0
    worker = journal.begin("batch", account="account")
    assert ask(worker, "a").resumed
    here.seconds += 59.0
    there.seconds += 59.0
    worker.renew()
    assert worker.fence("a")
    here.seconds += 50.0
    there.seconds += 50.0
    assert not worker.fence("a")
    journal.close()


def test_lease_is_counted_from_before_it_is_sent(worker: Worker, journal: Journal, machine: Machine) -> None:
    """A renewal that takes long ends here before it ends at the database."""
    store = journal._store  # type: ignore[attr-defined]
    ask(worker, "a")
    with worker.group():
        assert store.started == Moment("boot-1", machine.seconds)
        machine.seconds += 30.0  # the renewal is on its way
        worker.renew()
    machine.seconds += 29.0
    assert worker.fence("a")
    machine.seconds += 2.0
    with pytest.MonkeyPatch.context() as patch:
        forbid(patch)
        with pytest.raises(JournalError, match="a round trip"):
            worker.fence("a")
    assert worker.fence("a")  # which the database confirms


def test_clock_of_database_judges_leases(database: DatabasePlace) -> None:
    journal = open_journal(database.address)
    first = journal.begin("batch", account="account", lease_seconds=30.0)
    second = journal.begin("batch", account="account", lease_seconds=30.0)
    ask(first, "a")
    grant = ask(second, "a")
    assert grant.answer is Answer.WAIT
    assert 0 < grant.wait_seconds <= 30.0
    begin = time.monotonic()
    assert first.pace(0.1) == 0.0
    assert 10.0 - (time.monotonic() - begin) <= second.pace(0.1) <= 10.0
    journal.close()


def test_short_lease_ends_by_itself(database: DatabasePlace) -> None:
    journal = open_journal(database.address)
    first = journal.begin("batch", account="account", lease_seconds=0.0)
    ask(first, "a", price=Decimal(0))
    assert ask(journal.begin("batch", account="account"), "a").answer is Answer.GO
    assert not first.fence("a")
    journal.close()
