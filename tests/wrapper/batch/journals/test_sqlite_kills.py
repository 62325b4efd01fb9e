"""A batch that is killed at any point, and run again."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

from journal_runs import BUDGET, ITEMS, PRICE, REFUSED, Machine, Server, run_batch, run_until

from runflow_client.batch.journals.journal import Answer, Totals
from runflow_client.batch.journals.sqlite import open_journal

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
