"""Two clocks: the database's judges leases and ages of keys, and this machine's tells how much of them is left."""

from __future__ import annotations

from decimal import Decimal

from journal_forms import DatabasePlace
from journal_runs import Machine, ask

from runflow_client.batch.journals.journal import Answer
from runflow_client.batch.journals.postgres import open_journal


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


def test_clock_of_database_judges_leases(database: DatabasePlace) -> None:
    journal = open_journal(database.address)
    first = journal.begin("batch", account="account", lease_seconds=30.0)
    second = journal.begin("batch", account="account", lease_seconds=30.0)
    ask(first, "a")
    grant = ask(second, "a")
    assert grant.answer is Answer.WAIT
    assert 0 < grant.wait_seconds <= 30.0
    assert first.pace(0.001) == 0.0
    assert 0 < second.pace(0.001) <= 1000.0
    journal.close()


def test_short_lease_ends_by_itself(database: DatabasePlace) -> None:
    journal = open_journal(database.address)
    first = journal.begin("batch", account="account", lease_seconds=0.0)
    ask(first, "a", price=Decimal(0))
    assert ask(journal.begin("batch", account="account"), "a").answer is Answer.GO
    assert not first.fence("a")
    journal.close()
