"""A boot clock counts from its boot: what was written before another one has no age that anyone could tell."""

from __future__ import annotations

from pathlib import Path

from journal_runs import PRICE, Machine, ask

from runflow_client.batch.journals.journal import Answer, Grant, Totals, UnknownItem
from runflow_client.batch.journals.sqlite import open_journal


def test_item_granted_before_reboot_is_unknown(tmp_path: Path) -> None:
    machine = Machine()
    journal = open_journal(tmp_path / "journal", clock=machine)
    worker = journal.begin("batch", account="account")
    key = ask(worker, "a").key
    machine.boot = "boot-2"
    assert not worker.fence("a")
    assert ask(worker, "a") == Grant(Answer.UNKNOWN, key)
    assert journal.totals("batch") == Totals(unknown=1, spent=PRICE)
    assert list(journal.unknown("batch")) == [UnknownItem("a", str(key), None)]
    journal.close()


def test_pace_begins_anew_after_reboot(tmp_path: Path) -> None:
    machine = Machine()
    journal = open_journal(tmp_path / "journal", clock=machine)
    worker = journal.begin("batch", account="account")
    assert [worker.pace(4.0), worker.pace(4.0)] == [0.0, 0.25]
    machine.boot = "boot-2"
    assert worker.pace(4.0) == 0.0
    journal.close()
