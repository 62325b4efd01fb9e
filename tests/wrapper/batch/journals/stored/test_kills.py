"""A batch that is killed at any point, and run again."""

from __future__ import annotations

import os
import shutil
import signal
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from journal_forms import Place, Places, crash
from journal_runs import BUDGET, ITEMS, PRICE, REFUSED, Machine, Server, ask, in_process, run_batch, run_until

from runflow_client.batch.journals.journal import Answer, Journal, Totals, Verdict, Worker

ACCEPTED = [item_id for item_id in ITEMS if item_id != REFUSED]
POINTS = {
    "before a commit": 12,
    "after a commit": 12,
    "before the submit": 5,
    "after the submit": 4,
}  # none after a refusal


def points_of(place: Place, folder: Path) -> list[str]:
    killed, points = run_until(place, folder, Server(folder / "charges"), None)
    assert not killed
    assert Counter(points) == POINTS
    return points


def folder_of(tmp_path: Path, name: str) -> Path:
    folder = tmp_path / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder


def test_batch_killed_at_any_point_charges_once(new_place: Places, tmp_path: Path) -> None:
    points = points_of(new_place("whole"), folder_of(tmp_path, "of whole"))
    for point in range(len(points)):
        place, folder = new_place("journal"), folder_of(tmp_path, f"killed at {point}")
        server = Server(folder / "charges")
        killed, reached = run_until(place, folder, server, point)
        assert killed and reached == points[: point + 1]
        machine = Machine(seconds=1100.0)
        journal = place.open(machine)
        worker = journal.begin("batch", account="account")
        run_batch(worker, server)
        assert sorted(line.split()[0] for line in server.charges()) == ACCEPTED, points[point]
        assert sorted(outcome.item_id for outcome in journal.outcomes("batch")) == ACCEPTED
        assert journal.totals("batch") == Totals(passed=4, spent=4 * PRICE), points[point]
        journal.close()


def test_batch_killed_and_continued_too_late_charges_once(new_place: Places, tmp_path: Path) -> None:
    points = points_of(new_place("whole"), folder_of(tmp_path, "of whole"))
    unknown = 0
    for point in range(len(points)):
        place, folder = new_place("journal"), folder_of(tmp_path, f"killed at {point}")
        run_until(place, folder, Server(folder / "charges"), point)
        machine = Machine(seconds=1000.0 + 3600.0)
        journal = place.open(machine)
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


def seen(place: Place) -> tuple[Totals, list[str], Answer]:
    """Return what a journal holds, and what it says to the next worker."""
    journal = place.open(Machine(seconds=1100.0))
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
    name: str, is_committed: bool, new_place: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    def prepare(place: Place) -> tuple[Journal, Worker]:
        journal = place.open(Machine(boot="earlier", seconds=-9000.0))
        ask(journal.begin("batch", account="account"), "unknown")
        journal.close()
        journal = place.open(Machine())
        worker = journal.begin("batch", account="account")
        ask(worker, "a")
        ask(worker, "unknown")
        return journal, worker

    def run(place: Place, *, is_killed: bool, is_called: bool = True) -> None:
        journal, worker = prepare(place)
        commit = place.store._commit
        if is_killed:

            def commit_and_kill(store: Any) -> None:
                commit(store)
                kill_self()

            monkeypatch.setattr(place.store, "_commit", commit_and_kill if is_committed else kill_self)
        if is_called:
            CALLS[name](journal, worker)
        crash(journal)

    killed, whole = new_place("killed"), new_place("whole")
    assert in_process(lambda: run(killed, is_killed=True)) == -signal.SIGKILL
    assert in_process(lambda: run(whole, is_killed=False, is_called=is_committed)) == 0
    assert seen(killed) == seen(whole)
