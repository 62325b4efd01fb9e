"""A batch that is killed at any point, and run again."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from journal_runs import BUDGET, ITEMS, PRICE, REFUSED, Machine, Server, ask, in_process, run_batch, run_until

from runflow_client.batch.journals.journal import Answer, Journal, Totals, Verdict, Worker
from runflow_client.batch.journals.sqlite import open_journal
from runflow_client.batch.journals.sqlite.store import SQLiteStore

ACCEPTED = [item_id for item_id in ITEMS if item_id != REFUSED]
POINTS = {
    "before a commit": 12,
    "after a commit": 12,
    "before the submit": 5,
    "after the submit": 4,
}  # none after a refusal


def points_of(folder: Path) -> list[str]:
    killed, points = run_until(folder / "journal", Server(folder / "charges"), None)
    assert not killed
    assert Counter(points) == POINTS
    return points


def folder_of(tmp_path: Path, name: str) -> Path:
    folder = tmp_path / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder


def test_batch_killed_at_any_point_charges_once(tmp_path: Path) -> None:
    points = points_of(folder_of(tmp_path, "whole"))
    for point in range(len(points)):
        folder = folder_of(tmp_path, f"killed at {point}")
        server = Server(folder / "charges")
        killed, reached = run_until(folder / "journal", server, point)
        assert killed and reached == points[: point + 1]
        machine = Machine(seconds=1100.0)
        journal = open_journal(folder / "journal", clock=machine)
        worker = journal.begin("batch", account="account")
        run_batch(worker, server)
        assert sorted(line.split()[0] for line in server.charges()) == ACCEPTED, points[point]
        assert sorted(outcome.item_id for outcome in journal.outcomes("batch")) == ACCEPTED
        assert journal.totals("batch") == Totals(passed=4, spent=4 * PRICE), points[point]
        journal.close()


def test_batch_killed_and_continued_too_late_charges_once(tmp_path: Path) -> None:
    points = points_of(folder_of(tmp_path, "whole"))
    unknown = 0
    for point in range(len(points)):
        folder = folder_of(tmp_path, f"killed at {point}")
        run_until(folder / "journal", Server(folder / "charges"), point)
        machine = Machine(seconds=1000.0 + 3600.0)
        journal = open_journal(folder / "journal", clock=machine)
        worker = journal.begin("batch", account="account")
        server = Server(folder / "charges", forgets=True)
        answers = run_batch(worker, server)
        charges = Counter(line.split()[0] for line in server.charges())
        assert set(charges.values()) <= {1}, points[point]
        totals = journal.totals("batch")
        assert totals.spent + totals.reserved <= BUDGET
        assert totals.spent >= len(charges) * PRICE
        ended = {outcome.item_id for outcome in journal.outcomes("batch")}
        left = {item_id for item_id, grant in answers.items() if grant.answer is Answer.UNKNOWN}
        assert len(left) == totals.unknown and not ended & left
        unknown += totals.unknown
        journal.close()
    assert unknown


def kill_self(*ignored: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def seen(path: Path) -> tuple[Totals, list[str], Answer]:
    """Return what a journal holds, and what it says to the next worker."""
    journal = open_journal(path, clock=Machine(seconds=1100.0))
    state = journal.totals("batch"), [outcome.item_id for outcome in journal.outcomes("batch")]
    grant = ask(journal.begin("batch", account="account"), "a")
    journal.close()
    return *state, grant.answer


CALLS: dict[str, Callable[[Journal, Worker], object]] = {
    "begin": lambda journal, worker: journal.begin("another", account="account"),
    "grant": lambda journal, worker: ask(worker, "b"),
    "submitted": lambda journal, worker: worker.submitted("a", "e-1"),
    "finished": lambda journal, worker: worker.finished("a", Verdict.PASSED, evaluation="{}", cost=PRICE),
    "withdrawn": lambda journal, worker: worker.withdrawn("a"),
    "released": lambda journal, worker: worker.released("a"),
    "renew": lambda journal, worker: worker.renew(),
    "pace": lambda journal, worker: worker.pace(1.0),
    "resolve": lambda journal, worker: journal.resolve("batch", "unknown", "e-1"),
    "close": lambda journal, worker: journal.close(),
}


@pytest.mark.parametrize("is_committed", [False, True], ids=["before its commit", "after its commit"])
@pytest.mark.parametrize("name", CALLS)
def test_killed_call_is_whole_or_nothing(
    name: str, is_committed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def prepare(path: Path) -> tuple[Journal, Worker]:
        journal = open_journal(path, clock=Machine(boot="earlier"))
        ask(journal.begin("batch", account="account"), "unknown")
        journal.close()
        journal = open_journal(path, clock=Machine())
        worker = journal.begin("batch", account="account")
        ask(worker, "a")
        ask(worker, "unknown")
        return journal, worker

    def run(path: Path, *, is_killed: bool, is_called: bool = True) -> None:
        journal, worker = prepare(path)
        commit = SQLiteStore._commit
        if is_killed:
            after = lambda store: (commit(store), kill_self())  # noqa: E731
            monkeypatch.setattr(SQLiteStore, "_commit", after if is_committed else kill_self)
        if is_called:
            CALLS[name](journal, worker)
        journal._store.close()  # as a process ends: without a farewell

    assert in_process(lambda: run(tmp_path / "killed", is_killed=True)) == -signal.SIGKILL
    assert in_process(lambda: run(tmp_path / "whole", is_killed=False, is_called=is_committed)) == 0
    assert seen(tmp_path / "killed") == seen(tmp_path / "whole")


def test_process_killed_while_making_file_leaves_journal_usable(tmp_path: Path) -> None:
    class Killing(sqlite3.Connection):
        left = 0

        def execute(self, statement: str, *arguments: Any) -> sqlite3.Cursor:
            if Killing.left == 0:
                kill_self()
            Killing.left -= 1
            return super().execute(statement, *arguments)

    connect = sqlite3.connect

    def make(path: Path, statements: int) -> None:
        Killing.left = statements
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sqlite3, "connect", lambda *args, **kwargs: connect(*args, factory=Killing, **kwargs))
            open_journal(path).close()

    statements = 0
    while (status := in_process(partial(make, tmp_path / f"journal-{statements}", statements))) == -signal.SIGKILL:
        assert seen(tmp_path / f"journal-{statements}")[2] is Answer.GO
        statements += 1
    assert status == 0
    assert statements > 10
