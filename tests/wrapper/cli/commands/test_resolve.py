from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from commands import QUICK, Console, wait_until
from journal_runs import Machine

from runflow_client.batch.journals import opening
from runflow_client.batch.journals.journal import RESUBMIT_WITHIN
from runflow_client.sandbox.faults import drop_after

URL = "https://images.example.com/1"
BATCH = ("batch", "shots.csv", "--task-type", "headshot", *QUICK)


@pytest.fixture
def unknown(runflow: Console, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Console:
    """The commands after a batch whose only item may have been submitted, an hour ago."""
    machine = Machine()
    monkeypatch.setattr(opening, "open_file", partial(opening.open_file, clock=machine))
    (folder / "shots.csv").write_text(f"image\n{URL}\n")
    runflow.sandbox.faults.always(drop_after, on=("POST", "/v1/evaluations"))
    assert runflow(*BATCH, "--timeout", "0.3").status == 3
    runflow.sandbox.faults.clear()
    machine.seconds += RESUBMIT_WITHIN
    return runflow


def test_batch_names_the_command_for_items_with_unknown_outcome(unknown: Console) -> None:
    done = unknown(*BATCH)
    assert done.status == 3
    assert "1 x UnknownOutcomeError, first https://images.example.com/1: it may have been submitted" in done.err
    assert "  runflow resolve shots.journal.db ITEM --evaluation ID|--not-submitted" in done.err.splitlines()
    assert "tries items with an error again" not in done.err


def test_items_with_unknown_outcome_are_listed(unknown: Console) -> None:
    before = unknown("resolve", "shots.journal.db")
    assert (before.status, before.out) == (0, "") and "no item has an unknown outcome" in before.err
    unknown(*BATCH)
    assert unknown("resolve", "shots.journal.db").out == f"unknown  {URL}\n"
    assert unknown("resolve", "shots.journal.db", "--json").records == [{"item_id": URL}]
    assert unknown("resolve", "shots.journal.db", "--batch-id", "other").out == ""


def test_item_whose_evaluation_is_named_is_polled(unknown: Console) -> None:
    unknown(*BATCH)
    wait_until(lambda: bool(unknown.sandbox.charges))
    evaluation_id = unknown.sandbox.charges[0].evaluation_id
    done = unknown("resolve", "shots.journal.db", URL, "--evaluation", evaluation_id)
    assert (done.status, done.out) == (0, "") and "run the batch again" in done.err
    assert unknown(*BATCH).status == 0
    assert unknown.sandbox.evaluations == 1


def test_item_that_was_not_submitted_is_submitted(unknown: Console) -> None:
    unknown(*BATCH)
    done = unknown("resolve", "shots.journal.db", URL, "--not-submitted", "--json")
    assert (done.status, done.records) == (0, [{"item_id": URL, "evaluation_id": None}])
    assert unknown(*BATCH).status == 0


def test_evaluation_that_is_not_there_is_refused(unknown: Console) -> None:
    unknown(*BATCH)
    done = unknown("resolve", "shots.journal.db", URL, "--evaluation", "0193f0a0-0000-7000-8000-000000000001")
    assert done.status == 3 and "404" in done.err
    assert unknown("resolve", "shots.journal.db").out == f"unknown  {URL}\n"


def test_item_whose_outcome_is_known_is_refused(unknown: Console) -> None:
    done = unknown("resolve", "shots.journal.db", "other.png", "--not-submitted")
    assert done.status == 3 and "is not one whose outcome is unknown" in done.err


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("gone.db",), "there is no journal 'gone.db'"),
        (("gone.db", "a.png"), "name the item and what became of it"),
        (("gone.db", "--not-submitted"), "name the item and what became of it"),
        (("gone.db", "a.png", "--not-submitted", "--evaluation", "x"), "not allowed with"),
    ],
)
def test_wrong_usage_is_told_in_one_line(
    runflow: Console, folder: Path, arguments: tuple[str, ...], reason: str
) -> None:
    done = runflow("resolve", *arguments)
    assert (done.status, done.err.count("\n")) == (3, 1) and reason in done.err
    assert not (folder / "gone.db").exists()
